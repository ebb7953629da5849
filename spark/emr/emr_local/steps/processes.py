"""Processes of a node: each in a session of its own, with bounded logs, and found again by a mark.

A mark is an environment variable (`EMR_CLUSTER_ID=...`, `EMR_STEP_ID=...`) that every descendant inherits,
also one that left its process group and its parents. On Linux /proc shows it; elsewhere only process groups
are reached.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Lock, Thread
from typing import IO

PROC = Path("/proc")
DRAIN_SECONDS = 1.0
CHUNK_BYTES = 64 * 1024


class Watch:
    """Calls `found` once, when `text` (at least two bytes) passes in a stream that comes in pieces."""

    def __init__(self, text: bytes, found: Callable[[], None]) -> None:
        self._text = text
        self._found = found
        self._tail = b""
        self._done = False

    def look(self, piece: bytes) -> None:
        """Takes the next piece; that `found` cannot write somewhere does not hold up the stream."""
        if self._done:
            return
        seen = self._tail + piece
        self._tail = seen[1 - len(self._text) :]
        if self._text in seen:
            self._done = True
            with suppress(OSError):
                self._found()


class NodeProcess:
    """One program, stdout and stderr in files of `log_dir`; may be signalled before it has started.

    `watch` looks at stderr as it is copied.
    """

    def __init__(self, mark: str, log_dir: Path, log_limit_bytes: int, watch: Watch | None = None) -> None:
        self.mark = mark
        self._watch = watch
        self._log_dir = log_dir
        self._limit = log_limit_bytes
        self._lock = Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._signalled = False

    def run(self, argv: Sequence[str], env: Mapping[str, str], cwd: Path) -> int:
        """Runs the program to its end; its exit code, negative for a signal. OSError when it cannot start."""
        with self._lock:
            if self._signalled:
                return -signal.SIGTERM
            process = subprocess.Popen(
                argv,
                env=env,
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
            self._process = process
        pumps = [
            _pump(stream, self._log_dir / name, self._limit, watch)
            for stream, name, watch in (
                (process.stdout, "stdout", None),
                (process.stderr, "stderr", self._watch),
            )
            if stream is not None
        ]
        exit_code = process.wait()
        # A background process that holds the pipe does not hold up the step; its pump lives on until it ends.
        deadline = time.monotonic() + DRAIN_SECONDS
        for pump in pumps:
            pump.join(max(0.0, deadline - time.monotonic()))
        return exit_code

    def interrupt(self) -> None:
        """SIGTERM to the process group; a program that has not started yet will not."""
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL to the program and everything that descends from it."""
        self._signal(signal.SIGKILL)
        kill_marked(self.mark)

    def _signal(self, number: signal.Signals) -> None:
        with self._lock:
            self._signalled = True
            process = self._process
        if process is not None and process.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, number)


def _pump(stream: IO[bytes], target: Path, limit: int, watch: Watch | None) -> Thread:
    thread = Thread(target=_copy_bounded, args=(stream, target, limit, watch), daemon=True)
    thread.start()
    return thread


def _copy_bounded(stream: IO[bytes], target: Path, limit: int, watch: Watch | None) -> None:
    """Copies at most `limit` bytes and then a notice; reads on, so that the program is never blocked."""
    with stream:
        with suppress(OSError):  # a full disk ends the log, not the program
            _write_bounded(stream, target, limit, watch)
        while os.read(stream.fileno(), CHUNK_BYTES):
            pass


def _write_bounded(stream: IO[bytes], target: Path, limit: int, watch: Watch | None) -> None:
    written = 0
    with target.open("wb", buffering=0) as file:
        while chunk := os.read(stream.fileno(), CHUNK_BYTES):
            if watch is not None:
                watch.look(chunk)
            kept = chunk[: limit - written]
            file.write(kept)
            written += len(kept)
            if kept != chunk:
                file.write(f"\n[the rest is not kept: this log is limited to {limit} bytes]\n".encode())
                return


def marked(mark: str) -> list[int]:
    """The ids of the processes that carry the mark."""
    wanted, found = mark.encode(), []
    for entry in PROC.iterdir() if PROC.is_dir() else ():
        if not entry.name.isdigit():
            continue
        with suppress(OSError):
            if wanted in (entry / "environ").read_bytes().split(b"\0"):
                found.append(int(entry.name))
    return found


def kill_marked(mark: str) -> None:
    """SIGKILL to all that carry the mark, again until none is left: one of them may have been forking."""
    for _ in range(10):
        found = marked(mark)
        for pid in found:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        if not found:
            return
        time.sleep(0.01)
