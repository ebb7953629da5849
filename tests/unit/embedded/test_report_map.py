"""Geometry of the report's maps: true positions, rings, labels, and a river on the right side of stations."""

from __future__ import annotations

import csv
import itertools
import math
from pathlib import Path

import pytest

from embedded.report import labels as labels
from embedded.report import map as maps
from embedded.report.charts import Point
from embedded.report.data import Station
from embedded.report.river import THAMES, smooth_path
from embedded.report.views import maps as draw

STATIONS = Path(__file__).parents[3] / "fixtures/stations.csv"


def station(
    name: str,
    latitude: float,
    longitude: float,
    zone: float = 1.0,
    tweets: int = 0,
    mood: float | None = None,
) -> Station:
    return Station(name, zone, latitude, longitude, None, 0, None, tweets, mood, tweets, mood)


def places() -> dict[str, tuple[float, float]]:
    with STATIONS.open(encoding="utf-8-sig", newline="") as file:
        return {
            row["station"]: (float(row["latitude"]), float(row["longitude"])) for row in csv.DictReader(file)
        }


def test_a_degree_of_longitude_is_narrower_by_the_cosine_of_the_latitude() -> None:
    project = maps.Projection(west=-0.5, north=51.7, latitude=51.5, scale=1000, margin=10)
    assert project(51.7, -0.5) == (10, 10)
    x, y = project(51.6, -0.4)
    assert (x - 10, y - 10) == pytest.approx((100 * math.cos(math.radians(51.5)), 100))
    assert project.place(x, y) == pytest.approx((51.6, -0.4))
    assert project.km == pytest.approx(1000 / 111.2)


def test_distances_on_the_map_are_those_on_the_ground() -> None:
    project, _ = maps.fit([station(name, *place) for name, place in places().items()], 1160, 30)
    known = places()
    one, other = project(*known["Heathrow Terminal 5"]), project(*known["Epping"])
    # By the haversine formula, 6,371 km: 48.4 km.
    assert math.dist(one, other) / project.km == pytest.approx(48.4, rel=0.01)


def test_every_station_is_inside_the_map() -> None:
    stations = [station(name, *place, tweets=5, mood=0.1) for name, place in places().items()]
    project, height = maps.fit(stations, 1160, 30)
    points, _ = maps.dots(list(enumerate(stations)), project, 15, 6)
    assert len(points) == 308
    assert all(29.9 <= point.x <= 1130.1 and 29.9 <= point.y <= height - 29.9 for point in points)


def test_dots_are_sized_by_tweets_large_first_and_small_where_there_are_none() -> None:
    stations = [station("a", 51.5, 0), station("b", 51.6, 0.1, tweets=4), station("c", 51.5, 0.1, tweets=16)]
    project, _ = maps.fit(stations, 500, 20)
    points, factor = maps.dots(list(enumerate(stations)), project, 10, 99)
    assert [(point.index, point.r) for point in points] == [(2, 10), (1, 5), (0, maps.EMPTY_RADIUS)]
    assert factor == pytest.approx(2.5)


@pytest.mark.parametrize("count", [0, 1])
def test_a_map_of_hardly_anything_has_a_finite_size(count: int) -> None:
    whole, centre = draw([station("a", 51.5, -0.1)] * count)
    assert len(whole.points) == count and 0 < whole.height < 1160 and whole.rings == [] and centre is None


def test_hull_of_a_square_leaves_its_inside_out() -> None:
    square = [(0.0, 0.0), (4.0, 0.0), (4.0, 4.0), (0.0, 4.0)]
    assert sorted(maps.hull([*square, (2.0, 2.0), (1.0, 3.0), (4.0, 2.0)])) == sorted(square)
    assert maps.hull([(1.0, 1.0), (1.0, 1.0)]) == [(1.0, 1.0)]


def test_rings_hold_each_other_the_outermost_first() -> None:
    stations = [
        station("", 51.5 + zone / 100 * dy, zone / 100 * dx, zone)
        for zone in (1, 2, 3)
        for dy, dx in ((1, 0), (-1, 0), (0, 1), (0, -1))
    ]
    project, _ = maps.fit(stations, 500, 20)
    found = maps.rings(stations, project)
    assert [ring.name for ring in found] == ["Zone 3", "Zone 2", "Zone 1"]
    assert [ring.label is None for ring in found] == [False, False, True]


