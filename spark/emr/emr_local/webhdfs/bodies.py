"""A request's body in large pieces: HTTP's chunks of any size, or a known length."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Protocol

PIECE_BYTES = 256 * 1024
LINE_BYTES = 4096
CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(;.*)?\r\n")


class Stream(Protocol):
    """What a connection is read by."""

    def read(self, size: int, /) -> bytes:
        """`size` bytes, fewer at the end."""

    def readline(self, limit: int, /) -> bytes:
        """A line, cut off at `limit`."""


class BrokenOff(Exception):
    """The client went away, or what it sends is no HTTP."""


def chunked(stream: Stream) -> Iterator[bytes]:
    """The content of a chunked body, to its end; BrokenOff when the end does not come."""
    while True:
        line = stream.readline(LINE_BYTES)
        size = CHUNK_SIZE.fullmatch(line)
        if size is None:
            raise BrokenOff(f"no chunk begins with {line[:40]!r}")
        length = int(size[1], 16)
        if length == 0:
            break
        yield from of_length(stream, length)
        if stream.read(2) != b"\r\n":
            raise BrokenOff("a chunk is longer than it said")
    for _ in range(100):  # trailers, which nobody sends
        line = stream.readline(LINE_BYTES)
        if line == b"\r\n":
            return
        if not line.endswith(b"\n"):
            break
    raise BrokenOff("the body has no end")


def of_length(stream: Stream, length: int) -> Iterator[bytes]:
    """`length` bytes; BrokenOff when there are fewer."""
    while length:
        piece = stream.read(min(length, PIECE_BYTES))
        if not piece:
            raise BrokenOff(f"{length} bytes are missing")
        length -= len(piece)
        yield piece
