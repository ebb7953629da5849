"""benchmarks/tweets.py keeps what it promises about its synthetic tweets."""

import re
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from benchmarks import tweets
from benchmarks.tweets import write_tweets

ROWS = 30_000  # more than a chunk


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tweets") / "tweets.parquet"
    write_tweets(path, ROWS)
    return path


@pytest.fixture(scope="module")
def table(file: Path) -> pa.Table:
    return pq.read_table(file)


@pytest.fixture(scope="module")
def texts(table: pa.Table) -> list[str]:
    return [str(text) for text in table["tweets"].to_pylist()]


def test_columns_are_those_that_the_jobs_read(table: pa.Table) -> None:
    kinds = {"tweet_id": "string", "tweets": "string", "date": "timestamp[us, tz=UTC]", "station": "string"}
    assert {field.name: str(field.type) for field in table.schema} == kinds
    assert table.num_rows == ROWS
    assert sum(column.null_count for column in table.columns) == 0


def test_the_same_seed_gives_the_same_tweets_and_another_one_others(file: Path, tmp_path: Path) -> None:
    for name, seed in (("again", 1), ("other", 2)):
        write_tweets(tmp_path / name, ROWS, seed)
    assert pq.read_table(tmp_path / "again").equals(pq.read_table(file))
    assert not pq.read_table(tmp_path / "other").equals(pq.read_table(file))


def test_large_files_have_several_row_groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tweets, "CHUNK", 100)
    monkeypatch.setattr(tweets, "ROW_GROUP", 200)
    write_tweets(tmp_path / "tweets.parquet", 450)
    groups = pq.ParquetFile(tmp_path / "tweets.parquet").metadata
    assert [groups.row_group(number).num_rows for number in range(groups.num_row_groups)] == [200, 200, 50]


def test_texts_are_short_and_about_london(texts: list[str]) -> None:
    assert {60 <= len(text) <= 240 for text in texts} == {True}
    assert all("london" in text.lower() for text in texts)


def test_nearly_half_of_the_rows_repeat_an_earlier_text(texts: list[str]) -> None:
    assert 1 - len(set(texts)) / ROWS == pytest.approx(0.45, abs=0.02)


@pytest.mark.parametrize(
    ("pattern", "share"),
    [
        (r"(^| )@\w", 0.30),
        (r"https://t\.co/", 0.20),
        (r"[\u2600-\u27bf\U0001f300-\U0001faff]", 0.15),
        (r"#(?!london)\w", 0.35),
        (r"!", 0.20),
        (r"&(amp|lt|gt|quot);", 0.03),
        (r"[\u00df-\u024f\u0400-\u04ff]", 0.02),
        (r"\b(?!LONDON)[A-Z]{2,}\b", 0.12),
    ],
)
def test_shares_of_what_texts_have(texts: list[str], pattern: str, share: float) -> None:
    distinct = set(texts)
    found = sum(bool(re.search(pattern, text)) for text in distinct) / len(distinct)
    assert found == pytest.approx(share, rel=0.25)


def test_the_vocabulary_grows_with_the_tweets_and_follows_zipf(texts: list[str]) -> None:
    words = [re.findall(r"[a-z']{2,}", text.lower()) for text in dict.fromkeys(texts)]
    tenth = {word for found in words[: len(words) // 10] for word in found}
    counts = Counter(word for found in words for word in found)
    assert len(counts) > 3 * len(tenth)
    assert sum(count == 1 for count in counts.values()) > len(counts) / 3
    assert sum(count for _, count in counts.most_common(100)) > sum(counts.values()) / 3


def test_some_tweets_stand_at_neighbouring_stations(table: pa.Table) -> None:
    rows: dict[str, list[tuple[str, str, datetime]]] = {}
    for row in table.to_pylist():
        rows.setdefault(row["tweet_id"], []).append((row["station"], row["tweets"], row["date"]))
    several = [copies for copies in rows.values() if len(copies) > 1]
    assert len(several) / len(rows) == pytest.approx(0.15, abs=0.01)
    assert {len(copies) for copies in several} == {2, 3}
    for copies in several:
        assert len({station for station, _, _ in copies}) == len(copies)
        assert len({(text, date) for _, text, date in copies}) == 1


def test_stations_are_known_and_of_unequal_size(table: pa.Table) -> None:
    counts = Counter(table["station"].to_pylist())
    assert set(counts) <= set(tweets.neighbours())
    assert len(counts) > 250
    assert counts.most_common(1)[0][1] > 50 * counts.most_common()[200][1]


def test_dates_are_of_one_iso_week(table: pa.Table) -> None:
    dates = table["date"].to_pylist()
    assert min(dates) >= datetime(2026, 11, 9, tzinfo=UTC)
    assert max(dates) < datetime(2026, 11, 16, tzinfo=UTC)
    assert {date.isoweekday() for date in dates} == {1, 2, 3, 4, 5, 6, 7}


def test_hardly_two_made_up_words_are_the_same() -> None:
    assert len({tweets.made_up_word(number) for number in range(100_000)}) > 98_000
