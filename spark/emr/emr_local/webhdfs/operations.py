"""One function an operation of WebHDFS: a call in, an answer out; the wire is the server's business."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from typing import Any

from emr_local.webhdfs import downloads, folders, paths
from emr_local.webhdfs.calls import Answer, Call, empty, of_json
from emr_local.webhdfs.errors import AlreadyThere, Unsupported
from emr_local.webhdfs.folders import Entry

BLOCK_BYTES = 128 * 1024 * 1024  # how Spark splits a large file; a property of nothing in S3
USER = "hadoop"


def get_file_status(call: Call) -> Answer:
    """A file or a folder."""
    return of_json({"FileStatus": _file_status(folders.status(call.uri))})


def list_status(call: Call) -> Answer:
    """All entries of a folder, as they come from S3."""
    return _listing(call, b'{"FileStatuses":{"FileStatus":[', b"]}}")


def list_status_batch(call: Call) -> Answer:
    """The same in the shape of a batch, the only one: HTTP streams what HDFS gives out in portions."""
    if call.params.get("startafter"):
        raise Unsupported("a listing is given out whole: there is no next batch")
    begin = b'{"DirectoryListing":{"partialListing":{"FileStatuses":{"FileStatus":['
    return _listing(call, begin, b']}},"remainingEntries":0}}')


def open_file(call: Call) -> Answer:
    """A file's bytes."""
    found = downloads.open_at(call.uri, call.number("offset") or 0, call.number("length"))
    return Answer(200, found.read(), found.length, "application/octet-stream")


def create(call: Call) -> Answer:
    """Writes a file: the first request is sent on to `data=true`, whose body is the file."""
    overwrite = call.flag("overwrite")
    if not call.uri.key:
        raise AlreadyThere(f"{call.uri} is a bucket")
    if not call.flag("data"):
        found = None if overwrite and not folders.is_folder(call.uri) else folders.find(call.uri)
        if found is not None and (found.is_folder or not overwrite):
            raise AlreadyThere(f"{call.uri} is there already" + (", a folder" if found.is_folder else ""))
        return empty(307, f"{call.here}&data=true")
    call.gateway.uploads.store(call.uri, call.body())
    call.gateway.markers.remove_above(call.uri)
    return empty(201)


def append(call: Call) -> Answer:
    """Refused."""
    raise Unsupported(f"{call.uri}: S3 cannot append to an object; write another one beside it")


def make_folders(call: Call) -> Answer:
    """Makes an empty folder."""
    folders.make(call.uri, call.gateway.markers)
    return of_json({"boolean": True})


def rename(call: Call) -> Answer:
    """Moves a file or a folder."""
    target = paths.from_destination(call.params.get("destination", ""), call.gateway.token)
    overwrite = "OVERWRITE" in call.params.get("renameoptions", "").upper().split(",")
    moved = folders.move(call.uri, target, overwrite, call.gateway.markers)
    if "renameoptions" not in call.params:
        return of_json({"boolean": moved})
    if not moved:  # with options a client gets no boolean
        raise AlreadyThere(f"{call.uri} was not renamed: it is not there, or {target} is in the way")
    return empty()


def delete(call: Call) -> Answer:
    """Removes a file or a folder."""
    return of_json({"boolean": folders.remove(call.uri, call.flag("recursive"), call.gateway.markers)})


def get_content_summary(call: Call) -> Answer:
    """How much a folder holds."""
    size, files, inside = folders.totals(call.uri)
    summary = {"directoryCount": inside, "fileCount": files, "length": size, "spaceConsumed": size}
    return of_json({"ContentSummary": {**summary, "quota": -1, "spaceQuota": -1}})


def get_block_locations(call: Call) -> Answer:
    """One block on no host: S3 is as near to one executor as to another.

    S3 is not asked: Spark asks this of every file that it just listed, with its length.
    """
    offset, length = call.number("offset") or 0, call.number("length")
    size = folders.status(call.uri).size if length is None else offset + length
    block = {"blockId": 1, "blockPoolId": "s3", "generationStamp": 1, "numBytes": size}
    token = {"urlString": "AAAAAA"}
    located = {
        "block": block, "blockToken": token, "cachedLocations": [], "isCorrupt": False,
        "locations": [], "startOffset": 0, "storageTypes": [],
    }  # fmt: skip
    whole = {
        "fileLength": size,
        "isLastBlockComplete": True,
        "isUnderConstruction": False,
        "lastLocatedBlock": located,
    }
    return of_json({"LocatedBlocks": {**whole, "locatedBlocks": [located]}})


