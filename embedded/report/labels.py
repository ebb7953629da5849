"""Names on the report's maps, placed so that they collide with nothing."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from embedded.report.charts import Point

Box = tuple[float, float, float, float]  # left, top, right, bottom


@dataclass(frozen=True)
class Label:
    """A station's name beside its dot; `anchor` is SVG's text-anchor, (x, y) the text's baseline."""

    index: int
    text: str
    x: float
    y: float
    anchor: str


def place_labels(
    points: Sequence[Point],
    name: Callable[[int], str],
    wanted: Sequence[int],
    frame: Box,
    size: float,
    most: int,
    taken: Sequence[Box] = (),
) -> list[Label]:
    """Labels for the wanted stations, in that order: each right, left, above or below its dot.

    A label that would leave the frame, cover another label or one of `taken`, or hide a dot's centre, is
    left out, so `wanted` may hold more than there is room for; at most `most` are placed. `size` is the
    font size, in SVG units.
    """
    by_index = {point.index: point for point in points}
    boxes, placed = list(taken), list[Label]()
    for index in wanted:
        if len(placed) == most:
            break
        point, text = by_index[index], name(index)
        long, gap = 0.62 * size * len(text), point.r + size * 0.3
        for anchor, x, y in (
            ("start", point.x + gap, point.y + size * 0.35),
            ("end", point.x - gap, point.y + size * 0.35),
            ("middle", point.x, point.y - gap),
            ("middle", point.x, point.y + gap + size * 0.7),
        ):
            left = x - long * {"start": 0.0, "middle": 0.5, "end": 1.0}[anchor]
            box = (left, y - size * 0.85, left + long, y + size * 0.3)
            if (
                _inside(box, frame)
                and not any(_overlap(box, other) for other in boxes)
                and not _hides(box, points, index)
            ):
                boxes.append(box)
                placed.append(Label(index, text, x, y, anchor))
                break
    return placed


def _inside(box: Box, frame: Box) -> bool:
    return box[0] >= frame[0] and box[1] >= frame[1] and box[2] <= frame[2] and box[3] <= frame[3]


def _overlap(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _hides(box: Box, points: Sequence[Point], own: int) -> bool:
    """Whether a label would cover more than the rim of another station's dot."""
    for point in points:
        aside = max(box[0] - point.x, point.x - box[2], 0.0)
        above = max(box[1] - point.y, point.y - box[3], 0.0)
        if point.index != own and math.hypot(aside, above) < 0.75 * point.r:
            return True
    return False
