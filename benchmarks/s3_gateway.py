"""What it costs Spark to write and read S3 through the WebHDFS gateway, against the same job on local files.

    PYTHONPATH=spark/emr .venv/bin/python -m benchmarks.s3_gateway [--megabytes 100] [--rounds 3]
                                                                  [--committer 1]

Each round is one spark-submit on local[2] a place, local files and a bucket (moto on loopback, which takes
CPU from the same machine) in turn: it writes a table of that size as csv, reads it back, and the same as
parquet. Prints the medians of the whole job's wall time and of the writes and reads alone, their ratios, and
the gateway's peak memory. Exit code 1 when a whole job takes over twice as long, or the gateway too much.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from moto.server import ThreadedMotoServer

from benchmarks.price_paid_round import peak_kilobytes
from emr_local import s3
from emr_local.webhdfs import settings
from emr_local.webhdfs.process import Gateway

BUCKET = "benchmark"
ROW_BYTES = 72  # a number and the 64 characters of a hash
LIMITS = {"ratio": 2.0, "megabytes": 250.0}
# Hashes do not compress, so that files have the size of their rows; they are made before the clock starts.
JOB = """\
import json, sys, time
from pyspark.sql import SparkSession, functions as f

place, rows = sys.argv[1], int(sys.argv[2])
spark = SparkSession.builder.getOrCreate()
hashes = f.sha2(f.col("id").cast("string"), 256)
table = spark.range(rows).select("id", hashes.alias("h")).repartition(4).cache()
table.count()
taken = {}
for form in ("csv", "parquet"):
    for turn in ("first", "second"):  # the first one loads classes
        begun = time.perf_counter()
        table.write.mode("overwrite").option("compression", "none").format(form).save(f"{place}/{form}")
        written = time.perf_counter()
        read = spark.read.schema(table.schema).format(form).load(f"{place}/{form}")
        assert read.agg(f.sum(f.length("h"))).first()[0] == rows * 64
        taken |= {f"{form} write": written - begun, f"{form} read": time.perf_counter() - written}
print(json.dumps(taken))
"""


def main() -> int:
    """The command line; exit code 1 where a limit was passed."""
    cli = argparse.ArgumentParser(
        prog="python -m benchmarks.s3_gateway", description=(__doc__ or "").split("\n")[0]
    )
    cli.add_argument("--megabytes", type=int, default=100)
    cli.add_argument("--rounds", type=int, default=3)
    cli.add_argument("--committer", default="1", help="mapreduce.fileoutputcommitter.algorithm.version")
    args = cli.parse_args()
    rows = args.megabytes * 1_000_000 // ROW_BYTES
    with tempfile.TemporaryDirectory() as folder, gateway() as (hadoop, running):
        job = Path(folder) / "job.py"
        job.write_text(JOB)
        hadoop["mapreduce.fileoutputcommitter.algorithm.version"] = args.committer
        places = {"local files": f"file://{folder}/out", "S3": f"s3://{BUCKET}/out"}
        rounds: dict[str, list[dict[str, float]]] = {name: [] for name in places}
        for _ in range(args.rounds):
            for name, place in places.items():
                rounds[name].append(one_job(job, place, rows, hadoop))
        peak = peak_megabytes(running)
    middle = {
        name: {key: statistics.median(one[key] for one in taken) for key in taken[0]}
        for name, taken in rounds.items()
    }
    return report(middle, peak)


def report(middle: Mapping[str, Mapping[str, float]], peak: float) -> int:
    """Print the medians; returns the exit code."""
    local, remote = middle["local files"], middle["S3"]
    for key in local:
        print(f"{key}: {local[key]:.2f} s on local files, {remote[key]:.2f} s on S3 "
              f"({remote[key] / local[key]:.2f} x)")  # fmt: skip
    print(f"the gateway's peak memory: {peak:.0f} MB")
    found = {"ratio": remote["whole job"] / local["whole job"], "megabytes": peak}
    passed = [name for name, limit in LIMITS.items() if found[name] > limit]
    for name in passed:
        print(f"over the limit: {name} {found[name]:.1f}, not {LIMITS[name]:.1f}", file=sys.stderr)
    return 1 if passed else 0


@contextmanager
def gateway() -> Iterator[tuple[dict[str, str], Gateway]]:
    """A gateway to a moto server with a bucket; gives Hadoop's settings for it."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # a line a request
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    running = Gateway()
    try:
        host, port = server.get_host_and_port()
        os.environ |= {"AWS_ENDPOINT_URL_S3": f"http://{host}:{port}", "AWS_REGION": "us-east-1",
                       "AWS_ACCESS_KEY_ID": "benchmark", "AWS_SECRET_ACCESS_KEY": "benchmark"}  # fmt: skip
        s3.client().create_bucket(Bucket=BUCKET)
        address = running.start("127.0.0.1", "127.0.0.1")
        mounts = settings.mounts(address.netloc, address.token, [BUCKET])
        yield {**settings.for_gateway(), **mounts}, running
    finally:
        running.stop()
        server.stop()


def one_job(job: Path, place: str, rows: int, hadoop: Mapping[str, str]) -> dict[str, float]:
    """One spark-submit: seconds of the whole job, and of its parts as it measured them."""
    spec = find_spec("pyspark")
    if spec is None or spec.origin is None:
        raise SystemExit("pyspark is not installed")
    home = Path(spec.origin).parent
    conf = {f"spark.hadoop.{key}": value for key, value in hadoop.items()} | {"spark.ui.enabled": "false"}
    options = [word for key, value in conf.items() for word in ("--conf", f"{key}={value}")]
    command = [
        str(home / "bin" / "spark-submit"),
        "--master",
        "local[2]",
        *options,
        str(job),
        place,
        str(rows),
    ]
    python = {"PYSPARK_PYTHON": sys.executable, "PYSPARK_DRIVER_PYTHON": sys.executable}
    env = {**os.environ, **python, "SPARK_HOME": str(home), "SPARK_LOCAL_IP": "127.0.0.1"}
    begun = time.perf_counter()
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr[-3000:])
    taken: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return {"whole job": time.perf_counter() - begun, **taken}


def peak_megabytes(running: Gateway) -> float:
    """The largest memory that the gateway's process ever had."""
    found = running.pid and peak_kilobytes(running.pid)
    if not found:
        raise SystemExit("this system does not tell a process's peak memory")
    return found / 1000


if __name__ == "__main__":
    sys.exit(main())
