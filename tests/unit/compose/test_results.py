"""The stack's results as tables."""

from datetime import date, datetime
from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from compose import results
from embedded import outcome
from embedded.outcome import Counts
from embedded.report.data import Mood, PriceSource


class Connection:
    """Gives the answers one after the other."""

    def __init__(self, *rows: Any) -> None:
        self.rows = list(rows)
        self.asked: list[str] = []

    def execute(self, query: str) -> "Connection":
        self.asked.append(query)
        return self

    def fetchone(self) -> Any:
        return self.rows.pop(0)


@pytest.mark.parametrize(
    ("rows", "empty"), [([(True,)], True), ([(False,), None], True), ([(False,), (1,)], False)]
)
def test_prices_are_missing_with_the_table_of_loads_or_its_rows(rows: list[Any], empty: bool) -> None:
    connection = Connection(*rows)
    assert results.no_prices(connection) is empty  # type: ignore[arg-type]
    # Not housing_prices: an earlier version's prices have no load, and no view shows them.
    assert connection.rows == [] and all("london_schema.housing_loads" in query for query in connection.asked)


def test_a_week_is_shown_with_its_prices_and_its_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    console = Console(file=StringIO(), width=100, highlight=False)
    source = PriceSource(
        "land_registry",
        "sale",
        date(2025, 8, 1),
        date(2026, 7, 31),
        3204,
        5120,
        12,
        "",
        datetime(2026, 11, 1),
    )
    for name, found in {"stations": [], "topics": [], "counted": Counts(1, 2, 3, 4, 5, 6, 5120, 12)}.items():
        monkeypatch.setattr(outcome, name, lambda *_, found=found: found)
    monkeypatch.setattr(outcome, "price_source", lambda _: source)
    results.show_week(console, Connection(), "2026-W46")  # type: ignore[arg-type]
    assert isinstance(console.file, StringIO)
    lines = console.file.getvalue().splitlines()
    assert "Prices: 3,204 sales, 1 August 2025 to 31 July 2026 (land_registry); 12 rows rejected" in lines
    assert lines[-1].endswith("5120 housing rows, 12 housing rejects")


def test_counts_in_words() -> None:
    assert results.rows(Counts(308, 3417, 3463, 1410, 3, 281, 5120, 12)) == (
        "308 stations, 3417 tweets, 3463 sentiment rows, 1410 topic rows, 3 lineage rows, 281 view rows, "
        "5120 housing rows, 12 housing rejects"
    )


def test_the_mood_by_week_has_a_column_a_week() -> None:
    console = Console(file=StringIO(), width=100, highlight=False)
    moods = [
        Mood("2026-W45", 1.0, 30, 0.1),
        Mood("2026-W45", 1.5, 10, 0.5),
        Mood("2026-W46", 1.0, 20, -0.25),
        *(Mood(f"2026-W{week}", 1.0, 1, 0.0) for week in range(30, 41)),
    ]
    results.show_moods(console, moods)
    assert isinstance(console.file, StringIO)
    rows = [line.strip("│ ").split("│") for line in console.file.getvalue().splitlines() if "│" in line]
    shown = [[cell.strip() for cell in row][-2:] for row in rows]
    assert shown == [["+0.100", "-0.250"], ["+0.500", "–"], ["+0.200", "-0.250"], ["40", "20"]]
    assert "2026-W46" in console.file.getvalue()
    assert "2026-W36" not in console.file.getvalue()
