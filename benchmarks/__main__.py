"""`make bench`: what the project's work costs, in one table; see docs/benchmarks.md.

    python -m benchmarks [--quick] [--big] [--ratings FILE]

Leaves build/bench/bench.json and bench.svg, written anew after every part and every round, so that a run that
is stopped has told what it had. Exit code 0 where all judged goals are met and all outputs are what they must
be, 1 where not, 130 after Ctrl-C.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import pyspark
from rich.console import Console

from benchmarks import accuracy, emr, goals, jobs, path, scorer, table
from benchmarks.places import Places, places
from benchmarks.tweets import write_tweets
from embedded import postgres

LOG_WIDTH = 110
FOLDER = Path(__file__).parents[1] / "build" / "bench"


@dataclass(frozen=True)
class Size:
    """So many tweets, and who works on them in how many rounds."""

    rows: int
    rounds: int = 5
    jobs: tuple[str, ...] = ("sentiment", "topics")
    seed: bool = True
    seed_our_flags: bool = True
    scaling: bool = False


QUICK = (
    Size(1_000, rounds=3, jobs=("sentiment",), seed_our_flags=False),
    Size(100_000, rounds=2, seed_our_flags=False),
)
FULL = (Size(1_000), Size(100_000), Size(1_000_000, scaling=True))


def sizes(*, quick: bool, big: bool) -> tuple[Size, ...]:
    """What is measured: the seed's jobs on 4 million tweets only where there is time for it."""
    if quick:
        return QUICK
    larger = (Size(4_000_000, seed=big, seed_our_flags=False),)
    most = (Size(10_000_000, seed=False, seed_our_flags=False),) if big else ()
    return (*FULL, *larger, *most)


@dataclass
class Run:
    """One run and what it has found so far."""

    console: Console
    quick: bool
    results: dict[str, Any] = field(default_factory=dict)
    began: float = field(default_factory=time.monotonic)

    def say(self, text: str) -> None:
        """What is done now."""
        self.console.print(f"[dim]{time.monotonic() - self.began:6.0f} s[/] {text}")

    def keep(self, part: str, found: Any) -> None:
        """Add what a part found, and save all."""
        self.results[part] = found
        table.save(self.results, FOLDER)

    def part(self, name: str, measure: Callable[[], Any]) -> None:
        """Measure a part, and keep what it returns; one that fails is told, and the others follow."""
        self.say(name)
        try:
            found = measure()
        except Exception:
            failure = traceback.format_exc()
            self.console.print(failure, style="red", markup=False)
            self.keep("failed", self.results.get("failed", {}) | {name: failure})
        else:
            if found is not None:
                self.keep(name, found)

    def size(self, size: Size) -> None:
        """Measure the jobs at one size; what is found is kept round by round."""
        with tempfile.TemporaryDirectory(dir=FOLDER, prefix="work-") as folder:
            tweets = Path(folder) / "tweets.parquet"
            write_tweets(tweets, size.rows)
            with places(Path(folder), scaling=size.scaling) as where:
                for job in size.jobs:
                    self._job(job, size, tweets, where)

    def _job(self, job: str, size: Size, tweets: Path, where: Places) -> None:
        before = self.results.get("jobs", [])
        of = jobs.sides(job, where, seed=size.seed, seed_our_flags=size.seed_our_flags)
        for lines in jobs.compare(job, tweets, size.rows, of, size.rounds, self.say):
            self.keep("jobs", [*before, *lines])
        for verdict in jobs.verdicts(job, tweets, size.rows, of, self.say):
            self.keep("checks", [*self.results.get("checks", []), verdict])

    def conclude(self) -> int:
        """Show and save everything; returns the exit code."""
        judged, wrong = goals.goals(self.results), goals.problems(self.results)
        self.keep("goals", [goal.told() for goal in judged])
        self.keep("problems", wrong)
        table.show(self.results, judged, wrong, self.console)
        self.console.print(f"{FOLDER / 'bench.json'} and bench.svg", soft_wrap=True)
        return 1 if wrong or any(goal.judged and not goal.met for goal in judged) else 0


def machine() -> dict[str, Any]:
    """Where and when the figures were found."""
    return {
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "system": platform.platform(),
        "cores": os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
        "load_before": round(os.getloadavg()[0], 2),
        "python": platform.python_version(),
        "spark": pyspark.__version__,
    }


def demo() -> dict[str, Any]:
    """The demo's phases, and the seconds of its DAG run; its log is build/bench/demo.log."""
    home = FOLDER / "demo"
    postgres.remove(home)
    shutil.rmtree(home, ignore_errors=True)
    # the demo's programs are started with their own
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    command = [sys.executable, "-m", "embedded.demo", "--home", str(home)]
    with (FOLDER / "demo.log").open("wb") as log:
        subprocess.run(command, env=environ, stdout=log, stderr=log, check=True)
    summary = json.loads((home / "summary.json").read_text())
    postgres.remove(home)
    return {name: summary[name] for name in ("dag_state", "seconds", "phases")}


def parts(run: Run, args: argparse.Namespace) -> Iterator[tuple[str, Callable[[], Any]]]:
    """The parts besides the jobs: what each is called, and what finds its figures."""
    if args.ratings:
        yield "accuracy", lambda: accuracy.measure(args.ratings)
    yield "scorer", scorer.measure
    yield "endpoint", emr.step_cost
    yield "path", lambda: path.measure(run.quick)
    if not run.quick:
        yield "demo", demo


def main() -> int:
    """The command line."""
    cli = argparse.ArgumentParser(prog="python -m benchmarks", description=(__doc__ or "").split("\n")[0])
    cli.add_argument("--quick", action="store_true", help="a few minutes; judges gross regressions only")
    cli.add_argument(
        "--big", action="store_true", help="10 million tweets, too; the seed's jobs on 4 million"
    )
    cli.add_argument("--ratings", type=Path, metavar="FILE", help="rated tweets: id, mean rating, text; tabs")
    args = cli.parse_args()
    FOLDER.mkdir(parents=True, exist_ok=True)
    # a log has no width of its own
    console = Console(highlight=False, emoji=False, width=None if sys.stdout.isatty() else LOG_WIDTH)
    run = Run(console, args.quick)
    run.results |= {"machine": machine(), "quick": args.quick, "jobs": [], "checks": []}
    try:
        for name, measure in parts(run, args):
            run.part(name, measure)
        for size in sizes(quick=args.quick, big=args.big):
            run.part(f"jobs, {size.rows:,} tweets", partial(run.size, size))
    except KeyboardInterrupt:
        run.conclude()
        return 130
    return run.conclude()


if __name__ == "__main__":
    sys.exit(main())