def test_labels_avoid_each_other_the_frame_and_other_dots() -> None:
    points = [Point(0, 50, 50, 5), Point(1, 80, 50, 5), Point(2, 195, 100, 5), Point(3, 100, 180, 5)]
    placed = labels.place_labels(points, lambda index: f"Station {index}", [0, 2, 3], (0, 0, 200, 200), 10, 3)
    by_index = {label.index: label for label in placed}
    assert by_index[0].anchor != "start"  # station 1 is to its right
    assert by_index[2].anchor == "end"  # the frame ends to its right
    assert by_index[3].anchor == "start"


def test_labels_that_find_no_room_are_left_out_and_no_more_than_asked_for_are_placed() -> None:
    crowd = [Point(number, 50 + number % 3, 50 + number // 3, 5) for number in range(9)]
    assert labels.place_labels(crowd, str, range(9), (40, 40, 62, 62), 12, 9) == []
    apart = [Point(number, 50, 50 + 30 * number, 2) for number in range(5)]
    assert len(labels.place_labels(apart, str, range(5), (0, 0, 400, 400), 12, 2)) == 2


def test_the_centre_is_framed_on_the_map_and_drawn_larger() -> None:
    stations = [station("west", 51.5, -0.18, 1, 9, 0.1), station("east", 51.52, -0.08, 1, 4, 0.2)]
    stations += [station("far", 51.6, -0.4, 6, 4, 0.2), station("farther", 51.45, 0.1, 4)]
    whole, centre = draw(stations)
    assert centre is not None and whole.frame is not None
    assert {point.index for point in centre.points} == {0, 1} and len(whole.points) == 4
    left, top, width, height = whole.frame
    inside = {p.index for p in whole.points if left < p.x < left + width and top < p.y < top + height}
    assert inside == {0, 1}
    assert centre.km > 2 * whole.km


NORTH = ("Embankment", "Westminster", "Pimlico", "Temple", "Blackfriars", "Monument", "Tower Hill", "Wapping",
         "Limehouse", "Canary Wharf", "Island Gardens", "Blackwall", "Royal Victoria", "King George V",
         "Hammersmith", "Putney Bridge", "Fulham Broadway", "Chiswick Park", "Gunnersbury")  # fmt: skip
SOUTH = ("Waterloo", "Vauxhall", "Southwark", "London Bridge", "Bermondsey", "Rotherhithe", "Canada Water",
         "Cutty Sark", "Greenwich", "North Greenwich", "Lambeth North", "East Putney", "Kew Gardens",
         "Richmond", "Battersea Power Station", "Nine Elms", "Wimbledon Park")  # fmt: skip


@pytest.mark.parametrize(("bank", "names"), [(1, NORTH), (-1, SOUTH)])
def test_the_river_leaves_stations_on_their_bank(bank: int, names: tuple[str, ...]) -> None:
    known = places()
    wrong = [name for name in names if name in known and side(*known[name]) != bank]
    assert wrong == []
    assert sum(name in known for name in names) >= 14


def side(latitude: float, longitude: float) -> int:
    """1 left of the river as it flows (mostly north), -1 right: by the river closed around the north."""
    far = [(60.0, THAMES[-1][1] + 5), (60.0, THAMES[0][1] - 5), (THAMES[0][0], THAMES[0][1] - 5)]
    outline = [*THAMES, (THAMES[-1][0], THAMES[-1][1] + 5), *far]
    inside = False
    for (a_lat, a_lon), (b_lat, b_lon) in itertools.pairwise([*outline, outline[0]]):
        if (a_lat > latitude) != (b_lat > latitude):
            crossing = a_lon + (latitude - a_lat) / (b_lat - a_lat) * (b_lon - a_lon)
            inside ^= longitude < crossing
    return 1 if inside else -1


def test_the_rivers_path_goes_through_its_points() -> None:
    assert smooth_path([]) == "" == smooth_path([(0, 0)])
    assert smooth_path([(0, 0), (6, 6)]) == "M0.0 0.0C1.0 1.0 5.0 5.0 6.0 6.0"
