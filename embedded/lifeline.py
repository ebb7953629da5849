"""End with the process that started us, however it ended. Standard library only: the installer uses it too.

`kill -9 make` tells its children nothing: each one that must not outlive it has to look.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

PAUSE = 0.5  # seconds between two looks
PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def end_with_parent(last_words: Callable[[], None] | None = None) -> None:
    """Watch from a thread: once our parent is gone, call `last_words`, then leave with exit code 1.

    Under make the shell that runs a recipe's line stands between: there its parent is watched as well.
    Nothing else of this process runs (no finally, no atexit): whoever needs more holds a lifeline of its own.
    """
    known = _ancestors()
    threading.Thread(target=_watch, args=(known, last_words), name="end-with-parent", daemon=True).start()


def die_with_parent(number: int = signal.SIGKILL) -> None:
    """Ask the kernel for signal `number` when the thread that started us ends; Linux only, else nothing.

    For `preexec_fn`: after a change of user, which would clear it.
    """
    if _libc:
        _libc.prctl(PR_SET_PDEATHSIG, number)


def adopt_orphans() -> None:
    """Become the parent of descendants whose own parent ends; Linux only, else nothing."""
    if _libc:
        _libc.prctl(PR_SET_CHILD_SUBREAPER, 1)


def _watch(known: tuple[int, ...], last_words: Callable[[], None] | None) -> None:
    while _ancestors(len(known)) == known:
        time.sleep(PAUSE)
    try:
        if last_words:
            last_words()
    finally:
        os._exit(1)


def _ancestors(depth: int | None = None) -> tuple[int, ...]:
    """Our parent's id; where make started a shell that started us, make's id too."""
    parent = os.getppid()
    if depth is None:
        depth = 2 if "MAKELEVEL" in os.environ and _name(parent).endswith("sh") else 1
    return (parent, _parent_of(parent)) if depth == 2 else (parent,)


def _stat(pid: int) -> tuple[str, list[str]]:
    """Name and the fields after it from /proc/<pid>/stat; nothing without /proc or such a process."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(errors="replace")
    except OSError:
        return "", []
    name, _, rest = text.partition("(")[2].rpartition(")")
    return name, rest.split()


def _name(pid: int) -> str:
    return _stat(pid)[0]


def _parent_of(pid: int) -> int:
    fields = _stat(pid)[1]
    return int(fields[1]) if fields else 0
