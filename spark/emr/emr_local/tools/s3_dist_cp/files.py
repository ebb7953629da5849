"""The files that s3-dist-cp finds at its addresses, in S3 and in the node's file systems."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, cast

from emr_local import s3
from emr_local.tools import hdfs
from emr_local.tools.s3_dist_cp.options import Options, Refused, absolute


def list_files(options: Options) -> tuple[dict[str, int], list[str]]:
    """The size of every source by its full address, and the prefixes of --srcPrefixesFile that have none."""
    if options.prefixes_file is None:
        return _list(options.src), []
    found: dict[str, int] = {}
    empty = []
    for prefix in read_prefixes(options.prefixes_file, options.src):
        files = _list(prefix)
        found |= files
        if not files:
            empty.append(prefix)
    return found, empty


def read_prefixes(address: str, src: str) -> list[str]:
    """The prefixes of a file, one a line, each below `src`; Refused names one that is not."""
    with opened(address) as file:
        try:
            lines = file.read().decode("utf-8").splitlines()
        except UnicodeDecodeError as error:
            raise Refused(f"--srcPrefixesFile {address} is not text: {error}") from None
    prefixes = [absolute(line.strip()) for line in lines if line.strip()]
    for prefix in prefixes:
        if not _is_below(prefix, src):
            raise Refused(f"--srcPrefixesFile {address}: {prefix} is not below --src {src}")
    return prefixes


def present(address: str) -> int | None:
    """The size of a file in one of the node's file systems; None when there is none."""
    place = hdfs.local_path(address)
    return place.stat().st_size if place.is_file() else None


@contextmanager
def opened(address: str) -> Iterator[BinaryIO]:
    """A file as a stream; s3.NotThere or OSError when it cannot be opened."""
    if s3.is_s3(address):
        with s3.reader(s3.parse(address)) as body:
            yield cast("BinaryIO", body)
    else:
        with hdfs.local_path(address).open("rb") as file:
            yield file


def delete(address: str) -> None:
    """Removes one source."""
    if s3.is_s3(address):
        s3.delete(s3.parse(address))
    else:
        hdfs.local_path(address).unlink()


def _list(src: str) -> dict[str, int]:
    """A key prefix of S3, or a file or a folder with all below it."""
    if s3.is_s3(src):
        return {str(entry.uri): entry.size for entry in s3.list_objects(s3.parse(src))}
    place = hdfs.local_path(src)
    if place.is_file():
        return {src: place.stat().st_size}
    return {
        f"{src.rstrip('/')}/{file.relative_to(place).as_posix()}": file.stat().st_size
        for file in place.rglob("*")
        if file.is_file()
    }


def _is_below(address: str, src: str) -> bool:
    """S3 compares keys as texts, a file system has folders."""
    if s3.is_s3(src):
        return address.startswith(src)
    return hdfs.local_path(address).is_relative_to(hdfs.local_path(src)) and not s3.is_s3(address)
