"""Compression by a file's name: which one it has, and its name and bytes with another."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from emr_local.tools.s3_dist_cp.options import Codec

PIECE_BYTES = 1024 * 1024
SUFFIXES = {"gz": "gzip", "gzip": "gzip", "lzo": "lzo", "lzop": "lzo", "snappy": "snappy"}
GZIP_FORMAT = 31  # zlib's number for its largest window in a gzip member


def compression(name: str) -> str:
    """`gzip`, `lzo`, `snappy`, or an empty text for a file that is not compressed."""
    stem, _, suffix = name.rpartition("/")[2].rpartition(".")
    return SUFFIXES.get(suffix.lower(), "") if stem else ""


def plain_name(name: str) -> str:
    """The name without the suffix of its compression."""
    return name.rpartition(".")[0] if compression(name) else name


def renamed(name: str, source: str, codec: Codec) -> str:
    """A target's name with the suffix that fits the codec: as it is, .gz, or none."""
    if codec == "keep":
        return name
    stem = plain_name(name) if compression(source) else name
    return f"{stem}.gz" if codec == "gzip" else stem


def changes(source: str, codec: Codec) -> bool:
    """Whether a file's bytes change on their way."""
    return codec != "keep" and (compression(source) == "gzip") != (codec == "gzip")


def converted(stream: BinaryIO, source: str, codec: Codec) -> Iterator[bytes]:
    """The stream in pieces, compressed or decompressed as the codec has it.

    Files of several gzip members are read to their end. OSError when gzip data are damaged or cut off.
    """
    if not changes(source, codec):
        yield from _pieces(stream)
    elif codec == "gzip":
        yield from _compressed(_pieces(stream))
    else:
        try:
            with gzip.GzipFile(fileobj=stream, mode="rb") as plain:
                yield from _pieces(plain)
        except (EOFError, zlib.error) as error:
            raise OSError(f"damaged gzip data: {error}") from error


def _pieces(stream: BinaryIO | gzip.GzipFile) -> Iterator[bytes]:
    while piece := stream.read(PIECE_BYTES):
        yield piece


def _compressed(pieces: Iterable[bytes]) -> Iterator[bytes]:
    packer = zlib.compressobj(wbits=GZIP_FORMAT)
    for piece in pieces:
        yield packer.compress(piece)
    yield packer.flush()
