"""A standalone Spark on loopback: a master and two workers with one core each."""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError

from benchmarks import emr, measured, spark

WORKERS, MEMORY = 2, "3g"
MASTER_CLASS, WORKER_CLASS = (
    f"org.apache.spark.deploy.{name}" for name in ("master.Master", "worker.Worker")
)


@dataclass(frozen=True)
class Workers:
    """A running standalone Spark: its URL, and the reports of the programs that watch its workers."""

    url: str
    reports: tuple[Path, ...]

    def spent(self) -> float:
        """CPU seconds that the workers and their executors took so far."""
        time.sleep(2 * measured.LOOK)  # for what ended just now: executors, and their Python workers
        return sum(map(measured.spent, self.reports))


@contextmanager
def standalone(folder: Path) -> Iterator[Workers]:
    """A master with its workers, whose files go to `folder`; they end with the context."""
    port, page = emr.free_port(), emr.free_port()
    url = f"spark://127.0.0.1:{port}"
    with ExitStack() as running:
        place = Path(running.enter_context(tempfile.TemporaryDirectory(dir=folder, prefix="workers-")))
        listen = ["--host", "127.0.0.1", "--port", str(port), "--webui-port", str(page)]
        running.enter_context(daemon(place / "master", [MASTER_CLASS, *listen]))
        emr.until(lambda: alive(page) is not None)
        reports = []
        for number in range(WORKERS):
            options = ["--host", "127.0.0.1", "--cores", "1", "--memory", MEMORY, "--webui-port", "0"]
            command = [WORKER_CLASS, *options, "--work-dir", str(place / f"files-{number}"), url]
            reports.append(running.enter_context(daemon(place / f"worker-{number}", command)))
        emr.until(lambda: alive(page) == WORKERS)
        yield Workers(url, tuple(reports))


@contextmanager
def daemon(name: Path, command: list[str]) -> Iterator[Path]:
    """One of Spark's daemons below a program that adopts and measures what it starts; that one's report."""
    report, spark_class = name.with_suffix(".json"), str(spark.spark_home() / "bin" / "spark-class")
    with name.with_suffix(".log").open("wb") as log:
        process = subprocess.Popen(
            [*measured.program(report), spark_class, *command],
            env=spark.environment(), stdout=log, stderr=log,
        )  # fmt: skip
    try:
        yield report
    finally:
        process.terminate()
        process.wait()


def alive(page: int) -> int | None:
    """How many workers the master knows; None while it does not answer."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{page}/json/", timeout=5) as answer:
            return int(json.load(answer)["aliveworkers"])
    except (URLError, OSError):
        return None
