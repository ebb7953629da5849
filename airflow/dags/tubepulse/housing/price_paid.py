"""HM Land Registry's Price Paid Data: a row of its files, judged.

A file has no header and 16 columns, all quoted, one row a line. Which columns, and what their codes mean:
https://www.gov.uk/guidance/about-the-price-paid-data
"""

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime

import pyarrow as pa
from airflow.sdk.exceptions import AirflowException, AirflowFailException

from tubepulse.housing.postcodes import normalised

COLUMNS = 16
TRANSACTION_ID, PRICE, DATE, POSTCODE, PROPERTY_TYPE, NEW_BUILD, TENURE = range(7)
COUNTY, CATEGORY, STATUS = 13, 14, 15
SALES = pa.schema(
    {
        "transaction_id": pa.string(),
        "price": pa.int64(),  # GBP
        "date": pa.date32(),
        "property_type": pa.string(),
        "new_build": pa.bool_(),
        "tenure": pa.string(),
        "postcode": pa.string(),  # without a space
        "file": pa.string(),
        "line": pa.int32(),
    }
)
_ID = re.compile(r"\{[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\}")
_PRICE = re.compile(r"[0-9]{1,12}")


class TruncatedFile(AirflowException):
    """The file is empty, or ends in the midst of a row; the next try may get all of it."""


class NotPricePaid(AirflowFailException):
    """The file is something else; a retry can't help."""


class Refused(Exception):
    """A row that cannot be used: why, and the value at fault."""

    def __init__(self, reason: str, value: str) -> None:
        super().__init__(reason)
        self.reason, self.value = reason, value


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a file: `cells` are its columns, `line` counts from 1."""

    file: str
    line: int
    cells: list[str]


def rows(lines: Iterable[str], file: str) -> Iterator[Row]:
    """The rows of a file's lines (with their ends), each judged on its own: a stray quote spoils one line.

    Raises NotPricePaid for a first line of another layout, TruncatedFile where the last is cut off (it ends
    neither in a line end nor in a quoted status), or where there is none.
    """
    number = 0
    for number, line in enumerate(lines, start=1):
        try:
            cells = next(csv.reader((line,)), [])
        except csv.Error:  # a field without an end
            cells = []
        whole = len(cells) == COLUMNS
        if not line.endswith("\n") and not (whole and line.endswith('"') and cells[STATUS]):
            raise TruncatedFile(f"{file}, line {number}: the file breaks off in this line")
        if number == 1 and not whole:
            raise NotPricePaid(
                f"{file}, line 1: {len(cells)} columns, Price Paid Data has {COLUMNS}: {line[:40]!r}"
            )
        yield Row(file, number, cells)
    if number == 0:
        raise TruncatedFile(f"{file}, line 1: the file is empty")


def is_id(text: str) -> bool:
    """Is it a transaction's id, a GUID in braces?"""
    return _ID.fullmatch(text) is not None


def in_scope(cells: list[str]) -> bool:
    """Is it a sale in Greater London, of category A (a private sale at its market price), of a home?

    Raises Refused for a row with another number of columns, of which nothing can be told.
    """
    if len(cells) != COLUMNS:
        # Not the row itself: it may hold an address
        raise Refused("wrong number of columns", str(len(cells)))
    return (
        cells[COUNTY].strip().upper() == "GREATER LONDON"
        and cells[CATEGORY] == "A"
        and cells[PROPERTY_TYPE] != "O"
    )


def day_of(cells: list[str], today: date) -> date:
    """The day of the transfer; raises Refused, also for one after `today`."""
    try:
        day = datetime.fromisoformat(cells[DATE]).date()
    except ValueError:
        raise Refused("bad date", cells[DATE]) from None
    if day > today:
        raise Refused("date in the future", cells[DATE])
    return day


def sale(row: Row, day: date) -> dict[str, object]:
    """A row in scope as a row of SALES; raises Refused."""
    cells = row.cells
    if not is_id(cells[TRANSACTION_ID]):
        raise Refused("bad transaction id", cells[TRANSACTION_ID])
    if not _PRICE.fullmatch(cells[PRICE]) or (price := int(cells[PRICE])) == 0:
        raise Refused("bad price", cells[PRICE])
    if cells[PROPERTY_TYPE] not in ("D", "S", "T", "F"):
        raise Refused("bad property type", cells[PROPERTY_TYPE])
    if cells[STATUS] not in ("A", "C"):
        raise Refused("bad record status", cells[STATUS])
    postcode = normalised(cells[POSTCODE])
    if not postcode:
        raise Refused("no postcode", cells[TRANSACTION_ID])
    return {
        "transaction_id": cells[TRANSACTION_ID],
        "price": price,
        "date": day,
        "property_type": cells[PROPERTY_TYPE],
        "new_build": {"Y": True, "N": False}.get(cells[NEW_BUILD]),
        "tenure": cells[TENURE] if cells[TENURE] in ("F", "L") else None,
        "postcode": postcode,
        "file": row.file,
        "line": row.line,
    }
