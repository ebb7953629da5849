"""S3's keys as files and folders: a folder is there when a key begins with its name and a slash.

A key that ends with a slash is an empty folder. Keys with an empty name in them (`a//b`) have no path in
Hadoop and are not listed.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from boto3.s3.transfer import TransferConfig
from botocore.exceptions import ClientError

from emr_local import s3
from emr_local.s3 import S3Uri
from emr_local.webhdfs import paths
from emr_local.webhdfs.errors import Absent, AlreadyThere, NotEmpty, RemoteError, is_absent
from emr_local.webhdfs.markers import Markers

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import ObjectIdentifierTypeDef

MIB = 1024 * 1024
# S3 copies up to 5 GiB in one request, but a request should not take minutes.
ONE_COPY_BYTES = 512 * MIB
COPY_IN_PARTS = TransferConfig(multipart_threshold=ONE_COPY_BYTES, multipart_chunksize=ONE_COPY_BYTES // 2)
COPIES_AT_ONCE = 8


class Entry(NamedTuple):
    """A file or folder; `name` is relative to what was asked, `size` in bytes, `modified` in ms."""

    name: str
    is_folder: bool
    size: int = 0
    modified: int = 0


FOLDER = Entry("", is_folder=True)


def find(uri: S3Uri) -> Entry | None:
    """What is at `uri`: a file before a folder of the same name; None when there is neither."""
    if uri.key:
        try:
            head = s3.client().head_object(Bucket=uri.bucket, Key=uri.key)
        except ClientError as error:
            if not is_absent(error):
                raise
        else:
            return Entry("", False, head["ContentLength"], _milliseconds(head["LastModified"]))
    return FOLDER if is_folder(uri) else None


def status(uri: S3Uri) -> Entry:
    """What is at `uri`; Absent when nothing is."""
    found = find(uri)
    if found is None:
        raise Absent(f"{uri} does not exist")
    return found


def is_folder(uri: S3Uri) -> bool:
    """Whether `uri` is a folder; a bucket is one, too."""
    try:
        listed = s3.client().list_objects_v2(Bucket=uri.bucket, Prefix=_prefix(uri), MaxKeys=1)
    except ClientError as error:
        if is_absent(error):
            return False
        raise
    return not uri.key or bool(listed.get("Contents"))


def entries(uri: S3Uri) -> Iterator[Entry]:
    """The files and folders in the folder `uri`, or the one file itself; Absent when nothing is there."""
    prefix, seen = _prefix(uri), False
    pages = s3.client().get_paginator("list_objects_v2")
    for page in pages.paginate(Bucket=uri.bucket, Prefix=prefix, Delimiter="/"):
        for folder in page.get("CommonPrefixes", []):
            seen = True
            name = folder["Prefix"][len(prefix) : -1]
            if name:
                yield Entry(name, is_folder=True)
        for item in page.get("Contents", []):
            seen = True
            if item["Key"] != prefix:
                yield Entry(
                    item["Key"][len(prefix) :], False, item["Size"], _milliseconds(item["LastModified"])
                )
    if not seen and uri.key:
        yield status(uri)


def totals(uri: S3Uri) -> tuple[int, int, int]:
    """Bytes, files and folders at and below `uri`, itself included."""
    here = status(uri)
    if not here.is_folder:
        return here.size, 1, 0
    size, files, seen = 0, 0, {uri}
    for key, length in _keys(uri):
        item = S3Uri(uri.bucket, key.removesuffix("/"))
        seen.update(a for a in paths.ancestors(item) if len(a.key) > len(uri.key))
        if key.endswith("/"):
            seen.add(item)
        else:
            size, files = size + length, files + 1
    return size, files, len(seen)


def make(uri: S3Uri, markers: Markers) -> None:
    """Makes a folder if it is not there; AlreadyThere when a file is."""
    found = find(uri)
    if found is None:
        markers.write(uri)
    elif not found.is_folder:
        raise AlreadyThere(f"{uri} is a file")


def remove(uri: S3Uri, recursive: bool, markers: Markers) -> bool:
    """Removes a file, or a folder with all in it; False when nothing is there.

    NotEmpty when a folder holds something and `recursive` is false.
    """
    found = find(uri)
    if found is None:
        return False
    if found.is_folder:
        if not uri.key:
            raise RemoteError(f"s3://{uri.bucket}/ is a whole bucket: it is not deleted")
        if not recursive and any(True for _ in entries(uri)):
            raise NotEmpty(f"{uri} is not empty")
        for page in _pages(uri):
            _delete(uri.bucket, [key for key, _ in page])
        markers.forget(uri)
    else:
        s3.delete(uri)
    _keep_parent(uri, markers)
    return True


def move(source: S3Uri, target: S3Uri, overwrite: bool, markers: Markers) -> bool:
    """Moves a file or a folder, copying inside S3; False when Hadoop's rename would not do it.

    That is: nothing is there, a file is in the way (unless `overwrite`), or a folder would move into itself.
    A folder at `target` takes the source in. Folders are not moved at once: an error leaves some keys at
    either side, and none lost.
    """
    found = find(source)
    if found is None or not source.key:
        return False
    there = find(target)
    if there is not None and there.is_folder and not overwrite:
        target = S3Uri(target.bucket, f"{target.key}/{source.key.rpartition('/')[2]}".lstrip("/"))
        there = find(target)
    if source == target:
        return not found.is_folder
    if paths.is_below(target, source) or (
        there is not None and not (overwrite and _may_replace(found, there))
    ):
        return False
    if found.is_folder:
        _move_folder(source, target)
        markers.forget(source)
    else:
        _copy(source, target, found.size)
        s3.delete(source)
    markers.remove_above(target)
    _keep_parent(source, markers)
    return True


def _may_replace(source: Entry, target: Entry) -> bool:
    return not source.is_folder and not target.is_folder


def _move_folder(source: S3Uri, target: S3Uri) -> None:
    with ThreadPoolExecutor(COPIES_AT_ONCE, thread_name_prefix="copy") as pool:
        for page in _pages(source):
            done = [
                pool.submit(
                    _copy,
                    S3Uri(source.bucket, key),
                    S3Uri(target.bucket, _prefix(target) + key[len(_prefix(source)) :]),
                    size,
                )
                for key, size in page
            ]
            for copied in done:
                copied.result()
            _delete(source.bucket, [key for key, _ in page])


def _copy(source: S3Uri, target: S3Uri, size: int) -> None:
    origin = {"Bucket": source.bucket, "Key": source.key}
    if size <= ONE_COPY_BYTES:
        s3.client().copy_object(Bucket=target.bucket, Key=target.key, CopySource=origin)  # type: ignore[arg-type]  # a plain dictionary
    else:
        s3.client().copy(origin, target.bucket, target.key, Config=COPY_IN_PARTS)  # type: ignore[arg-type]  # a plain dictionary


def _delete(bucket: str, keys: list[str]) -> None:
    """Deletes at most 1000 keys, which is what a page has."""
    objects: list[ObjectIdentifierTypeDef] = [{"Key": key} for key in keys]
    answer = s3.client().delete_objects(Bucket=bucket, Delete={"Objects": objects, "Quiet": True})
    for error in answer.get("Errors", []):
        raise RemoteError(f"s3://{bucket}/{error.get('Key')} was not deleted: {error.get('Message')}")


def _keep_parent(uri: S3Uri, markers: Markers) -> None:
    """A folder that lost its last file is still there for Hadoop; a committer's own is not missed."""
    folder = paths.parent(uri)
    if folder.key and not paths.is_temporary(folder) and not is_folder(folder):
        markers.write(folder)


def _keys(uri: S3Uri) -> Iterator[tuple[str, int]]:
    for page in _pages(uri):
        yield from page


def _pages(uri: S3Uri) -> Iterator[list[tuple[str, int]]]:
    """The keys below a folder with their sizes, at most 1000 at once."""
    pages = s3.client().get_paginator("list_objects_v2").paginate(Bucket=uri.bucket, Prefix=_prefix(uri))
    for page in pages:
        listed = [(item["Key"], item["Size"]) for item in page.get("Contents", [])]
        if listed:
            yield listed


def _prefix(uri: S3Uri) -> str:
    return f"{uri.key}/" if uri.key else ""


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
