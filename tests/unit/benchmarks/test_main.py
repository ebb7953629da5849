"""`python -m benchmarks`: what a run measures, what it keeps when something goes wrong, and its exit code."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from benchmarks import __main__ as bench


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> bench.Run:
    monkeypatch.setattr(bench, "FOLDER", tmp_path)
    console = Console(file=StringIO(), width=150)
    return bench.Run(console, False, {"quick": False, "jobs": [], "checks": []})


def saved() -> Any:
    return json.loads((bench.FOLDER / "bench.json").read_text())


@pytest.mark.parametrize(
    ("big", "rows"),
    [
        (False, [1_000, 100_000, 1_000_000, 4_000_000]),
        (True, [1_000, 100_000, 1_000_000, 4_000_000, 10_000_000]),
    ],
)
def test_sizes_of_a_full_run(big: bool, rows: list[int]) -> None:
    sizes = bench.sizes(quick=False, big=big)
    assert [size.rows for size in sizes] == rows
    assert {size.rounds for size in sizes} == {5}
    assert [size.rows for size in sizes if size.scaling] == [1_000_000]
    assert [size.rows for size in sizes if size.seed] == rows[: 4 if big else 3]


def test_a_quick_run_is_small() -> None:
    assert [size.rows for size in bench.sizes(quick=True, big=True)] == [1_000, 100_000]


def test_what_a_part_finds_is_kept_at_once(run: bench.Run) -> None:
    run.part("scorer", lambda: {"ratio": 5.0, "equal": True})
    assert saved()["scorer"] == {"ratio": 5.0, "equal": True}
    assert run.conclude() == 0
    assert [goal["met"] for goal in saved()["goals"]] == [True]


def test_a_part_that_fails_costs_only_itself_and_the_exit_code(run: bench.Run) -> None:
    def failing() -> None:
        raise ValueError("no such thing")

    run.part("demo", failing)
    run.part("scorer", lambda: {"ratio": 5.0, "equal": True})
    assert run.conclude() == 1
    assert saved()["problems"] == ["demo failed: ValueError: no such thing"]
    assert saved()["scorer"]["ratio"] == 5.0


@pytest.mark.parametrize(("seconds", "code"), [(29.0, 0), (31.0, 1)])
def test_the_exit_code_tells_whether_judged_goals_are_met(run: bench.Run, seconds: float, code: int) -> None:
    run.part("demo", lambda: {"seconds": seconds})
    assert run.conclude() == code


def test_a_stretch_goal_decides_nothing(run: bench.Run) -> None:
    line: dict[str, Any] = {"job": "sentiment", "rows": 1_000, "wall": 1.0, "memory": 1, "rounds": []}
    sides = (("ours", 1.0), ("seed", 2.2))
    lines = [{**line, "side": side, "cpu": cpu, "failed": None} for side, cpu in sides]
    run.keep("jobs", lines)
    assert run.conclude() == 0
    assert [goal["met"] for goal in saved()["goals"]] == [True, False]
