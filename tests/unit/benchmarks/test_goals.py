"""benchmarks/goals.py: which goals there are, and when one is met."""

from typing import Any

import pytest

from benchmarks import goals


def line(
    job: str, rows: int, side: str, cpu: float | None, memory: int = 1, failed: str | None = None
) -> Any:
    return {"job": job, "rows": rows, "side": side, "cpu": cpu, "memory": memory, "failed": failed}


def results(*lines: Any, quick: bool = False, **others: Any) -> dict[str, Any]:
    return {"quick": quick, "jobs": list(lines), **others}


def told(found: list[goals.Goal]) -> dict[str, tuple[float, float, bool, bool]]:
    return {goal.name: (goal.found, goal.bound, goal.judged, goal.met) for goal in found}


def test_a_full_run_judges_the_ratio_and_shows_the_stretch() -> None:
    lines = [line("sentiment", 1_000_000, side, cpu) for side, cpu in (("ours", 10.0), ("seed", 40.0))]
    found = goals.goals(results(*lines))
    name = "sentiment, 1,000,000 tweets: seed / ours, CPU"
    assert [(goal.name, goal.found, goal.bound, goal.judged, goal.met) for goal in found] == [
        (name, 4.0, 3.0, True, True),
        (name, 4.0, 5.0, False, False),
    ]


@pytest.mark.parametrize(("job", "rows", "bound"), [("sentiment", 1_000, 2.0), ("topics", 1_000_000, 6.0)])
def test_the_other_ratios(job: str, rows: int, bound: float) -> None:
    lines = [line(job, rows, "ours", 1.0), line(job, rows, "seed", bound - 0.01)]
    assert [goal.met for goal in goals.goals(results(*lines)) if goal.judged] == [False]
    lines[1]["cpu"] = bound
    assert [goal.met for goal in goals.goals(results(*lines)) if goal.judged] == [True]


def test_the_seed_with_our_flags_is_not_what_ratios_are_of() -> None:
    lines = [line("sentiment", 1_000, "ours", 1.0), line("sentiment", 1_000, "seed, our flags", 9.0)]
    assert goals.goals(results(*lines)) == []


def test_growth_is_judged_from_each_size_to_each_larger_one() -> None:
    lines = [line("topics", rows, "ours", cpu) for rows, cpu in
             ((1_000, 5.0), (100_000, 14.9), (1_000_000, 104.9), (4_000_000, 484.88))]  # fmt: skip
    found = told(goals.goals(results(*lines)))
    rounded = {name: (round(times, 6), *rest) for name, (times, *rest) in found.items()}
    assert rounded == {
        "topics: CPU of 1,000,000 over 100,000 tweets beyond the start, times linear": (
            1.0,
            1.15,
            True,
            True,
        ),
        "topics: CPU of 4,000,000 over 100,000 tweets beyond the start, times linear": (
            1.2,
            1.15,
            True,
            False,
        ),
        "topics: CPU of 4,000,000 over 1,000,000 tweets beyond the start, times linear": (
            1.2,
            1.15,
            True,
            False,
        ),
    }


def test_peak_memory_at_ten_millions() -> None:
    lines = [
        line("sentiment", 1_000_000, "ours", 10.0, 500),
        line("sentiment", 10_000_000, "ours", 100.0, 800),
    ]
    found = told(goals.goals(results(*lines)))
    assert found["sentiment: peak memory of 10,000,000 over 1,000,000 tweets"] == (1.6, 1.5, True, False)


@pytest.mark.parametrize(("seconds", "met"), [(29.9, True), (30.1, False)])
def test_the_demo(seconds: float, met: bool) -> None:
    [goal] = goals.goals(results(demo={"seconds": seconds}))
    assert (goal.judged, goal.met) == (True, met)


@pytest.mark.parametrize(("quick", "bound"), [(True, 3.0), (False, 4.0)])
def test_a_quick_run_asks_less(quick: bool, bound: float) -> None:
    [goal] = goals.goals(results(quick=quick, scorer={"ratio": 3.5}))
    assert (goal.bound, goal.met) == (bound, quick)


def test_a_quick_run_judges_gross_ratios_only() -> None:
    lines = [line("sentiment", 1_000, "ours", 2.0), line("sentiment", 1_000, "seed", 2.8),
             line("sentiment", 100_000, "ours", 5.0)]  # fmt: skip
    assert told(goals.goals(results(*lines, quick=True))) == {
        "sentiment, 1,000 tweets: seed / ours, CPU": (1.4, 1.5, True, False)
    }


def test_problems_are_what_differs_and_what_failed() -> None:
    lines = [line("topics", 4_000_000, "seed", None, failed="out of memory"),
             line("topics", 1_000_000, "seed", None, failed="it ended\nout of memory\n"),
             line("topics", 1_000, "ours, local[1]", None, failed="no space")]  # fmt: skip
    checks = [{"job": "topics", "rows": 1_000, "check": f"a = {equal}", "equal": equal}
              for equal in (True, False, None)]  # fmt: skip
    found = goals.problems(
        results(*lines, checks=checks, scorer={"equal": False}, failed={"demo": "Traceback\nValueError: x\n"})
    )
    assert found == [
        "topics, 1,000 tweets: not a = False",
        "topics, 1,000,000 tweets: seed failed: out of memory",
        "topics, 1,000 tweets: ours, local[1] failed: no space",
        "demo failed: ValueError: x",
        "the scorer's scores are not stock VADER's",
    ]
