"""The gateway as a child process: started, watched, started anew when it dies, ended with its parent."""

from __future__ import annotations

import logging
import os
import secrets
import subprocess
import sys
import time
from pathlib import Path
from threading import Event, Lock, Thread
from typing import NamedTuple

log = logging.getLogger("emr_local")
PACKAGES = Path(__file__).parents[2]
STOP_SECONDS = 10.0
RESTART_SECONDS = (0.1, 1.0, 5.0, 30.0)  # the pause before each attempt, and before all after these
LIVED_SECONDS = 60.0  # one that served so long is not failing at its start


class CannotStart(Exception):
    """The gateway does not listen; the text says why."""


class Address(NamedTuple):
    """Where clients find the gateway (`host:port`), and what their paths begin with."""

    netloc: str
    token: str


class Gateway:
    """One gateway of a service; its stdin is a pipe that closes with this process, however that ends."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._stopping = Event()
        self._process: subprocess.Popen[str] | None = None
        self._watcher: Thread | None = None
        self._token = secrets.token_urlsafe(24)

    def start(self, host: str, advertised_host: str, port: int = 0) -> Address:
        """Starts it on `host`; answers when it listens. CannotStart says why it does not.

        `advertised_host` is the name that executors reach it by. When it dies, it is started anew on the same
        port with the same token, so that settings given out stay right; the log has a line each time.
        """
        process, bound = self._spawn(host, port)
        self._watcher = Thread(target=self._watch, args=(process, host, bound), daemon=True)
        self._watcher.start()
        return Address(f"{advertised_host}:{bound}", self._token)

    def stop(self) -> None:
        """Ends it; what it was uploading is given up."""
        with self._lock:
            self._stopping.set()
            process = self._process
        if process is not None:
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
        if self._watcher is not None:
            self._watcher.join()

    @property
    def pid(self) -> int | None:
        """The id of the process that serves now."""
        process = self._process
        return None if process is None or process.poll() is not None else process.pid

    def _watch(self, process: subprocess.Popen[str], host: str, port: int) -> None:
        failures = 0
        while True:
            begun = time.monotonic()
            code = process.wait()
            _close(process)
            if time.monotonic() - begun > LIVED_SECONDS:
                failures = 0
            while not self._stopping.wait(RESTART_SECONDS[min(failures, len(RESTART_SECONDS) - 1)]):
                log.error("the gateway to S3 ended with exit code %s: starting it anew", code)
                failures += 1
                try:
                    process, _ = self._spawn(host, port)
                    break
                except CannotStart as error:
                    log.error("%s", error)
            if self._stopping.is_set():
                return

    def _spawn(self, host: str, port: int) -> tuple[subprocess.Popen[str], int]:
        with self._lock:
            if self._stopping.is_set():
                raise CannotStart("the gateway to S3 is stopping")
            process = subprocess.Popen(
                [sys.executable, "-m", "emr_local.webhdfs", "--host", host, "--port", str(port)],
                env={**os.environ, "PYTHONPATH": str(PACKAGES)},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                start_new_session=True,  # a Ctrl-C is for the service, which ends it last
            )
            self._process = process
        if process.stdin is None or process.stdout is None:
            raise CannotStart("the gateway to S3 has no pipes")
        try:
            process.stdin.write(f"{self._token}\n")
            process.stdin.flush()
        except OSError:
            pass  # it ended: the next line tells
        line = process.stdout.readline()
        if not line:
            code = process.wait()
            _close(process)
            raise CannotStart(f"the gateway to S3 cannot start on {host}:{port} (exit code {code})")
        return process, int(line.rpartition(":")[2])


def _close(process: subprocess.Popen[str]) -> None:
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            stream.close()
