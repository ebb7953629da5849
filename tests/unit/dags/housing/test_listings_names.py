"""Stations by the names that portals give them."""

import logging
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tubepulse.housing.listings.names import StationNames, compared
from tubepulse.housing.listings.rules import SiteRules
from tubepulse.stations import read_stations

FILE = Path(__file__).parents[4] / "fixtures" / "stations.csv"
NAMES = [station.name for station in read_stations(FILE.read_bytes(), FILE.name)]
ALIASES = SiteRules.named("example_homes")["stations.aliases"]
FOUND = StationNames(NAMES, {})


def test_no_two_stations_read_alike() -> None:
    assert len(set(map(compared, NAMES))) == len(NAMES) == 308


@pytest.mark.parametrize(
    "ending", ["", " Underground Station", " tube station", " Station", " (Underground)"]
)
def test_every_station_is_found_however_it_is_written(ending: str) -> None:
    for name in NAMES:
        for written in (name, name.upper(), name.lower(), f"  {name} "):
            assert FOUND.find(written + ending) == name
        for old, new in (("&", "and"), ("'", ""), ("'", "\u2019"), (".", ""), ("-", " ")):
            assert FOUND.find(name.replace(old, new) + ending) == name


@pytest.mark.parametrize(
    "name", ["", "Station", "underground", "Clapham Junction", "Acton", "Acton Town Hall"]
)
def test_a_place_that_is_no_station_of_the_file(name: str) -> None:
    assert FOUND.find(name) is None


def test_the_sites_aliases_lead_to_stations_of_the_file() -> None:
    names = StationNames(NAMES, ALIASES)
    for alias, name in ALIASES.items():
        assert name in NAMES
        assert names.find(alias) == names.find(f"{alias} tube station") == name


def test_an_alias_goes_before_the_files_own_name() -> None:
    assert StationNames(["Bank", "Monument"], {"Bank": "Monument"}).find("Bank") == "Monument"


def test_an_alias_of_a_station_that_the_file_lacks_finds_nothing(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        names = StationNames(["Shepherd's Bush", "Bank"], {"Shepherds Bush": "Shepherd's Bush (C)"})
    assert names.find("shepherds bush") is None
    assert names.find("Shepherd's Bush") == "Shepherd's Bush"
    assert "lacks: Shepherd's Bush (C)" in caplog.text


def test_names_that_read_alike_are_found_exactly_only(caplog: pytest.LogCaptureFixture) -> None:
    names = StationNames(["St. Paul's", "St Pauls"], {})
    assert names.find("St. Paul's") == "St. Paul's"
    assert names.find("st pauls") is None
    assert "read alike" in caplog.text


def test_a_name_without_a_letter_that_we_know_is_not_found_by_another() -> None:
    names = StationNames(["東京"], {"?": "東京"})
    assert names.find("!") is None
    assert names.find("東京") == "東京"


@given(st.text())
def test_a_name_that_is_plain_stays_as_it_is(name: str) -> None:
    assert compared(compared(name)) == compared(name)
    assert FOUND.find(name) is None or compared(name) in set(map(compared, NAMES))
