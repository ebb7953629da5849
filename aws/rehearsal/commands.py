"""The rehearsal's processes: the cloud, and the project's own commands, run to their end or killed."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Self

from aws.profile import PLACEHOLDER, PROFILES
from embedded import lifeline
from embedded.errors import Unusable

ROOT = Path(__file__).resolve().parents[2]
PHASE = re.compile(r"\[(\d+)/(\d+)\] (.+)")
PATIENCE = 120.0  # seconds that one command may take


class Deviation(Exception):
    """Something came out otherwise than it must; the text is one line."""


@dataclass(frozen=True)
class Kill:
    """Where to kill a command: in its phase of that title, after so many more lines."""

    phase: str
    lines: int = 0

    def __str__(self) -> str:
        return f"{self.phase}, {'at its start' if self.lines == 0 else 'in the middle'}"


@dataclass
class Outcome:
    """A command that has ended; `killed` is the phase's line where it was killed."""

    lines: list[str] = field(default_factory=list)
    code: int = 0
    killed: str = ""
    seconds: float = 0.0
    stderr: str = ""

    @property
    def phases(self) -> list[str]:
        """The titles of the phases that it has begun."""
        return [match[3] for line in self.lines if (match := PHASE.fullmatch(line))]

    def says(self, text: str) -> bool:
        """Is there a line with this in it?"""
        return any(text in line for line in self.lines)


class Cloud:
    """The cloud as a child process; it ends when the `with` block does, or when this process does."""

    def __init__(self, folder: Path, *options: str) -> None:
        self._log, self._options = folder / "cloud.log", options
        self.url = ""

    def __enter__(self) -> Self:
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "aws.rehearsal.cloud", *self._options],
                cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, start_new_session=True,
            )  # fmt: skip
        line = self._process.stdout.readline() if self._process.stdout else b""
        if not line:
            self.close()
            raise Unusable(f"the rehearsal's cloud did not start: see {self._log}")
        self.url = str(json.loads(line)["url"])
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:  # fmt: skip
        self.close()

    def close(self) -> None:
        """End it."""
        if self._process.stdin:
            self._process.stdin.close()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(10)
        self._process.kill()
        self._process.wait()

    def settings(self) -> dict[str, str]:
        """What leads a command to this cloud and nowhere else."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": "rehearsal",
            "AWS_SECRET_ACCESS_KEY": "rehearsal",
            "AWS_REGION": "eu-west-2",
            "AWS_DEFAULT_REGION": "eu-west-2",
            "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",  # api.127.0.0.1 is no host
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }


def environment(settings: Mapping[str, str]) -> dict[str, str]:
    """Our environment without anything that says where AWS is or what to deploy, with `settings`."""
    texts = [path.read_text() for path in (PROFILES / "aws").glob("*.json")]
    ours = ("AWS_", *(name for text in texts for name, _ in PLACEHOLDER.findall(text)))
    inherited = {name: text for name, text in os.environ.items() if not name.startswith(ours)}
    proxies = dict.fromkeys(("no_proxy", "NO_PROXY"), "127.0.0.1")
    return {**inherited, **proxies, "PYTHONUNBUFFERED": "1", **settings}


class Commands:
    """Runs the project's commands against one cloud; their output goes to files of `folder`."""

    def __init__(self, folder: Path, settings: Mapping[str, str]) -> None:
        self._folder, self._settings = folder, dict(settings)
        self._count = 0

    def run(
        self,
        module: str,
        *arguments: str,
        kill: Kill | None = None,
        root: Path = ROOT,
        more: Mapping[str, str] = MappingProxyType({}),
    ) -> Outcome:
        """Run `python -m module` to its end, or until `kill` is reached; `more` goes into its environment.

        Raises Deviation if it takes too long, or ends before it could be killed.
        """
        self._count += 1
        name = f"{self._count:02d}-{module.partition('.')[2]}"
        begun, outcome = time.monotonic(), Outcome()
        with (self._folder / f"{name}.err").open("w+") as errors:
            process = subprocess.Popen(
                [sys.executable, "-m", module, *arguments], cwd=root, text=True,
                env=environment({**self._settings, **more}), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=errors, start_new_session=True, preexec_fn=lifeline.die_with_parent,
            )  # fmt: skip
            try:
                self._read(process, outcome, kill, begun + PATIENCE)
            finally:
                _kill(process)
            errors.seek(0)
            outcome.stderr = errors.read()
        outcome.code, outcome.seconds = process.wait(), time.monotonic() - begun
        (self._folder / f"{name}.out").write_text("\n".join(outcome.lines) + "\n")
        if outcome.seconds > PATIENCE:
            raise Deviation(f"{module} took longer than {PATIENCE:.0f} s: see {self._folder / name}.out")
        if kill and not outcome.killed:
            raise Deviation(f"{module} ended with {outcome.code} before “{kill}”: {last(outcome)}")
        return outcome

    def _read(
        self, process: subprocess.Popen[str], outcome: Outcome, kill: Kill | None, deadline: float
    ) -> None:
        """Take its lines as they come; kill it where it is to be killed, or when its time is up."""
        alarm = threading.Timer(deadline - time.monotonic(), process.kill)
        alarm.start()
        phase, since = "", 0
        for line in process.stdout or ():
            outcome.lines.append(line.rstrip("\n"))
            since += 1
            if match := PHASE.fullmatch(outcome.lines[-1]):
                phase, since = match[3], 0
            # “stack tubepulse-airflow: MWAA takes …” is the phase “stack tubepulse-airflow”
            if kill and phase.startswith(kill.phase) and since >= kill.lines:
                outcome.killed = phase
                break
        if not outcome.killed:
            process.wait()
        alarm.cancel()


def last(outcome: Outcome) -> str:
    """The last thing that a command has said."""
    said = outcome.stderr.strip().splitlines() or outcome.lines or ["nothing said"]
    return said[-1].strip()


def _kill(process: subprocess.Popen[str]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    if process.stdout:
        process.stdout.close()
    process.wait()
