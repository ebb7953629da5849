"""The gateway's protocol, spoken over HTTP against a real S3 server in this process."""

from __future__ import annotations

import socket
import time

import pytest

from emr_local import s3
from emr_local.webhdfs import uploads
from emr_local.webhdfs.process import Gateway
from emr_local.webhdfs.server import Server
from tests.unit.emr.webhdfs_client import (
    BUCKET,
    PAGE,
    TOKEN,
    ask,
    at,
    keys,
    names,
    put,
    raw,
    refused,
    rename,
    write,
)

pytestmark = pytest.mark.usefixtures("empty_bucket")


def test_what_is_written_is_read_back_from_any_offset(gateway: Server) -> None:
    content = bytes(range(256)) * 10
    assert write(gateway, "a/f", [content[:7], content[7:1000], content[1000:]]) == 201
    assert s3.client().get_object(Bucket=BUCKET, Key="a/f")["Body"].read() == content
    for offset, length in ((0, None), (0, 0), (5, 20), (2559, 1), (2559, 99), (2560, None)):
        params = {"offset": offset} | ({} if length is None else {"length": length})
        status, headers, body = raw(gateway, "GET", at("a/f", "OPEN", **params))
        expected = content[offset:] if length is None else content[offset : offset + length]
        assert (status, body, headers["Content-Length"]) == (200, expected, str(len(expected)))
    behind = raw(gateway, "GET", at("a/f", "OPEN", offset=2561))
    assert refused(behind)[:2] == (400, "IllegalArgumentException")


def test_an_empty_file_is_a_file(gateway: Server) -> None:
    assert write(gateway, "nothing", []) == 201
    assert raw(gateway, "GET", at("nothing", "OPEN"))[2] == b""
    assert ask(gateway, "GET", "nothing", "GETFILESTATUS")["FileStatus"]["length"] == 0


def test_a_large_file_goes_up_in_parts_and_comes_down_in_pieces(gateway: Server) -> None:
    piece = bytes(range(256)) * 1024
    count = 2 * uploads.PART_BYTES // len(piece) + 5
    assert write(gateway, "large", [piece] * count) == 201
    assert s3.client().head_object(Bucket=BUCKET, Key="large")["ETag"].endswith('-3"')
    assert raw(gateway, "GET", at("large", "OPEN"))[2] == piece * count
    assert (
        raw(gateway, "GET", at("large", "OPEN", offset=3, length=uploads.PART_BYTES + 9))[2]
        == ((piece * count)[3 : uploads.PART_BYTES + 12])
    )


@pytest.mark.parametrize("size", [10, 2 * uploads.PART_BYTES])
def test_an_upload_that_breaks_off_leaves_no_object_and_no_parts(gateway: Server, size: int) -> None:
    address = at("broken", "CREATE", data="true")
    with socket.create_connection(("127.0.0.1", gateway.server_port), timeout=20) as connection:
        head = f"PUT {address} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        connection.sendall(head.encode() + b"%x\r\n" % size + b"x" * size + b"\r\n")
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(100) == b""
    assert keys() == []
    assert "Uploads" not in s3.client().list_multipart_uploads(Bucket=BUCKET)


def test_a_gateway_that_is_stopped_gives_up_its_uploads(gateway: Server) -> None:
    process = Gateway()
    address = process.start("127.0.0.1", "127.0.0.1")
    begin = f"PUT /webhdfs/v1/{address.token}/{BUCKET}/half?op=CREATE&data=true HTTP/1.1\r\n"
    piece = b"x" * 2 * uploads.PART_BYTES
    host, _, port = address.netloc.partition(":")
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        connection.sendall(begin.encode() + b"Transfer-Encoding: chunked\r\n\r\n")
        connection.sendall(b"%x\r\n%b\r\n" % (len(piece), piece))
        deadline = time.monotonic() + 20
        while "Uploads" not in s3.client().list_multipart_uploads(Bucket=BUCKET):
            assert time.monotonic() < deadline, "no upload began"
            time.sleep(0.02)
        process.stop()
    assert "Uploads" not in s3.client().list_multipart_uploads(Bucket=BUCKET)
    assert keys() == []


def test_create_does_not_overwrite_unless_told(gateway: Server) -> None:
    put("a/f", b"old")
    assert refused(raw(gateway, "PUT", at("a/f", "CREATE", overwrite="false")))[:2] == (
        403,
        "FileAlreadyExistsException",
    )
    assert write(gateway, "a/f", [b"new"], overwrite="true") == 201
    assert s3.client().get_object(Bucket=BUCKET, Key="a/f")["Body"].read() == b"new"
    for overwrite in ("true", "false"):
        reply = raw(gateway, "PUT", at("a", "CREATE", overwrite=overwrite))
        assert "a folder" in refused(reply)[2]


def test_append_says_why_not(gateway: Server) -> None:
    put("f")
    status, name, message = refused(raw(gateway, "POST", at("f", "APPEND")))
    assert (status, name) == (400, "UnsupportedOperationException")
    assert "cannot append" in message


