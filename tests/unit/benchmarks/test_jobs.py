"""benchmarks/jobs.py: rounds in turn, medians, and sides that fail or take too long; jobs are stand-ins."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from benchmarks import jobs, spark
from benchmarks.measured import CommandFailed, Cost
from benchmarks.spark import Job

JOB = Job(spark.JOBS / "sentiment_analysis.py")


@dataclass
class Place:
    """Runs nothing: gives costs out one by one, and keeps who was run."""

    costs: Iterator[Any]
    ran: list[str] = field(default_factory=list)

    def run(self, job: Job, tweets: Path, output: str) -> tuple[Cost, Path]:
        self.ran.append(output)
        cost = next(self.costs)
        if isinstance(cost, Exception):
            raise cost
        return cost, Path(output)


def side(name: str, place: Place, **settings: Any) -> jobs.Side:
    return jobs.Side(name, place, JOB, **settings)  # type: ignore[arg-type]


def compared(of: list[jobs.Side], rounds: int) -> list[list[dict[str, Any]]]:
    return list(jobs.compare("sentiment", Path("tweets"), 1_000, of, rounds, lambda _: None))


def test_sides_take_turns_and_medians_are_told_after_each_round() -> None:
    place = Place(iter(Cost(cpu, 1.0, 10) for cpu in (5.0, 20.0, 9.0, 22.0, 6.0, 21.0)))
    found = compared([side("ours", place), side("seed", place)], 3)
    assert place.ran == ["ours", "seed"] * 3
    assert [[line["cpu"] for line in lines] for lines in found] == [[5.0, 20.0], [7.0, 21.0], [6.0, 21.0]]
    assert found[-1][0] == {
        "job": "sentiment", "rows": 1_000, "side": "ours", "cpu": 6.0, "wall": 1.0, "memory": 10,
        "rounds": [[5.0, 1.0, 10], [9.0, 1.0, 10], [6.0, 1.0, 10]], "failed": None,
    }  # fmt: skip


def test_a_side_that_fails_is_left_out_from_then_on() -> None:
    failing = Place(iter([Cost(1.0, 1.0, 1), CommandFailed("no memory")]))
    ours = Place(iter([Cost(1.0, 1.0, 1)] * 3))
    *_, lines = compared([side("ours", ours), side("seed", failing)], 3)
    assert (len(ours.ran), len(failing.ran)) == (3, 2)
    assert (lines[1]["cpu"], lines[1]["failed"]) == (None, "no memory")


@pytest.mark.parametrize(("name", "rounds"), [("seed", 1), ("ours", 3)])
def test_only_ours_has_a_second_round_after_a_long_one(name: str, rounds: int) -> None:
    place = Place(iter([Cost(1.0, 301.0, 1)] * 3))
    compared([side(name, place)], 3)
    assert len(place.ran) == rounds


def test_what_others_spent_for_a_job_counts() -> None:
    spent = iter([100.0, 107.5])
    place = Place(iter([Cost(2.0, 1.0, 1)]))
    [[line]] = compared([side("ours, two workers", place, spent=lambda: next(spent))], 1)
    assert line["cpu"] == 9.5


def test_every_module_that_is_not_a_job_is_shipped_with_ours() -> None:
    arguments = JOB.arguments("in", "out")
    shipped = {Path(name).name for name in arguments[1].split(",")}
    assert {"tweet_text.py", "tweet_job.py"} <= shipped
    assert not any(name.endswith("_analysis.py") for name in shipped)
    assert arguments[2:] == [str(JOB.file), "--input", "in", "--output", "out"]


def test_the_jobs_libraries_are_copied_as_they_are_installed(tmp_path: Path) -> None:
    spark.copy_libraries(tmp_path)
    assert (tmp_path / "vaderSentiment" / "vader_lexicon.txt").is_file()
    assert (tmp_path / "nltk" / "stem" / "snowball.py").is_file()
    assert list(tmp_path.glob("nltk-*.dist-info"))
    assert not list(tmp_path.rglob("*.pyc"))
