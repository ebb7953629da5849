"""A stream of unknown length as one S3 object, in bounded memory: what breaks off leaves none.

A short stream is one request. A longer one is a multipart upload; one part is on its way while the next one
fills, so a stream takes the memory of two parts.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from itertools import chain
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple

from emr_local import s3
from emr_local.s3 import S3Uri

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

log = logging.getLogger("emr_local.webhdfs")
PART_BYTES = 8 * 1024 * 1024
PARTS_OF_A_SIZE = 1000  # S3 takes 10 000 parts: each thousand is larger, so that 440 GB fit


class _Begun(NamedTuple):
    target: S3Uri
    id: str


class Uploads:
    """All uploads of this process."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._begun: set[_Begun] = set()

    def store(self, target: S3Uri, pieces: Iterator[bytes]) -> None:
        """Stores all pieces as one object; whatever `pieces` or S3 raises leaves no object."""
        parts = _parts(pieces)
        first = next(parts, bytearray())
        second = next(parts, None)
        if second is None:
            s3.client().put_object(Bucket=target.bucket, Key=target.key, Body=first)  # type: ignore[arg-type]  # botocore takes a bytearray
            return
        with self._multipart(target) as (upload, done):
            _send_all(upload, chain((first, second), parts), done)

    def abort_all(self) -> None:
        """Gives up what is not complete, so that S3 keeps no parts."""
        with self._lock:
            begun = list(self._begun)
        for upload in begun:
            self._abort(upload)

    @contextmanager
    def _multipart(self, target: S3Uri) -> Iterator[tuple[_Begun, list[CompletedPartTypeDef]]]:
        """An upload that is completed with the parts in the list, or given up on an error."""
        answer = s3.client().create_multipart_upload(Bucket=target.bucket, Key=target.key)
        upload, done = _Begun(target, answer["UploadId"]), list["CompletedPartTypeDef"]()
        with self._lock:
            self._begun.add(upload)
        try:
            yield upload, done
            s3.client().complete_multipart_upload(
                Bucket=target.bucket, Key=target.key, UploadId=upload.id, MultipartUpload={"Parts": done}
            )
        except BaseException:
            self._abort(upload)
            raise
        finally:
            with self._lock:
                self._begun.discard(upload)

    def _abort(self, upload: _Begun) -> None:
        target = upload.target
        try:
            s3.client().abort_multipart_upload(Bucket=target.bucket, Key=target.key, UploadId=upload.id)
        except s3.S3_ERRORS as error:
            log.warning("the parts of %s stay in S3: %s", target, error)


def _send_all(upload: _Begun, parts: Iterable[bytearray], done: list[CompletedPartTypeDef]) -> None:
    under_way: Future[CompletedPartTypeDef] | None = None
    with ThreadPoolExecutor(1, thread_name_prefix="part") as pool:
        for number, part in enumerate(parts, 1):
            if under_way is not None:
                done.append(under_way.result())
            under_way = pool.submit(_send, upload, number, part)
        if under_way is not None:
            done.append(under_way.result())


def _send(upload: _Begun, number: int, part: bytearray) -> CompletedPartTypeDef:
    target = upload.target
    answer = s3.client().upload_part(
        Bucket=target.bucket,
        Key=target.key,
        UploadId=upload.id,
        PartNumber=number,
        Body=part,  # type: ignore[arg-type]  # botocore takes a bytearray
    )
    checksum = answer.get("ChecksumCRC32")
    sent: CompletedPartTypeDef = {"PartNumber": number, "ETag": answer["ETag"]}
    return {**sent, "ChecksumCRC32": checksum} if checksum else sent


def _parts(pieces: Iterator[bytes]) -> Iterator[bytearray]:
    """The pieces gathered to parts; all but the last have at least PART_BYTES."""
    part, number = bytearray(), 0
    for piece in pieces:
        part += piece
        if len(part) >= PART_BYTES * (1 + number // PARTS_OF_A_SIZE):
            yield part
            part, number = bytearray(), number + 1
    if part:
        yield part
