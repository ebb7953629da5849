"""One log for a reader: its newest part, from the node's disk while the cluster lives, else from LogUri."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, cast

from emr_local import s3
from emr_local.nodes.node import Node
from emr_local.settings import Settings
from emr_local.state.model import Cluster
from emr_local.steps import logs

if TYPE_CHECKING:
    from io import BufferedReader

NEWEST_BYTES = 512 * 1024
CHUNK_BYTES = 64 * 1024
# What is behind LogUri may be anything: no more than this is unpacked.
UNPACKED_BYTES = 256 * 1024 * 1024


class Excerpt(NamedTuple):
    """The end of a log, and how many bytes it has in all."""

    content: bytes
    size: int

    def text(self) -> str:
        """The whole lines of the excerpt, below a line that says what is missing, if something is."""
        shown = self.content.decode("utf-8", errors="replace")
        if len(self.content) == self.size:
            return shown
        notice = f"[the newest {len(self.content) // 1024} of {self.size // 1024} KiB]"
        return f"{notice}\n{shown.partition(chr(10))[2] or shown}"


class NoLog(Exception):
    """There is no such log; the text says why."""


def newest(read: Callable[[], Cluster], settings: Settings, relative: str) -> Excerpt:
    """The end of a log, named as in LogUri (`steps/s-1/stderr`); raises NoLog or one of S3_ERRORS.

    `read` gives the cluster as it is now: it may end between two looks.
    """
    file = Node(read(), settings).logs_dir / relative
    try:
        if file.is_file() and not file.is_symlink():
            return _end_of_file(file)
    except (FileNotFoundError, NotADirectoryError):
        pass  # the cluster ended just now; see Node.remove
    cluster = read()
    if not cluster.state.ended:
        raise NoLog("This log is not there yet.")
    log_uri = cluster.request.get("LogUri")
    if not log_uri:
        raise NoLog("The logs are gone with the cluster: it was started without a LogUri.")
    return _end_of_object(logs.destination(log_uri, cluster.id, relative))


def _end_of_file(file: Path) -> Excerpt:
    with file.open("rb") as stream:
        size = file.stat().st_size
        stream.seek(max(0, size - NEWEST_BYTES))
        return Excerpt(stream.read(NEWEST_BYTES), size)


def _end_of_object(address: s3.S3Uri) -> Excerpt:
    content, size = b"", 0
    try:
        with s3.reader(address) as packed, gzip.GzipFile(fileobj=cast("BufferedReader", packed)) as stream:
            while size < UNPACKED_BYTES and (chunk := stream.read(CHUNK_BYTES)):
                content = (content + chunk)[-NEWEST_BYTES:]
                size += len(chunk)
    except s3.NotThere:
        raise NoLog(f"There is no {address}.") from None
    except (EOFError, gzip.BadGzipFile, zlib.error):
        raise NoLog(f"{address} is not a whole gzip file.") from None
    return Excerpt(content, size)
