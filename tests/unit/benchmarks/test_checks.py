"""benchmarks/checks.py sees each way in which an output can differ from what it must be."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from benchmarks import checks

MOMENT = datetime(2026, 11, 9, 8, 30, tzinfo=UTC)
TWEETS: list[dict[str, Any]] = [
    {"tweet_id": "1", "tweets": "I love London!!!", "date": MOMENT, "station": "Bank"},
    {"tweet_id": "1", "tweets": "I love London!!!", "date": MOMENT, "station": "Angel"},
    {"tweet_id": "2", "tweets": "awful :( https://t.co/x", "date": MOMENT, "station": "Bank"},
]
# vaderSentiment 3.3.2's scores of the texts without the link; then of those without marks, to two decimals
LIGHT = [0.7249, 0.7249, -0.7096]
SEED = [0.64, 0.64, -0.46]


def write(folder: Path, name: str, rows: list[dict[str, Any]], *, spark: str = "us") -> Path:
    """Parquet as Spark writes it, dates perhaps as its default is: without a zone, in nanoseconds."""
    table = pa.Table.from_pylist(rows)
    if "date" in table.schema.names:
        kind = pa.timestamp("us", "UTC") if spark == "us" else pa.timestamp("ns")
        at = table.schema.get_field_index("date")
        table = table.set_column(at, "date", table["date"].cast(kind))
    (folder / name).mkdir()
    pq.write_table(table, folder / name / "part-0.parquet")
    (folder / name / "_SUCCESS").touch()
    return folder / name


def scored(scores: list[Any], rows: list[dict[str, Any]] = TWEETS) -> list[dict[str, Any]]:
    return [row | {"sentiment": score} for row, score in zip(rows, scores, strict=True)]


@pytest.fixture
def tweets(tmp_path: Path) -> Path:
    return write(tmp_path, "tweets", TWEETS)


def test_stock_scores_in_any_order(tmp_path: Path, tweets: Path) -> None:
    assert checks.same_as_stock(write(tmp_path, "ours", scored(LIGHT)[::-1]), tweets)


@pytest.mark.parametrize(
    "rows",
    [
        scored([0.7249, 0.7249, -0.7097]),
        scored(LIGHT)[:2],
        [*scored(LIGHT), scored(LIGHT)[0]],
        [*scored(LIGHT)[:2], scored(LIGHT)[2] | {"station": "Angel"}],
        [*scored(LIGHT)[:2], scored(LIGHT)[2] | {"date": MOMENT.replace(minute=31)}],
    ],
    ids=["score", "a row less", "a row twice", "station", "date"],
)
def test_what_is_not_as_stock(tmp_path: Path, tweets: Path, rows: list[dict[str, Any]]) -> None:
    assert not checks.same_as_stock(write(tmp_path, "ours", rows), tweets)


def test_above_a_size_a_sample_is_scored_again(
    tmp_path: Path, tweets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checks, "ALL", 2)
    monkeypatch.setattr(checks, "SAMPLE", 1)
    wrong = [write(tmp_path, f"ours-{at}", scored([*LIGHT[:at], 0.0, *LIGHT[at + 1 :]])) for at in range(3)]
    assert sorted(checks.same_as_stock(folder, tweets) for folder in wrong) == [False, True, True]


@pytest.mark.parametrize(("score", "equal"), [("-0.46", True), ("-0.45", False)])
def test_the_seeds_scores(tmp_path: Path, score: str, equal: bool) -> None:
    ours = write(tmp_path, "ours", scored([0.6369, 0.6369, -0.4588]))
    cleaned = [row | {"tweets": text} for row, text in
               zip(TWEETS, ["I love London", "I love London", "awful  "], strict=True)]  # fmt: skip
    theirs = [
        {name: row[name] for name in ("date", "station", "tweets", "sentiment")}
        for row in scored(["0.64", "0.64", score], cleaned)
    ]
    assert checks.same_as_seed(ours, write(tmp_path, "seed", theirs, spark="ns")) is equal


@pytest.mark.parametrize(("count", "equal"), [(1, True), (2, False)])
def test_our_topics(tmp_path: Path, tweets: Path, count: int, equal: bool) -> None:
    rows = [("", 1, "awful", count), ("", 2, "love", 1), ("Angel", 1, "love", 1),
            ("Bank", 1, "awful", 1), ("Bank", 2, "love", 1)]  # fmt: skip
    found = [dict(zip(("station", "rank", "topic", "tweet_count"), row, strict=True)) for row in rows]
    assert checks.topics_as_counted(write(tmp_path, "ours", found), tweets, True) is equal


@pytest.mark.parametrize(("topics", "equal"), [("love, aw, ", True), ("aw, love, ", False)])
def test_the_seeds_topics(tmp_path: Path, tweets: Path, topics: str, equal: bool) -> None:
    found = write(tmp_path, "seed", [{"topics": topics}])
    assert checks.seed_topics_as_counted(found, tweets) is equal
