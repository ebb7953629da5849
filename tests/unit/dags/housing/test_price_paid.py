"""One row of Price Paid Data, judged."""

import csv
import io
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.dags.housing.hosts import row
from tubepulse.housing import price_paid
from tubepulse.housing.price_paid import NotPricePaid, Refused, Row, TruncatedFile, rows

TODAY = date(2026, 11, 23)


def read(*lines: str) -> list[Row]:
    return list(rows(lines, "pp.csv"))


def judged(line: str) -> dict[str, object]:
    (only,) = read(row(9), line)[1:]
    assert price_paid.in_scope(only.cells)
    return price_paid.sale(only, price_paid.day_of(only.cells, TODAY))


def test_a_sale() -> None:
    assert judged(row()) == {
        "transaction_id": "{00000001-0000-0000-E053-000000000000}", "price": 500000, "date": date(2026, 3, 4),
        "property_type": "F", "new_build": False, "tenure": "L", "postcode": "ZQ11AA", "file": "pp.csv",
        "line": 2,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "column", "value"),
    [
        ({"postcode": " zq1  1aa "}, "postcode", "ZQ11AA"),
        ({"postcode": "ZQ11AA"}, "postcode", "ZQ11AA"),
        ({"new": "Y"}, "new_build", True),
        ({"new": ""}, "new_build", None),
        ({"tenure": "U"}, "tenure", None),
        ({"street": 'THE ""OLD"" ROAD, EAST'}, "price", 500000),
        ({"county": " greater london"}, "price", 500000),
    ],
)
def test_spellings(changes: dict[str, str], column: str, value: object) -> None:
    assert judged(row(1, **changes))[column] == value


@pytest.mark.parametrize(
    ("changes", "reason", "value"),
    [
        ({"price": "0"}, "bad price", "0"),
        ({"price": "n/a"}, "bad price", "n/a"),
        ({"price": "-5"}, "bad price", "-5"),
        ({"price": "500000.50"}, "bad price", "500000.50"),
        ({"price": "٥٠٠"}, "bad price", "٥٠٠"),
        ({"price": "9999999999999"}, "bad price", "9999999999999"),
        ({"date": "2026-02-30 00:00"}, "bad date", "2026-02-30 00:00"),
        ({"date": ""}, "bad date", ""),
        ({"date": "2026-11-24 00:00"}, "date in the future", "2026-11-24 00:00"),
        ({"type": "X"}, "bad property type", "X"),
        ({"status": "Z"}, "bad record status", "Z"),
        ({"status": "D"}, "bad record status", "D"),
        ({"id": "{1}"}, "bad transaction id", "{1}"),
        ({"postcode": "  "}, "no postcode", "{00000001-0000-0000-E053-000000000000}"),
    ],
)
def test_what_cannot_be_used(changes: dict[str, str], reason: str, value: str) -> None:
    with pytest.raises(Refused) as refused:
        judged(row(1, **changes))
    assert (refused.value.reason, refused.value.value) == (reason, value)


@pytest.mark.parametrize(
    "changes", [{"county": "KENT"}, {"category": "B"}, {"type": "O"}, {"county": "KENT", "price": "n/a"}]
)
def test_what_is_not_asked_for(changes: dict[str, str]) -> None:
    assert not price_paid.in_scope(read(row(1, **changes))[0].cells)


@pytest.mark.parametrize(
    "line", ['"1","2"\r\n', row().replace(',"A"\r\n', "\r\n"), "\r\n", row(9)[:-2] + ',"17"\r\n']
)
def test_a_line_with_other_columns_spoils_itself_alone(line: str) -> None:
    first, second, third = read(row(1), line, row(2))
    with pytest.raises(Refused, match="wrong number of columns"):
        price_paid.in_scope(second.cells)
    assert (first.line, second.line, third.line) == (1, 2, 3)
    assert price_paid.in_scope(third.cells)


def test_a_stray_quote_swallows_no_other_line() -> None:
    assert [len(one.cells) for one in read(row(1), row(2).replace('"NOWHERE"', '"NOW'), row(3))] == [
        16,
        15,
        16,
    ]


def test_a_field_without_an_end_and_a_stray_carriage_return_spoil_their_lines_alone() -> None:
    endless = row(2).replace("NOWHERE", "x" * 200_000)
    assert [len(one.cells) for one in read(row(1), endless, row(3, street="A\rB"), row(4))] == [16, 0, 16, 16]


def test_a_file_that_breaks_off() -> None:
    with pytest.raises(TruncatedFile, match=r"pp\.csv, line 2: the file breaks off"):
        read(row(1), row(2)[:60])


@pytest.mark.parametrize("gone", [3, 4])
def test_a_file_that_breaks_off_in_its_last_column(gone: int) -> None:
    line = row(2)[:-gone]  # of "A"\r\n
    assert len(next(csv.reader([line]))) == price_paid.COLUMNS
    with pytest.raises(TruncatedFile, match=r"pp\.csv, line 2: the file breaks off"):
        read(row(1), line)


@pytest.mark.parametrize("line", [row(2).rstrip(), row(2).replace('"', ""), row(2, status="")])
def test_a_whole_last_line(line: str) -> None:
    assert len(read(row(1), line)[1].cells) == price_paid.COLUMNS


def test_another_file() -> None:
    with pytest.raises(NotPricePaid, match=r"pp\.csv, line 1: 1 columns, Price Paid Data has 16: '<html>"):
        read("<html>\n", "<body>\n")


def test_an_empty_file_is_none() -> None:
    with pytest.raises(TruncatedFile, match=r"pp\.csv, line 1: the file is empty"):
        read()


@given(
    st.lists(
        st.text(st.characters(exclude_characters="\r\n\0", exclude_categories=["Cs"])),
        min_size=16,
        max_size=16,
    )
)
def test_whatever_the_layout_quotes_is_read_back(cells: list[str]) -> None:
    text = io.StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerow(cells)
    assert [one.cells for one in read(text.getvalue())] == [cells]
