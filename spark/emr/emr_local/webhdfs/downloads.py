"""A part of an S3 object as a stream, read in pieces: a client that stops early costs one piece at most."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from emr_local import s3
from emr_local.s3 import S3Uri
from emr_local.webhdfs import folders
from emr_local.webhdfs.errors import Absent, Malformed, RemoteError, code_of, is_absent

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import GetObjectOutputTypeDef

PIECE_BYTES = 8 * 1024 * 1024
READ_BYTES = 256 * 1024


@dataclass
class Download:
    """`length` bytes of an object from `offset` on, none of them of another version of it."""

    source: S3Uri
    offset: int
    length: int
    first: GetObjectOutputTypeDef | None

    def read(self) -> Iterator[bytes]:
        """The bytes; RemoteError when the object changes or ends meanwhile."""
        if self.first is None:
            return
        answer, position, end = self.first, self.offset, self.offset + self.length
        while True:
            with closing(answer["Body"]) as body:
                while chunk := body.read(min(READ_BYTES, end - position)):
                    yield chunk
                    position += len(chunk)
            if position >= end:
                return
            if not answer["ContentLength"]:
                raise RemoteError(f"{self.source} ends at {position}, not at {end}")
            answer = _get(self.source, position, end, self.first["ETag"])


def open_at(source: S3Uri, offset: int, length: int | None) -> Download:
    """From `offset` to the end, or `length` bytes at most.

    Absent, also for a folder; Malformed when the file ends before `offset`.
    """
    if length == 0:
        return _nothing(source, offset)
    end = None if length is None else offset + length
    try:
        answer = _get(source, offset, end)
    except ClientError as error:
        if code_of(error) in ("InvalidRange", "416"):
            return _nothing(source, offset)
        if is_absent(error) and folders.is_folder(source):
            raise Absent(f"{source} is a folder, not a file") from None
        raise
    size = int(answer["ContentRange"].rpartition("/")[2])
    return Download(source, offset, min(size, end or size) - offset, answer)


def _nothing(source: S3Uri, offset: int) -> Download:
    size = folders.status(source).size
    if offset > size:
        raise Malformed(f"{source} has {size} bytes: none at {offset}")
    return Download(source, offset, 0, None)


def _get(source: S3Uri, start: int, end: int | None, etag: str | None = None) -> GetObjectOutputTypeDef:
    last = min(start + PIECE_BYTES, end or start + PIECE_BYTES) - 1
    where = f"bytes={start}-{last}"
    if etag is None:
        return s3.client().get_object(Bucket=source.bucket, Key=source.key, Range=where)
    return s3.client().get_object(Bucket=source.bucket, Key=source.key, Range=where, IfMatch=etag)
