"""Task save_result_to_postgres_db: a run's Parquet results from S3 into PostgreSQL, all or nothing."""

import logging
from collections.abc import Iterator
from typing import BinaryIO

import psycopg
import pyarrow as pa
from airflow.providers.amazon.aws.hooks.s3 import S3Hook
from airflow.sdk.exceptions import AirflowFailException

from tubepulse import lineage, parquet
from tubepulse.database import SCHEMA as DATABASE_SCHEMA
from tubepulse.database import connect, replace_rows
from tubepulse.paths import raw_prefix, sentiment_prefix, topics_prefix
from tubepulse.settings import Settings
from tubepulse.stations import Station
from tubepulse.tweets import load_stations
from tubepulse.weeks import Week

log = logging.getLogger(__name__)

# The columns that the jobs write; timestamps are UTC.
SENTIMENT = pa.schema(
    {
        "tweet_id": pa.string(),
        "tweets": pa.string(),
        "date": pa.timestamp("us"),
        "station": pa.string(),
        "sentiment": pa.float64(),
    }
)
TOPICS = pa.schema(
    {
        "date": pa.timestamp("us"),
        "station": pa.string(),
        "rank": pa.int32(),
        "topic": pa.string(),
        "tweet_count": pa.int64(),
    }
)


class BadResults(AirflowFailException):
    """The run's results in S3 are missing or not in the shape agreed with the jobs; a retry can't help."""


def save_result_to_postgres_db(run: str) -> dict[str, int]:
    """Replace week `run` in london_schema.sentiment and .station_topics, and upsert the stations.

    Reads every part file under the run's own prefixes. One transaction. Returns the counts of rows.
    Raises BadResults, BadStationsFile; database errors pass through, to be retried.
    """
    settings = Settings.load()
    s3, bucket = S3Hook(aws_conn_id="aws_default"), settings.bucket_name
    stations = load_stations(s3, settings)
    with connect() as connection, connection.cursor() as cursor:
        upsert_stations(cursor, stations)
        counts = {
            table: replace_rows(cursor, table, batches(s3, bucket, prefix, schema, run), "run = %s", (run,))
            for table, prefix, schema in (
                ("sentiment", sentiment_prefix(run), SENTIMENT),
                ("station_topics", topics_prefix(run), TOPICS),
            )
        }
    log.info("week %s: %s", run, counts)
    lineage.record(
        Week.parse(run),
        3,
        "save_result_to_postgres_db",
        f"s3://{bucket}/{sentiment_prefix(run)}, s3://{bucket}/{topics_prefix(run)}",
        f"PostgreSQL: {DATABASE_SCHEMA}.sentiment, {DATABASE_SCHEMA}.station_topics",
    )
    return counts


def summarised_data_lineage_spark(run: str) -> None:
    """Record in the lineage what the cluster's steps read and wrote."""
    settings = Settings.load()
    bucket = settings.bucket_name
    lineage.record(
        Week.parse(run),
        2,
        "all_spark_jobs",
        f"s3://{bucket}/{raw_prefix(settings.output_key, run)}",
        f"s3://{bucket}/{sentiment_prefix(run)}, s3://{bucket}/{topics_prefix(run)}",
    )


def upsert_stations(cursor: psycopg.Cursor, stations: list[Station]) -> None:
    """Add the stations, or renew their position and zone; stations no longer in the file stay."""
    cursor.executemany(
        """
        INSERT INTO london_schema.stations (station, latitude, longitude, zone) VALUES (%s, %s, %s, %s)
        ON CONFLICT (station) DO UPDATE
           SET latitude = excluded.latitude, longitude = excluded.longitude, zone = excluded.zone
        """,
        [(station.name, station.latitude, station.longitude, station.zone) for station in stations],
    )


def batches(s3: S3Hook, bucket: str, prefix: str, schema: pa.Schema, run: str) -> Iterator[pa.RecordBatch]:
    """The rows of all part files below `prefix`, one file after the other; raises BadResults."""
    keys = sorted(key for key in s3.list_keys(bucket, prefix=prefix) if key.endswith(".parquet"))
    if not keys:
        raise BadResults(f"no Parquet file under s3://{bucket}/{prefix}: did the steps of this run write it?")
    for key in keys:
        with parquet.local_copy(s3, bucket, key) as content:
            yield from read_parquet(content, f"s3://{bucket}/{key}", schema, run)


def read_parquet(content: BinaryIO, source: str, schema: pa.Schema, run: str) -> Iterator[pa.RecordBatch]:
    """The file's rows as batches of `schema` plus the column `run`; `source` names it in BadResults."""
    try:
        file = parquet.opened(content)
    except pa.ArrowInvalid as error:
        raise BadResults(f"{source} is no Parquet file: {error}") from None
    missing = [name for name in schema.names if name not in file.schema_arrow.names]
    if missing:
        raise BadResults(f"{source} lacks the column {', '.join(missing)}; has {file.schema_arrow.names}")
    for batch in parquet.batches(file, schema.names):
        yield _as_schema(batch, source, schema).append_column("run", pa.repeat(run, batch.num_rows))


def _as_schema(batch: pa.RecordBatch, source: str, schema: pa.Schema) -> pa.RecordBatch:
    columns = []
    for field in schema:
        column = batch.column(field.name)
        try:
            # Spark writes timestamps as nanoseconds (INT96) unless told otherwise.
            columns.append(column.cast(field.type))
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
            raise BadResults(
                f"{source}: column {field.name} is {column.type}, not {field.type}: {error}"
            ) from None
    return pa.RecordBatch.from_arrays(columns, schema=schema)
