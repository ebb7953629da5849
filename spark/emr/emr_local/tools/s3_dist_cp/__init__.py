"""`s3-dist-cp` on a node: copies files between S3 and the cluster's file systems, as EMR's does.

A source in S3 is a key prefix; one in a file system is a file or a folder with all below it. A file's target
is --dest and what its path has beyond --src. It is a copy, not a sync: targets are overwritten one by one,
nothing else at --dest is touched, and what was copied before a failure stays.

--groupBy leaves out the files that it does not match and concatenates the others, in the order of their
addresses, by the joined texts of all its groups (`null` for a group that takes no part, as Java writes it).
The target is `<folder>/<text>`: the folder where the group's first file would land by itself, and of the text
what follows the last slash or colon. With --targetSize a part is full when its files' sizes reach it; the
parts are `<text>`, `<text>1`, `<text>2`, the number before a .gz. (AWS' manual begins at 0, builds of the
program that can be read begin at none.) The suffix of a compression is kept, or given by --outputCodec. Where
two groups have one folder and one name, the second goes on with the numbers. --appendToLastFile goes on with
the last part that is there, if it has room.

Different from EMR: what would lose data there is refused before anything is copied (two files with one
target, a source that is a target, Parquet files in one group).

`options` (the command line) -> `files` (what is there) -> `plan` (which targets) -> `workers` -> `copying`,
with `codecs`.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Event, current_thread, main_thread
from typing import NoReturn

from botocore.exceptions import ClientError

from emr_local import s3
from emr_local.steps import logs
from emr_local.tools.s3_dist_cp import files
from emr_local.tools.s3_dist_cp.copying import Copier
from emr_local.tools.s3_dist_cp.options import Options, Refused, parse_arguments
from emr_local.tools.s3_dist_cp.plan import Copy, NothingToCopy, Write, arrange, plan
from emr_local.tools.s3_dist_cp.workers import Workers

__all__ = ["Copy", "NothingToCopy", "Options", "Refused", "main", "parse_arguments", "plan"]

TERMINATED = 128 + signal.SIGTERM
FAILURES = (OSError, ValueError, s3.NotThere, *s3.S3_ERRORS)


class Failed(Exception):
    """Something was not copied, or not deleted; the message names it."""


def main(arguments: Sequence[str]) -> int:
    """Runs the command; progress and counters go to the step's syslog."""
    syslog = Path(os.environ.get("HADOOP_LOG_DIR", ".")) / "syslog"
    try:
        with _ended_by_sigterm():
            _run(parse_arguments(arguments), syslog)
    except Refused as refused:
        print(f"s3-dist-cp: {refused}", file=sys.stderr)
        return 1
    except NothingToCopy as nothing:
        print(f"org.apache.hadoop.mapreduce.lib.input.InvalidInputException: {nothing}", file=sys.stderr)
        return 1
    except Failed as failed:
        print(f"java.io.IOException: {failed}", file=sys.stderr)
        return 1
    return 0


def _run(options: Options, syslog: Path) -> None:
    for name in options.without_effect:
        logs.write_line(syslog, "WARN", f"{name} has no effect in this copy")
    if options.endpoint:
        s3.use_endpoint(options.endpoint)
    try:
        sizes, empty = files.list_files(options)
    except FAILURES as error:
        raise Failed(_explain(options.src, error)) from None
    for prefix in empty:
        logs.write_line(syslog, "WARN", f"no file at {prefix}")
    writes = arrange(plan(sizes, options), sizes, options, files.present)
    stop, deleted = Event(), list[str]()
    copier = Copier(options, stop)
    workers = Workers(writes, lambda write: _announce(write, syslog), copier.copy, stop)
    try:
        workers.run()
        if workers.failure is not None:
            raise Failed(_explain_write(*workers.failure))
        if options.delete:
            _delete(writes, deleted)
    finally:
        copier.close()
        logs.write_line(syslog, "INFO", _counters(workers.done, sizes, len(deleted)))


def _announce(write: Write, syslog: Path) -> None:
    for number, source in enumerate(write.sources):
        verb = "appending" if number or write.append else "copying"
        logs.write_line(syslog, "INFO", f"{verb} {source} to {write.target}")


def _delete(writes: Sequence[Write], deleted: list[str]) -> None:
    for source in (source for write in writes for source in write.sources):
        try:
            files.delete(source)
        except FAILURES as error:
            raise Failed(_explain(source, error)) from None
        deleted.append(source)


def _counters(done: Sequence[Write], sizes: Mapping[str, int], deleted: int) -> str:
    """As MapReduce's, on several lines."""
    copied = [source for write in done for source in write.sources]
    lines = {
        "files copied": len(copied),
        "bytes copied": sum(sizes[source] for source in copied),
        "targets written": len(done),
        "files deleted": deleted,
    }
    return "\n\t\t".join([f"Counters: {len(lines)}\n\tS3DistCp", *(f"{k}={v}" for k, v in lines.items())])


def _explain(address: str, error: Exception) -> str:
    """One line on why something could not be done with an address."""
    if isinstance(error, s3.NotThere):
        return f"{error} does not exist"
    if isinstance(error, PermissionError):
        return f"{address}: Permission denied"
    return s3.explain(address, error).replace("\n", " ")


def _explain_write(write: Write, error: Exception) -> str:
    """The same for a copy; S3 says which of the two is missing by the code alone."""
    if not isinstance(error, FAILURES):
        raise error
    cause = error.__context__ if isinstance(error.__context__, ClientError) else error
    code = cause.response["Error"]["Code"] if isinstance(cause, ClientError) else ""
    if code == "NoSuchBucket" and s3.is_s3(write.target):
        return _explain(f"s3://{s3.parse(write.target).bucket}/", cause)
    if code in s3.ABSENT:
        return _explain(write.sources[0], cause)
    return _explain(f"{write.sources[0]} to {write.target}", cause)


@contextmanager
def _ended_by_sigterm() -> Iterator[None]:
    """SIGTERM ends the program as an exception, so that unfinished copies are given up in order."""

    def end(*_: object) -> NoReturn:
        sys.exit(TERMINATED)

    if current_thread() is not main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
