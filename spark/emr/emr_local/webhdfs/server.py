"""The gateway's HTTP side: one thread a connection, kept alive; bodies are streamed both ways."""

from __future__ import annotations

import json
import logging
import re
import socket
import sys
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

from botocore.exceptions import BotoCoreError, ClientError

from emr_local.webhdfs import bodies, operations, paths
from emr_local.webhdfs.bodies import BrokenOff
from emr_local.webhdfs.calls import Answer, Call, Gateway, of_json
from emr_local.webhdfs.errors import Defect, Malformed, RemoteError, from_s3

log = logging.getLogger("emr_local.webhdfs")
# What a client may still send before it reads why it was refused.
DRAINED_BYTES = 64 * 1024 * 1024
SEND_BYTES = 64 * 1024
HOME = {"Path": "/user/hadoop"}


class Server(ThreadingHTTPServer):
    """Listens at once; `port` 0 takes a free one."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, host: str, port: int, gateway: Gateway) -> None:
        self.gateway = gateway
        super().__init__((host, port), Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002  # a given form
        """Logs a defect after an answer has begun; a client that goes away is no news."""
        if not isinstance(sys.exception(), (ConnectionError, TimeoutError)):
            log.exception("defect in an answer")


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    rbufsize = 256 * 1024
    disable_nagle_algorithm = True
    server: Server
    raw_requestline: bytes

    def setup(self) -> None:
        """A writer may compute for hours between two pieces: only a dead connection ends a request."""
        super().setup()
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)

    def parse_request(self) -> bool:
        """Hadoop sends names as bare UTF-8, some bytes of which Python takes for blanks: encode them."""
        self.raw_requestline = re.sub(
            rb"[\x80-\xff]", lambda byte: b"%%%02X" % byte[0][0], self.raw_requestline
        )
        return super().parse_request()

    def do_GET(self) -> None:
        """Answers any method; `operations` knows which has which."""
        self._unread: Iterator[bytes] = iter(())
        try:
            self._unread = self._body()
            self._send(self._answer())
        except RemoteError as error:
            self._refuse(error)
        except (BrokenOff, ConnectionError, TimeoutError):
            self.close_connection = True

    do_PUT = do_POST = do_DELETE = do_GET

    def log_message(self, format: str, *args: object) -> None:
        """No line a request: their addresses hold the token."""

    def _answer(self) -> Answer:
        path, _, query = self.path.partition("?")
        params = {name.lower(): value for name, value in parse_qsl(query, keep_blank_values=True)}
        if params.get("op", "").upper() == "GETHOMEDIRECTORY" and path.rstrip("/") == paths.PREFIX:
            return of_json(HOME)  # asked of the root when a file system begins, and no secret
        gateway = self.server.gateway
        uri = paths.from_request(path, gateway.token)
        here = f"http://{self.headers.get('Host', '')}{self.path}"
        try:
            return operations.answer(self.command, Call(gateway, uri, params, here, lambda: self._unread))
        except (BotoCoreError, ClientError) as error:
            raise from_s3(str(uri), error) from None
        except (RemoteError, BrokenOff, ConnectionError, TimeoutError):
            raise
        except Exception as error:
            log.exception("defect in %s of %s", params.get("op"), uri)
            raise Defect(f"{uri}: the gateway failed ({error}); its log has more") from error

    def _send(self, answer: Answer) -> None:
        self.send_response(answer.status)
        if answer.location is not None:
            self.send_header("Location", answer.location)
        self.send_header("Content-Type", answer.type)
        if answer.length is None:
            self.send_header("Transfer-Encoding", "chunked")
        else:
            self.send_header("Content-Length", str(answer.length))
        # Most requests have no body left here; one that does cannot share its connection.
        if next(self._unread, None) is not None:
            self.send_header("Connection", "close")
        self.end_headers()
        try:
            for piece in answer.pieces if answer.length is not None else _chunks(answer.pieces):
                self.wfile.write(piece)
        except (BotoCoreError, ClientError, RemoteError) as error:
            # The headers are gone: only a body that is too short can tell the client.
            log.warning("an answer broke off: %s", error)
            self.close_connection = True

    def _refuse(self, error: RemoteError) -> None:
        """The error, after what the client sends: it reads no answer before."""
        left = DRAINED_BYTES
        try:
            while left > 0 and (piece := next(self._unread, None)) is not None:
                left -= len(piece)
        except BrokenOff:
            left = 0
        if left <= 0:
            self.close_connection = True
        body = json.dumps(error.body()).encode()
        with suppress(ConnectionError, TimeoutError):
            self.send_response(error.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    def _body(self) -> Iterator[bytes]:
        coding = self.headers.get("Transfer-Encoding", "").lower()
        if coding == "chunked":
            return bodies.chunked(self.rfile)
        if coding:
            self.close_connection = True
            raise Malformed(f"Transfer-Encoding {coding}: write chunked")
        length = self.headers.get("Content-Length", "0")
        if not (length.isascii() and length.isdecimal()):
            self.close_connection = True
            raise Malformed(f"Content-Length {length}: write a whole number")
        return bodies.of_length(self.rfile, int(length))


def _chunks(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """HTTP's chunks, of some size: a listing comes in small pieces."""
    gathered = bytearray()
    for piece in pieces:
        gathered += piece
        if len(gathered) >= SEND_BYTES:
            yield b"%x\r\n%b\r\n" % (len(gathered), bytes(gathered))
            gathered.clear()
    if gathered:
        yield b"%x\r\n%b\r\n" % (len(gathered), bytes(gathered))
    yield b"0\r\n\r\n"
