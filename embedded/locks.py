"""One owner at a time for a folder of this machine. Standard library only: the installer uses it too."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

PAUSE = 0.2  # seconds between two attempts


Waiting = Callable[[str, float], None]


@contextmanager
def exclusive(path: Path, patience: float, waiting: Waiting | None = None) -> Iterator[int | None]:
    """Hold the lock file `path`; give its open descriptor, or None where `patience` seconds did not suffice.

    While it waits, `waiting(holder, seconds)` is called at each attempt; holder is the process id that the
    holder wrote, or '?'. The kernel frees the lock when the last copy of the descriptor is closed: a child
    that inherits it (subprocess's pass_fds) keeps the folder locked after its parent was killed. The file
    stays.
    """
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        if not _acquired(handle, patience, waiting):
            yield None
            return
        os.ftruncate(handle, 0)
        os.pwrite(handle, str(os.getpid()).encode(), 0)
        yield handle
    finally:
        os.close(handle)


def holder(path: Path) -> str:
    """Process id of the last one that took the lock, or '?'."""
    try:
        return path.read_text().strip() or "?"
    except OSError:
        return "?"


def _acquired(handle: int, patience: float, waiting: Waiting | None) -> bool:
    started = time.monotonic()
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            waited = time.monotonic() - started
            if waited >= patience:
                return False
            if waiting:
                waiting(os.pread(handle, 20, 0).decode(errors="replace").strip() or "?", waited)
            time.sleep(PAUSE)
