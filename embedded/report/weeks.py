"""Sentiment by week: zones joined to groups, as a row of dots for one week or as lines for several."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from embedded.report.charts import Axes, Scale, area_factor, radius, ticks, weighted_mean
from embedded.report.data import Mood
from embedded.report.text import monday, week_name

# The outer zones have few stations each: alone, their weeks would jump with single tweets.
GROUPS = (
    ("All zones", 0.0, 99.0),  # name, from this zone, to below that
    ("Zone 1", 0.0, 2.0),
    ("Zone 2", 2.0, 3.0),
    ("Zones 3–4", 3.0, 5.0),
    ("Zones 5–9", 5.0, 99.0),
)
LINE_GAP = 19.0  # between the names at the lines' ends, so that they stay legible on a phone


@dataclass(frozen=True)
class GroupMood:
    """A zone group in one week; a boundary zone such as 2.5 counts with its inner zone."""

    name: str
    run: str
    tweets: int
    sentiment: float


@dataclass(frozen=True)
class ZoneDot:
    """A row of the one-week chart, in SVG units."""

    mood: GroupMood
    x: float
    y: float
    r: float


@dataclass(frozen=True)
class WeekLine:
    """A line of the many-week chart: (x, y, mood) corners, and where its name stands."""

    name: str
    corners: list[tuple[float, float, GroupMood]]
    label_y: float


def weeks(moods: Sequence[Mood]) -> list[str]:
    """The ISO weeks in the data, oldest first."""
    return sorted({mood.run for mood in moods})


def group_moods(moods: Sequence[Mood]) -> list[GroupMood]:
    """The means of each group in each week, weighted by tweets; groups without tweets are left out."""
    found = []
    for name, low, high in GROUPS:
        for run in weeks(moods):
            rows = [mood for mood in moods if mood.run == run and low <= mood.zone < high]
            mean = weighted_mean((mood.sentiment, mood.tweets) for mood in rows)
            if mean is not None:
                found.append(GroupMood(name, run, sum(mood.tweets for mood in rows), mean))
    return found


def one_week(moods: Sequence[GroupMood]) -> tuple[Axes, list[ZoneDot]]:
    """One row a group, sentiment to the right, dots as large as their tweets; 0 is always on the axis."""
    left, right, top, row = 86.0, 414.0, 14.0, 52.0
    values = [mood.sentiment for mood in moods]
    marks = ticks(min([0.0, *values]), max([0.0, *values]) if values else 0.4, 4)
    x = Scale(marks[0], marks[-1], left, right)
    factor = area_factor((mood.tweets for mood in moods), 15, 12)
    bottom = top + row * max(len(moods), 1)
    dots = [
        ZoneDot(mood, x(mood.sentiment), top + row * (place + 0.5), radius(mood.tweets, factor))
        for place, mood in enumerate(moods)
    ]
    return Axes(480, bottom + 48, left, right, top, bottom, [(v, x(v)) for v in marks], []), dots


def many_weeks(moods: Sequence[GroupMood]) -> tuple[Axes, list[WeekLine], list[tuple[str, float]]]:
    """Lines over time (weeks that are missing leave their room), and the (week, x) that get a tick."""
    left, right, top, bottom = 58.0, 384.0, 12.0, 288.0
    runs = sorted({mood.run for mood in moods})
    at = {run: _place(run, order) for order, run in enumerate(runs)}
    values = [mood.sentiment for mood in moods]
    marks = ticks(min([0.0, *values]), max([0.0, *values]), 5)
    x = Scale(min(at.values()), max(at.values()), left + 14, right - 10)
    y = Scale(marks[0], marks[-1], bottom, top)
    names = [name for name, _, _ in GROUPS if any(mood.name == name for mood in moods)]
    corners = {
        name: [(x(at[mood.run]), y(mood.sentiment), mood) for mood in moods if mood.name == name]
        for name in names
    }
    label_ys = spread([corners[name][-1][1] for name in names], LINE_GAP, top, bottom)
    lines = [WeekLine(name, corners[name], label_y) for name, label_y in zip(names, label_ys, strict=True)]
    every = -(-len(runs) // 5)  # five ticks at most, counted from the newest week
    shown = [(run, x(at[run])) for place, run in enumerate(reversed(runs)) if place % every == 0][::-1]
    axes = Axes(480, 340, left, right, top, bottom, [], [(value, y(value)) for value in marks])
    return axes, lines, shown


def _place(run: str, order: int) -> float:
    first = monday(run)
    return first.toordinal() / 7 if first else float(order)


def spread(places: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Moves labels apart to at least `gap`, in their order, inside low to high where there is room."""
    order = sorted(range(len(places)), key=lambda index: places[index])
    moved = [0.0] * len(places)
    last = low - gap
    for index in order:
        last = moved[index] = max(places[index], last + gap)
    limit = high
    for index in reversed(order):
        moved[index] = min(moved[index], limit)
        limit = moved[index] - gap
    return moved


def tick_name(run: str) -> str:
    """A week under its tick: 9 Nov; its plain name where it is no ISO week."""
    first = monday(run)
    return f"{first.day} {first:%b}" if first else week_name(run)
