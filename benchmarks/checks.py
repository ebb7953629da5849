"""Whether the jobs of a run found what they must, on the same tweets as those that were measured."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import pyarrow.dataset as ds
import pyarrow.parquet as pq

from benchmarks import expected
from fixtures.reference import Tweet, clean

SAMPLE = 20_000  # rows whose scores are computed again, where there are more than ALL
ALL = 100_000
MODULUS = 2**64
TEXTS_KEPT = 200_000


def rows(folder: Path, *columns: str) -> Iterator[tuple[Any, ...]]:
    """The rows of parquet, a file or a folder; instants as naive datetimes in UTC, in microseconds."""
    for batch in ds.dataset(folder, format="parquet").to_batches(columns=list(columns)):
        values = []
        for column in batch.columns:
            if str(column.type).startswith("timestamp"):
                column = column.cast("timestamp[us]")
            values.append(column.to_pylist())
        yield from zip(*values, strict=True)


def fingerprint(found: Iterable[tuple[Any, ...]]) -> tuple[int, int]:
    """How many rows there are, and a number that equal rows in any order share; it holds for this process."""
    count = total = 0
    for row in found:
        count += 1
        total = (total + hash(row)) % MODULUS
    return count, total


def same(job: str, one: Path, other: Path) -> bool:
    """Whether two outputs of our job have the same rows."""
    columns = ["date", "station", *(["tweet_id", "tweets", "sentiment"] if job == "sentiment" else
                                    ["rank", "topic", "tweet_count"])]  # fmt: skip
    return fingerprint(rows(one, *columns)) == fingerprint(rows(other, *columns))


def same_as_seed(ours: Path, seed: Path) -> bool:
    """Whether our scores of seed-cleaned text are the seed's, to its two decimals, row for row.

    Rows are told apart by date, station and cleaned text: what both outputs have.
    """
    seed_clean = cached(expected.seed_cleaned)
    of_ours = (
        (date, station, seed_clean(text), round(score, 2))
        for date, station, text, score in rows(ours, "date", "station", "tweets", "sentiment")
    )
    of_seed = (
        (date, station, text, float(score))
        for date, station, text, score in rows(seed, "date", "station", "tweets", "sentiment")
    )
    return fingerprint(of_ours) == fingerprint(of_seed)


def same_as_stock(ours: Path, tweets: Path) -> bool:
    """Whether our output has the rows of the tweets, and stock VADER's scores of lightly cleaned text.

    Scores of up to 100,000 rows are all compared; of more, those of 20,000 that are chosen at random.
    """
    columns = ("tweet_id", "tweets", "date", "station")
    count, _ = made = fingerprint(rows(ours, *columns))
    if made != fingerprint(rows(tweets, *columns)):
        return False
    wanted = set(range(count)) if count <= ALL else set(random.Random(1).sample(range(count), SAMPLE))
    score = cached(lambda text: expected.stock_score(clean(text)))
    found = enumerate(rows(ours, "tweets", "sentiment"))
    return all(score(text) == ours_says for number, (text, ours_says) in found if number in wanted)


def topics_as_counted(ours: Path, tweets: Path, seed_cleaning: bool) -> bool:
    """Whether our topic job's rows are those of a plain count."""
    found = sorted(rows(ours, "station", "rank", "topic", "tweet_count"))
    posts = [
        Tweet(tweet_id, station, "", text)
        for tweet_id, station, text in rows(tweets, "tweet_id", "station", "tweets")
    ]
    return found == expected.topic_rows(posts, seed_cleaning)


def seed_topics_as_counted(seed: Path, tweets: Path) -> bool:
    """Whether the seed's topics are those of a plain count."""
    [topics] = pq.read_table(seed)["topics"].to_pylist()
    return expected.agrees(topics, expected.seed_counts(text for (text,) in rows(tweets, "tweets")))


def cached(function: Callable[[str], Any]) -> Callable[[str], Any]:
    """The function with a memory: many tweets repeat another."""
    return lru_cache(TEXTS_KEPT)(function)
