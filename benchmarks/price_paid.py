"""How long a year of Price Paid Data takes: read, judged, staged, matched with the stations; and its memory.

    .venv/bin/python -m benchmarks.price_paid [--rows 1000000] [--london 0.12] [--postcodes 300000]
                                              [--rounds 3]

Writes a year's file and a postcode directory in their layouts, serves both and a bucket (moto) on loopback,
and runs the source's fetch and match in a process of its own for each round. Prints wall and CPU seconds of
both, that process's peak memory, and the seconds that Python's csv module takes to merely read the year's
file. An update file names a tenth of the year's sales again.
About one sale in eight of England and Wales is in London; --london 1 is the worst case. No sale is real.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from random import Random
from threading import Thread

ROOT = Path(__file__).parents[1]
YEAR = 2025
WITHIN = (51.40, 51.68, -0.45, 0.20)  # where most stations are: latitudes, longitudes in degrees
TAIL = ",".join(["E99999999"] * 42)  # the directory has some fifty columns; only four are read
LIMITS = {"seconds": 60.0, "megabytes": 500.0}  # for a million rows on two cores


def main() -> int:
    """The command line; exit code 1 where a limit was passed."""
    cli = argparse.ArgumentParser(
        prog="python -m benchmarks.price_paid", description=(__doc__ or "").split("\n")[0]
    )
    cli.add_argument("--rows", type=int, default=1_000_000)
    cli.add_argument("--london", type=float, default=0.12, help="share of the rows in Greater London")
    cli.add_argument("--postcodes", type=int, default=300_000, help="rows of the postcode directory")
    cli.add_argument("--rounds", type=int, default=3)
    args = cli.parse_args()
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder)) as url:
        file = Path(folder) / f"pp-{YEAR}.csv"
        write_directory(Path(folder) / "ONSPD.csv", args.postcodes)
        write_sales(file, args.rows, args.london, args.postcodes)
        write_sales(Path(folder) / "update.csv", args.rows // 10, args.london, args.postcodes)
        print(f"{args.rows:,} rows ({file.stat().st_size / 1e6:.0f} MB), {args.postcodes:,} postcodes")
        floor = [read_alone(file) for _ in range(args.rounds)]
        rounds = [one_round(url) for _ in range(args.rounds)]
    return report(rounds, statistics.median(floor))


def report(rounds: list[dict[str, float]], floor: float) -> int:
    """Print the medians; returns the exit code."""
    middle = {name: statistics.median(one[name] for one in rounds) for name in rounds[0]}
    print(f"csv module alone: {floor:.1f} s")
    for task in ("fetch", "match"):
        print(f"{task}: {middle[task]:.1f} s wall, {middle[f'{task}_cpu']:.1f} s CPU")
    middle["seconds"] = middle["fetch"] + middle["match"]
    print(
        f"both: {middle['seconds']:.1f} s ({middle['seconds'] / floor:.1f} x the csv module), "
        f"{middle['prices']:,.0f} rows at {middle['properties']:,.0f} homes"
    )
    print(f"peak memory: {middle['megabytes']:.0f} MB, Airflow's imports alone: {middle['imports']:.0f} MB")
    passed = [name for name, limit in LIMITS.items() if middle[name] > limit]
    for name in passed:
        print(f"over the limit: {middle[name]:.1f} {name}, not {LIMITS[name]:.0f}", file=sys.stderr)
    return 1 if passed else 0


def write_sales(path: Path, rows: int, london: float, postcodes: int) -> None:
    """A year's file: `london` of the sales have a postcode of the directory, the rest are elsewhere."""
    rng = Random(2026)
    with path.open("w", encoding="ascii", newline="") as file:
        for number in range(rows):
            inside = rng.random() < london
            place = postcode(rng.randrange(postcodes)) if inside else "YY1 1AA"
            county = "GREATER LONDON" if inside else "FARSHIRE"
            day = f"{YEAR}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02} 00:00"
            file.write(
                f'"{{{number:08X}-0000-4000-E053-000000000000}}",'
                f'"{rng.randint(100, 2000)}500","{day}","{place}",'
                f'"{rng.choice("DSTF")}","N","{rng.choice("FL")}","{number % 300}","","IMAGINARY ROAD","",'
                f'"TOWN","DISTRICT","{county}","A","A"\r\n'
            )


def write_directory(path: Path, postcodes: int) -> None:
    """A postcode directory: all of its postcodes lie between the stations."""
    rng = Random(1)
    south, north, west, east = WITHIN
    with path.open("w", encoding="ascii", newline="") as file:
        file.write("pcd,pcd2,pcds,dointr,doterm," + ",".join(f"code{n}" for n in range(42)) + ",lat,long\r\n")
        for number in range(postcodes):
            name = postcode(number)
            latitude, longitude = rng.uniform(south, north), rng.uniform(west, east)
            file.write(f"{name},{name},{name},198001,,{TAIL},{latitude:.6f},{longitude:.6f}\r\n")


def postcode(number: int) -> str:
    """The postcode of this number, of an area that does not exist."""
    letters = "ABDEFGHJLNPQRSTUWXYZ"
    district, rest = divmod(number, 9 * len(letters) ** 2)
    sector, rest = divmod(rest, len(letters) ** 2)
    first, last = divmod(rest, len(letters))
    return f"ZQ{district + 1} {sector + 1}{letters[first]}{letters[last]}"


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """Serve the files of a folder; gives the address."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def read_alone(file: Path) -> float:
    """Seconds for the csv module to read the file."""
    begun = time.perf_counter()
    with file.open(encoding="utf-8", newline="") as lines:
        for _ in csv.reader(lines):
            pass
    return time.perf_counter() - begun


def one_round(address: str) -> dict[str, float]:
    """One measurement in a process of its own."""
    with tempfile.TemporaryDirectory() as home:
        environment = {**os.environ, "AIRFLOW_HOME": home, "PYTHONPATH": str(ROOT / "airflow" / "dags")}
        command = [sys.executable, "-m", "benchmarks.price_paid_round", address, str(YEAR)]
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr[-2000:])
    result: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return result


if __name__ == "__main__":
    sys.exit(main())
