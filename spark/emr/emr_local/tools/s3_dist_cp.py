"""`s3-dist-cp` on a node: copies files between S3 and the cluster's file system, as EMR's does.

A source in S3 is a key prefix; one in the file system is a file or a folder with all below it. A file's
target is --dest and what its path has beyond --src. Targets are overwritten one by one; nothing else at the
target is touched.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple, NoReturn

from emr_local import logs, s3
from emr_local.tools import hdfs


class Refused(Exception):
    """An option or address that this s3-dist-cp does not take."""


class NothingToCopy(Exception):
    """No file at --src, or none that the pattern lets through."""


class Copy(NamedTuple):
    """One file and its target, both as full addresses."""

    source: str
    target: str


class Options(NamedTuple):
    """The command line; `pattern` must match a file's full address as a whole."""

    src: str
    dest: str
    pattern: re.Pattern[str] | None
    delete: bool


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise Refused(message)


def parse_arguments(arguments: Sequence[str]) -> Options:
    """The options, as `--src=X` or `--src X`; generic -D settings are accepted and ignored."""
    cli = _Parser(prog="s3-dist-cp", add_help=False, allow_abbrev=False)
    cli.add_argument("--src", required=True)
    cli.add_argument("--dest", required=True)
    cli.add_argument("--srcPattern")
    cli.add_argument("--deleteOnSuccess", action="store_true")
    cli.add_argument("-D", action="append")
    known, unknown = cli.parse_known_args(arguments)
    if unknown:
        raise Refused(f"unsupported option {unknown[0]}")
    try:
        pattern = re.compile(known.srcPattern) if known.srcPattern else None
    except re.error as error:
        raise Refused(f"--srcPattern {known.srcPattern} is no regular expression: {error}") from None
    return Options(absolute(known.src), absolute(known.dest), pattern, known.deleteOnSuccess)


def absolute(address: str) -> str:
    """The full address: one scheme for S3, and a path of the cluster with its file system's name."""
    if s3.is_s3(address):
        return str(s3.parse(address))
    try:
        return hdfs.address(address)
    except ValueError as error:
        raise Refused(str(error)) from None


def plan(files: Iterable[str], options: Options) -> list[Copy]:
    """What is copied, in sorted order; NothingToCopy when no file is left."""
    chosen = sorted(f for f in files if options.pattern is None or options.pattern.fullmatch(f))
    if not chosen:
        raise NothingToCopy(f"Input path does not exist: {options.src}")
    return [Copy(file, _target(file, options)) for file in chosen]


def _target(file: str, options: Options) -> str:
    """--dest and the rest of the path; a source that is the file itself keeps its name."""
    rest = file[len(options.src) :].strip("/") or file.rpartition("/")[2]
    if ".." in rest.split("/") and not s3.is_s3(options.dest):
        raise Refused(f"{file} would be written outside --dest")
    return f"{options.dest.rstrip('/')}/{rest}"


def list_files(src: str) -> list[str]:
    """The full addresses of all files at a source."""
    if s3.is_s3(src):
        return [str(entry.uri) for entry in s3.list_objects(s3.parse(src))]
    place = hdfs.local_path(src)
    if place.is_file():
        return [src]
    return [
        f"{src.rstrip('/')}/{file.relative_to(place).as_posix()}"
        for file in place.rglob("*")
        if file.is_file()
    ]


def copy_file(copy: Copy) -> None:
    """Copies one file in a stream."""
    source, target = copy
    if s3.is_s3(source) and s3.is_s3(target):
        s3.copy(s3.parse(source), s3.parse(target))
    elif s3.is_s3(source):
        s3.download(s3.parse(source), hdfs.local_path(target))
    elif s3.is_s3(target):
        s3.upload(hdfs.local_path(source), s3.parse(target))
    else:
        hdfs.local_path(target).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(hdfs.local_path(source), hdfs.local_path(target))


def delete_file(address: str) -> None:
    """Removes one source."""
    if s3.is_s3(address):
        s3.delete(s3.parse(address))
    else:
        hdfs.local_path(address).unlink()


def main(arguments: Sequence[str]) -> int:
    """Runs the command; progress and counters go to the step's syslog."""
    syslog = Path(os.environ.get("HADOOP_LOG_DIR", ".")) / "syslog"
    address = ""
    try:
        options = parse_arguments(arguments)
        address = options.src
        copies = plan(list_files(options.src), options)
        for copy in copies:
            address = copy.source
            logs.write_line(syslog, "INFO", f"copying {copy.source} to {copy.target}")
            copy_file(copy)
        for copy in copies if options.delete else ():
            address = copy.source
            delete_file(copy.source)
    except Refused as refused:
        print(f"s3-dist-cp: {refused}", file=sys.stderr)
        return 1
    except NothingToCopy as nothing:
        print(f"org.apache.hadoop.mapreduce.lib.input.InvalidInputException: {nothing}", file=sys.stderr)
        return 1
    except (OSError, ValueError, *s3.S3_ERRORS) as error:
        print(f"java.io.IOException: {s3.explain(address, error)}", file=sys.stderr)
        return 1
    logs.write_line(syslog, "INFO", f"Counters: files copied={len(copies)}")
    return 0
