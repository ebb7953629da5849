import pytest
from hypothesis import given
from hypothesis import strategies as st

from tubepulse.stations import BadStationsFile, Station, read_stations

HEADER = b"station,latitude,longitude,zone\n"


def test_our_layout() -> None:
    assert read_stations(
        HEADER + b"Acton Town,51.5028,-0.2801,3\nArchway,51.5653,-0.1353,2.5\n", "f.csv"
    ) == [
        Station("Acton Town", 51.5028, -0.2801, 3.0),
        Station("Archway", 51.5653, -0.1353, 2.5),
    ]


def test_the_original_layout() -> None:
    content = b"\xef\xbb\xbfLatitude,Longitude,Station,Zone\r\n51.5028,-0.2801,Acton Town,3\r\n"
    assert read_stations(content, "f.csv") == [Station("Acton Town", 51.5028, -0.2801, 3.0)]


def test_more_columns_quotes_and_blank_lines_are_fine() -> None:
    content = b'ZONE , station,opened,latitude,longitude\n1,"King\'s Cross, St. Pancras",1863,51.53,-0.12\n\n'
    assert read_stations(content, "f.csv") == [Station("King's Cross, St. Pancras", 51.53, -0.12, 1.0)]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "f.csv, line 1: the file is empty"),
        (b"\xef\xbb\xbf", "f.csv, line 1: the file is empty"),
        (HEADER, "f.csv: a header, but no station"),
        (b"station,lat,longitude\nA,1,2\n", "f.csv, line 1: column latitude, zone missing"),
        (HEADER + b"A,51.5,-0.1,1\nB,151.5,-0.1,1\n", "f.csv, line 3: latitude 151.5 is out of range"),
        (HEADER + b"A,51.5,51.5,1\n", "f.csv, line 2: longitude 51.5 is out of range"),
        (HEADER + b"A,51.5,nan,1\n", "f.csv, line 2: longitude nan is out of range"),
        (HEADER + b"A,51.5,west,1\n", "f.csv, line 2: longitude 'west' is not a number"),
        (HEADER + b"A,51.5,-0.1,0\n", "f.csv, line 2: zone 0 is out of range"),
        (HEADER + b"A,51.5,-0.1,1\nB,51.6,0,1\nA,51.7,0,1\n", "line 4: station 'A' stands in line 2 already"),
        (HEADER + b" ,51.5,-0.1,1\n", "f.csv, line 2: station name ''"),
        (HEADER + b"A,51.5,-0.1\n", "f.csv, line 2: 3 fields where the header has 4"),
        (HEADER + b"A,51.5,-0.1,1\nCaf\xe9,51.5,0,1\n", "f.csv, line 3: not UTF-8"),
    ],
)
def test_a_bad_file_is_named_with_line_and_value(content: bytes, message: str) -> None:
    with pytest.raises(BadStationsFile) as error:
        read_stations(content, "f.csv")
    assert message in str(error.value)


@given(st.binary(max_size=200))
def test_any_bytes_are_stations_or_a_named_error(content: bytes) -> None:
    try:
        assert read_stations(content, "f.csv")
    except BadStationsFile as error:
        assert str(error).startswith("f.csv")
