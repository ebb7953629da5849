"""Run the commands of an installation: a line for each, a sign of life every ten seconds, output to a log.

Standard library only. Plain lines, with or without a terminal.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from embedded import lifeline

HEARTBEAT = 10.0  # seconds
_group: int | None = None  # process group of the command that runs now


class Failed(Exception):
    """A command ended with an error; `output` is what it wrote."""

    def __init__(self, what: str, output: str) -> None:
        super().__init__(what)
        self.what, self.output = what, output


class Progress:
    """Says what happens, with the seconds since it was made."""

    def __init__(self, log: Path, say: Callable[[str], None], inherited: Sequence[int] = ()) -> None:
        self._log, self._say, self._inherited = log, say, tuple(inherited)
        self._started = time.monotonic()
        log.write_bytes(b"")

    def tell(self, text: str) -> None:
        """One line for the user."""
        self._say(f"{time.monotonic() - self._started:6.1f} s  {text}")

    def run(self, what: str, argv: Sequence[str | Path], env: Mapping[str, str], cwd: Path) -> str:
        """Run a command to its end and give what it wrote; raises Failed.

        It gets a session of its own and is killed with all its children when we are stopped, in whatever way.
        It keeps our inherited descriptors open: a lock is free only when the last of them has ended.
        """
        global _group
        self.tell(what)
        with self._log.open("ab") as log:
            log.write(f"\n== {what}\n".encode())
            log.flush()
            begin = log.tell()
            child = subprocess.Popen(
                argv, env=env, cwd=cwd, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True, preexec_fn=lifeline.die_with_parent, pass_fds=self._inherited,
            )  # fmt: skip
        _group = child.pid
        try:
            code = self._wait(child, what, begin)
        finally:
            kill_running()
        output = self._since(begin)
        if code:
            raise Failed(what, output)
        return output

    def _wait(self, child: subprocess.Popen[bytes], what: str, begin: int) -> int:
        while True:
            try:
                return child.wait(HEARTBEAT)
            except subprocess.TimeoutExpired:
                details = [part for part in (state(self._since(begin)), written(child.pid)) if part]
                self.tell("; ".join([f"… {what}", *details]))

    def _since(self, begin: int) -> str:
        with self._log.open("rb") as log:
            log.seek(begin)
            return log.read().decode(errors="replace")


def kill_running() -> None:
    """Kill what the command that runs now has started, and itself; nothing where none runs."""
    global _group
    if _group:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(_group, signal.SIGKILL)
    _group = None


def state(output: str) -> str:
    """What uv is doing, from its output so far: 'downloading numpy (15.9MiB)', 'building pyspark==3.5.6'."""
    parts = []
    for doing, done in (("Downloading", "Downloaded"), ("Building", "Built")):
        begun = dict(re.findall(rf"^\s*{doing} (\S+)(.*)$", output, re.MULTILINE))
        ended = set(re.findall(rf"^\s*{done} (\S+)", output, re.MULTILINE))
        left = [name + size for name, size in begun.items() if name not in ended]
        if left:
            more = f" and {len(left) - 3} more" if len(left) > 3 else ""
            parts.append(f"{doing.lower()} {', '.join(left[:3])}{more}")
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    return ", ".join(parts) or (lines[-1][:100] if lines else "")


def written(session: int) -> str:
    """'310 MB written' by a session's processes, from the kernel's counts; nothing where it keeps none."""
    total = 0
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, ValueError):
            if os.getsid(int(folder.name)) == session:
                counts = re.findall(r"^wchar: (\d+)$", (folder / "io").read_text(), re.MULTILINE)
                total += sum(map(int, counts))
    return f"{total / 1e6:.0f} MB written" if total else ""
