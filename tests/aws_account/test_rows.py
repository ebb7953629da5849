"""The week's rows, and what the website's role sees of them."""

import json
from collections import defaultdict
from datetime import date
from typing import Any

import psycopg2
import pytest

from tests import reference_rows
from tests.reference_rows import EXPECTED, expected, rows

TABLES = ["sentiment", "station_topics", "stations", "data_lineage", "housing_prices"]


def zones() -> dict[str, float]:
    return {row["station"]: float(row["zone"]) for row in expected("../stations.csv")}


def test_every_sentiment_row_is_the_references(pipeline: Any, week: str) -> None:
    reference_rows.assert_sentiment(pipeline, week)


def test_every_topic_is_the_references(pipeline: Any, week: str) -> None:
    reference_rows.assert_topics(pipeline, week)


def test_the_website_reads_each_zones_mood(webapp: Any, week: str) -> None:
    zone, scores = zones(), defaultdict[float, list[float]](list)
    for row in expected(f"{week}/sentiment.csv"):
        scores[zone[row["station"]]].append(float(row["sentiment"]))
    found = rows(
        webapp, "SELECT zone, tweets, sentiment FROM london_schema.mood_by_week WHERE run = %s", week
    )
    assert {float(place): int(tweets) for place, tweets, _ in found} == {
        place: len(of) for place, of in scores.items()
    }
    assert {float(place): mood for place, _, mood in found} == pytest.approx(
        {place: sum(of) / len(of) for place, of in scores.items()}
    )


def test_the_website_reads_the_weeks_topics(webapp: Any, week: str) -> None:
    counts = json.loads((EXPECTED / "counts.json").read_text())[week]
    sunday = date.fromisocalendar(int(week[:4]), int(week[-2:]), 7)
    found = rows(webapp, "SELECT topics FROM london_schema.topics WHERE date::date = %s", sunday)
    assert found == [(", ".join(counts["topics"]),)]


def test_the_website_reads_every_stations_prices(webapp: Any) -> None:
    wanted = {row["station"]: (float(row["average_price"]), int(row["sales"])) for row in
              expected("housing.csv")}  # fmt: skip
    found = rows(webapp, "SELECT station, average_price, sales FROM london_schema.station_overview")
    assert len(found) == 308
    assert {name: (round(float(price), 2), sales) for name, price, sales in found if sales} == wanted


def test_the_website_reads_nothing_else(webapp: Any) -> None:
    for table in TABLES:
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            rows(webapp, f"SELECT 1 FROM london_schema.{table}")
    with webapp.cursor() as cursor:
        for statement in ("DELETE FROM london_schema.sentiment", "CREATE TABLE london_schema.mine (n int)"):
            cursor.execute("BEGIN READ WRITE")
            with pytest.raises(psycopg2.errors.InsufficientPrivilege):
                cursor.execute(statement)
            cursor.execute("ROLLBACK")
