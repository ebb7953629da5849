"""Serves S3 as WebHDFS: `python -m emr_local.webhdfs [--host 127.0.0.1] [--port 0]`.

The first line of stdin is the token that every path begins with. One line on stdout says where it listens.
It ends when stdin ends, so that it does not outlive who started it, and on SIGTERM. Whoever knows the token
has the rights in S3 that this process's AWS credentials give.
"""

from __future__ import annotations

import argparse
import logging
import os
import re
import signal
import sys
from threading import Event, Thread

from emr_local import s3
from emr_local.webhdfs.calls import Gateway
from emr_local.webhdfs.server import Server

TOKEN = re.compile(r"[A-Za-z0-9_-]{16,128}")


def main() -> int:
    """The exit code: 2 when it cannot start."""
    cli = argparse.ArgumentParser(
        prog="python -m emr_local.webhdfs", description="S3 as WebHDFS, for Spark's own jars."
    )
    cli.add_argument("--host", default="127.0.0.1", help="address to listen on (default: loopback only)")
    cli.add_argument("--port", type=int, default=0, help="port (default: any free one)")
    options = cli.parse_args()
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(message)s")
    # a connection more than the S3 client keeps is no fault
    logging.getLogger("urllib3.connectionpool").setLevel(logging.ERROR)
    token = sys.stdin.readline().strip()
    if not TOKEN.fullmatch(token):
        print("webhdfs: the first line of stdin must be a token of 16 letters or more", file=sys.stderr)  # noqa: T201
        return 2
    gateway = Gateway(token)
    try:
        server = Server(options.host, options.port, gateway)
    except OSError as error:
        problem = error.strerror or error
        print(f"webhdfs: cannot listen on {options.host}:{options.port} ({problem})", file=sys.stderr)  # noqa: T201
        return 2
    serve(server, gateway)
    return 0


def serve(server: Server, gateway: Gateway) -> None:
    """Serves until SIGTERM, SIGINT or the end of stdin, and gives up uploads that are not complete."""
    ended = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    Thread(target=_wait_for_end_of_stdin, args=(ended,), daemon=True).start()
    s3.client()  # made before the first request, whose latency a job would see
    Thread(target=server.serve_forever, daemon=True).start()
    print(f"{bound_host(server)}:{server.server_port}", flush=True)  # noqa: T201
    ended.wait()
    server.shutdown()
    gateway.uploads.abort_all()


def bound_host(server: Server) -> str:
    """The address that the server is bound to."""
    return str(server.server_address[0])


def _wait_for_end_of_stdin(ended: Event) -> None:
    while os.read(sys.stdin.fileno(), 1024):  # sys.stdin's own lock would be held when Python ends
        pass
    ended.set()


if __name__ == "__main__":
    sys.exit(main())
