"""A week's rows in PostgreSQL against the reference results, wherever the pipeline ran."""

import csv
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
EXPECTED = ROOT / "fixtures" / "expected"
SENTIMENT = (
    "SELECT tweet_id::text, station, sentiment FROM london_schema.sentiment WHERE run = %s ORDER BY 1, 2"
)
TOPICS = (
    "SELECT station, rank, topic, tweet_count FROM london_schema.station_topics WHERE run = %s ORDER BY 1, 2"
)


def expected(name: str) -> list[dict[str, str]]:
    """A file of fixtures/expected."""
    with (EXPECTED / name).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def rows(connection: Any, query: str, *parameters: object) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, parameters or None)
        return list(cursor.fetchall())


def assert_sentiment(connection: Any, week: str) -> None:
    """Every post of the week is there once for each station, with the reference's sentiment."""
    wanted = {
        (row["tweet_id"], row["station"]): float(row["sentiment"])
        for row in expected(f"{week}/sentiment.csv")
    }
    found = rows(connection, SENTIMENT, week)
    assert len(found) == len(wanted) > 3000
    assert {(tweet, station): float(score) for tweet, station, score in found} == wanted


def assert_topics(connection: Any, week: str) -> None:
    """Every topic of the week, station by station and of all London."""
    wanted = {
        (row["station"], int(row["rank"]), row["topic"], int(row["tweet_count"]))
        for row in expected(f"{week}/topics.csv")
    }
    found = rows(connection, TOPICS, week)
    assert len(found) == len(wanted) > 200
    assert set(found) == wanted
