"""Writing one target: from one file or several, as they are or with another compression, in bounded memory.

A target appears when it is whole. In S3 that is how uploads work; in a file system it is written elsewhere
and renamed, in hdfs:///tmp for HDFS.
"""

from __future__ import annotations

import io
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import BinaryIO, cast

from boto3.s3.transfer import TransferConfig

from emr_local import s3
from emr_local.tools import hdfs
from emr_local.tools.s3_dist_cp import codecs, files
from emr_local.tools.s3_dist_cp.options import Options
from emr_local.tools.s3_dist_cp.plan import Write

NO_MULTIPART_BYTES = 5 * 1024**4  # larger than any object


class Stopped(Exception):
    """The program is to end: what is being copied is given up."""


class Copier:
    """Carries out writes, each from any thread; `stop` ends those that are under way with Stopped."""

    def __init__(self, options: Options, stop: Event) -> None:
        self._options = options
        self._stop = stop
        self._staging = tempfile.mkdtemp(prefix="s3distcp-", dir=_hdfs_tmp())
        if s3.is_s3(options.dest):
            s3.client()  # made once, before the threads would each make one
        extra = {}
        if options.storage_class:
            extra["StorageClass"] = options.storage_class
        if options.encrypt:
            extra["ServerSideEncryption"] = "AES256"
        config = TransferConfig(
            multipart_threshold=options.part_size if options.multipart else NO_MULTIPART_BYTES,
            multipart_chunksize=options.part_size,
            use_threads=False,
        )
        self._how = s3.How(config, extra, self._go_on)

    def close(self) -> None:
        """Removes what unfinished writes left."""
        shutil.rmtree(self._staging, ignore_errors=True)

    def copy(self, write: Write) -> None:
        """Writes one target; OSError, s3.NotThere or one of S3_ERRORS when it cannot."""
        [first, *more] = write.sources
        as_it_is = not more and not write.append and not codecs.changes(first, self._options.codec)
        if s3.is_s3(write.target):
            self._copy_to_s3(write, first if as_it_is else None)
            return
        with self._staged(write.target) as place:
            if as_it_is and s3.is_s3(first):
                s3.download(s3.parse(first), place, self._how)
            else:
                self._write_file(write, place)

    def _copy_to_s3(self, write: Write, alone: str | None) -> None:
        target = s3.parse(write.target)
        if alone is not None and s3.is_s3(alone):
            s3.copy(s3.parse(alone), target, self._how)
        elif alone is not None:
            s3.upload(hdfs.local_path(alone), target, self._how)
        elif self._options.multipart:
            stream = io.BufferedReader(_Joined(self._pieces(write)), codecs.PIECE_BYTES)
            s3.upload_stream(cast("BinaryIO", stream), target, self._how)
        else:  # without parts S3 wants to know the size first
            place = Path(self._staging) / str(id(write))
            self._write_file(write, place)
            s3.upload(place, target, self._how)
            place.unlink()

    def _write_file(self, write: Write, place: Path) -> None:
        with place.open("wb") as file:
            if write.append:
                with files.opened(write.target) as before:
                    for piece in iter(lambda: before.read(codecs.PIECE_BYTES), b""):
                        self._go_on(len(piece))
                        file.write(piece)
            for piece in self._pieces(write):
                file.write(piece)

    def _pieces(self, write: Write) -> Iterator[bytes]:
        for source in write.sources:
            with files.opened(source) as stream:
                for piece in codecs.converted(stream, source, self._options.codec):
                    self._go_on(len(piece))
                    yield piece

    def _go_on(self, _bytes: int) -> None:
        if self._stop.is_set():
            raise Stopped

    @contextmanager
    def _staged(self, target: str) -> Iterator[Path]:
        """Where to write a file that takes its place at the end, in the same file system."""
        final = hdfs.local_path(target)
        final.parent.mkdir(parents=True, exist_ok=True)
        name = f".{final.name[:100]}.{Path(self._staging).name}"
        place = (Path(self._staging) if target.startswith("hdfs:") else final.parent) / f"{name}-{id(target)}"
        try:
            yield place
            place.replace(final)
        finally:
            place.unlink(missing_ok=True)


class _Joined(io.RawIOBase):
    """Pieces of bytes as one stream."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(cast("bytearray", buffer)).cast("B")
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._rest = memoryview(piece)
        size = min(len(view), len(self._rest))
        view[:size], self._rest = self._rest[:size], self._rest[size:]
        return size


def _hdfs_tmp() -> Path:
    folder = hdfs.local_path(hdfs.address("/tmp"))  # noqa: S108  # the cluster's, as EMR has it
    folder.mkdir(parents=True, exist_ok=True)
    return folder
