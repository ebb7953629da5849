"""The stations file: a CSV of the station names and positions, in our layout or the original's."""

import csv
import io
from dataclasses import dataclass

from airflow.sdk.exceptions import AirflowFailException

COLUMNS = ("station", "latitude", "longitude", "zone")

# The Underground reaches from Chesham to Upminster and from Morden to Epping; a wider box would let
# swapped columns pass.
LATITUDES = (51.0, 52.0)
LONGITUDES = (-1.0, 1.0)


class BadStationsFile(AirflowFailException):
    """The stations file can't be used; the text names file, line and value. A retry can't help."""


@dataclass(frozen=True)
class Station:
    """A station: position in degrees (WGS 84), fare zone (there are half zones)."""

    name: str
    latitude: float
    longitude: float
    zone: float


def read_stations(content: bytes, source: str) -> list[Station]:
    """Parse a stations file (UTF-8, with or without BOM); columns in any order and case.

    `source` is the file's name in error messages. Raises BadStationsFile.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise BadStationsFile(f"{source}, line {line}: not UTF-8: {error.reason}") from None
    reader = csv.reader(io.StringIO(text, newline=""))
    header = [name.strip().lower() for name in next(reader, [])]
    if not any(header):
        raise BadStationsFile(
            f"{source}, line 1: the file is empty; it needs the columns {', '.join(COLUMNS)}"
        )
    missing = [name for name in COLUMNS if name not in header]
    if missing:
        raise BadStationsFile(
            f"{source}, line 1: column {', '.join(missing)} missing; found {', '.join(header)}"
        )
    where = [header.index(name) for name in COLUMNS]
    stations: dict[str, tuple[int, Station]] = {}
    for row in reader:
        if not any(cell.strip() for cell in row):
            continue
        place = f"{source}, line {reader.line_num}"
        if len(row) != len(header):
            raise BadStationsFile(f"{place}: {len(row)} fields where the header has {len(header)}: {row!r}")
        station = _station([row[index].strip() for index in where], place)
        if station.name in stations:
            first = stations[station.name][0]
            raise BadStationsFile(f"{place}: station {station.name!r} stands in line {first} already")
        stations[station.name] = (reader.line_num, station)
    if not stations:
        raise BadStationsFile(f"{source}: a header, but no station")
    return [station for _, station in stations.values()]


def _station(cells: list[str], place: str) -> Station:
    name, *numbers = cells
    if not name or len(name) > 256:
        raise BadStationsFile(f"{place}: station name {name!r} must have 1 to 256 characters")
    ranges = (("latitude", LATITUDES), ("longitude", LONGITUDES), ("zone", (1.0, 99.9)))
    values = []
    for text, (column, (low, high)) in zip(numbers, ranges, strict=True):
        try:
            value = float(text)
        except ValueError:
            raise BadStationsFile(f"{place}: {column} {text!r} is not a number") from None
        if not low <= value <= high:
            raise BadStationsFile(f"{place}: {column} {text} is out of range: {low} to {high}")
        values.append(value)
    return Station(name, *values)
