"""What the path around the jobs costs: the load into PostgreSQL, and s3-dist-cp both ways.

    .venv/bin/python -m benchmarks.path [--quick]

Serves a bucket (moto) on loopback and a PostgreSQL as `make demo` has it, and does every piece of work in a
process of its own (benchmarks.path_round) a few times; the first time warms up and does not count. Figures
are medians: rows a second from the object in the bucket to the committed rows, megabytes a second of
s3-dist-cp, and peak memory at two sizes each, which must not grow. The servers share the machine's cores.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks import emr
from benchmarks.path_round import BUCKET, ROOT
from benchmarks.tweets import write_tweets
from embedded import postgres
from embedded.processes import Supervisor

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

BASE = 100_000  # tweets that are written; more rows are the same texts with other ids
PATIENCE = 60.0  # seconds until PostgreSQL is up


@dataclass(frozen=True)
class Size:
    """How much is moved, a smaller and a larger amount: rows that are loaded, one file that is copied."""

    rows: tuple[int, int]
    megabytes: tuple[int, int]
    rounds: int


QUICK = Size((BASE, 4 * BASE), (32, 128), 1)
FULL = Size((10 * BASE, 40 * BASE), (125, 500), 3)
MANY = 16  # files of the copy of many, together as large as the smaller one


def measure(quick: bool = False) -> dict[str, Any]:
    """Rows a second and peak megabytes of the load, megabytes a second and peak megabytes of s3-dist-cp."""
    size = QUICK if quick else FULL
    with tempfile.TemporaryDirectory() as name, serving(Path(name)) as environment:
        folder = Path(name)
        s3: S3Client = boto3.client(
            "s3", endpoint_url=environment["AWS_ENDPOINT_URL_S3"], region_name="us-east-1",
            aws_access_key_id="benchmark", aws_secret_access_key="benchmark",  # noqa: S106 - any will do
        )  # fmt: skip
        s3.create_bucket(Bucket=BUCKET)
        found: dict[str, Any] = {"rounds": size.rounds, "load": {}, "copy": {}}
        for rows in size.rows:
            write_scored(folder / "part.parquet", rows)
            s3.upload_file(str(folder / "part.parquet"), BUCKET, f"{rows}/part-00000.parquet")
            found["load"][f"{rows:,} rows"] = load(rows, size.rounds, environment)
        (folder / "part.parquet").unlink()
        for megabytes in size.megabytes:
            found["copy"][f"1 file, {megabytes} MB"] = copies(folder, 1, megabytes, size.rounds, environment)
        small = size.megabytes[0]
        found["copy"][f"{MANY} files, {small} MB"] = copies(folder, MANY, small, size.rounds, environment)
        return found


@contextmanager
def serving(folder: Path) -> Iterator[dict[str, str]]:
    """A bucket's server and a PostgreSQL, whose files go to `folder`; gives the environment to reach them."""
    home = folder / "home"
    home.mkdir()
    bucket = f"http://127.0.0.1:{(port := emr.free_port())}"
    moto = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with Supervisor(folder / "supervisor.log") as supervisor:
        supervisor.start("bucket", moto, folder / "bucket.log", env=os.environ)
        deadline = time.monotonic() + PATIENCE
        server = postgres.start(home, emr.free_port(), supervisor, folder, supervisor.check, deadline)
        emr.until(lambda: answers(bucket))
        yield {
            **os.environ,
            "AIRFLOW_HOME": str(folder / "airflow"),
            "AIRFLOW_CONN_AWS_DEFAULT": "aws://",
            "AIRFLOW_CONN_POSTGRES_DEFAULT": server.dsn("pipeline"),
            "AIRFLOW_VAR_LONDON-HOUSING-WEBAPP": json.dumps(variable()),
            "AWS_ACCESS_KEY_ID": "benchmark",
            "AWS_SECRET_ACCESS_KEY": "benchmark",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ENDPOINT_URL_S3": bucket,
            "EMR_CLUSTER_ID": "j-BENCHMARK",
            "EMR_LOCAL_NODE": str(folder / "node"),
            "HADOOP_LOG_DIR": str(folder),
            "PYTHONPATH": os.pathsep.join(map(str, (ROOT / "airflow" / "dags", ROOT / "spark" / "emr"))),
        }
    postgres.remove(home)


