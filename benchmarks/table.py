"""How the benchmarks' results are shown: tables on the terminal, a JSON file, and a plot of the jobs' CPU."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pygal  # type: ignore[import-untyped]
from pygal.style import CleanStyle  # type: ignore[import-untyped]
from rich.console import Console
from rich.table import Table

from benchmarks.goals import Goal, last_line, median
from benchmarks.jobs import OURS

Results = Mapping[str, Any]
OTHER_PARTS = ("scorer", "endpoint", "path", "demo", "accuracy")


def save(results: Results, folder: Path) -> None:
    """Write bench.json and bench.svg, each in one step: a run that is stopped leaves its last state."""
    files = {"bench.json": f"{json.dumps(results, indent=1)}\n".encode(), "bench.svg": plot(results)}
    for name, content in files.items():
        draft = folder / f"{name}.new"
        draft.write_bytes(content)
        draft.replace(folder / name)


def plot(results: Results) -> bytes:
    """An SVG: CPU seconds of each side at each size, on a logarithmic scale."""
    lines = [line for line in results.get("jobs", ()) if line["cpu"]]
    cases = list(dict.fromkeys((line["job"], line["rows"]) for line in lines))
    chart = pygal.Bar(
        logarithmic=True, style=CleanStyle, js=[], legend_at_bottom=True, width=1000, height=500,
        title="CPU seconds (user and system) of a job, medians", x_label_rotation=20,
        no_data_text="nothing was measured yet",
    )  # fmt: skip
    if lines:  # from the power of ten below the shortest, which would have no height otherwise
        seconds = [line["cpu"] for line in lines]
        chart.zero = 10 ** math.floor(math.log10(min(seconds) * 0.99))
        chart.range = (chart.zero, max(seconds))
    chart.x_labels = [f"{job}, {short(rows)}" for job, rows in cases]
    for side in dict.fromkeys(line["side"] for line in lines):
        chart.add(side, [median(results, job, rows, side) for job, rows in cases])
    return bytes(chart.render())


def short(rows: int) -> str:
    """A size as people say it, such as 100k or 4M."""
    for unit, letter in ((1_000_000, "M"), (1_000, "k")):
        if rows >= unit and rows % unit == 0:
            return f"{rows // unit}{letter}"
    return str(rows)


def show(results: Results, goals: Sequence[Goal], problems: Sequence[str], console: Console) -> None:
    """Print everything: the jobs, what was compared, the other figures, and the goals."""
    console.print(jobs_table(results))
    for line in results.get("jobs", ()):
        if line["failed"]:
            why = f"{line['job']}, {short(line['rows'])}: {line['side']} failed: {last_line(line['failed'])}"
            console.print(why, markup=False)
    for line in results.get("checks", ()):
        told = {True: "[green]equal[/]", False: "[red]NOT EQUAL[/]", None: "not compared"}[line["equal"]]
        console.print(f"{line['job']}, {short(line['rows'])}: {line['check']}: {told}")
    for part in OTHER_PARTS:
        if part in results:
            console.print(figures_table(part, results[part]))
    for goal in goals:
        console.print(goal_line(goal))
    for problem in problems:
        console.print(f"[red]✘ {problem}[/]")


def jobs_table(results: Results) -> Table:
    """A row a side and size: medians, and how many times our job's CPU it is."""
    table = Table(title="Jobs: medians over the rounds")
    table.add_column("job")
    for name in ("tweets", "rounds", "side", "CPU s", "wall s", "peak MB", "tweets a CPU s", "CPU / ours"):
        table.add_column(name, justify="left" if name == "side" else "right")
    for line in results.get("jobs", ()):
        begin = [line["job"], short(line["rows"]), str(len(line["rounds"])), line["side"]]
        if line["cpu"] is None:
            table.add_row(*begin, "failed" if line["failed"] else "not measured")
            continue
        ours = median(results, line["job"], line["rows"], OURS)
        table.add_row(
            *begin, f"{line['cpu']:.2f}", f"{line['wall']:.2f}", f"{line['memory'] / 1e6:.0f}",
            f"{line['rows'] / line['cpu']:,.0f}", f"{line['cpu'] / ours:.2f}" if ours else "",
        )  # fmt: skip
    return table


def figures_table(part: str, figures: Mapping[str, Any]) -> Table:
    """A row a figure of another part; figures in figures by their names."""
    table = Table(title=part, show_header=False)
    for name, value in flat(figures):
        table.add_row(name, f"{value:,.3f}" if isinstance(value, float) else str(value))
    return table


def flat(figures: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    """Names and values, those of inner ones with the outer names before them."""
    for name, value in figures.items():
        if isinstance(value, Mapping):
            yield from flat(value, f"{before}{name}: ")
        else:
            yield f"{before}{name}", value


def goal_line(goal: Goal) -> str:
    """Met or not met."""
    told = "[green]met[/]" if goal.met else "[red]NOT MET[/]" if goal.judged else "[yellow]not met[/]"
    bound = f"{'at most' if goal.at_most else 'at least'} {goal.bound:g}"
    return f"{told}: {goal.name}: {goal.found:.2f}, {bound}{'' if goal.judged else ' (stretch)'}"
