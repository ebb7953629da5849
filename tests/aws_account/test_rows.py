"""The week's rows, and what the website's role sees of them."""

import json
from collections import defaultdict
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import psycopg2
import pytest

from tests import reference_rows
from tests.reference_rows import EXPECTED, expected, rows

TABLES = [
    "sentiment", "station_topics", "stations", "data_lineage", "housing_prices", "housing_rejects",
    "housing_loads",
]  # fmt: skip
KINDS = ("detached", "semi_detached", "terraced", "flat")
COUNTS = ["sales", *(f"{kind}_sales" for kind in KINDS)]
MONEY = ["average_price", "median_price"]
MONEY += [f"{kind}_{figure}" for kind in KINDS for figure in ("price", "median_price")]


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
    wanted = {row["station"]: {name: row[name] for name in COUNTS + MONEY} for row in expected("housing.csv")}
    columns = ", ".join(COUNTS + MONEY)
    found = rows(webapp, f"SELECT station, {columns} FROM london_schema.station_overview")
    assert len(found) == 308
    with_sales = {
        name: dict(zip(COUNTS + MONEY, figures, strict=True)) for name, *figures in found if figures[0]
    }
    assert {
        name: {
            **{key: str(figures[key]) for key in COUNTS},
            **{key: "" if figures[key] is None else _pounds(figures[key]) for key in MONEY},
        }
        for name, figures in with_sales.items()
    } == wanted


def _pounds(price: Decimal | float) -> str:
    """To the penny, half a penny upwards, as the reference has it."""
    return str(Decimal(str(price)).quantize(Decimal("0.01"), ROUND_HALF_UP))


def test_the_website_reads_where_the_prices_come_from(webapp: Any) -> None:
    wanted = json.loads((EXPECTED / "housing.json").read_text())
    query = "SELECT source, kind, properties, prices, rejected, attribution FROM london_schema.price_source"
    ((*found, attribution),) = rows(webapp, query)
    assert found == [
        "land_registry", "sale", wanted["properties"], wanted["prices"], sum(wanted["rejects"].values()),
    ]  # fmt: skip
    assert attribution
    assert "{" not in attribution


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
