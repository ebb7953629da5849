"""make backfill: four weeks, so that trends show."""

import json

from tests.e2e.conftest import FirstRun
from tests.e2e.harness import LIVE, ROOT, Stack

ROWS = "SELECT run, count(*) FROM london_schema.sentiment WHERE run = ANY(%s) GROUP BY run ORDER BY run"
MOODS = "SELECT count(*) FROM london_schema.mood_by_week WHERE run = ANY(%s)"


def test_four_weeks(stack: Stack, first_run: FirstRun) -> None:
    output = stack.make("backfill")
    weeks = [
        run for (run,) in stack.rows("SELECT DISTINCT run FROM london_schema.sentiment") if run in output
    ]
    assert len(weeks) >= 4
    recorded = json.loads((ROOT / "fixtures" / "expected" / "counts.json").read_text())
    possible = {counts["sentiment_rows"] for counts in recorded.values()}
    assert {count for _, count in stack.rows(ROWS, weeks)} <= possible
    assert stack.rows(MOODS, weeks)[0][0] > 4
    assert stack.clusters(*LIVE) == []
