"""Text files from the host of an Airflow connection, line by line as they come."""

import io
import logging
import re
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import IO, Any

import requests
import urllib3
from airflow.sdk import BaseHook, Connection
from airflow.sdk.exceptions import AirflowException, AirflowFailException, AirflowNotFoundException

log = logging.getLogger(__name__)

TIMEOUT = (10, 60)  # seconds: to connect, between two pieces
CHUNK = 1 << 20  # bytes
ZIP = b"PK\x03\x04"  # how one begins
_QUERY = re.compile(r"\?[^\s'\")]*")


class DownloadFailed(AirflowException):
    """The host did not answer, or broke off: the task tries again."""


class BadConnection(AirflowFailException):
    """The connection is missing, or lacks a setting; a retry can't help."""


class FileNotThere(AirflowFailException):
    """The host has no such file, or does not give it to us; a retry can't help."""


@dataclass(frozen=True)
class Host:
    """The host of connection `name`; its password, if any, is sent as a bearer token."""

    name: str
    base_url: str
    password: str | None
    extra: dict[str, Any]

    @classmethod
    def of(cls, name: str) -> "Host":
        """Read the Airflow connection; raises BadConnection where there is none."""
        try:
            connection: Connection = BaseHook.get_connection(name)
        except AirflowNotFoundException as error:
            raise BadConnection(f"{error}; see profiles/*/connections.json, then make deploy") from None
        port = f":{connection.port}" if connection.port else ""
        base_url = f"{connection.schema or 'https'}://{connection.host}{port}/"
        return cls(name, base_url, connection.password or None, connection.extra_dejson)

    def setting(self, key: str) -> str:
        """A text of the connection's extra; raises BadConnection naming the key."""
        value = self.extra.get(key)
        if not isinstance(value, str) or not value:
            raise BadConnection(
                f"connection {self.name}: its extra has no {key!r}; see profiles/*/connections.json"
            )
        return value

    @contextmanager
    def lines(self, file: str) -> Iterator[Iterator[str]]:
        """The lines (with their ends) of a text file, or of the largest CSV in a zip, as they come.

        Raises FileNotThere, DownloadFailed; the latter also in the midst of the lines.
        """
        url = self.base_url + file
        try:
            with self._answer(url) as answer:
                log.info("reading %s (%s bytes)", url, answer.headers.get("Content-Length", "unknown"))
                content = io.BufferedReader(answer.raw, CHUNK)
                if content.peek(len(ZIP)).startswith(ZIP):
                    with _unpacked(content, url) as lines:
                        yield lines
                else:
                    yield _text(content)
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            said = without_queries(str(error))
            raise DownloadFailed(
                f"{url} broke off, or did not answer: {type(error).__name__}: {said}"
            ) from None

    def _answer(self, url: str) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.password}"} if self.password else {}
        answer = requests.get(url, headers=headers, stream=True, timeout=TIMEOUT)
        if answer.ok:
            # Whoever reads the raw body gets it unpacked; one that is too short is an error there.
            answer.raw.decode_content = True
            answer.raw.auto_close = False  # at its end: what wraps it would read on
            return answer
        answer.close()
        status = f"{answer.status_code} {answer.reason}"
        if answer.status_code >= 500 or answer.status_code in (
            HTTPStatus.REQUEST_TIMEOUT,
            HTTPStatus.TOO_MANY_REQUESTS,
        ):
            raise DownloadFailed(f"{url} was answered {status}")
        raise FileNotThere(f"{url} was answered {status}: see connection {self.name}, its host and its extra")


def without_queries(text: str) -> str:
    """Without the queries of the addresses in it: where a host leads elsewhere, those may be signed."""
    return _QUERY.sub("?…", text)


def _text(content: IO[bytes]) -> io.TextIOWrapper:
    # A stray byte must not stop a month: no column that is used has letters beyond ASCII. Nor must a stray
    # carriage return make two lines of one.
    return io.TextIOWrapper(content, encoding="utf-8-sig", errors="replace", newline="\n")


@contextmanager
def _unpacked(content: io.BufferedReader, url: str) -> Iterator[Iterator[str]]:
    """The lines of a zip's largest CSV: a zip is read from its end, so it goes to the disk first."""
    with tempfile.TemporaryFile() as file:
        shutil.copyfileobj(content, file, CHUNK)
        try:
            archive = zipfile.ZipFile(file)
            table = archive.open(_largest(archive, url))
        except zipfile.BadZipFile as error:
            raise DownloadFailed(f"{url} is no whole zip: {error}") from None
        except RuntimeError as error:  # encrypted, or (NotImplementedError) compressed in an unknown way
            raise FileNotThere(
                f"{url}: this zip cannot be unpacked: {error}; name another file in the connection's extra"
            ) from None
        with archive, table:
            yield _undamaged(_text(table), url)


def _undamaged(lines: Iterator[str], url: str) -> Iterator[str]:
    # Not around their reader: its own errors are none of the zip's
    try:
        yield from lines
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise DownloadFailed(f"{url} is no whole zip: {error!r}") from None


def _largest(archive: zipfile.ZipFile, url: str) -> zipfile.ZipInfo:
    tables = [entry for entry in archive.infolist() if entry.filename.lower().endswith(".csv")]
    if not tables:
        raise FileNotThere(f"{url}: no CSV in this zip, only {archive.namelist()[:5]}")
    return max(tables, key=lambda entry: entry.file_size)
