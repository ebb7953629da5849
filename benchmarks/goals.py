"""What the benchmarks' results are to reach: each goal with what was found, and whether that counts.

Ratios are of figures of one run on one machine. A quick run has other goals than a full one: it notices what
got grossly worse, on a machine that does other things, too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from benchmarks.jobs import OURS, SEED

Results = Mapping[str, Any]

QUICK_RATIOS = {("sentiment", 1_000): 1.5, ("sentiment", 100_000): 1.5, ("topics", 100_000): 1.5}
FULL_RATIOS = {
    ("sentiment", 1_000): (2.0, 2.5),
    ("sentiment", 1_000_000): (3.0, 5.0),
    ("topics", 1_000_000): (6.0, None),
}
SCORER_RATIO, QUICK_SCORER_RATIO = 4.0, 3.0
START, LINEAR_FROM, LINEAR = 1_000, 100_000, 1.15
MEMORY_FROM, MEMORY_TO, MEMORY = 1_000_000, 10_000_000, 1.5
DAG_SECONDS = 30.0


@dataclass(frozen=True)
class Goal:
    """One goal: in words, what was found, and the bound, which `at_most` says is above or below it.

    `judged` goals decide over the exit code; the others are what one would like to have.
    """

    name: str
    found: float
    bound: float
    at_most: bool = False
    judged: bool = True

    @property
    def met(self) -> bool:
        """Whether it was reached."""
        return self.found <= self.bound if self.at_most else self.found >= self.bound

    def told(self) -> dict[str, Any]:
        """The goal for the file of results."""
        return {"goal": self.name, "found": self.found, "bound": self.bound, "at_most": self.at_most,
                "judged": self.judged, "met": self.met}  # fmt: skip


def median(results: Results, job: str, rows: int, side: str, figure: str = "cpu") -> float | None:
    """The median of a side at a size; None where it was not measured."""
    for line in results.get("jobs", ()):
        if (line["job"], line["rows"], line["side"]) == (job, rows, side):
            found: float | None = line[figure]
            return found
    return None


def goals(results: Results) -> list[Goal]:
    """The goals that something was measured for."""
    if results["quick"]:
        return [*quick_goals(results)]
    return [*ratios(results), *growth(results), *others(results)]


def quick_goals(results: Results) -> Iterator[Goal]:
    """What a quick run must show."""
    for (job, rows), bound in QUICK_RATIOS.items():
        yield from ratio(results, job, rows, bound)
    if scorer := results.get("scorer"):
        yield Goal("scorer: stock / ours, CPU", scorer["ratio"], QUICK_SCORER_RATIO)


def ratios(results: Results) -> Iterator[Goal]:
    """How much less our jobs take than the seed's, and our scorer than stock."""
    for (job, rows), (bound, stretch) in FULL_RATIOS.items():
        yield from ratio(results, job, rows, bound)
        if stretch:
            yield from ratio(results, job, rows, stretch, judged=False)
    if scorer := results.get("scorer"):
        yield Goal("scorer: stock / ours, CPU", scorer["ratio"], SCORER_RATIO)


def ratio(results: Results, job: str, rows: int, bound: float, *, judged: bool = True) -> Iterator[Goal]:
    """The seed's CPU over ours."""
    seed, ours = (median(results, job, rows, side) for side in (SEED, OURS))
    if seed and ours:
        yield Goal(f"{job}, {rows:,} tweets: seed / ours, CPU", seed / ours, bound, judged=judged)


def growth(results: Results) -> Iterator[Goal]:
    """Our jobs' CPU from each size to each larger one, as a multiple of linear; and peak memory.

    Without what the smallest size takes, which is Spark's start: with it, anything would look linear.
    """
    for job in ("sentiment", "topics"):
        start = median(results, job, START, OURS) or 0.0
        for small, large in combinations(sizes(results, job), 2):
            grown = [(median(results, job, rows, OURS) or 0.0) - start for rows in (large, small)]
            name = f"{job}: CPU of {large:,} over {small:,} tweets beyond the start, times linear"
            yield Goal(name, grown[0] / grown[1] / ((large - START) / (small - START)), LINEAR, at_most=True)
        small_memory = median(results, job, MEMORY_FROM, OURS, "memory")
        large_memory = median(results, job, MEMORY_TO, OURS, "memory")
        if small_memory and large_memory:
            name = f"{job}: peak memory of {MEMORY_TO:,} over {MEMORY_FROM:,} tweets"
            yield Goal(name, large_memory / small_memory, MEMORY, at_most=True)


def sizes(results: Results, job: str) -> list[int]:
    """The sizes, from LINEAR_FROM on, at which our job was measured."""
    return sorted(
        line["rows"]
        for line in results.get("jobs", ())
        if line["job"] == job and line["side"] == OURS and line["rows"] >= LINEAR_FROM and line["cpu"]
    )


def others(results: Results) -> Iterator[Goal]:
    """The demo's time."""
    if demo := results.get("demo"):
        yield Goal("demo: the DAG run, seconds of wall time", demo["seconds"], DAG_SECONDS, at_most=True)


def problems(results: Results) -> list[str]:
    """What is wrong apart from goals: outputs that differ, and what failed that a goal needs."""
    needed = {*QUICK_RATIOS, *FULL_RATIOS}
    found = [
        f"{line['job']}, {line['rows']:,} tweets: not {line['check']}"
        for line in results.get("checks", ())
        if line["equal"] is False or line.get("failed")
    ]
    found += [
        f"{line['job']}, {line['rows']:,} tweets: {line['side']} failed: {last_line(line['failed'])}"
        for line in results.get("jobs", ())
        if line["failed"] and (line["side"].startswith(OURS) or (line["job"], line["rows"]) in needed)
    ]
    found += [f"{part} failed: {last_line(why)}" for part, why in results.get("failed", {}).items()]
    if "scorer" in results and not results["scorer"]["equal"]:
        found.append("the scorer's scores are not stock VADER's")
    return found


def last_line(text: str) -> str:
    """The last thing that was said: the reason, most times."""
    return text.strip().rpartition("\n")[2]
