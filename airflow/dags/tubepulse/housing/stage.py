"""A folder of the bucket in which one task leaves files for the next."""

import json
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Any, BinaryIO, Self

import pyarrow as pa
import pyarrow.parquet as pq
from airflow.providers.amazon.aws.hooks.s3 import S3Hook

from tubepulse import parquet

MARKS = FETCHED, MATCHED = "fetched.json", "matched.json"  # written last: without it a stage is incomplete


@dataclass(frozen=True)
class Stage:
    """s3://<bucket>/<prefix>, whose files are called by their names."""

    s3: S3Hook
    bucket: str
    prefix: str  # ends with a slash

    @property
    def uri(self) -> str:
        """Where it is."""
        return f"s3://{self.bucket}/{self.prefix}"

    def names(self) -> list[str]:
        """The files that are there, sorted."""
        return sorted(
            key.removeprefix(self.prefix) for key in self.s3.list_keys(self.bucket, prefix=self.prefix)
        )

    def clear(self) -> None:
        """Delete everything, the mark of completeness first: what is incomplete must not look complete."""
        names = self.names()
        for some in (set(names) & set(MARKS), set(names) - set(MARKS)):
            self.s3.delete_objects(self.bucket, [self.prefix + name for name in some])

    def read(self, name: str) -> bytes:
        """A file's bytes."""
        content: bytes = self.s3.get_key(self.prefix + name, self.bucket).get()["Body"].read()
        return content

    def read_json(self, name: str) -> Any:
        """A JSON file's value."""
        return json.loads(self.read(name))

    def write_json(self, name: str, value: object) -> None:
        """Write a JSON file (UTF-8), replacing what was there."""
        text = json.dumps(value, ensure_ascii=False, indent=1, default=str)
        self.s3.load_bytes(text.encode(), self.prefix + name, self.bucket, replace=True)

    @contextmanager
    def table(self, name: str, schema: pa.Schema) -> Iterator["Table"]:
        """A Parquet file to append rows to; it is uploaded at the end, unless an error came up."""
        with tempfile.TemporaryFile() as file:
            with Table(file, schema) as table:
                yield table
            file.seek(0)
            self.s3.load_file_obj(file, self.prefix + name, self.bucket, replace=True)

    def batches(self, name: str) -> Iterator[pa.RecordBatch]:
        """A Parquet file's rows, batch by batch."""
        with parquet.local_copy(self.s3, self.bucket, self.prefix + name) as file:
            yield from parquet.batches(parquet.opened(file))

    def rows(self, name: str) -> Iterator[dict[str, Any]]:
        """A Parquet file's rows, one by one."""
        for batch in self.batches(name):
            yield from batch.to_pylist()


class Table:
    """A Parquet file that grows row by row, or batch by batch."""

    def __init__(self, file: BinaryIO, schema: pa.Schema) -> None:
        self.count = 0
        self._schema = schema
        self._rows: list[dict[str, object]] = []
        self._writer = pq.ParquetWriter(file, schema, compression="zstd")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self._flush()
        self._writer.close()

    def append(self, row: dict[str, object]) -> None:
        """Add a row; a column that it lacks is null."""
        self._rows.append(row)
        self.count += 1
        if len(self._rows) >= parquet.BATCH:
            self._flush()

    def extend(self, rows: Iterable[dict[str, object]]) -> None:
        """Add rows."""
        for row in rows:
            self.append(row)

    def _flush(self) -> None:
        if self._rows:
            self._writer.write_batch(pa.RecordBatch.from_pylist(self._rows, self._schema))
            self._rows = []
