"""What a run left in PostgreSQL, and whether that is what the recorded week must give."""

from __future__ import annotations

import csv
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, LiteralString

import psycopg
from psycopg.rows import class_row, dict_row

from embedded.processes import ROOT
from embedded.report.data import HOME_TYPES, HomePrice, Lineage, Mood, PriceSource, Station, Topic
from fixtures.weeks import recorded_for

EXPECTED = ROOT / "fixtures" / "expected"
LINEAGE_JOBS = 3  # get_twitter_data, all_spark_jobs, save_result_to_postgres_db


@dataclass(frozen=True)
class Counts:
    """Rows of one week in the results schema, of the view vsentiment, and of the prices that are shown."""

    stations: int
    tweets: int
    sentiment_rows: int
    topic_rows: int
    lineage_rows: int
    view_rows: int
    housing_rows: int
    housing_rejects: int  # of the newest load

    def differences(self, other: Counts) -> list[str]:
        """What differs from `other`, in words."""
        mine, theirs = asdict(self), asdict(other)
        return [f"{name} is {mine[name]}, not {theirs[name]}" for name in mine if mine[name] != theirs[name]]


def counted(connection: psycopg.Connection, week: str) -> Counts:
    """The counts of `week` as PostgreSQL has them: zeros where the schema was never made."""
    if not _has_schema(connection):
        return Counts(0, 0, 0, 0, 0, 0, 0, 0)
    batch = int(week.replace("-W", ""))
    one: dict[LiteralString, tuple[LiteralString, Any]] = {
        "stations": ("SELECT count(*) FROM london_schema.stations", None),
        "tweets": ("SELECT count(DISTINCT tweet_id) FROM london_schema.sentiment WHERE run = %s", week),
        "sentiment_rows": ("SELECT count(*) FROM london_schema.sentiment WHERE run = %s", week),
        "topic_rows": ("SELECT count(*) FROM london_schema.station_topics WHERE run = %s", week),
        "lineage_rows": (
            "SELECT count(*) FROM london_schema.data_lineage WHERE job_nr <= 3 AND batch_nr = %s",
            batch,
        ),
        "view_rows": ("SELECT count(*) FROM london_schema.vsentiment", None),
        "housing_rows": (
            "SELECT count(*) FROM london_schema.housing_prices"
            " WHERE source = (SELECT source FROM london_schema.price_source)",
            None,
        ),
        "housing_rejects": (
            """
            SELECT count(*) FROM london_schema.housing_rejects WHERE (source, batch_nr) = (
                SELECT source, batch_nr FROM london_schema.housing_loads ORDER BY loaded_at DESC LIMIT 1
            )
            """,
            None,
        ),
    }
    return Counts(
        **{
            name: _scalar(connection, query, () if value is None else (value,))
            for name, (query, value) in one.items()
        }
    )


def expected(connection: psycopg.Connection, week: str) -> Counts:
    """What the reference says of `week`; the view covers every week that was ever loaded."""
    with (ROOT / "fixtures" / "stations.csv").open(newline="") as file:
        stations = sum(1 for _ in csv.DictReader(file))
    reference = json.loads((EXPECTED / "counts.json").read_text())[recorded_for(week)[0]]
    housing = json.loads((EXPECTED / "housing.json").read_text())
    loaded = {week}
    if _has_schema(connection):
        loaded |= {row[0] for row in connection.execute("SELECT run FROM london_schema.mood_by_week")}
    return Counts(
        stations=stations,
        tweets=reference["tweets"],
        sentiment_rows=reference["sentiment_rows"],
        topic_rows=reference["topic_rows"],
        lineage_rows=LINEAGE_JOBS,
        view_rows=len(_stations_with_tweets(loaded) & _stations_with_prices()),
        housing_rows=housing["prices"],
        housing_rejects=sum(housing["rejects"].values()),
    )


