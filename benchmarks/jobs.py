"""The jobs side by side: ours on the stack's cluster, the seed's by plain spark-submit and on ours.

    python -m benchmarks.jobs --rows N [--rounds 5] [--job sentiment] [--alone] [--scaling]

All sides of a round run one after the other (A B A B ...), so that what else the machine does meets all.
Figures are medians over the rounds; what the jobs found is compared after the last one.
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks import checks, spark
from benchmarks.measured import CommandFailed, Cost
from benchmarks.places import Places, places
from benchmarks.seed import libraries
from benchmarks.spark import Cluster, Job, Plain
from benchmarks.tweets import write_tweets

OURS, SEED, SEED_OUR_FLAGS = "ours", "seed", "seed, our flags"
ONE_CORE, TWO_WORKERS = "ours, local[1]", "ours, two workers"
FILES = {"sentiment": "sentiment_analysis.py", "topics": "topic_analysis.py"}
LONG_ROUND = 300.0  # seconds of wall time: a side other than ours that takes longer has one round
COUNTED = 1_000_000  # rows that are affordable to count in plain Python

Say = Callable[[str], None]
Line = dict[str, Any]


def nothing_else() -> float:
    """CPU seconds beyond a job's own processes."""
    return 0.0


@dataclass
class Side:
    """One side of a comparison: a job at a place, and what its rounds cost so far.

    `spent` tells the CPU seconds of what works for the job beyond its own processes.
    """

    name: str
    place: Cluster | Plain
    job: Job
    spent: Callable[[], float] = nothing_else
    costs: list[Cost] = field(default_factory=list)
    failed: str | None = None
    output: Path = Path()

    def run(self, tweets: Path) -> None:
        """One round more; a side that failed, or took too long for a second round, is left out."""
        if self.failed or (self.name != OURS and self.costs and self.costs[0].wall > LONG_ROUND):
            return
        before = self.spent()
        try:
            cost, self.output = self.place.run(self.job, tweets, re.sub(r"\W+", "-", self.name))
        except CommandFailed as error:
            self.failed = str(error)
            return
        self.costs.append(Cost(cost.cpu + self.spent() - before, cost.wall, cost.memory))

    @property
    def done(self) -> bool:
        """Whether there is an output."""
        return bool(self.costs) and not self.failed

    def line(self, job: str, rows: int) -> Line:
        """A line of the table: medians of CPU and wall seconds and of bytes, and the rounds' own figures."""
        medians = {
            name: statistics.median(getattr(cost, name) for cost in self.costs) if self.done else None
            for name in ("cpu", "wall", "memory")
        }
        rounds = [[round(cost.cpu, 3), round(cost.wall, 3), cost.memory] for cost in self.costs]
        return {
            "job": job,
            "rows": rows,
            "side": self.name,
            **medians,
            "rounds": rounds,
            "failed": self.failed,
        }


def our_job(job: str, *options: str) -> Job:
    """Our job with more options."""
    return Job(spark.JOBS / FILES[job], options)


def seed_job(job: str) -> Job:
    """The seed's job; that of topics needs a library that nobody else does."""
    return Job(spark.SEED / FILES[job], python_path=libraries.folder() if job == "topics" else None)


def sides(job: str, where: Places, *, seed: bool, seed_our_flags: bool) -> list[Side]:
    """The sides of a comparison, in the order of a round."""
    found = [Side(OURS, where.ours, our_job(job))]
    if seed:
        found.append(Side(SEED, where.plain, seed_job(job)))
    if seed_our_flags:
        found.append(Side(SEED_OUR_FLAGS, where.ours, seed_job(job)))
    if where.scaling:
        found.append(Side(ONE_CORE, where.scaling.one_core, our_job(job)))
        found.append(Side(TWO_WORKERS, where.scaling.two_workers, our_job(job), where.scaling.spent))
    return found


def compare(
    job: str, tweets: Path, rows: int, of: Sequence[Side], rounds: int, say: Say
) -> Iterator[list[Line]]:
    """Run the rounds; yields the sides' lines as they are after each of them."""
    for number in range(rounds):
        for side in of:
            say(f"{job}, {rows:,} tweets, round {number + 1} of {rounds}: {side.name}")
            side.run(tweets)
        yield [side.line(job, rows) for side in of]


def verdicts(job: str, tweets: Path, rows: int, of: Sequence[Side], say: Say) -> Iterator[Line]:
    """Compare what the sides found; yields a line for each comparison.

    `equal` is null where one of the two has no output: it failed, which its own line tells, or `failed`.
    """
    by_name = {side.name: side for side in of}
    ours, seed = by_name[OURS], by_name.get(SEED)
    seeds_way = Side("seed-cleaning", ours.place, our_job(job, "--cleaning", "seed"))

    def verdict(what: str, needed: Sequence[Side], equal: Callable[[], bool]) -> Line:
        say(f"{job}, {rows:,} tweets: compare {what}")
        done = all(side.done for side in needed)
        made = {"job": job, "rows": rows, "check": what, "equal": equal() if done else None}
        return made | ({"failed": seeds_way.failed} if seeds_way in needed and seeds_way.failed else {})

    for other in of:
        if other.name in (ONE_CORE, TWO_WORKERS):
            same = partial(checks.same, job, ours.output, other.output)
            yield verdict(f"{other.name} = ours", [other, ours], same)
    if job == "sentiment":
        yield verdict("ours = stock VADER", [ours], lambda: checks.same_as_stock(ours.output, tweets))
        if seed:
            seeds_way.run(tweets)
            yield verdict("ours, seed cleaning = seed", [seeds_way, seed],
                          lambda: checks.same_as_seed(seeds_way.output, seed.output))  # fmt: skip
    elif rows <= COUNTED:
        seeds_way.run(tweets)
        for what, side, way in (("", ours, False), (", seed cleaning", seeds_way, True)):
            counted = partial(checks.topics_as_counted, side.output, tweets, way)
            yield verdict(f"ours{what} = plain count", [side], counted)
        if seed:
            yield verdict("seed = plain count", [seed],
                          lambda: checks.seed_topics_as_counted(seed.output, tweets))  # fmt: skip


def main() -> None:
    """The command line: one size, its lines as JSON."""
    cli = argparse.ArgumentParser(
        prog="python -m benchmarks.jobs", description=(__doc__ or "").split("\n")[0]
    )
    cli.add_argument("--rows", type=int, required=True)
    cli.add_argument("--rounds", type=int, default=5)
    cli.add_argument("--job", choices=FILES, action="append")
    cli.add_argument("--alone", action="store_true", help="without the seed's jobs")
    cli.add_argument("--scaling", action="store_true", help="also on local[1] and on two workers")
    args = cli.parse_args()
    build = spark.ROOT / "build" / "bench"
    build.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=build) as place:
        tweets = Path(place) / "tweets.parquet"
        write_tweets(tweets, args.rows)
        with places(Path(place), scaling=args.scaling) as where:
            for job in args.job or FILES:
                of = sides(job, where, seed=not args.alone, seed_our_flags=not args.alone)
                *_, lines = compare(job, tweets, args.rows, of, args.rounds, print)
                for line in [*lines, *verdicts(job, tweets, args.rows, of, print)]:
                    print(json.dumps(line))


if __name__ == "__main__":
    main()
