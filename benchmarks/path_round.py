"""One piece of work of benchmarks.path, in a process of its own: prints one line of JSON.

python -m benchmarks.path_round load PREFIX ROWS     part files of the bucket into the database
python -m benchmarks.path_round copy OPTION...       s3-dist-cp
python -m benchmarks.path_round empty PREFIX         forget what a copy wrote to the bucket
"""

from __future__ import annotations

import json
import resource
import sys
from collections.abc import Callable
from pathlib import Path

from benchmarks.price_paid_round import peak_kilobytes, timed

ROOT = Path(__file__).parents[1]
BUCKET = "benchmark"
RUN = "2026-W46"


def main() -> None:
    """Do it once."""
    work: Callable[[], int] = {"load": load, "copy": copy, "empty": empty}[sys.argv[1]]()
    count, seconds, cpu = timed(work)
    print(json.dumps({"count": count, "seconds": seconds, "cpu": cpu, "megabytes": peak()}))


def peak() -> float:
    """This process's peak memory in megabytes."""
    found = peak_kilobytes()
    if found is None:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2  # macOS counts bytes
    return found / 1024


def load() -> Callable[[], int]:
    """The load of one week as the task does it, up to the commit; the table is emptied before."""
    from airflow.providers.amazon.aws.hooks.s3 import S3Hook

    from tubepulse import results
    from tubepulse.database import connect, replace_rows

    prefix, rows = sys.argv[2], int(sys.argv[3])
    s3 = S3Hook(aws_conn_id="aws_default")
    s3.list_keys(BUCKET, prefix=prefix)  # the client is made before the clock runs
    schema = (ROOT / "airflow" / "dags" / "tubepulse" / "sql" / "create_schema.sql").read_text()
    with connect() as connection:
        connection.execute(schema.encode())
        connection.execute("TRUNCATE london_schema.sentiment")

    def work() -> int:
        with connect() as connection, connection.cursor() as cursor:
            batches = results.batches(s3, BUCKET, prefix, results.SENTIMENT, RUN)
            count = replace_rows(cursor, "sentiment", batches, "run = %s", (RUN,))
        if count != rows:
            raise SystemExit(f"{count} rows were loaded, not {rows}")
        return count

    return work


def copy() -> Callable[[], int]:
    """s3-dist-cp, without the start of its program."""
    from emr_local.tools import s3_dist_cp

    def work() -> int:
        if code := s3_dist_cp.main(sys.argv[2:]):
            raise SystemExit(code)
        return code

    return work


def empty() -> Callable[[], int]:
    """Delete what is below a prefix."""
    from emr_local import s3

    def work() -> int:
        found = [entry.uri for entry in s3.list_objects(s3.S3Uri(BUCKET, sys.argv[2]))]
        for uri in found:
            s3.delete(uri)
        return len(found)

    return work


if __name__ == "__main__":
    main()
