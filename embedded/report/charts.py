"""Scales and statistics of the report's charts: numbers in, coordinates out, no markup."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

HALF_CLASSES = 4  # colour classes on each side of the neutral one, so nine in all
MOOD_STEPS = (0.05, 0.1, 0.15, 0.2, 0.25)  # the widths a colour class may have; 4 x 0.25 reaches VADER's ends


@dataclass(frozen=True)
class Scale:
    """Maps values from `low` to `high` linearly onto coordinates from `start` to `end`."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """The coordinate of a value; the middle where all values are the same."""
        span = self.high - self.low
        part = (value - self.low) / span if span else 0.5
        return self.start + part * (self.end - self.start)


def ticks(low: float, high: float, about: int = 5) -> list[float]:
    """Round numbers that enclose low to high: about `about` steps of 1, 2, 2.5 or 5 times a power of ten."""
    if high <= low:
        pad = abs(low) / 10 or 1.0
        low, high = low - pad, high + pad
    rough = (high - low) / about
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= rough * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(number * step, 10) for number in range(first, last + 1)]


def area_factor(counts: Iterable[int], largest: float, typical: float) -> float:
    """The f in radius = f * sqrt(count): areas are proportional to counts.

    The greatest count gets at most `largest`, the mean of those above 0 at most `typical`: with even
    counts all dots would otherwise be as large as the largest may be, and cover each other. No counts: 0.
    """
    present = [number for number in counts if number > 0]
    if not present:
        return 0.0
    return min(largest / math.sqrt(max(present)), typical / math.sqrt(statistics.fmean(present)))


def radius(count: int, factor: float) -> float:
    """The radius of a dot whose area stands for `count`."""
    return factor * math.sqrt(max(count, 0))


def size_examples(most: int) -> list[int]:
    """Up to three round counts for a legend, the greatest not above `most`: 83 -> 2, 10, 50."""
    nice = [factor * 10**power for power in range(7) for factor in (1, 2, 5)]
    fitting = [number for number in nice if number <= most]
    return sorted(fitting[::-2][:3])


def mood_step(moods: Iterable[tuple[float, int]]) -> float:
    """The width of a colour class, from (mean sentiment, tweets): 19 of 20 tweets' stations are not clipped.

    Weighted, because stations with one or two tweets reach far out and would leave the others pale.
    """
    sizes = sorted((abs(value), tweets) for value, tweets in moods)
    left = 0.95 * sum(tweets for _, tweets in sizes)
    for reach, tweets in sizes:
        left -= tweets
        if left <= 0:
            return next((step for step in MOOD_STEPS if step * (HALF_CLASSES + 0.5) >= reach), MOOD_STEPS[-1])
    return MOOD_STEPS[1]


def mood_class(value: float | None, step: float) -> int | None:
    """The colour class of a mean sentiment: -4 (most negative) to 4; 0 within half a step of 0."""
    if value is None:
        return None
    nearest = math.floor(abs(value) / step + 0.5)
    return int(math.copysign(min(nearest, HALF_CLASSES), value))


def pearson(pairs: Sequence[tuple[float, float]]) -> float | None:
    """Pearson's r of (x, y) pairs; None for fewer than three pairs, or where one side does not vary."""
    if len(pairs) < 3:
        return None
    try:
        return statistics.correlation([x for x, _ in pairs], [y for _, y in pairs])
    except statistics.StatisticsError:
        return None


def weighted_mean(pairs: Iterable[tuple[float, int]]) -> float | None:
    """The mean of (value, weight) pairs; None where all weights are 0."""
    kept = [(value, weight) for value, weight in pairs if weight > 0]
    total = sum(weight for _, weight in kept)
    return sum(value * weight for value, weight in kept) / total if total else None


@dataclass(frozen=True)
class Point:
    """A dot of a chart: `index` is the station's place in the report, x, y and r are SVG units."""

    index: int
    x: float
    y: float
    r: float


@dataclass(frozen=True)
class Axes:
    """A chart's frame in SVG units, with (value, coordinate) ticks."""

    width: float
    height: float
    left: float
    right: float
    top: float
    bottom: float
    x_ticks: list[tuple[float, float]]
    y_ticks: list[tuple[float, float]]


def scatter(rows: Sequence[tuple[int, float, float, int]]) -> tuple[Axes, list[Point]]:
    """Rows of (index, x value, y value, count) as dots, the largest first (drawn below)."""
    left, right, top, bottom, width, height = 58.0, 458.0, 12.0, 288.0, 480.0, 340.0
    x, x_ticks = _axis([row[1] for row in rows] or [0, 1], left, right)
    y, y_ticks = _axis([row[2] for row in rows] or [-0.5, 0.5], bottom, top)
    factor = area_factor((row[3] for row in rows), 13, 4.2)
    points = [Point(row[0], x(row[1]), y(row[2]), radius(row[3], factor)) for row in rows]
    axes = Axes(width, height, left, right, top, bottom, x_ticks, y_ticks)
    return axes, sorted(points, key=lambda point: (-point.r, point.index))


def _axis(values: Sequence[float], start: float, end: float) -> tuple[Scale, list[tuple[float, float]]]:
    """A scale with a little air around the values, and its round ticks: none lies outside of it."""
    low, high = min(values), max(values)
    marks = ticks(low, high)
    air = 0.05 * (high - low)
    scale = Scale(low - air, high + air, start, end) if air else Scale(marks[0], marks[-1], start, end)
    return scale, [(mark, scale(mark)) for mark in marks if scale.low <= mark <= scale.high]
