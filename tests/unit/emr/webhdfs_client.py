"""A WebHDFS client of a few lines, and a look at what is in S3."""

from __future__ import annotations

import http.client
import json
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from emr_local import s3
from emr_local.webhdfs.server import Server

TOKEN = "a-token-of-this-test"
BUCKET = "unit-bucket"
PAGE = 10  # keys that this S3 lists at once
Reply = tuple[int, dict[str, str], bytes]


def keys(prefix: str = "") -> list[str]:
    listed = s3.client().get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=prefix)
    return [item["Key"] for page in listed for item in page.get("Contents", [])]


def put(key: str, body: bytes = b"") -> None:
    s3.client().put_object(Bucket=BUCKET, Key=key, Body=body)


def raw(gateway: Server, method: str, address: str, body: Any = None, chunked: bool = False) -> Reply:
    connection = http.client.HTTPConnection("127.0.0.1", gateway.server_port, timeout=20)
    headers = {"Transfer-Encoding": "chunked"} if chunked else {}
    try:
        connection.request(method, address, body=body, headers=headers, encode_chunked=chunked)
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()
    finally:
        connection.close()


def at(key: str, op: str, **params: object) -> str:
    return f"/webhdfs/v1/{TOKEN}/{BUCKET}/{quote(key)}?{urlencode({'op': op, **params})}"


def ask(gateway: Server, method: str, key: str, op: str, **params: object) -> Any:
    status, _, body = raw(gateway, method, at(key, op, **params))
    assert status == 200, body
    return json.loads(body)


def refused(reply: Reply) -> tuple[int, str, str]:
    error = json.loads(reply[2])["RemoteException"]
    assert error["javaClassName"].endswith(error["exception"])
    return reply[0], error["exception"], error["message"]


def write(gateway: Server, key: str, pieces: list[bytes], **params: object) -> int:
    status, headers, _ = raw(gateway, "PUT", at(key, "CREATE", **params))
    assert status == 307
    there = urlsplit(headers["Location"])
    assert there.port == gateway.server_port
    return raw(gateway, "PUT", f"{there.path}?{there.query}", iter(pieces), chunked=True)[0]


def rename(gateway: Server, source: str, target: str) -> bool:
    answer = ask(gateway, "PUT", source, "RENAME", destination=f"/{TOKEN}/{BUCKET}/{target}")
    return bool(answer["boolean"])


def names(gateway: Server, key: str) -> dict[str, str]:
    listed = ask(gateway, "GET", key, "LISTSTATUS")["FileStatuses"]["FileStatus"]
    return {entry["pathSuffix"]: entry["type"] for entry in listed}
