"""Parquet files of the bucket, read batch by batch in the same memory whatever their size."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq
from airflow.providers.amazon.aws.hooks.s3 import S3Hook

BATCH = 20_000  # rows that are held in memory
BUFFER = 1024 * 1024  # bytes of each column that are read ahead
PIECE = 1024 * 1024  # bytes of an object that are held in memory


@contextmanager
def local_copy(s3: S3Hook, bucket: str, key: str) -> Iterator[BinaryIO]:
    """The object's bytes in a temporary file, which is gone after the `with` block.

    Where the temporary folder is memory, as Compose's is, so is the file.

    Read in one piece: a database takes rows slower than one stream brings them, and what stands in for S3 on
    one machine reads the whole object again for each part. A stream that breaks off is an error.
    """
    with tempfile.TemporaryFile() as file:
        with closing(s3.get_key(key, bucket).get()["Body"]) as body:
            shutil.copyfileobj(body, file, PIECE)
        file.seek(0)
        yield file


def opened(file: BinaryIO) -> pq.ParquetFile:
    """The file, without the reading ahead that takes whole row groups; raises pyarrow.ArrowInvalid."""
    return pq.ParquetFile(file, buffer_size=BUFFER, pre_buffer=False)


def batches(file: pq.ParquetFile, columns: list[str] | None = None) -> Iterator[pa.RecordBatch]:
    """The rows, at most BATCH at a time; the columns of that name, else all."""
    yield from file.iter_batches(BATCH, columns=columns)