def stations(connection: psycopg.Connection, week: str) -> list[Station]:
    """All rows of station_overview, with `week` in the place of the newest one; that week's busiest first."""
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(
            """
            SELECT station, zone::float8, latitude, longitude, average_price::float8, sales,
                   %(week)s::text AS week, coalesce(mine.tweets, 0) AS week_tweets,
                   mine.sentiment AS week_sentiment, overview.tweets, overview.sentiment, median_price,
                   detached_price::float8, detached_median_price, detached_sales,
                   semi_detached_price::float8, semi_detached_median_price, semi_detached_sales,
                   terraced_price::float8, terraced_median_price, terraced_sales,
                   flat_price::float8, flat_median_price, flat_sales
            FROM london_schema.station_overview AS overview
            LEFT JOIN (
                SELECT station, count(*) AS tweets, avg(sentiment) AS sentiment
                FROM london_schema.sentiment WHERE run = %(week)s GROUP BY station
            ) AS mine USING (station)
            ORDER BY week_tweets DESC, station
            """,
            {"week": week},
        ).fetchall()
    return [station_of(row) for row in rows]


def station_of(row: dict[str, Any]) -> Station:
    """A Station of a row whose by-type columns are named as in station_overview; they are taken out of it."""
    homes = tuple(
        HomePrice(row.pop(f"{kind}_price"), row.pop(f"{kind}_median_price"), row.pop(f"{kind}_sales"))
        for kind in HOME_TYPES
    )
    return Station(**row, homes=homes)


def price_source(connection: psycopg.Connection) -> PriceSource | None:
    """The row of price_source; None before the first load."""
    with connection.cursor(row_factory=class_row(PriceSource)) as cursor:
        return cursor.execute(
            "SELECT source, kind, first_day, last_day, properties, prices, rejected, attribution, loaded_at"
            " FROM london_schema.price_source"
        ).fetchone()


def moods(connection: psycopg.Connection) -> list[Mood]:
    """All rows of mood_by_week."""
    with connection.cursor(row_factory=class_row(Mood)) as cursor:
        return cursor.execute(
            "SELECT run, zone::float8, tweets, sentiment FROM london_schema.mood_by_week ORDER BY run, zone"
        ).fetchall()


def topics(connection: psycopg.Connection, week: str) -> list[Topic]:
    """The topics of `week`, all London ('') first."""
    with connection.cursor(row_factory=class_row(Topic)) as cursor:
        return cursor.execute(
            "SELECT station, rank, topic, tweet_count FROM london_schema.station_topics WHERE run = %s"
            " ORDER BY station, rank",
            (week,),
        ).fetchall()


def lineage(connection: psycopg.Connection) -> list[Lineage]:
    """All rows of data_lineage, newest first."""
    with connection.cursor(row_factory=class_row(Lineage)) as cursor:
        return cursor.execute(
            'SELECT batch_nr::int, job_nr::int, "timestamp", step_airflow, source, destination'
            ' FROM london_schema.data_lineage ORDER BY "timestamp" DESC'
        ).fetchall()


def _has_schema(connection: psycopg.Connection) -> bool:
    # The newest of the views: a schema of an earlier version counts as none until a DAG has renewed it.
    return _scalar(connection, "SELECT count(*) FROM pg_views WHERE viewname = 'price_source'", ()) == 1


def _scalar(connection: psycopg.Connection, query: LiteralString, parameters: tuple[Any, ...]) -> int:
    row = connection.execute(query, parameters).fetchone()
    return int(row[0]) if row else 0


def _stations_with_tweets(weeks: set[str]) -> set[str]:
    files = {EXPECTED / recorded_for(week)[0] / "sentiment.csv" for week in weeks}
    return set().union(*(_column(file, "station") for file in files))


def _stations_with_prices() -> set[str]:
    return _column(EXPECTED / "housing.csv", "station")


def _column(file: Path, name: str) -> set[str]:
    with file.open(newline="") as lines:
        return {row[name] for row in csv.DictReader(lines)}
