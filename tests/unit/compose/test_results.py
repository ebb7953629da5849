"""The stack's results as tables."""

from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from compose import results
from embedded.outcome import Counts
from embedded.report.data import Mood


class Connection:
    """Gives the answers one after the other."""

    def __init__(self, *rows: Any) -> None:
        self.rows = list(rows)

    def execute(self, query: str) -> "Connection":
        return self

    def fetchone(self) -> Any:
        return self.rows.pop(0)


@pytest.mark.parametrize(
    ("rows", "empty"), [([(True,)], True), ([(False,), None], True), ([(False,), (1,)], False)]
)
def test_prices_are_missing_with_their_table_or_their_rows(rows: list[Any], empty: bool) -> None:
    assert results.no_prices(Connection(*rows)) is empty  # type: ignore[arg-type]


def test_counts_in_words() -> None:
    assert results.rows(Counts(308, 3417, 3463, 1410, 3, 281)) == (
        "308 stations, 3417 tweets, 3463 sentiment rows, 1410 topic rows, 3 lineage rows, 281 view rows"
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
