"""The ONS Postcode Directory: where postcodes are.

A CSV of all postcodes of the United Kingdom, the terminated ones too, with a header; releases name and order
the columns differently. Layout: the user guide in each release, https://geoportal.statistics.gov.uk
"""

import csv
import logging
from collections.abc import Iterable, Set
from typing import NamedTuple

import pyarrow as pa
from airflow.sdk.exceptions import AirflowException, AirflowFailException

log = logging.getLogger(__name__)

POSITIONS = pa.schema(
    {
        "postcode": pa.string(),  # without a space
        "latitude": pa.float64(),  # degrees, WGS 84; null: the postcode has no position
        "longitude": pa.float64(),
        "terminated": pa.bool_(),
    }
)
POSTCODE_COLUMNS = ("pcds", "pcd", "pcd2", "pcd7", "pcd8")
PROGRESS = 500_000  # rows between two lines of the log
BLANK = ("\r\n", "\n")


class BadPostcodeFile(AirflowFailException):
    """The file is no postcode directory; a retry can't help."""


class TruncatedPostcodes(AirflowException):
    """The file breaks off; the next try may get all of it."""


class Columns(NamedTuple):
    """Where in a row the columns are."""

    postcode: int
    terminated: int
    latitude: int
    longitude: int


def normalised(postcode: str) -> str:
    """A postcode in capitals without spaces, as which any spelling compares."""
    return "".join(postcode.split()).upper()


def positions(lines: Iterable[str], wanted: Set[str], file: str) -> list[dict[str, object]]:
    """Rows of POSITIONS for those of the `wanted` (normalised) postcodes that the directory has.

    A line (with its end) is a row, judged on its own: a stray quote spoils one. Rows that cannot be read are
    left out, and warned of. Raises BadPostcodeFile, TruncatedPostcodes where the last one is broken off.
    """
    numbered = enumerate(lines, start=1)
    number, line = next(numbered, (1, ""))
    header = cells = _cells(line)
    columns = _columns(header, file)
    found: dict[str, dict[str, object]] = {}
    unreadable = 0
    for number, line in numbered:
        if line in BLANK:
            continue
        cells = _cells(line)
        if len(cells) != len(header):
            unreadable += 1
        elif (postcode := normalised(cells[columns.postcode])) in wanted:
            found[postcode] = _position(postcode, cells, columns)
        if number % PROGRESS == 0:
            log.info("%s: %d postcodes read", file, number)
    if len(cells) != len(header) and (cells or not line.endswith("\n")):
        raise TruncatedPostcodes(f"{file}, line {number}: the file breaks off: {cells[-3:]!r}")
    if unreadable:
        log.warning(
            "%s: %d rows have not the header's %d columns and were left out", file, unreadable, len(header)
        )
    return list(found.values())


def _cells(line: str) -> list[str]:
    """The cells of a line, none where it cannot be read."""
    if '"' not in line:
        return line.rstrip("\r\n").split(",")  # most lines, twice as fast
    try:
        return next(csv.reader((line,)), [])
    except csv.Error:
        return []


def _columns(header: list[str], file: str) -> Columns:
    names = [name.strip().lower().removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}") for name in header]
    postcode = next((name for name in POSTCODE_COLUMNS if name in names), None)
    missing = [name for name in ("doterm", "lat", "long") if name not in names]
    if postcode is None or missing:
        lacking = ", ".join(missing + ([] if postcode else ["pcds"]))
        raise BadPostcodeFile(
            f"{file}, line 1: column {lacking} missing, found {', '.join(names)[:80]!r}: is it the ONS "
            "Postcode Directory? See connection postcode_directory"
        )
    return Columns(*(names.index(name) for name in (postcode, "doterm", "lat", "long")))


def _position(postcode: str, cells: list[str], columns: Columns) -> dict[str, object]:
    try:
        latitude: float | None = float(cells[columns.latitude])
        longitude: float | None = float(cells[columns.longitude])
    except ValueError:
        latitude = longitude = None
    if latitude is None or longitude is None or not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        latitude = longitude = None  # 99.999999, 0 stands for no position
    terminated = bool(cells[columns.terminated].strip())
    return {"postcode": postcode, "latitude": latitude, "longitude": longitude, "terminated": terminated}
