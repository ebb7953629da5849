"""What a fetch keeps, against a model that holds everything in memory and applies the changes afterwards."""

import io
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

import pyarrow.parquet as pq
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.dags.housing.hosts import guid, row
from tubepulse.housing.ledger import Ledger
from tubepulse.housing.months import Window
from tubepulse.housing.price_paid import SALES, Row, rows
from tubepulse.housing.rows import REJECTS
from tubepulse.housing.stage import Table

WINDOW = Window(date(2025, 8, 1), date(2026, 7, 31))
TODAY = date(2026, 11, 23)


@dataclass(frozen=True)
class Sale:
    """A row of a file: `kind` says what is wrong with it, or that it is not asked for."""

    number: int
    price: int
    kind: str
    status: str = "A"

    def line(self) -> str:
        changes = {
            "fine": {}, "elsewhere": {"county": "KENT"}, "repossession": {"category": "B"},
            "old": {"date": "2025-07-31 00:00"}, "bad price": {"price": "0"}, "no postcode": {"postcode": ""},
        }[self.kind]  # fmt: skip
        return row(self.number, **{"price": str(self.price), **changes, "status": self.status})


KINDS = st.sampled_from(
    ["fine", "fine", "fine", "elsewhere", "repossession", "old", "bad price", "no postcode"]
)
YEARS = st.lists(
    st.builds(Sale, st.integers(1, 8), st.integers(1, 99), KINDS, st.sampled_from("AACD")), max_size=12
)
UPDATE = st.lists(
    st.builds(Sale, st.integers(1, 8), st.integers(100, 199), KINDS, st.sampled_from("ACD")), max_size=8
)


def read(file: list[Sale], name: str) -> Iterable[Row]:
    return rows((one.line() for one in file), name) if file else ()


def kept(year: list[Sale], update: list[Sale]) -> tuple[dict[str, int], list[str]]:
    """Prices by id and reasons of the rejects: what the Ledger makes of two files."""
    files = [io.BytesIO(), io.BytesIO()]
    with (
        Table(files[0], SALES) as sales,
        Table(files[1], REJECTS) as rejects,
    ):
        ledger = Ledger(WINDOW, TODAY, sales, rejects)
        ledger.changes(read(update, "update.csv"))
        ledger.year(read(year, "pp.csv"))
    tables: list[list[dict[str, Any]]] = [pq.read_table(file).to_pylist() for file in files]
    ids = [one["transaction_id"] for one in tables[0]]
    assert len(ids) == len(set(ids))
    assert ledger.counts["read"] == len(year) + len(update)
    return (
        {one["transaction_id"]: one["price"] for one in tables[0]},
        [one["reason"] for one in tables[1]],
    )


def model(year: list[Sale], update: list[Sale]) -> dict[str, int]:
    """The same, the naive way: the first fine row of each sale, then every change in turn."""
    prices: dict[int, int] = {}
    for sale in year:
        if sale.kind == "fine" and sale.status != "D":
            prices.setdefault(sale.number, sale.price)
    for change in update:
        if change.status != "D" and change.kind in ("bad price", "no postcode"):
            continue  # it cannot be used, and changes nothing
        if change.status != "D" and change.kind == "fine":
            prices[change.number] = change.price
        else:
            prices.pop(change.number, None)
    return {guid(number): price for number, price in prices.items()}


@settings(max_examples=300, deadline=None)
@given(YEARS, UPDATE)
def test_any_files_give_what_the_model_gives(year: list[Sale], update: list[Sale]) -> None:
    assert kept(year, update)[0] == model(year, update)


@settings(max_examples=100, deadline=None)
@given(YEARS)
def test_every_row_is_kept_counted_or_rejected(year: list[Sale]) -> None:
    prices, reasons = kept(year, [])
    there = [sale for sale in year if sale.status != "D"]
    fine = [sale.number for sale in there if sale.kind == "fine"]
    wanted = [sale.kind for sale in there if sale.kind in ("bad price", "no postcode")]
    twice = ["transaction id twice"] * (len(fine) - len(set(fine)))
    assert sorted(reasons) == sorted(wanted + twice)
    assert set(prices) == {guid(number) for number in fine}
