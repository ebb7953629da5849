"""The results database: connections through Airflow's hook, loads through COPY."""

from collections.abc import Iterable, Iterator
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


def copy_batch(cursor: psycopg.Cursor, table: str, batch: pa.RecordBatch) -> int:
    """COPY the rows of an Arrow batch into SCHEMA.`table`, columns matched by name; returns their count.

    Timestamps go as UTC. Arrow's CSV writer quotes every string and leaves null bare, which is how
    PostgreSQL tells '' from NULL.
    """
    buffer = BytesIO()
    csv.write_csv(batch, buffer, csv.WriteOptions(include_header=False))
    columns = sql.SQL(", ").join(map(sql.Identifier, batch.schema.names))
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT csv)").format(sql.Identifier(SCHEMA, table), columns)
    with cursor.copy(statement) as copy:
        copy.write(buffer.getbuffer())
    return cursor.rowcount


def replace_rows(
    cursor: psycopg.Cursor, table: LiteralString, batches: Iterable[pa.RecordBatch], scope: LiteralString,
    parameters: tuple[object, ...],
) -> int:  # fmt: skip
    """Replace the rows of SCHEMA.`table` for which `scope` (an SQL condition) holds; returns the new count.

    The rows go straight into the table, whose key and checks judge each as it comes. Until the caller's
    transaction ends, everybody reads the rows before; only who writes those same rows has to wait.
    """
    cursor.execute(
        sql.SQL("DELETE FROM {} WHERE ").format(sql.Identifier(SCHEMA, table)) + sql.SQL(scope), parameters
    )
    return sum(copy_batch(cursor, table, batch) for batch in batches)