def test_a_key_prefix_is_a_folder(gateway: Server) -> None:
    for key in ("d/a", "d/b/c", "d/b/d/e", "d-e", "d/x:y/z", "d//hidden"):
        put(key, b"12")
    assert names(gateway, "d") == {"a": "FILE", "b": "DIRECTORY", "./x:y": "DIRECTORY"}
    assert names(gateway, "d/a") == {"": "FILE"}
    assert names(gateway, "") == {"d": "DIRECTORY", "d-e": "FILE"}
    assert ask(gateway, "GET", "d/", "GETFILESTATUS")["FileStatus"]["type"] == "DIRECTORY"
    batch = ask(gateway, "GET", "d/b", "LISTSTATUS_BATCH")["DirectoryListing"]
    assert len(batch["partialListing"]["FileStatuses"]["FileStatus"]) == 2
    assert batch["remainingEntries"] == 0
    summary = ask(gateway, "GET", "d/b", "GETCONTENTSUMMARY")["ContentSummary"]
    assert (summary["length"], summary["fileCount"], summary["directoryCount"]) == (4, 2, 2)
    for op in ("GETFILESTATUS", "LISTSTATUS", "OPEN", "GETCONTENTSUMMARY", "CHECKACCESS"):
        assert refused(raw(gateway, "GET", at("absent", op)))[:2] == (404, "FileNotFoundException")
    assert refused(raw(gateway, "GET", at("d", "OPEN")))[2].endswith("is a folder, not a file")


def test_a_folder_of_many_pages_is_listed_moved_and_removed_whole(gateway: Server) -> None:
    files = [f"f{number:04}" for number in range(PAGE * 3 + 5)]
    for name in files:
        put(f"many/{name}")
    assert list(names(gateway, "many")) == files
    assert rename(gateway, "many", "moved/there")
    assert len(keys("moved/there/f")) == len(files)
    assert keys("many/") == []
    assert ask(gateway, "DELETE", "moved", "DELETE", recursive="true") == {"boolean": True}
    assert keys() == []


def test_an_empty_folder_is_there_until_it_holds_a_file(gateway: Server) -> None:
    assert ask(gateway, "PUT", "a/b", "MKDIRS") == {"boolean": True}
    assert names(gateway, "a/b") == {}
    assert names(gateway, "a") == {"b": "DIRECTORY"}
    write(gateway, "a/b/f", [b"x"])
    assert keys() == ["a/b/f"]
    assert ask(gateway, "DELETE", "a/b/f", "DELETE") == {"boolean": True}
    assert names(gateway, "a/b") == {}
    put("file")
    assert refused(raw(gateway, "PUT", at("file", "MKDIRS")))[1] == "FileAlreadyExistsException"


def test_a_marker_that_another_wrote_stays(gateway: Server) -> None:
    put("console/")
    write(gateway, "console/f", [b"x"])
    assert keys() == ["console/", "console/f"]


def test_a_committers_folder_leaves_nothing_and_is_not_lost_before(gateway: Server) -> None:
    ask(gateway, "PUT", "out/_temporary/0", "MKDIRS")
    write(gateway, "out/_temporary/0/_temporary/t1/part-0", [b"x"])
    assert rename(gateway, "out/_temporary/0/_temporary/t1", "out/_temporary/0/task1")
    assert rename(gateway, "out/_temporary/0/task1/part-0", "out/part-0")
    assert names(gateway, "out/_temporary/0") == {}
    ask(gateway, "DELETE", "out/_temporary", "DELETE", recursive="true")
    write(gateway, "out/_SUCCESS", [])
    assert keys() == ["out/_SUCCESS", "out/part-0"]


def test_rename_follows_hadoops_rules(gateway: Server) -> None:
    for key in ("f", "g", "d/x", "e/y"):
        put(key, key.encode())
    assert not rename(gateway, "absent", "z")
    assert not rename(gateway, "f", "g")  # a file is in the way
    assert rename(gateway, "f", "f")
    assert not rename(gateway, "d", "d/inside")
    assert rename(gateway, "f", "d")  # into the folder
    assert rename(gateway, "e", "d")
    assert [key for key in keys() if not key.endswith("/")] == ["d/e/y", "d/f", "d/x", "g"]
    address = at("g", "RENAME", destination=f"/{TOKEN}/{BUCKET}/d/x", renameoptions="OVERWRITE")
    assert raw(gateway, "PUT", address)[0] == 200
    assert s3.client().get_object(Bucket=BUCKET, Key="d/x")["Body"].read() == b"g"
    elsewhere = raw(gateway, "PUT", at("d/x", "RENAME", destination=f"/other-token/{BUCKET}/x"))
    assert refused(elsewhere)[:2] == (403, "AccessControlException")


def test_delete_spares_full_folders_unless_recursive_and_never_empties_a_bucket(gateway: Server) -> None:
    put("d/a")
    assert refused(raw(gateway, "DELETE", at("d", "DELETE")))[1] == "PathIsNotEmptyDirectoryException"
    assert refused(raw(gateway, "DELETE", at("", "DELETE", recursive="true")))[1] == "IOException"
    assert keys() == ["d/a"]
    assert ask(gateway, "DELETE", "d", "DELETE", recursive="true") == {"boolean": True}
    assert ask(gateway, "DELETE", "d", "DELETE", recursive="true") == {"boolean": False}


def test_locality_is_told_without_asking_s3(gateway: Server) -> None:
    params = {"offset": 0, "length": 42}
    [block] = ask(gateway, "GET", "any", "GETFILEBLOCKLOCATIONS", **params)["BlockLocations"]["BlockLocation"]
    assert (block["length"], block["hosts"]) == (42, [])
    located = ask(gateway, "GET", "any", "GET_BLOCK_LOCATIONS", **params)["LocatedBlocks"]
    assert (located["fileLength"], located["locatedBlocks"][0]["locations"]) == (42, [])
