"""A week's rows in PostgreSQL against the reference results, wherever the pipeline ran."""

import csv
import json
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

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


TYPES = {"D": "detached", "S": "semi_detached", "T": "terraced", "F": "flat"}
FIGURES = ["average_price", "sales", "median_price"] + [
    f"{name}_{figure}" for name in TYPES.values() for figure in ("price", "median_price", "sales")
]
REJECTS = (
    "SELECT reason, count(*) FROM london_schema.housing_rejects JOIN london_schema.housing_loads"
    " USING (source, batch_nr) WHERE source = %s GROUP BY reason"
)
LISTINGS = (
    "SELECT transaction_id, station, price, bedrooms, bathrooms, living_rooms, address, link, distance_m"
    " FROM london_schema.housing_prices WHERE source = 'example_homes'"
)


def assert_prices(connection: Any) -> None:
    """Mean, median and number of sales at every station, in all and by type of home; rejects and totals."""
    wanted = {row["station"]: [_pounds(row[name]) for name in FIGURES] for row in expected("housing.csv")}
    found = rows(connection, f"SELECT station, {', '.join(FIGURES)} FROM london_schema.station_overview")
    assert len(wanted) > 300
    assert {station: [_pounds(one) for one in figures] for station, *figures in found} == wanted
    counts = json.loads((EXPECTED / "housing.json").read_text())
    assert_totals(connection, "land_registry", "sale", counts)


def assert_listings(connection: Any) -> None:
    """Every listing of the made-up portal at every station that it names, as the page says."""
    wanted = {
        (
            row["transaction_id"], row["station"], int(row["price"]),
            *(int(row[name]) if row[name] else None for name in ("bedrooms", "bathrooms", "living_rooms")),
            row["address"], row["link"], int(row["distance_m"]),
        )
        for row in expected("listings.csv")
    }  # fmt: skip
    found = rows(connection, LISTINGS)
    assert len(found) == len(wanted) > 500
    assert {(*row[:7], urlsplit(row[7]).path, row[8]) for row in found} == wanted
    assert_totals(
        connection, "example_homes", "listing", json.loads((EXPECTED / "listings.json").read_text())
    )


def assert_totals(connection: Any, source: str, kind: str, counts: dict[str, Any]) -> None:
    """The source is the one that the views show, with these counts and rejects."""
    assert dict(rows(connection, REJECTS, source)) == counts["rejects"]
    (shown,) = rows(
        connection, "SELECT source, kind, properties, prices, rejected FROM london_schema.price_source"
    )
    rejected = sum(counts["rejects"].values())
    assert shown == (source, kind, counts["properties"], counts["prices"], rejected)


def _pounds(value: Any) -> Decimal | None:
    """To the penny, half up, as the reference rounds."""
    if value in (None, ""):
        return None
    return Decimal(str(value)).quantize(Decimal("0.01"), ROUND_HALF_UP)
