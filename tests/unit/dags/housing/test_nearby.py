"""The grid finds exactly what measuring every station finds."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tubepulse.housing.nearby import Grid, distance_m
from tubepulse.stations import Station, read_stations

STATIONS = read_stations(
    (Path(__file__).parents[4] / "fixtures" / "stations.csv").read_bytes(), "stations.csv"
)


@pytest.mark.parametrize(
    ("one", "other", "metres"),
    [
        # Great circles between places whose distances are published, on a sphere of 6371.0088 km
        ((36.12, -86.67), (33.94, -118.40), 2_886_448),  # Nashville to Los Angeles, Rosetta Code's example
        ((51.5, 0.0), (52.5, 0.0), 111_195),  # a degree of latitude
        ((51.5, -0.1), (51.5, -0.1), 0),
    ],
)
def test_known_distances(one: tuple[float, float], other: tuple[float, float], metres: float) -> None:
    assert distance_m(*one, *other) == pytest.approx(metres, rel=5e-6, abs=1e-6)


@settings(max_examples=300, deadline=None)
@given(st.floats(51.2, 51.8), st.floats(-0.8, 0.5), st.floats(100, 6000))
def test_the_grid_finds_what_measuring_all_finds(latitude: float, longitude: float, radius: float) -> None:
    brute = {
        station.name
        for station in STATIONS
        if distance_m(latitude, longitude, station.latitude, station.longitude) <= radius
    }
    assert {near.station for near in Grid(STATIONS, radius).near(latitude, longitude)} == brute


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(STATIONS), st.floats(-1.2, 1.2), st.floats(-1.2, 1.2))
def test_at_the_edge_of_the_radius(station: Station, north: float, east: float) -> None:
    latitude, longitude = station.latitude + north * 0.009, station.longitude + east * 0.0145
    metres = distance_m(latitude, longitude, station.latitude, station.longitude)
    found = {near.station: near.distance_m for near in Grid(STATIONS, 1000).near(latitude, longitude)}
    assert (station.name in found) == (metres <= 1000)
    assert all(distance <= 1000 for distance in found.values())


def test_no_stations_no_neighbours() -> None:
    assert Grid([], 1000).near(51.5, -0.1) == []
