"""The results database: connections through Airflow's hook, loads through COPY."""

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import LiteralString

import psycopg
import pyarrow as pa
from airflow.providers.postgres.hooks.postgres import PostgresHook
from psycopg import sql
from pyarrow import csv

from tubepulse.settings import Settings

SCHEMA = "london_schema"


@contextmanager
def connect() -> Iterator[psycopg.Connection]:
    """One transaction on the results database: committed at the end, rolled back on any error."""
    hook = PostgresHook(postgres_conn_id="postgres_default", database=Settings.load().db_name)
    with hook.get_conn() as connection:
        yield connection


def copy_batch(cursor: psycopg.Cursor, table: str, batch: pa.RecordBatch) -> None:
    """COPY the rows of an Arrow batch into `table` (of SCHEMA or temporary), columns matched by name.

    Timestamps go as UTC. Arrow's CSV writer quotes every string and leaves null bare, which is how
    PostgreSQL tells '' from NULL.
    """
    buffer = BytesIO()
    csv.write_csv(batch, buffer, csv.WriteOptions(include_header=False))
    columns = sql.SQL(", ").join(map(sql.Identifier, batch.schema.names))
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT csv)").format(sql.Identifier(table), columns)
    with cursor.copy(statement) as copy:
        copy.write(buffer.getbuffer())


def replace_rows(
    cursor: psycopg.Cursor, table: LiteralString, batches: Iterator[pa.RecordBatch], scope: LiteralString,
    parameters: tuple[object, ...],
) -> int:  # fmt: skip
    """Replace the rows of SCHEMA.`table` for which `scope` (an SQL condition) holds; returns the new count.

    The rows go through a temporary staging table, so the key and the checks of the target judge them all
    at once and nothing else is locked while they stream.
    """
    target, staging = sql.Identifier(SCHEMA, table), sql.Identifier(f"staging_{table}")
    cursor.execute(
        sql.SQL("CREATE TEMPORARY TABLE {} (LIKE {} INCLUDING DEFAULTS) ON COMMIT DROP").format(
            staging, target
        )
    )
    for batch in batches:
        copy_batch(cursor, f"staging_{table}", batch)
    cursor.execute(sql.SQL("DELETE FROM {} WHERE ").format(target) + sql.SQL(scope), parameters)
    cursor.execute(sql.SQL("INSERT INTO {} SELECT * FROM {}").format(target, staging))
    return cursor.rowcount
