"""benchmarks/table.py: what is shown and saved."""

import json
from io import StringIO
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from rich.console import Console

from benchmarks import table
from benchmarks.goals import Goal

LINES = [
    {"job": "sentiment", "rows": 1_000_000, "side": "ours", "cpu": 8.0, "wall": 5.0, "memory": 700_000_000,
     "rounds": [[8.0, 5.0, 7]], "failed": None},
    {"job": "sentiment", "rows": 1_000_000, "side": "seed", "cpu": 36.0, "wall": 20.0, "memory": 9e8,
     "rounds": [[36.0, 20.0, 9]], "failed": None},
    {"job": "topics", "rows": 1_000, "side": "seed", "cpu": None, "wall": None, "memory": None,
     "rounds": [], "failed": "it ended\nout of memory\n"},
]  # fmt: skip
RESULTS: dict[str, Any] = {
    "jobs": LINES,
    "checks": [{"job": "sentiment", "rows": 1_000_000, "check": "ours = seed", "equal": False}],
    "demo": {"seconds": 25.0, "phases": {"deploy": 3.25}},
}


def shown(goals: list[Goal], problems: list[str]) -> str:
    console = Console(width=150, record=True, file=StringIO())
    table.show(RESULTS, goals, problems, console)
    return console.export_text()


def test_the_table_has_a_row_a_side_with_what_it_is_of_ours() -> None:
    text = shown([], [])
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in text.splitlines() if "│" in line]
    assert ["sentiment", "1M", "1", "ours", "8.00", "5.00", "700", "125,000", "1.00"] in rows
    assert ["sentiment", "1M", "1", "seed", "36.00", "20.00", "900", "27,778", "4.50"] in rows
    assert ["topics", "1k", "0", "seed", "failed", "", "", "", ""] in rows
    assert "topics, 1k: seed failed: out of memory" in text
    assert ["phases: deploy", "3.250"] in rows
    assert "sentiment, 1M: ours = seed: NOT EQUAL" in text


def test_goals_and_problems_are_told() -> None:
    text = shown(
        [Goal("fast", 4.5, 3.0), Goal("fast", 4.5, 5.0, judged=False), Goal("slow", 31, 30, True)], ["oh"]
    )
    assert "\nmet: fast: 4.50, at least 3\n" in text
    assert "\nnot met: fast: 4.50, at least 5 (stretch)\n" in text
    assert "\nNOT MET: slow: 31.00, at most 30\n" in text
    assert "✘ oh" in text


def test_files_are_whole_and_the_plot_asks_nobody(tmp_path: Path) -> None:
    table.save(RESULTS, tmp_path)
    assert json.loads((tmp_path / "bench.json").read_text()) == RESULTS
    svg = (tmp_path / "bench.svg").read_text()
    names = "".join(ElementTree.fromstring(svg).itertext())
    assert all(name in names for name in ("sentiment, 1M", "ours", "seed"))
    assert "<script xlink:href" not in svg
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bench.json", "bench.svg"]


def test_there_is_a_plot_before_anything_was_measured(tmp_path: Path) -> None:
    table.save({"jobs": []}, tmp_path)
    assert "nothing was measured yet" in (tmp_path / "bench.svg").read_text()


@pytest.mark.parametrize(
    ("rows", "name"), [(999, "999"), (1_000, "1k"), (1_500, "1500"), (10_000_000, "10M")]
)
def test_sizes_are_short(rows: int, name: str) -> None:
    assert table.short(rows) == name


def test_each_bar_of_the_plot_is_seen() -> None:
    drawing = ElementTree.fromstring(table.plot(RESULTS))
    bars = [
        shape
        for shape in drawing.iter("{http://www.w3.org/2000/svg}rect")
        if "reactive" in shape.get("class", "")
    ]
    heights = sorted(float(bar.get("height", 0)) for bar in bars if "tooltip-trigger" in bar.get("class", ""))
    assert len(heights) == 2
    # from 1 to 36 seconds on a logarithmic scale, 8 and 36 of them
    assert heights[0] / heights[1] == pytest.approx(2.0794 / 3.5835, rel=0.02)
