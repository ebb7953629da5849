"""The parent's side of the supervisor: start, watch and stop services by name."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from embedded.errors import Unusable

ROOT = Path(__file__).resolve().parents[1]
TAIL = 12  # lines of a log that an error shows


class Died(Unusable):
    """A process ended that should not have, or could not be started; the end of its log follows."""


class Supervisor:
    """Context manager around one supervisor process; safe to use from several threads.

    When the `with` block ends, or this process ends in any way, everything started here is stopped.
    `inherited` are descriptors that the supervisor keeps open until then, such as that of a lock.
    """

    def __init__(self, log: Path, inherited: Sequence[int] = ()) -> None:
        self._log, self._inherited = log, tuple(inherited)
        self._changed = threading.Condition()
        self._pids: dict[str, int] = {}
        self._exits: dict[str, int] = {}
        self._logs: dict[str, Path] = {}
        self._failures: dict[str, str] = {}
        self._alive = False

    def __enter__(self) -> Self:
        with self._log.open("ab") as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "embedded.supervisor"], cwd=ROOT, stdin=subprocess.PIPE,
                stdout=subprocess.PIPE, stderr=errors, start_new_session=True, pass_fds=self._inherited,
            )  # fmt: skip
        self._alive = True
        self._reader = threading.Thread(target=self._read, name="supervisor-events", daemon=True)
        self._reader.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:  # fmt: skip
        self.close()

    @property
    def pid(self) -> int:
        """Process id of the supervisor itself."""
        return self._process.pid

    @property
    def pids(self) -> dict[str, int]:
        """Process id by name of all services that run; none once the supervisor has ended."""
        with self._changed:
            return {name: pid for name, pid in self._pids.items() if self._alive and name not in self._exits}

    def start(self, name: str, argv: Sequence[str | Path], log: Path, *, env: Mapping[str, str],
              cwd: Path = ROOT, user: str | None = None, stop_signal: str = "SIGTERM",
              patience: float = 10.0) -> int:  # fmt: skip
        """Start a service and give its process id; raises Died if it cannot be started.

        `env` is its whole environment. To stop it: stop_signal, after `patience` seconds SIGKILL for its
        tree. A name may be used again once its process has ended.
        """
        with self._changed:
            for known in (self._pids, self._exits, self._failures):
                known.pop(name, None)
            self._logs[name] = log
        self._send(do="start", name=name, argv=[str(part) for part in argv], env=dict(env), cwd=str(cwd),
                   log=str(log), user=user, stop_signal=stop_signal, patience=patience)  # fmt: skip
        self._wait_for(lambda: name in self._pids or name in self._failures, 30)
        if name in self._failures:
            raise Died(f"{name} cannot be started: {self._failures[name]}")
        return self._pids[name]

    def run(self, name: str, argv: Sequence[str | Path], log: Path, timeout: float, *, env: Mapping[str, str],
            cwd: Path = ROOT, user: str | None = None) -> None:  # fmt: skip
        """Start a process and wait for its end; raises Died unless it ends well within `timeout` seconds."""
        self.start(name, argv, log, env=env, cwd=cwd, user=user)
        try:
            code = self.wait(name, timeout)
        except TimeoutError:
            self.stop(name)
            raise Died(f"{name} did not end in {timeout:.0f} seconds{self._evidence(name)}") from None
        finally:
            self.forget(name)
        if code:
            raise Died(f"{name} {ending(code)}{self._evidence(name)}")

    def wait(self, name: str, timeout: float) -> int:
        """Exit code of a service once it has ended (negative: the signal); raises TimeoutError."""
        if not self._wait_for(lambda: name in self._exits, timeout):
            raise TimeoutError(f"{name} still runs after {timeout:.0f} seconds")
        return self._exits[name]

    def stop(self, name: str, timeout: float = 30.0) -> int | None:
        """Stop a service; its exit code, or None if it never ran."""
        if name not in self._pids:
            return None
        self._send(do="stop", name=name)
        code = self.wait(name, timeout)
        self.forget(name)
        return code

    def check(self, *names: str) -> None:
        """Raise Died if one of the services (all that were started, where none is named) has ended."""
        with self._changed:
            for name in names or self._pids:
                if name in self._exits:
                    raise Died(f"{name} {ending(self._exits[name])}{self._evidence(name)}")
            if not self._alive:
                raise Died(f"the supervisor ended: see {self._log}")

    def forget(self, *names: str) -> None:
        """Leave processes that have ended as they should out of later checks."""
        with self._changed:
            for name in names:
                self._pids.pop(name, None)

    def tail(self, name: str, lines: int = TAIL) -> list[str]:
        """The last lines of a service's log."""
        try:
            with self._logs[name].open("rb") as log:
                log.seek(max(0, log.seek(0, 2) - 65536))
                return log.read().decode(errors="replace").splitlines()[-lines:]
        except (KeyError, OSError):
            return []

    def close(self, timeout: float = 60.0) -> None:
        """Stop everything, in reverse order of start; waits until all of it is gone."""
        if self._process.stdin and not self._process.stdin.closed:
            with suppress(BrokenPipeError):  # it is gone already
                self._process.stdin.close()
        try:
            self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join(1)

    def _evidence(self, name: str) -> str:
        lines = self.tail(name)
        if not lines:
            return f" and wrote nothing to {self._logs[name]}"
        return "\n  | ".join([f"; the end of {self._logs[name]}:", *lines])

    def _send(self, **command: object) -> None:
        assert self._process.stdin  # noqa: S101 - it was asked for
        with self._changed:
            try:
                self._process.stdin.write(json.dumps(command).encode() + b"\n")
                self._process.stdin.flush()
            except (BrokenPipeError, ValueError):
                raise Died(f"the supervisor ended: see {self._log}") from None

    def _read(self) -> None:
        assert self._process.stdout  # noqa: S101 - it was asked for
        for line in self._process.stdout:
            event = json.loads(line)
            with self._changed:
                if event["event"] == "started":
                    self._pids[event["name"]] = event["pid"]
                elif event["event"] == "exited":
                    self._exits[event["name"]] = event["code"]
                else:
                    self._failures[event["name"]] = event["error"]
                self._changed.notify_all()
        with self._changed:
            self._alive = False
            self._changed.notify_all()

    def _wait_for(self, happened: Callable[[], bool], timeout: float) -> bool:
        deadline = time.monotonic() + timeout
        with self._changed:
            while not happened():
                left = deadline - time.monotonic()
                if left <= 0:
                    return False
                if not self._alive:
                    raise Died(f"the supervisor ended: see {self._log}")
                self._changed.wait(left)
        return True


def ending(code: int) -> str:
    """An exit code in words."""
    return f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}"
