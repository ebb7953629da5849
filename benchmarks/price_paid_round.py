"""One measurement of benchmarks.price_paid, in a process of its own: prints one line of JSON.

python -m benchmarks.price_paid_round HOST:PORT YEAR
"""

from __future__ import annotations

import json
import os
import re
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
BUCKET = "benchmark"


def main() -> None:
    """Fetch and match once."""
    address, year = sys.argv[1], int(sys.argv[2])
    bucket = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", "0"],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        os.environ |= settings(address, moto_address(bucket))
        print(json.dumps(measured(year)))
    finally:
        bucket.kill()
        bucket.wait()


def settings(address: str, bucket: str) -> dict[str, str]:
    """The environment of the tasks."""
    host, port = address.split(":")
    http = {"conn_type": "http", "schema": "http", "host": host, "port": int(port)}
    prices = {"year_file": "pp-{year}.csv", "update_file": "update.csv", "attribution": "synthetic"}
    directory = {"file": "ONSPD.csv", "attribution": "synthetic"}
    return {
        "AIRFLOW_CONN_AWS_DEFAULT": "aws://",
        "AIRFLOW_CONN_LAND_REGISTRY": json.dumps({**http, "extra": prices}),
        "AIRFLOW_CONN_POSTCODE_DIRECTORY": json.dumps({**http, "extra": directory}),
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL_S3": bucket,
    }


def moto_address(process: subprocess.Popen[str]) -> str:
    """Where the bucket is served, once it is."""
    for line in process.stderr or ():
        if "Running on http" in line:
            return line.split()[-1]
    raise SystemExit("the bucket's server did not start")


def measured(year: int) -> dict[str, float]:
    """Wall and CPU seconds of fetch and match, counts, and peak memory in megabytes."""
    from airflow.providers.amazon.aws.hooks.s3 import S3Hook

    from tubepulse.housing.land_registry import LandRegistry
    from tubepulse.housing.months import Window
    from tubepulse.housing.stage import Stage
    from tubepulse.stations import read_stations

    s3 = S3Hook(aws_conn_id="aws_default")
    s3.create_bucket(BUCKET)
    raw, matched = Stage(s3, BUCKET, "raw/"), Stage(s3, BUCKET, "matched/")
    stations = read_stations((ROOT / "fixtures" / "stations.csv").read_bytes(), "stations.csv")
    source = LandRegistry(radius_m=1000, max_rejected=0.02)
    imports = megabytes()
    window = Window(date(year, 1, 1), date(year, 12, 31))
    _, *fetch = timed(lambda: source.fetch(raw, window))
    counts, *match = timed(lambda: source.match(raw, matched, stations))
    seconds = dict(zip(("fetch", "fetch_cpu", "match", "match_cpu"), (*fetch, *match), strict=True))
    return {**seconds, **counts, "imports": imports, "megabytes": megabytes()}


def timed(work: Callable[[], Any]) -> tuple[Any, float, float]:
    """What the work gives, and its wall and CPU seconds."""
    wall, cpu = time.perf_counter(), time.process_time()
    return work(), time.perf_counter() - wall, time.process_time() - cpu


def peak_kilobytes(pid: int | str = "self") -> int | None:
    """A process's peak memory as Linux tells it: getrusage's begins with that of the process that started it.

    In units of 1024 bytes; None where the system does not tell.
    """
    status = Path(f"/proc/{pid}/status")
    found = re.search(r"^VmHWM:\s*(\d+) kB", status.read_text(), re.M) if status.exists() else None
    return int(found[1]) if found else None


def megabytes() -> float:
    """This process's peak memory so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
