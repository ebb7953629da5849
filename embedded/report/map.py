"""Geometry of the report's maps: the projection, the dots, rings around the fare zones."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

from embedded.report.charts import Point, area_factor, radius
from embedded.report.data import Station

KM_PER_DEGREE = 111.2  # of latitude
NAME_ROOM = 26.0  # around the name of a zone, better free of dots, in SVG units
EMPTY_RADIUS = 2.1  # of the hollow dot of a station without tweets, in SVG units


@dataclass(frozen=True)
class Projection:
    """Equirectangular, true to shape at `latitude`; the north-west corner is (0, 0) before the margin."""

    west: float
    north: float
    latitude: float
    scale: float  # SVG units per degree of latitude
    margin: float

    def __call__(self, latitude: float, longitude: float) -> tuple[float, float]:
        """A place's x and y, in SVG units."""
        narrowing = math.cos(math.radians(self.latitude))
        return (
            self.margin + (longitude - self.west) * narrowing * self.scale,
            self.margin + (self.north - latitude) * self.scale,
        )

    def place(self, x: float, y: float) -> tuple[float, float]:
        """The latitude and longitude of a point: the way back."""
        narrowing = math.cos(math.radians(self.latitude))
        return (
            self.north - (y - self.margin) / self.scale,
            self.west + (x - self.margin) / (narrowing * self.scale),
        )

    @property
    def km(self) -> float:
        """SVG units per kilometre."""
        return self.scale / KM_PER_DEGREE


@dataclass(frozen=True)
class Ring:
    """The hull of all stations up to a fare zone: an SVG polygon, and where its name stands."""

    name: str
    points: list[tuple[float, float]]
    label: tuple[float, float] | None  # None for the innermost: dots fill it


def fit(stations: Sequence[Station], width: float, margin: float) -> tuple[Projection, float]:
    """The projection that fits the stations into `width`, and the height they need then."""
    places = [(one.latitude, one.longitude) for one in stations] or [(51.5, -0.12)]
    south, north = min(place[0] for place in places), max(place[0] for place in places)
    west, east = min(place[1] for place in places), max(place[1] for place in places)
    middle = (south + north) / 2
    # One station, or all in a line: a least extent keeps the scale finite and the picture a map.
    across = max((east - west) * math.cos(math.radians(middle)), 0.02)
    projection = Projection(west, north, middle, (width - 2 * margin) / across, margin)
    return projection, 2 * margin + max(north - south, 0.005) * projection.scale


def dots(
    stations: Sequence[tuple[int, Station]], project: Projection, largest: float, typical: float
) -> tuple[list[Point], float]:
    """A dot a station, area by the newest week's tweets, large ones first; and the factor for the legend."""
    factor = area_factor((station.week_tweets for _, station in stations), largest, typical)
    points = []
    for index, station in stations:
        x, y = project(station.latitude, station.longitude)
        r = radius(station.week_tweets, factor) if station.week_tweets > 0 else EMPTY_RADIUS
        points.append(Point(index, x, y, r))
    return sorted(points, key=lambda point: (-point.r, point.index)), factor


def hull(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """The convex hull, by Andrew's monotone chain; fewer than three points come back as they are."""
    ordered = sorted(set(points))
    if len(ordered) < 3:
        return ordered
    halves = []
    for line in (ordered, ordered[::-1]):
        half: list[tuple[float, float]] = []
        for point in line:
            while len(half) > 1 and _turn(half[-2], half[-1], point) <= 0:
                half.pop()
            half.append(point)
        halves.append(half[:-1])
    return halves[0] + halves[1]


def _turn(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def rings(stations: Sequence[Station], project: Projection, highest: int = 6) -> list[Ring]:
    """The hulls of zones 1 to `highest`, the outermost first; zones that add no station add no ring."""
    outlines: dict[str, list[tuple[float, float]]] = {}
    for zone in range(1, highest + 1):
        outline = hull([project(one.latitude, one.longitude) for one in stations if one.zone <= zone])
        if len(outline) > 2 and outline not in outlines.values():
            outlines[f"Zone {zone}"] = outline
    if not outlines:
        return []
    inner = next(iter(outlines.values()))
    middle = (sum(x for x, _ in inner) / len(inner), sum(y for _, y in inner) / len(inner))
    places = [project(one.latitude, one.longitude) for one in stations]

    def labels(bearing: int) -> list[tuple[float, float]]:
        return [_exit(outline, middle, math.radians(bearing)) for outline in list(outlines.values())[1:]]

    def hidden(bearing: int) -> float:
        spots = labels(bearing)
        dots_hit = sum(math.dist(spot, place) < NAME_ROOM for spot in spots for place in places)
        pairs_hit = sum(math.dist(one, other) < NAME_ROOM for one, other in itertools.pairwise(spots))
        return dots_hit + 20 * pairs_hit

    # All names in one direction, where least is in the way.
    best = [None, *labels(min(range(0, 360, 5), key=hidden))]
    return [Ring(name, outlines[name], spot) for name, spot in zip(outlines, best, strict=True)][::-1]


def _exit(
    outline: Sequence[tuple[float, float]], start: tuple[float, float], bearing: float
) -> tuple[float, float]:
    """Where a ray from a point inside leaves a convex outline; the start itself where it never does."""
    dx, dy = math.cos(bearing), math.sin(bearing)
    best = 0.0
    for (ax, ay), (bx, by) in zip(outline, [*outline[1:], outline[0]], strict=True):
        across = dx * (by - ay) - dy * (bx - ax)
        if across:
            along = ((ax - start[0]) * (by - ay) - (ay - start[1]) * (bx - ax)) / across
            part = ((ax - start[0]) * dy - (ay - start[1]) * dx) / across
            if along > best and 0 <= part <= 1:
                best = along
    return start[0] + best * dx, start[1] + best * dy