def answers(url: str) -> bool:
    """Whether the server is up."""
    with suppress(OSError), urllib.request.urlopen(url, timeout=5):  # noqa: S310 - it is ours
        return True
    return False


def variable() -> dict[str, object]:
    """The pipeline's Variable, with the bucket and the database of the benchmark."""
    return {
        "bucket_name": BUCKET, "key1": "stations.csv", "output_key": "raw", "db_name": postgres.DATABASE,
        "query": "london", "number_of_stations": None, "number_of_tweets": 10, "max_posts_read": 10,
        "search_days": None,
    }  # fmt: skip


def write_scored(path: Path, rows: int) -> None:
    """A part file with so many rows (a multiple of BASE) as the job writes it: ids and scores are made up."""
    base = path.with_name("tweets.parquet")
    if not base.exists():
        write_tweets(base, BASE)
    tweets = pq.read_table(base)
    scores = pa.array([(number * 7919 % 20_001 - 10_000) / 10_000 for number in range(BASE)])
    tweets = tweets.append_column("sentiment", scores)
    with pq.ParquetWriter(path, tweets.schema) as writer:
        for copy in range(rows // BASE):
            ids = pa.array([f"{copy}{tweet_id}" for tweet_id in tweets["tweet_id"].to_pylist()])
            writer.write_table(tweets.set_column(0, "tweet_id", ids))


def load(rows: int, rounds: int, environment: dict[str, str]) -> dict[str, float]:
    """Rows a second of the load, CPU seconds of its process, and its peak memory with Airflow's imports."""
    found = [one_round(["load", f"{rows}/", str(rows)], environment) for _ in range(rounds + 1)][1:]
    middle = {name: statistics.median(one[name] for one in found) for name in found[0]}
    return {
        "rows_per_second": rows / middle["seconds"],
        "cpu_seconds": middle["cpu"],
        "peak_mb": middle["megabytes"],
    }


def copies(
    folder: Path, files: int, megabytes: int, rounds: int, environment: dict[str, str]
) -> dict[str, float]:
    """Megabytes a second of s3-dist-cp into the bucket and out of it, and its peak memory."""
    source = folder / "node" / "hdfs" / "source"
    source.mkdir(parents=True)
    for number in range(files):
        (source / f"part-{number:05}").write_bytes(os.urandom(megabytes * 1_000_000 // files))
    ways = {
        "into_s3": ["copy", "--src=/source", f"--dest=s3://{BUCKET}/copy"],
        "out_of_s3": ["copy", f"--src=s3://{BUCKET}/copy", "--dest=/target"],
    }
    found: dict[str, float] = {}
    for name, arguments in ways.items():
        done = [one_round(arguments, environment) for _ in range(rounds + 1)][1:]
        found[f"{name}_mb_per_second"] = megabytes / statistics.median(one["seconds"] for one in done)
        found[f"{name}_peak_mb"] = statistics.median(one["megabytes"] for one in done)
    one_round(["empty", "copy/"], environment)
    for number in range(files):
        (source / f"part-{number:05}").unlink()
        (source.with_name("target") / f"part-{number:05}").unlink()
    source.rmdir()
    return found


def one_round(arguments: list[str], environment: dict[str, str]) -> dict[str, float]:
    """One piece of work in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.path_round", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{arguments}: {done.stdout[-2000:]}{done.stderr[-2000:]}")
    result: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return result


def main() -> int:
    """The command line."""
    cli = argparse.ArgumentParser(
        prog="python -m benchmarks.path", description=(__doc__ or "").split("\n")[0]
    )
    cli.add_argument("--quick", action="store_true", help="smaller sizes, one round each")
    print(json.dumps(measure(cli.parse_args().quick), indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
