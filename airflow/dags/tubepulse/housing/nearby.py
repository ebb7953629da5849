"""Which stations are near a point: a grid to find candidates, the great circle to decide."""

import math
from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from tubepulse.stations import Station

EARTH_RADIUS_M = 6_371_008.8  # the mean radius of WGS 84's ellipsoid
METRES_A_DEGREE = math.pi * EARTH_RADIUS_M / 180  # of latitude


class Near(NamedTuple):
    """A station and how far it is, in metres."""

    station: str
    distance_m: float


def distance_m(latitude: float, longitude: float, other_latitude: float, other_longitude: float) -> float:
    """Great-circle distance in metres of two points in degrees (haversine formula)."""
    phi, other_phi = math.radians(latitude), math.radians(other_latitude)
    half = (
        math.sin((other_phi - phi) / 2) ** 2
        + math.cos(phi) * math.cos(other_phi) * math.sin(math.radians(other_longitude - longitude) / 2) ** 2
    )
    return 2 * EARTH_RADIUS_M * math.asin(math.sqrt(min(half, 1.0)))


class Grid:
    """The stations in cells at least as wide and high as the radius: whoever is near is in a cell around."""

    def __init__(self, stations: Iterable[Station], radius_m: float) -> None:
        self.radius_m = radius_m
        found = list(stations)
        # A degree of longitude is shortest where it is furthest north: there the cells must be wide enough.
        north = max((abs(station.latitude) for station in found), default=0.0)
        self._height = radius_m * 1.001 / METRES_A_DEGREE
        self._width = self._height / math.cos(math.radians(min(north + 2 * self._height, 89.0)))
        self._cells: dict[tuple[int, int], list[Station]] = defaultdict(list)
        for station in found:
            self._cells[self._cell(station.latitude, station.longitude)].append(station)

    def near(self, latitude: float, longitude: float) -> list[Near]:
        """The stations within the radius of a point (degrees), in no order."""
        row, column = self._cell(latitude, longitude)
        candidates = (
            station
            for above in (-1, 0, 1)
            for aside in (-1, 0, 1)
            for station in self._cells.get((row + above, column + aside), ())
        )
        measured = (
            Near(station.name, distance_m(latitude, longitude, station.latitude, station.longitude))
            for station in candidates
        )
        return [near for near in measured if near.distance_m <= self.radius_m]

    def _cell(self, latitude: float, longitude: float) -> tuple[int, int]:
        return math.floor(latitude / self._height), math.floor(longitude / self._width)
