"""Task save_result_to_postgres_db of the housing DAG: a month's matched prices, all or nothing."""

import logging
from collections.abc import Iterator, Mapping
from typing import Any

import psycopg
import pyarrow as pa

from tubepulse import lineage
from tubepulse.database import SCHEMA, connect, replace_rows
from tubepulse.housing.months import Month
from tubepulse.housing.source import Fetched, NothingFetched, Source
from tubepulse.housing.stage import MATCHED, Stage
from tubepulse.housing.tasks import asked_source, matched_stage, raw_stage
from tubepulse.results import upsert_stations
from tubepulse.settings import Settings
from tubepulse.tweets import load_stations

log = logging.getLogger(__name__)


def save_result_to_postgres_db(month: str, params: Mapping[str, Any]) -> dict[str, int]:
    """Make london_schema.housing_prices hold what was matched of the source, in one transaction.

    They replace the source's rows. Rejects and the load's own row come with them; until the commit everybody
    sees the prices before. Returns the counts of housing_loads. Raises NothingFetched, BadStationsFile;
    database errors pass through, to be retried.
    """
    source = asked_source(params)
    raw, matched = raw_stage(month, source), matched_stage(month, source)
    fetched = Fetched.read(raw)
    if MATCHED not in matched.names():
        raise NothingFetched(f"{matched.uri} holds no {MATCHED}: run match_stations of this month first")
    stations = load_stations(raw.s3, Settings.load())
    batch = Month.parse(month)
    with connect() as connection, connection.cursor() as cursor:
        upsert_stations(cursor, stations)
        prices = matched.batches("prices.parquet")
        replace_rows(cursor, "housing_prices", prices, "source = %s", (source.name,))
        replace_rows(
            cursor,
            "housing_rejects",
            _rejects(matched, batch, source),
            "batch_nr = %s AND source = %s",
            (batch.batch_nr, source.name),
        )
        counts = _record_load(cursor, batch, source, fetched)
    log.info("%s: %s", source.name, counts)
    lineage.record(
        batch, 6, "save_result_to_postgres_db", matched.uri, f"PostgreSQL: {SCHEMA}.housing_prices"
    )
    return counts


def _rejects(matched: Stage, batch: Month, source: Source) -> Iterator[pa.RecordBatch]:
    for rejects in matched.batches("rejects.parquet"):
        run = pa.repeat(batch.batch_nr, rejects.num_rows), pa.repeat(source.name, rejects.num_rows)
        yield rejects.append_column("batch_nr", run[0]).append_column("source", run[1])


def _record_load(cursor: psycopg.Cursor, batch: Month, source: Source, fetched: Fetched) -> dict[str, int]:
    cursor.execute(
        """
        INSERT INTO london_schema.housing_loads
               (source, kind, batch_nr, first_day, last_day, properties, prices, rejected, attribution,
                loaded_at)
        SELECT %(source)s, %(kind)s, %(batch_nr)s, %(first_day)s, %(last_day)s,
               count(DISTINCT transaction_id), count(*),
               (SELECT count(*) FROM london_schema.housing_rejects
                WHERE batch_nr = %(batch_nr)s AND source = %(source)s),
               %(attribution)s, clock_timestamp() AT TIME ZONE 'UTC'
        FROM london_schema.housing_prices WHERE source = %(source)s
        ON CONFLICT (source) DO UPDATE
           SET kind = excluded.kind, batch_nr = excluded.batch_nr, first_day = excluded.first_day,
               last_day = excluded.last_day, properties = excluded.properties, prices = excluded.prices,
               rejected = excluded.rejected, attribution = excluded.attribution,
               loaded_at = excluded.loaded_at
        RETURNING properties, prices, rejected
        """,
        {
            "source": source.name,
            "kind": source.kind,
            "batch_nr": batch.batch_nr,
            "first_day": fetched.first_day,
            "last_day": fetched.last_day,
            "attribution": fetched.attribution,
        },
    )
    return dict(zip(("properties", "prices", "rejected"), cursor.fetchone() or (), strict=True))
