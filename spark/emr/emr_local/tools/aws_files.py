"""The files that `aws s3` works on, in S3 and on the node: listing, copying, removing."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from emr_local import s3
from emr_local.tools.aws_plan import File

# Hears of a file or folder of the node that is left out, and why
Skip = Callable[[Path, str], None]


def folder_of(address: str) -> str:
    """A source or target that stands for all below it; one in S3 ends in a slash."""
    if not s3.is_s3(address):
        return address
    uri = str(s3.parse(address))
    return uri if uri.endswith("/") else f"{uri}/"


def same(source: str, target: str) -> bool:
    """Whether both are one object of S3, however their addresses are written."""
    return s3.is_s3(source) and s3.is_s3(target) and s3.parse(source) == s3.parse(target)


def sources_below(folder: str, target: str, skip: Skip) -> Iterator[File]:
    """All files below a folder, for copies into a target; both are of `folder_of`.

    A listing of S3 goes on while copies are made: where these are below its own folder it is read first.
    """
    files = files_below(folder, skip)
    return iter(list(files)) if s3.is_s3(folder) and target.startswith(folder) else files


def files_below(folder: str, skip: Skip) -> Iterator[File]:
    """All files below a folder; empty where there is none."""
    return objects_below(folder) if s3.is_s3(folder) else _local_files(Path(folder), skip)


def objects_below(folder: str, markers: bool = False) -> Iterator[File]:
    """All objects below a folder of S3; `markers` takes in keys that end in a slash."""
    prefix = s3.parse(folder)
    for uri, size, modified in s3.list_objects(prefix, markers):
        yield File(uri.key[len(prefix.key) :], str(uri), size, modified)


def _local_files(folder: Path, skip: Skip) -> Iterator[File]:
    for path in sorted(_paths(folder, skip)) if folder.is_dir() else ():
        why = _unreadable(path)
        if why:
            skip(path, why)
        else:
            yield _local_file(path, path.relative_to(folder).as_posix())


def _paths(folder: Path, skip: Skip) -> Iterator[Path]:
    """All that is not a folder, also below links to folders, but for those that lead back up."""

    def unlisted(error: OSError) -> None:
        skip(Path(error.filename), "File/Directory is not readable.")

    # Only the folders above count: two links to one folder are both followed.
    above: dict[str, frozenset[tuple[int, int]]] = {str(folder): frozenset()}
    for root, folders, names in os.walk(folder, onerror=unlisted, followlinks=True):
        status = Path(root).stat()
        ids = above.pop(root) | {(status.st_dev, status.st_ino)}
        for name in tuple(folders):
            path = Path(root, name)
            status = path.stat()
            if (status.st_dev, status.st_ino) in ids:
                folders.remove(name)
                skip(path, "The link leads to a folder that it is in.")
                continue
            above[os.path.join(root, name)] = ids  # noqa: PTH118  # the name that os.walk gives
        yield from (Path(root, name) for name in names)


def _unreadable(path: Path) -> str:
    """Why a file cannot be copied, in the AWS CLI's words; empty when it can."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return "File does not exist."
    if not stat.S_ISREG(mode):
        return "File is character special device, block special device, FIFO, or socket."
    return "" if os.access(path, os.R_OK) else "File/Directory is not readable."


def _local_file(path: Path, name: str) -> File:
    status = path.stat()
    return File(name, str(path), status.st_size, status.st_mtime)


def one(address: str) -> File:
    """One file by its address; OSError or S3's error when it is not there."""
    if not s3.is_s3(address):
        path = Path(address)
        if not path.is_file():
            raise FileNotFoundError(f"The user-provided path {address} does not exist.")
        return _local_file(path, path.name)
    uri = s3.parse(address)
    head = s3.client().head_object(Bucket=uri.bucket, Key=uri.key)
    name = uri.key.rpartition("/")[2]
    return File(name, str(uri), head["ContentLength"], head["LastModified"].timestamp())


def inside(target: str, name: str) -> str:
    """Where a file of that name is in a target; ValueError for a name that would leave a folder."""
    return f"{target.rstrip('/')}/{name}" if s3.is_s3(target) else str(s3.below(Path(target), name))


def target_of(name: str, target: str) -> str:
    """Where one file goes: into a target that is a folder, else to its very address."""
    if s3.is_s3(target):
        is_folder = target.endswith("/") or not s3.parse(target).key
    else:
        is_folder = target.endswith("/") or Path(target).is_dir()
    return inside(target, name) if is_folder else target


def transfer(source: File, target: str) -> None:
    """Copies one file; a download has the object's time."""
    if target == "-":
        s3.stream(s3.parse(source.address), sys.stdout.buffer)
    elif s3.is_s3(source.address) and s3.is_s3(target):
        s3.copy(s3.parse(source.address), s3.parse(target))
    elif s3.is_s3(source.address):
        s3.download(s3.parse(source.address), Path(target))
        os.utime(target, (source.modified, source.modified))
    else:
        s3.upload(Path(source.address), s3.parse(target))


def remove(address: str) -> None:
    """Removes one file; in S3 that it is not there is no error."""
    if s3.is_s3(address):
        s3.delete(s3.parse(address))
    else:
        Path(address).unlink()


def shown(address: str) -> str:
    """An address as the AWS CLI names it: a file of the node from the folder that the command runs in."""
    if s3.is_s3(address):
        return address
    path = Path(address)
    return os.path.join(os.path.relpath(path.parent), path.name)  # noqa: PTH118  # keeps the leading ./


def verb(source: str, target: str) -> str:
    """What the AWS CLI calls a copy."""
    if s3.is_s3(source):
        return "copy" if s3.is_s3(target) else "download"
    return "upload"
