"""Run several commands at once: a line for each that ends, a sign of life for the long ones, a log each.

Standard library only.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from embedded import progress

HEARTBEAT = 15.0  # seconds
PAUSE = 0.1  # seconds between two looks
GRACE = 15.0  # seconds that a command gets to clear up when it is stopped


@dataclass(frozen=True)
class Job:
    """A command: what it does, in words; where its output goes."""

    what: str
    argv: Sequence[str]
    env: Mapping[str, str]
    cwd: Path
    log: Path


class Failed(Exception):
    """A command ended with an error; `output` is what it wrote."""

    def __init__(self, job: Job, output: str) -> None:
        super().__init__(job.what)
        self.job, self.output = job, output


class _Running:
    """A command that runs, in a session of its own."""

    def __init__(self, job: Job) -> None:
        job.log.parent.mkdir(parents=True, exist_ok=True)
        with job.log.open("wb") as log:
            self.child = subprocess.Popen(
                job.argv, env=dict(job.env), cwd=job.cwd, stdin=subprocess.DEVNULL, stdout=log,
                stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip
        self.job, self.begun, self.told = job, time.monotonic(), time.monotonic()

    def seconds(self) -> float:
        return time.monotonic() - self.begun

    def output(self) -> str:
        return self.job.log.read_text(errors="replace")

    def stop(self) -> None:
        """End it and its children; it may clear up first."""
        for number, patience in ((signal.SIGTERM, GRACE), (signal.SIGKILL, None)):
            if self.child.poll() is None:
                with suppress(ProcessLookupError, PermissionError):
                    os.killpg(self.child.pid, number)
                with suppress(subprocess.TimeoutExpired):
                    self.child.wait(patience)


def run(jobs: Sequence[Job], say: Callable[[str], None], width: int = 2) -> None:
    """Run them, at most `width` at a time; the first that fails ends the others and raises Failed."""
    waiting, running = list(jobs), list[_Running]()
    try:
        while waiting or running:
            while waiting and len(running) < width:
                running.append(_Running(waiting.pop(0)))
            for one in list(running):
                code = one.child.poll()
                if code is None:
                    _tell_progress(one, say)
                    continue
                running.remove(one)
                if code:
                    raise Failed(one.job, one.output())
                say(f"{one.seconds():6.1f} s  {one.job.what}")
            if running:
                time.sleep(PAUSE)
    finally:
        for one in running:
            one.stop()


def _tell_progress(one: _Running, say: Callable[[str], None]) -> None:
    if time.monotonic() - one.told >= HEARTBEAT:
        one.told = time.monotonic()
        say(f"{one.seconds():6.1f} s  … {one.job.what}: {progress.state(one.output())}")
