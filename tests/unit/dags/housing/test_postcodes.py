"""The ONS Postcode Directory, read by its header."""

import pytest

from tests.unit.dags.housing.hosts import ONSPD, postcode
from tubepulse.housing.postcodes import BadPostcodeFile, TruncatedPostcodes, normalised, positions


def lines(*rows: str) -> list[str]:
    return [ONSPD, *rows]


def test_only_what_is_wanted_is_kept() -> None:
    found = positions(lines(postcode("ZQ1 1AA", 51.5, -0.1), postcode("ZQ1 1AB")), {"ZQ11AA"}, "f")
    assert found == [{"postcode": "ZQ11AA", "latitude": 51.5, "longitude": -0.1, "terminated": False}]


def test_terminated_postcodes_keep_their_place() -> None:
    (found,) = positions(lines(postcode("ZQ1 1AA", 51.5, -0.1, terminated="201206")), {"ZQ11AA"}, "f")
    assert (found["latitude"], found["terminated"]) == (51.5, True)


@pytest.mark.parametrize("cells", ["99.999999,0.000000", ",", "x,y", "nan,0", "51.5,nan"])
def test_postcodes_without_a_position(cells: str) -> None:
    (found,) = positions(lines(f"a,a,ZQ1 1AA,1980,,{cells}\r\n"), {"ZQ11AA"}, "f")
    assert (found["latitude"], found["longitude"]) == (None, None)


@pytest.mark.parametrize(
    "header",
    [
        "PCDS,DOTERM,LAT,LONG",
        "\N{ZERO WIDTH NO-BREAK SPACE}pcds,doterm,lat,long",
        "pcd7,doterm,lat,long",
        "pcd,doterm,lat,long",
    ],
)
def test_headers_of_other_releases(header: str) -> None:
    (found,) = positions([f"{header}\r\n", "ZQ1 1AA,,51.5,-0.1\r\n"], {"ZQ11AA"}, "f")
    assert (found["latitude"], found["longitude"]) == (51.5, -0.1)


@pytest.mark.parametrize(
    ("header", "lacking"), [("a,b", "doterm, lat, long, pcds"), ("pcds,lat,long", "doterm"), ("", "doterm")]
)
def test_another_file(header: str, lacking: str) -> None:
    with pytest.raises(BadPostcodeFile, match=f"f, line 1: column {lacking}"):
        positions([f"{header}\r\n"] if header else [], set(), "f")


def test_a_file_that_breaks_off() -> None:
    with pytest.raises(TruncatedPostcodes, match="f, line 3: the file breaks off"):
        positions(lines(postcode("ZQ1 1AA"), "ZQ1 1AB,ZQ1"), {"ZQ11AA"}, "f")


def test_a_line_that_breaks_off_where_csv_gives_up() -> None:
    with pytest.raises(TruncatedPostcodes, match="f, line 3: the file breaks off"):
        positions(lines(postcode("ZQ1 1AA"), '"ZQ1" 1AB\rZQ1'), {"ZQ11AA"}, "f")


@pytest.mark.parametrize(
    "spoilt",
    [
        '"' + postcode("ZQ1 1AB"),
        postcode("ZQ1 1AB").replace(",198001", ',"198001'),
        '"ZQ1"\r1AB,ZQ1\r\n',  # a bare csv.Error
        f'"{"x" * 200_000}"\r\n',
    ],
    ids=["first", "midst", "carriage return", "long"],
)
def test_a_stray_quote_spoils_one_row(spoilt: str, caplog: pytest.LogCaptureFixture) -> None:
    around = postcode("ZQ1 1AA"), spoilt, postcode("ZQ1 1AC"), postcode("ZQ1 1AD")
    found = positions(lines(*around), {"ZQ11AA", "ZQ11AB", "ZQ11AC", "ZQ11AD"}, "f")
    assert [one["postcode"] for one in found] == ["ZQ11AA", "ZQ11AC", "ZQ11AD"]
    assert "f: 1 rows have not the header's 7 columns" in caplog.text


def test_a_last_row_that_has_its_end_does_not_break_off(caplog: pytest.LogCaptureFixture) -> None:
    assert len(positions(lines(postcode("ZQ1 1AA"), '"ZQ1"\r1AB\r\n'), {"ZQ11AA"}, "f")) == 1
    assert "f: 1 rows" in caplog.text


def test_cells_may_be_quoted() -> None:
    quoted = '"a","a","ZQ1 1AA","1980,01","","51.5","-0.1"\r\n'
    (found,) = positions(['"pcd","pcd2","pcds","dointr","doterm","lat","long"\r\n', quoted], {"ZQ11AA"}, "f")
    assert (found["latitude"], found["longitude"], found["terminated"]) == (51.5, -0.1, False)


def test_blank_lines_are_none() -> None:
    assert len(positions(lines("\r\n", postcode("ZQ1 1AA"), "\r\n"), {"ZQ11AA"}, "f")) == 1


def test_rows_that_cannot_be_read_are_said(caplog: pytest.LogCaptureFixture) -> None:
    found = positions(lines("ZQ1 1AB,ZQ1\r\n", postcode("ZQ1 1AA")), {"ZQ11AA", "ZQ11AB"}, "f")
    assert [one["postcode"] for one in found] == ["ZQ11AA"]
    assert "f: 1 rows have not the header's 7 columns" in caplog.text


def test_spellings() -> None:
    assert {normalised(text) for text in ("ZQ1 1AA", "zq11aa", " ZQ1\N{NO-BREAK SPACE}1AA\t")} == {"ZQ11AA"}
