"""Text files from a host: what breaks off is an error, never a shorter file."""

import gzip
import io
import json
import zipfile
import zlib
from collections.abc import Iterator

import pytest

from tests.unit.dags.housing.hosts import Host as Server
from tests.unit.dags.housing.hosts import serving
from tubepulse.housing.download import BadConnection, DownloadFailed, FileNotThere, Host

TEXT = "".join(f"line {number}\r\n" for number in range(20_000))


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as server:
        yield server


def host(server: Server, password: str | None = None) -> Host:
    return Host("land_registry", f"http://127.0.0.1:{server.port}/", password, {})


def read(host: Host, file: str = "f.csv") -> str:
    with host.lines(file) as lines:
        return "".join(lines)


def zipped(**files: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(f"Data/{name}.csv" if text else f"{name}.txt", text)
    return buffer.getvalue()


def test_lines_come_with_their_ends(server: Server) -> None:
    server.serve("/f.csv", TEXT)
    with host(server).lines("f.csv") as lines:
        assert next(lines) == "line 0\r\n"
        assert sum(1 for _ in lines) == 19_999


def test_compressed_by_the_host(server: Server) -> None:
    server.serve("/f.csv", gzip.compress(TEXT.encode()), Content_Encoding="gzip")
    assert read(host(server)) == TEXT


@pytest.mark.parametrize("headers", [{}, {"Content_Encoding": "gzip"}])
def test_a_body_that_is_cut_off(server: Server, headers: dict[str, str]) -> None:
    body = gzip.compress(TEXT.encode()) if headers else TEXT.encode()
    server.serve(
        "/f.csv", body[: len(body) // 2], 200, Content_Length=str(len(body)), Connection="close", **headers
    )
    with pytest.raises(DownloadFailed, match=r"/f\.csv broke off, or did not answer: "):
        read(host(server))


def test_the_largest_table_of_a_zip(server: Server) -> None:
    server.serve("/f.zip", zipped(ONSPD=TEXT, other="a\r\n"))
    assert read(host(server), "f.zip") == TEXT


def test_a_zip_is_known_by_how_it_begins(server: Server) -> None:
    server.serve("/items/1/data", zipped(ONSPD=TEXT), Content_Type="application/octet-stream")
    assert read(host(server), "items/1/data") == TEXT


def test_a_zip_that_is_none_or_has_no_table(server: Server) -> None:
    server.serve("/f.zip", zipped(ONSPD=TEXT)[:-40])
    with pytest.raises(DownloadFailed, match=r"f\.zip is no whole zip"):
        read(host(server), "f.zip")
    server.serve("/g.zip", zipped(README=""))
    with pytest.raises(FileNotThere, match="no CSV in this zip"):
        read(host(server), "g.zip")


def damaged(how: str) -> bytes:
    """A zip whose directory is whole, and whose CSV is not."""
    content = bytearray(zipped(ONSPD=TEXT))
    directory = content.rindex(b"PK\x01\x02")
    if how == "deflate":
        content[200:260] = b"\xff" * 60
    elif how == "crc":
        content[directory + 16] ^= 1
    elif how == "end":  # stored, and longer than the file
        content[directory + 10] = content[8] = 0
        content[directory + 20 : directory + 28] = (10**6).to_bytes(4, "little") * 2
    return bytes(content)


@pytest.mark.parametrize(
    ("how", "cause"), [("deflate", "error("), ("crc", "BadZipFile("), ("end", "EOFError(")]
)
def test_a_zip_that_is_damaged_within(server: Server, how: str, cause: str) -> None:
    server.serve("/f.zip", damaged(how))
    with pytest.raises(DownloadFailed, match=r"f\.zip is no whole zip: ") as error:
        read(host(server), "f.zip")
    assert cause in str(error.value)


@pytest.mark.parametrize(
    ("at", "value", "said"),
    [(8, 1, "encrypted"), (10, 9, "compression method is not supported"), (6, 99, "file version 9.9")],
)
def test_a_zip_that_cannot_be_unpacked(server: Server, at: int, value: int, said: str) -> None:
    content = bytearray(zipped(ONSPD=TEXT))
    content[content.rindex(b"PK\x01\x02") + at] = value
    content[at - 2] = value  # the member's own header has the same fields
    server.serve("/f.zip", bytes(content))
    with pytest.raises(FileNotThere, match=rf"f\.zip: this zip cannot be unpacked: .*{said}.*; name another"):
        read(host(server), "f.zip")


@pytest.mark.parametrize("error", [RuntimeError, NotImplementedError, EOFError, zlib.error])
def test_a_readers_own_error_is_none_of_the_zips(server: Server, error: type[Exception]) -> None:
    server.serve("/f.zip", zipped(ONSPD=TEXT))
    with pytest.raises(error, match="mine"), host(server).lines("f.zip") as lines:
        next(lines)
        raise error("mine")


@pytest.mark.parametrize("status", [500, 502, 503, 429, 408])
def test_answers_that_another_try_may_change(server: Server, status: int) -> None:
    server.serve("/f.csv", "", status)
    with pytest.raises(DownloadFailed, match=f"was answered {status}"):
        read(host(server))


@pytest.mark.parametrize("status", [404, 403, 401, 410])
def test_answers_that_stay(server: Server, status: int) -> None:
    server.serve("/f.csv", "", status)
    with pytest.raises(FileNotThere, match=f"was answered {status} .*: see connection land_registry"):
        read(host(server))


def test_a_host_that_is_away(server: Server) -> None:
    with pytest.raises(DownloadFailed, match="did not answer"):
        read(Host("land_registry", "http://127.0.0.1:9/", None, {}))


def test_a_password_is_sent_as_a_token_and_only_then(server: Server) -> None:
    server.serve("/f.csv", TEXT)
    read(host(server, "secret"))
    read(host(server))
    assert [headers.get("Authorization") for _, headers in server.asked] == ["Bearer secret", None]


def test_bytes_that_are_no_utf_8(server: Server) -> None:
    server.serve("/f.csv", b"caf\xe9\r\n")
    assert read(host(server)) == "caf\N{REPLACEMENT CHARACTER}\r\n"


def test_a_stray_carriage_return_makes_no_line(server: Server) -> None:
    server.serve("/f.csv", "a\rb\r\nc\r\n")
    with host(server).lines("f.csv") as lines:
        assert list(lines) == ["a\rb\r\n", "c\r\n"]


def test_where_it_leads_is_not_told_with_its_signature(server: Server) -> None:
    server.serve("/f.csv", "", 302, Location="http://127.0.0.1:9/o.zip?X-Amz-Signature=topsecret")
    with pytest.raises(
        DownloadFailed, match=r"/f\.csv broke off, or did not answer: ConnectionError"
    ) as error:
        read(host(server))
    assert "topsecret" not in str(error.value)


def test_a_connection_that_is_missing() -> None:
    with pytest.raises(BadConnection, match=r"no_such_host.*; see profiles"):
        Host.of("no_such_host")


def test_a_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    value = {"conn_type": "http", "schema": "https", "host": "h.example", "extra": {"file": "f.csv"}}
    monkeypatch.setenv("AIRFLOW_CONN_POSTCODE_DIRECTORY", json.dumps(value))
    found = Host.of("postcode_directory")
    assert (found.base_url, found.password, found.setting("file")) == ("https://h.example/", None, "f.csv")
    with pytest.raises(BadConnection, match="connection postcode_directory: its extra has no 'attribution'"):
        found.setting("attribution")
