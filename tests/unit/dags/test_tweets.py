from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tubepulse.tweets import SCHEMA, WeekOutOfReach, rows_of, searchable, to_parquet
from tubepulse.weeks import Week

WEEK = Week.parse("2026-W46")


def post(number: int, text: str = "hello", **more: Any) -> dict[str, Any]:
    return {"id": str(number), "text": text, "created_at": "2026-11-10T10:11:12.345Z", **more}


def test_a_row_has_the_text_as_written() -> None:
    text = "LOVE &amp; <3 @someone \U0001f600\nhttps://t.co/x"
    assert list(rows_of("Angel", [{"data": [post(1, text)]}], 10)) == [
        {
            "tweet_id": "1",
            "tweets": text,
            "date": datetime(2026, 11, 10, 10, 11, 12, 345000, tzinfo=UTC),
            "station": "Angel",
        }
    ]


def test_a_long_post_has_its_whole_text() -> None:
    rows = rows_of("Angel", [{"data": [post(1, "cut off…", note_tweet={"text": "the whole"})]}], 10)
    assert [row["tweets"] for row in rows] == ["the whole"]


def test_empty_answers_partial_errors_and_repeats() -> None:
    pages: list[dict[str, Any]] = [
        {"meta": {"result_count": 0}},
        {"data": [post(1), post(2)], "errors": [{"title": "Not Found Error", "detail": "gone"}]},
        {"data": [post(2), post(3)]},
    ]
    assert [row["tweet_id"] for row in rows_of("Angel", pages, 10)] == ["1", "2", "3"]


def test_the_limit_holds_where_a_page_is_larger() -> None:
    assert len(list(rows_of("Angel", [{"data": [post(n) for n in range(10)]}], 3))) == 3


def test_nul_cannot_reach_postgresql() -> None:
    assert [row["tweets"] for row in rows_of("Angel", [{"data": [post(1, "a\0b")]}], 3)] == ["a\ufffdb"]


def test_parquet_has_microseconds_in_utc() -> None:
    rows = list(rows_of("Angel", [{"data": [post(1), post(2, "")]}], 3))
    table = pq.read_table(BytesIO(to_parquet(rows)))
    assert table.schema.equals(SCHEMA)
    assert table.schema.field("date").type == pa.timestamp("us", tz="UTC")
    assert table.to_pylist() == rows


@pytest.mark.parametrize(
    ("now", "days", "start", "end"),
    [
        ("2027-03-01", None, "2026-11-09", "2026-11-16"),  # the recorded answers have every week
        ("2026-11-16T00:05", 7, "2026-11-09T00:10", "2026-11-16"),  # Monday's run loses ten minutes
        ("2026-11-12T12:00", 7, "2026-11-09", "2026-11-12T11:59:30"),  # a week that is not over
    ],
)
def test_what_can_be_searched(now: str, days: int | None, start: str, end: str) -> None:
    found = searchable(WEEK, days, datetime.fromisoformat(now).replace(tzinfo=UTC))
    assert found == tuple(datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (start, end))


@pytest.mark.parametrize("distance", [timedelta(days=-8), timedelta(days=15)])
def test_a_week_out_of_reach_is_named(distance: timedelta) -> None:
    with pytest.raises(WeekOutOfReach, match="2026-W46"):
        searchable(WEEK, 7, WEEK.start + distance)