def get_file_block_locations(call: Call) -> Answer:
    """The same for clients that know no HDFS blocks."""
    offset, length = call.number("offset") or 0, call.number("length")
    size = folders.status(call.uri).size if length is None else offset + length
    names: dict[str, list[str]] = {"cachedHosts": [], "hosts": [], "names": [], "storageTypes": []}
    block = {**names, "topologyPaths": [], "corrupt": False, "offset": 0, "length": size}
    return of_json({"BlockLocations": {"BlockLocation": [block]}})


def check_access(call: Call) -> Answer:
    """S3 decides when it is asked for the bytes."""
    folders.status(call.uri)
    return empty()


def set_attribute(call: Call) -> Answer:
    """Owners, permissions, times and replication mean nothing in S3: nothing is kept."""
    folders.status(call.uri)
    return empty()


def set_replication(call: Call) -> Answer:
    """The same; this one answers a boolean."""
    return of_json({"boolean": not folders.status(call.uri).is_folder})


def get_delegation_token(_call: Call) -> Answer:
    """None: the address holds the token."""
    return of_json({"Token": None})


OPERATIONS: Mapping[tuple[str, str], Callable[[Call], Answer]] = {
    ("GET", "GETFILESTATUS"): get_file_status,
    ("GET", "LISTSTATUS"): list_status,
    ("GET", "LISTSTATUS_BATCH"): list_status_batch,
    ("GET", "OPEN"): open_file,
    ("GET", "GETCONTENTSUMMARY"): get_content_summary,
    ("GET", "GET_BLOCK_LOCATIONS"): get_block_locations,
    ("GET", "GETFILEBLOCKLOCATIONS"): get_file_block_locations,
    ("GET", "CHECKACCESS"): check_access,
    ("GET", "GETDELEGATIONTOKEN"): get_delegation_token,
    ("PUT", "CREATE"): create,
    ("PUT", "MKDIRS"): make_folders,
    ("PUT", "RENAME"): rename,
    ("PUT", "SETPERMISSION"): set_attribute,
    ("PUT", "SETOWNER"): set_attribute,
    ("PUT", "SETTIMES"): set_attribute,
    ("PUT", "SETREPLICATION"): set_replication,
    ("POST", "APPEND"): append,
    ("DELETE", "DELETE"): delete,
}


def answer(method: str, call: Call) -> Answer:
    """The answer to a call; RemoteError says what was wrong, S3's own errors pass through."""
    name = call.params.get("op", "").upper()
    operation = OPERATIONS.get((method, name))
    if operation is None:
        raise Unsupported(f"{method} {name or '(no op)'} is not an operation of this gateway to S3")
    return operation(call)


def _listing(call: Call, begin: bytes, end: bytes) -> Answer:
    entries = folders.entries(call.uri)
    first = next(entries, None)  # raised before the answer begins, if nothing is there

    def pieces() -> Iterator[bytes]:
        yield begin
        comma = b""
        for entry in chain(() if first is None else (first,), entries):
            yield comma + json.dumps(_file_status(entry)).encode()
            comma = b","
        yield end

    return Answer(200, pieces(), None)


def _file_status(entry: Entry) -> dict[str, Any]:
    return {
        # Hadoop would take what is before a colon for a scheme.
        "pathSuffix": f"./{entry.name}" if ":" in entry.name else entry.name,
        "type": "DIRECTORY" if entry.is_folder else "FILE",
        "length": entry.size,
        "modificationTime": entry.modified,
        "accessTime": entry.modified,
        "blockSize": 0 if entry.is_folder else BLOCK_BYTES,
        "replication": 0 if entry.is_folder else 1,
        "permission": "755" if entry.is_folder else "644",
        "owner": USER,
        "group": USER,
        "childrenNum": 0,
        "fileId": 0,
        "storagePolicy": 0,
    }
