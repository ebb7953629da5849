"""What a command costs with all its descendants: CPU and wall seconds, and peak memory.

    python measured.py REPORT COMMAND [ARGUMENT...]

Runs the command to the end of its last descendant, writes the figures to the file REPORT (JSON), and ends
with the command's exit code. Started as a program of its own, as `measure` does it: the figures are those of
all processes that the program had to wait for.

On Linux the program adopts orphans (PR_SET_CHILD_SUBREAPER), so that the CPU seconds, user and system, are
those of all; elsewhere of processes whose parents waited for them. Where a parent ignores the end of its
children, as the daemon of Spark's Python workers does, the system adds their seconds to nobody's: theirs are
what they had at the last look. Looks are taken about five times a second. The memory is on Linux the sum of
the processes' proportional set sizes (PSS: a page that n processes share counts 1/n for each), elsewhere of
their resident set sizes, where shared pages count several times.
"""

from __future__ import annotations

import ctypes
import json
import os
import re
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Event, Thread

import psutil

SET_CHILD_SUBREAPER = 36
LOOK = 0.2  # seconds between two looks at the memory, or 20 times what a look takes
PATIENCE = 20.0  # seconds for descendants that outlive the command
OUTPUT_SHOWN = 3000  # characters


@dataclass(frozen=True)
class Cost:
    """What a command took: seconds of CPU (user and system) and of wall time, peak memory in bytes."""

    cpu: float
    wall: float
    memory: int

    @classmethod
    def read(cls, report: Path) -> Cost:
        """The figures in a report of this program."""
        return cls(**json.loads(report.read_text()))


class CommandFailed(Exception):
    """A measured command ended with another exit code than 0; the text ends with its last output."""


def measure(command: Sequence[str | Path], env: Mapping[str, str] | None = None) -> Cost:
    """Run a command and return its cost; raises CommandFailed."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        done = subprocess.run(
            [*program(report), *map(str, command)], env=env, text=True, errors="replace", check=False,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        if done.returncode:
            raise CommandFailed(f"{command[0]}: exit code {done.returncode}\n{done.stdout[-OUTPUT_SHOWN:]}")
        return Cost.read(report)


def program(report: Path) -> list[str]:
    """What goes before a command so that it is measured."""
    # -P: this folder's modules are not to stand before those of other packages
    return [sys.executable, "-P", str(Path(__file__).resolve()), str(report)]


def main(argv: Sequence[str]) -> int:
    """The program; returns the command's exit code."""
    report, *command = argv
    adopt_orphans()
    began = time.perf_counter()
    child = subprocess.Popen(command)
    # as long as the command runs, it is asked to end by whoever asks this program to
    signal.signal(signal.SIGTERM, lambda *_: child.terminate())
    seen, done = Seen(Path(report)), Event()
    watch = Thread(target=seen.watch, args=(done,), daemon=True)
    watch.start()
    exit_code = child.wait()
    adopted = reap()
    wall = time.perf_counter() - began
    done.set()
    watch.join()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    lost = sum(seconds for pid, seconds in seen.unaccounted.items() if pid not in adopted)
    Path(report).write_text(json.dumps(asdict(Cost(used.ru_utime + used.ru_stime + lost, wall, seen.bytes))))
    return exit_code if exit_code >= 0 else 128 - exit_code


def adopt_orphans() -> None:
    """Become the parent of all descendants whose own parent ends, where the system can do that."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def reap() -> set[int]:
    """Wait for the descendants that are left, SIGKILL for those that do not end in time; return their ids."""
    deadline = time.monotonic() + PATIENCE
    adopted: set[int] = set()
    with suppress(ChildProcessError):
        while True:
            ended, _ = os.waitpid(-1, os.WNOHANG)
            adopted.add(ended)
            if not ended:
                if time.monotonic() > deadline:
                    for process in psutil.Process().children(recursive=True):
                        with suppress(psutil.NoSuchProcess):
                            process.kill()
                time.sleep(0.01)
    return adopted


def spent(report: Path) -> float:
    """CPU seconds that the descendants of a measurement that still runs had at its last look."""
    return float(running(report).read_text())


def running(report: Path) -> Path:
    """Where a measurement that still runs tells what its descendants had so far."""
    return report.with_suffix(".running")


class Seen:
    """What the descendants of a process were seen to have.

    `bytes`: the most memory, together. `seconds`: by process id, the CPU seconds of each alone.
    `unaccounted`: the same with its ended children's, of those whose parent ignores their end.
    """

    def __init__(self, report: Path) -> None:
        self.root = psutil.Process()
        self.running = running(report)
        self.bytes = 0
        self.seconds: dict[int, float] = {}
        self.unaccounted: dict[int, float] = {}

    def watch(self, done: Event) -> None:
        """Look again and again until `done`."""
        pause = 0.0
        while not done.wait(pause):
            began = time.thread_time()
            processes = self.root.children(recursive=True)
            self.bytes = max(self.bytes, sum(map(memory, processes)))
            for process in processes:
                with suppress(psutil.Error):
                    used = process.cpu_times()
                    self.seconds[process.pid] = sum(used[:2])
                    if ignores_children(process.ppid()):
                        self.unaccounted[process.pid] = sum(used[:4])
            self.tell()
            pause = max(LOOK, 20 * (time.thread_time() - began))

    def tell(self) -> None:
        """Write the CPU seconds so far, for `spent`."""
        draft = self.running.with_suffix(".draft")
        draft.write_text(str(sum(self.seconds.values())))
        draft.replace(self.running)


def ignores_children(pid: int) -> bool:
    """Does a process ignore SIGCHLD? Where the system does not tell: no."""
    try:
        found = re.search(r"^SigIgn:\s*([0-9a-f]+)", Path(f"/proc/{pid}/status").read_text(), re.M)
    except OSError:
        return False
    return found is not None and bool(int(found[1], 16) >> (signal.SIGCHLD - 1) & 1)


def memory(process: psutil.Process) -> int:
    """A process's bytes of memory: PSS where the system tells it, else RSS; 0 once it has ended."""
    try:
        found = re.search(r"^Pss:\s*(\d+) kB", Path(f"/proc/{process.pid}/smaps_rollup").read_text(), re.M)
        return int(found[1]) * 1024 if found else 0
    except OSError:
        with suppress(psutil.Error):
            return int(process.memory_info().rss)
        return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
