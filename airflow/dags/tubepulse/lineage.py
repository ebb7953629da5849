"""The lineage table: which job read what and wrote what, one row a (run, job)."""

from typing import Protocol

from tubepulse.database import connect


class Batch(Protocol):
    """What a run is counted as."""

    @property
    def batch_nr(self) -> int:
        """The batch number, for example 202646."""


def record(batch: Batch, job_nr: int, step_airflow: str, source: str, destination: str) -> None:
    """Upsert the row of this batch and job, in its own transaction, with the database's time (UTC)."""
    with connect() as connection:
        connection.execute(
            """
            INSERT INTO london_schema.data_lineage
                   (batch_nr, job_nr, "timestamp", step_airflow, source, destination)
            VALUES (%s, %s, now() AT TIME ZONE 'UTC', %s, %s, %s)
            ON CONFLICT (batch_nr, job_nr) DO UPDATE
               SET "timestamp" = excluded."timestamp", step_airflow = excluded.step_airflow,
                   source = excluded.source, destination = excluded.destination
            """,
            (batch.batch_nr, job_nr, step_airflow, source, destination),
        )
