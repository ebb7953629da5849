"""A gateway with an S3 server in this process, and a WebHDFS client of a few lines."""

from __future__ import annotations

import http.client
import json
import logging
from collections.abc import Iterator
from threading import Thread
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import pytest
from moto.server import ThreadedMotoServer

from emr_local import s3
from emr_local.webhdfs.calls import Gateway
from emr_local.webhdfs.server import Server

TOKEN = "a-token-of-this-test"
BUCKET = "unit-bucket"
PAGE = 10  # keys that this S3 lists at once
Reply = tuple[int, dict[str, str], bytes]


@pytest.fixture(scope="module", name="gateway")
def running_gateway() -> Iterator[Server]:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    moto = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    moto.start()
    host, port = moto.get_host_and_port()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL_S3", f"http://{host}:{port}")
        patch.setenv("AWS_ACCESS_KEY_ID", "unit")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "unit")
        patch.setenv("AWS_REGION", "us-east-1")
        patch.setenv("MOTO_S3_DEFAULT_MAX_KEYS", str(PAGE))
        s3.client.cache_clear()
        s3.client().create_bucket(Bucket=BUCKET)
        server = Server("127.0.0.1", 0, Gateway(TOKEN))
        Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()
        server.server_close()
    moto.stop()
    s3.client.cache_clear()


@pytest.fixture
def empty_bucket(gateway: Server) -> None:
    for key in keys():
        s3.client().delete_object(Bucket=BUCKET, Key=key)


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
