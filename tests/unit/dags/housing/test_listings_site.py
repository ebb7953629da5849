"""A listing site as a source: by its name, and from its pages to rows of the table."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from tests.unit.dags.housing.portal import NOW, Portal, home, near
from tubepulse.housing.download import BadConnection
from tubepulse.housing.listings.errors import UnknownSource
from tubepulse.housing.listings.site import ListingSite
from tubepulse.housing.source import Fetched, NothingFetched

NONE = {"bedrooms": None, "bathrooms": None, "living_rooms": None, "address": None, "postcode": None,
        "property_type": None, "new_build": None, "tenure": None}  # fmt: skip


def test_named(monkeypatch: pytest.MonkeyPatch) -> None:
    connection = {
        "conn_type": "http",
        "schema": "http",
        "host": "fixtures",
        "port": 8090,
        "password": "secret",
    }
    monkeypatch.setenv("AIRFLOW_CONN_EXAMPLE_HOMES", json.dumps(connection))
    site = ListingSite.named("example_homes", radius_m=800, max_rejected=0.02)
    assert (site.name, site.kind, site.radius_m, site.max_rejected) == ("example_homes", "listing", 800, 0.02)
    assert (site.host.base_url, site.host.password) == ("http://fixtures:8090/", "secret")


def test_a_connection_of_a_host_alone_is_https(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_EXAMPLE_HOMES", json.dumps({"conn_type": "http", "host": "example.org"}))
    site = ListingSite.named("example_homes", radius_m=800, max_rejected=0.02)
    assert site.host.base_url == "https://example.org/"


def test_a_site_without_a_connection() -> None:
    with pytest.raises(BadConnection, match=r"example_homes.*; see profiles/\*/connections\.json"):
        ListingSite.named("example_homes", radius_m=800, max_rejected=0.02)


@pytest.mark.parametrize("name", ["example_home", "", "../sites/example_homes", "example_homes.yaml"])
def test_unknown(name: str) -> None:
    with pytest.raises(UnknownSource, match=r"there are land_registry, example_homes"):
        ListingSite.named(name, radius_m=800, max_rejected=0.02)


def test_a_listing_becomes_a_row_at_each_station(portal: Portal) -> None:
    portal.lists([home(1, near("Bank", 700) + near("Angel", 300))])
    fetched = portal.fetch()
    assert fetched == Fetched(NOW.date(), NOW.date(), "Homes: made up", {"pages": 1, "listings": 1})
    assert Fetched.read(portal.raw) == fetched
    assert portal.match() == {
        "pages": 1, "properties": 1, "prices": 2, "out_of_reach": 0, "stations_unmatched": 0, "rejected": 0,
    }  # fmt: skip
    common = {
        "source": "homes", "transaction_id": "H1", "price": 500_000, "date": date(2026, 11, 23),
        "link": f"http://127.0.0.1:{portal.host.port}/home/1", **NONE,
    }  # fmt: skip
    assert portal.rows() == [
        {**common, "station": "Angel", "distance_m": 300},
        {**common, "station": "Bank", "distance_m": 700},
    ]
    assert portal.rejects() == []


def test_the_day_is_that_of_the_first_page_in_utc(portal: Portal) -> None:
    late = datetime.fromisoformat("2026-11-24T00:30:00+02:00")
    portal.site = replace(portal.site, clock=lambda: late)
    portal.lists([home(1)])
    assert portal.fetch().first_day == late.astimezone(UTC).date() == date(2026, 11, 23)
    portal.lists()
    assert portal.fetch().first_day == date(2026, 11, 23)


def test_the_password_is_sent(portal: Portal) -> None:
    portal.site = replace(portal.site, host=replace(portal.site.host, password="secret"))
    portal.lists([home(1)])
    portal.fetch()
    assert {headers["Authorization"] for _, headers in portal.host.asked} == {"Bearer secret"}


def test_stations_within_reach(portal: Portal) -> None:
    portal.lists([
        home(1, near("Angel", 1000)), home(2, near("Angel", 1001)), home(3, ""),
        home(4, near("Bank", 1001) + near("Angel", 0)), home(5, near("Nowhere", 1001)),
    ])  # fmt: skip
    portal.fetch()
    assert portal.match() == {
        "pages": 1, "properties": 2, "prices": 2, "out_of_reach": 3, "stations_unmatched": 0, "rejected": 0,
    }  # fmt: skip
    assert [(row["transaction_id"], row["distance_m"]) for row in portal.rows()] == [("H1", 1000), ("H4", 0)]


def test_a_station_named_twice_counts_once_and_nearest(portal: Portal) -> None:
    portal.lists([home(1, near("Angel Station", 500) + near("Angel", 200) + near("angel tube", 300))])
    portal.fetch()
    assert portal.match()["prices"] == 1
    assert [(row["station"], row["distance_m"]) for row in portal.rows()] == [("Angel", 200)]


def test_unknown_stations_are_rejects_and_the_others_stay(portal: Portal) -> None:
    portal.lists(
        [home(1), home(2, near("Nowhere", 100) + near("Bank", 200) + near("Nowhere", 300))],
        [home(3, near("Nowhere") + near("Elsewhere"))],
    )
    portal.fetch()
    assert portal.match() == {
        "pages": 2, "properties": 2, "prices": 2, "out_of_reach": 0, "stations_unmatched": 2, "rejected": 3,
        "unknown station": 3,
    }  # fmt: skip
    assert [(row["transaction_id"], row["station"]) for row in portal.rows()] == [
        ("H1", "Angel"),
        ("H2", "Bank"),
    ]
    assert portal.rejects() == [
        ("/list/?page=1", 2, "unknown station", "Nowhere"),
        ("/list/?page=2", 1, "unknown station", "Nowhere"),
        ("/list/?page=2", 1, "unknown station", "Elsewhere"),
    ]


def test_rejects_of_the_pages_are_rejects_of_the_source(portal: Portal) -> None:
    portal.change(refused={"^POA": "price on application"}, stations__aliases={"The Bank": "Bank"})
    portal.lists([home(1, price="POA"), home(2, price="lots"), home(3, near("the bank"))])
    assert portal.fetch().counts == {
        "pages": 1, "listings": 3, "price on application": 1, "bad price": 1,
    }  # fmt: skip
    counts = portal.match()
    assert (counts["rejected"], counts["price on application"], counts["bad price"]) == (2, 1, 1)
    assert portal.rejects() == [
        ("/list/?page=1", 1, "price on application", "POA"),
        ("/list/?page=1", 2, "bad price", "lots"),
    ]
    assert [row["station"] for row in portal.rows()] == ["Bank"]


def test_without_a_finished_fetch_there_is_nothing_to_match(portal: Portal) -> None:
    portal.lists([home(1)])
    portal.fetch()
    portal.raw.s3.delete_objects(portal.raw.bucket, [portal.raw.prefix + "fetched.json"])
    with pytest.raises(NothingFetched, match=r"raw/ holds no fetched\.json"):
        portal.match()
