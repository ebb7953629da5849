"""The source land_registry: from the files of a host to rows of the table."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from tests.unit.dags.housing.hosts import ONSPD, Host, connect, guid, postcode, row, serving, stages
from tubepulse.housing.download import DownloadFailed, FileNotThere
from tubepulse.housing.land_registry import LandRegistry
from tubepulse.housing.months import Window
from tubepulse.housing.price_paid import TruncatedFile
from tubepulse.housing.source import Fetched, NothingFetched, TooManyRejects
from tubepulse.housing.stage import Stage
from tubepulse.stations import Station

NOW = datetime(2026, 11, 23, 23, 59, tzinfo=UTC)
WINDOW = Window(date(2025, 8, 1), date(2026, 7, 31))
ANGEL, BANK = Station("Angel", 51.5, 0.0, 1.0), Station("Bank", 51.51, 0.0, 1.0)  # 1112 m apart
PLACES = ONSPD + postcode("ZQ1 1AA", 51.5001) + postcode("ZQ1 1AB", 51.505, terminated="202001")
NO_SALE = row(90, county="KENT")  # a whole file, without a sale that is asked for
FAR, NOWHERE = postcode("ZQ9 9ZZ", 51.7), postcode("ZQ1 1ZZ", 99.999999)


@dataclass
class World:
    """The host, both stages, and the source."""

    host: Host
    raw: Stage
    matched: Stage
    source: LandRegistry

    def serve(
        self, year: str, update: str = NO_SALE, other_year: str = NO_SALE, places: str = PLACES
    ) -> None:
        files = {
            "/pp-2026.csv": year,
            "/pp-2025.csv": other_year,
            "/update.csv": update,
            "/ONSPD.csv": places,
        }
        for path, text in files.items():
            self.host.serve(path, text)

    def fetch(self) -> Fetched:
        return self.source.fetch(self.raw, WINDOW)

    def match(self) -> dict[str, int]:
        return self.source.match(self.raw, self.matched, [ANGEL, BANK])

    def sales(self) -> list[dict[str, Any]]:
        return list(self.raw.rows("sales.parquet"))

    def rejects(self, stage: Stage | None = None) -> list[tuple[Any, ...]]:
        return [tuple(one.values()) for one in (stage or self.raw).rows("rejects.parquet")]


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with serving() as host, stages("raw/", "matched/") as (raw, matched):
        connect(monkeypatch, host)
        yield World(host, raw, matched, LandRegistry(1000, 0.5, clock=lambda: NOW))


def test_from_a_file_to_rows(world: World) -> None:
    world.serve(
        row(1) + row(2, postcode="zq1  1ab", price="300000"), other_year=row(3, date="2025-08-01 00:00")
    )
    fetched = world.fetch()
    assert (fetched.first_day, fetched.last_day) == (WINDOW.first_day, WINDOW.last_day)
    assert fetched.attribution == "Sales © 2026. Postcodes © 2026."
    assert Fetched.read(world.raw) == fetched
    assert world.match() == {"properties": 3, "prices": 4, "rejected": 0}
    rows = {(one["transaction_id"], one["station"]): one for one in world.matched.rows("prices.parquet")}
    assert set(rows) == {(guid(1), "Angel"), (guid(2), "Angel"), (guid(2), "Bank"), (guid(3), "Angel")}
    assert rows[guid(2), "Bank"] == {
        "source": "land_registry", "transaction_id": guid(2), "station": "Bank", "price": 300000,
        "date": date(2026, 3, 4), "property_type": "F", "new_build": False, "tenure": "L", "distance_m": 556,
        "postcode": "ZQ11AB", "link": None, "address": None, "bedrooms": None, "bathrooms": None,
        "living_rooms": None,
    }  # fmt: skip


def test_what_is_not_asked_for_is_counted(world: World) -> None:
    out = row(2, county="KENT") + row(3, category="B") + row(4, type="O")
    world.serve(row(1) + out + row(5, date="2026-08-01 00:00") + row(6, date="2025-07-31 00:00"))
    counts = world.fetch().counts
    wanted = {"read": 8, "sales": 1, "out_of_scope": 5, "out_of_window": 2, "rejected": 0}
    assert {name: counts[name] for name in wanted} == wanted


def test_rejects_have_file_line_reason_and_value(world: World) -> None:
    tomorrow = "2026-11-24 00:00"
    bad = row(2, price="0") + '"1","2"\r\n' + row(3, date=tomorrow) + row(1)
    good = "".join(row(number) for number in range(10, 20))
    world.serve(row(1) + bad + good)
    world.fetch()
    assert world.rejects() == [
        ("pp-2026.csv", 2, "bad price", "0"),
        ("pp-2026.csv", 3, "wrong number of columns", "2"),
        ("pp-2026.csv", 4, "date in the future", tomorrow),
        ("pp-2026.csv", 5, "transaction id twice", guid(1)),
    ]


def test_postcodes_that_cannot_be_placed(world: World) -> None:
    sales = row(1) + row(2, postcode="ZQ2 2BB") + row(3, postcode="ZQ1 1ZZ") + row(4, postcode="ZQ9 9ZZ")
    world.serve(sales, places=PLACES + FAR + NOWHERE)
    assert world.fetch().counts["postcodes"] == 3
    assert world.match() == {"properties": 1, "out_of_reach": 1, "prices": 1, "rejected": 2}
    assert world.rejects(world.matched) == [
        ("pp-2026.csv", 2, "unknown postcode", "ZQ22BB"),
        ("pp-2026.csv", 3, "postcode without a position", "ZQ11ZZ"),
    ]


def test_the_update_file_has_the_last_word(world: World) -> None:
    update = (
        row(1, price="111", status="C")
        + row(1, price="222", status="C")
        + row(2, status="D")
        + row(3, category="B", status="C")
        + row(4, status="A")
        + row(5, price="0", status="C")
        + row(6, county="KENT", status="D")
    )
    world.serve("".join(row(number) for number in range(1, 6)), update)
    counts = world.fetch().counts
    prices = {one["transaction_id"]: one["price"] for one in world.sales()}
    # 5: a correction that cannot be used changes nothing
    assert prices == {guid(1): 222, guid(4): 500000, guid(5): 500000}
    assert (counts["withdrawn"], counts["replaced"], counts["rejected"]) == (2, 2, 1)


def test_what_cannot_be_read_withdraws_nothing(world: World) -> None:
    cut = ",".join(row(1, type="D").split(",")[:5]) + "\r\n"  # its last column is that of the status, D
    world.serve(row(1), row(8) + cut)
    world.fetch()
    assert {one["transaction_id"] for one in world.sales()} == {guid(1), guid(8)}
    assert world.rejects() == [("update.csv", 2, "wrong number of columns", "5")]


def test_a_withdrawal_without_an_id_is_a_reject(world: World) -> None:
    world.serve(row(1), row(8) + row(id="{1}", status="D"))
    world.fetch()
    assert world.rejects() == [("update.csv", 2, "bad transaction id", "{1}")]


def test_a_year_may_withdraw_a_sale_itself(world: World) -> None:
    world.serve(row(1) + row(2, status="D") + row(3, status="D", county="KENT"))
    counts = world.fetch().counts
    assert [one["transaction_id"] for one in world.sales()] == [guid(1)]
    assert (counts["withdrawn"], counts["rejected"]) == (1, 0)


def test_today_is_the_clocks(world: World) -> None:
    world.source = replace(world.source, clock=lambda: datetime(2026, 3, 3, 23, 59, tzinfo=UTC))
    world.serve(row(1) + row(2, date="2026-03-03 00:00"))
    world.fetch()
    assert world.rejects() == [("pp-2026.csv", 1, "date in the future", "2026-03-04 00:00")]


@pytest.mark.parametrize("file", ["update.csv", "pp-2025.csv", "pp-2026.csv"])
def test_an_empty_file_is_none(world: World, file: str) -> None:
    world.serve(row(1))
    world.host.serve(f"/{file}", "")
    with pytest.raises(TruncatedFile, match=f"{file}, line 1: the file is empty"):
        world.fetch()


def test_too_many_rejects_leave_nothing_complete(world: World) -> None:
    world.serve(row(1) + row(2, price="0") + row(3, price="0"))
    with pytest.raises(TooManyRejects, match=r"land_registry: 2 of 3 rows cannot be used, more than 50\.0%"):
        world.fetch()
    assert world.raw.names() == []


def test_too_many_postcodes_without_a_place(world: World) -> None:
    world.serve(row(1, postcode="ZQ2 2BB") + row(2, postcode="ZQ2 2BC"))
    world.fetch()
    with pytest.raises(TooManyRejects):
        world.match()
    assert world.matched.names() == []


@pytest.mark.parametrize("file", ["/update.csv", "/pp-2025.csv", "/pp-2026.csv", "/ONSPD.csv"])
def test_a_file_that_is_away_leaves_the_stage_incomplete(world: World, file: str) -> None:
    world.serve(row(1))
    world.fetch()
    world.host.serve(file, "", 503)
    with pytest.raises(DownloadFailed, match=f"{file} was answered 503"):
        world.fetch()
    with pytest.raises(NothingFetched, match=r"s3://bucket/raw/ holds no fetched\.json: run fetch_prices"):
        Fetched.read(world.raw)
    del world.host.files[file]
    with pytest.raises(FileNotThere, match="404"):
        world.fetch()


def test_a_file_that_breaks_off_in_a_row(world: World) -> None:
    world.serve(row(1) + row(2)[:50])
    with pytest.raises(TruncatedFile, match=r"pp-2026\.csv, line 2"):
        world.fetch()


def test_another_try_begins_anew(world: World) -> None:
    world.serve(row(1))
    world.fetch()
    world.serve(row(2))
    world.fetch()
    assert [one["transaction_id"] for one in world.sales()] == [guid(2)]
