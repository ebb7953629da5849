"""A host of files on loopback, a bucket in moto, and rows in the layout of Price Paid Data."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import boto3
import pytest
from airflow.providers.amazon.aws.hooks.s3 import S3Hook
from moto import mock_aws

from tubepulse.housing.stage import Stage

BUCKET = "bucket"
PIECE = 64 * 1024  # bytes that are sent at once
ONSPD = "pcd,pcd2,pcds,dointr,doterm,lat,long\r\n"


Body = str | bytes | Iterable[bytes]  # pieces are sent without a Content-Length
Served = tuple[int, Body, dict[str, str]]


@dataclass
class Host:
    """What is served: path -> (status, body, headers); `asked` has every request's path and headers.

    `once` goes before `files`, each answer one time; `sent` counts a path's bytes.
    """

    port: int = 0
    files: dict[str, Served] = field(default_factory=dict)
    once: dict[str, list[Served]] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    sent: Counter[str] = field(default_factory=Counter)

    @property
    def paths(self) -> list[str]:
        """What was asked for, in order."""
        return [path for path, _ in self.asked]

    def serve(self, path: str, body: Body, status: int = 200, **headers: str) -> None:
        self.files[path] = status, body, _headers(headers)

    def serve_once(self, path: str, body: Body, status: int = 200, **headers: str) -> None:
        self.once.setdefault(path, []).append((status, body, _headers(headers)))

    def answer(self, path: str) -> Served:
        waiting = self.once.get(path)
        return waiting.pop(0) if waiting else self.files.get(path, (404, b"", {}))


def _headers(named: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): text for name, text in named.items()}


def _pieces(body: Body) -> Iterable[bytes]:
    content = body.encode() if isinstance(body, str) else body
    if not isinstance(content, bytes):
        return content
    return (content[start : start + PIECE] for start in range(0, len(content), PIECE))


@contextmanager
def serving() -> Iterator[Host]:
    host = Host()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            host.asked.append((self.path, dict(self.headers)))
            status, body, headers = host.answer(self.path)
            if isinstance(body, str | bytes):
                length = len(body.encode() if isinstance(body, str) else body)
                headers = {"Content-Length": str(length), **headers}
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            with suppress(ConnectionError):  # a client may stop reading
                for piece in _pieces(body):
                    self.wfile.write(piece)
                    host.sent[self.path] += len(piece)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    host.port = server.server_port
    Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield host
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def stages(*prefixes: str) -> Iterator[list[Stage]]:
    """Empty stages of a bucket in moto."""
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        for name, value in {
            "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1",
            "AIRFLOW_CONN_AWS_DEFAULT": "aws://",
        }.items():  # fmt: skip
            patch.setenv(name, value)
        boto3.client("s3").create_bucket(Bucket=BUCKET)
        yield [Stage(S3Hook(aws_conn_id="aws_default"), BUCKET, prefix) for prefix in prefixes]


def connect(patch: pytest.MonkeyPatch, host: Host, password: str | None = None) -> None:
    """Point both connections of the Land Registry at the host."""
    common = {
        "conn_type": "http",
        "schema": "http",
        "host": "127.0.0.1",
        "port": host.port,
        "password": password,
    }
    prices = {"year_file": "pp-{year}.csv", "update_file": "update.csv", "attribution": "Sales © {year}."}
    directory = {"file": "ONSPD.csv", "attribution": "Postcodes © {year}."}
    patch.setenv("AIRFLOW_CONN_LAND_REGISTRY", json.dumps({**common, "extra": prices}))
    patch.setenv("AIRFLOW_CONN_POSTCODE_DIRECTORY", json.dumps({**common, "extra": directory}))


def guid(number: int) -> str:
    return f"{{{number:08X}-0000-0000-E053-000000000000}}"


def row(number: int = 1, **changes: str) -> str:
    """A row of Price Paid Data: a flat in London, sold on 4 March 2026."""
    cells = {
        "id": guid(number), "price": "500000", "date": "2026-03-04 00:00", "postcode": "ZQ1 1AA", "type": "F",
        "new": "N", "tenure": "L", "paon": "1", "saon": "FLAT 2", "street": "IMAGINARY ROAD", "locality": "",
        "town": "LONDON", "district": "NOWHERE", "county": "GREATER LONDON", "category": "A", "status": "A",
    }  # fmt: skip
    return ",".join(f'"{cell}"' for cell in {**cells, **changes}.values()) + "\r\n"


def postcode(name: str, latitude: float = 51.5, longitude: float = 0.0, terminated: str = "") -> str:
    return f"{name},{name},{name},198001,{terminated},{latitude:.6f},{longitude:.6f}\r\n"
