"""Starts and owns the services; stops them all, in reverse order, when its stdin ends.

It runs as a child in a session of its own, so that neither Ctrl-C nor the end of its parent reaches the
services first. Its stdin is the lifeline: the kernel closes it however the parent ends, SIGKILL included.

JSON lines in:   {"do": "start", "name", "argv", "env", "cwd", "log", "user", "stop_signal", "patience"}
                 {"do": "stop", "name"}
JSON lines out:  {"event": "started", "name", "pid"},
                 {"event": "exited", "name", "code"}, a negative code being the signal that ended it,
                 {"event": "failed", "name", "error"} when it could not be started
"""

from __future__ import annotations

import json
import os
import selectors
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from embedded import lifeline
from embedded.users import identity

PAUSE = (
    1.0  # seconds between two looks at our parent: its forked children may hold the lifeline open after it
)
LAST_WAIT = 5.0  # seconds for the kernel to end what was sent SIGKILL


@dataclass
class Service:
    """A running child: how to stop it and how many seconds it gets to do so."""

    name: str
    process: subprocess.Popen[bytes]
    stop_signal: signal.Signals
    patience: float


class Services:
    """The children, oldest first."""

    def __init__(self) -> None:
        self._running: dict[str, Service] = {}

    def start(
        self,
        name: str,
        argv: list[str],
        env: dict[str, str],
        cwd: str,
        log: str,
        user: str | None = None,
        stop_signal: str = "SIGTERM",
        patience: float = 10.0,
    ) -> None:
        """Start one child in a session of its own; its output goes to the end of `log`."""
        number = signal.Signals[stop_signal]

        def last_before_exec() -> None:
            lifeline.die_with_parent(number)

        try:
            if name in self._running:
                raise ValueError("it runs already")
            with Path(log).open("ab") as output:
                process = subprocess.Popen(
                    argv, env=env, cwd=cwd, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                    start_new_session=True, preexec_fn=last_before_exec, **identity(user),
                )  # fmt: skip
        except (OSError, ValueError, KeyError, subprocess.SubprocessError) as error:
            say(event="failed", name=name, error=str(error))
            return
        self._running[name] = Service(name, process, number, patience)
        say(event="started", name=name, pid=process.pid)

    def stop(self, name: str) -> None:
        """Ask, wait, then kill what is left of the service's process tree; unknown names are no error."""
        service = self._running.get(name)
        if not service:
            return
        tree = family(service.process.pid)
        send(tree[:1], service.stop_signal)
        self._await_end(name, service.patience)
        send([*tree, *family(service.process.pid)], signal.SIGKILL)
        self._await_end(name, LAST_WAIT)

    def stop_all(self) -> None:
        """Stop every service, newest first, then kill whatever descends from us, orphans included."""
        for name in reversed(list(self._running)):
            self.stop(name)
        deadline = time.monotonic() + LAST_WAIT
        while (left := psutil.Process().children(recursive=True)) and time.monotonic() < deadline:
            send(left, signal.SIGKILL)
            time.sleep(0.02)
            self.reap()

    def _await_end(self, name: str, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while name in self._running and time.monotonic() < deadline:
            time.sleep(0.02)
            self.reap()

    def reap(self) -> None:
        """Collect every child that has ended, adopted orphans too, and tell of those that are services."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if not pid:
                return
            for name, service in list(self._running.items()):
                if service.process.pid == pid:
                    service.process.returncode = os.waitstatus_to_exitcode(status)
                    del self._running[name]
                    say(event="exited", name=name, code=service.process.returncode)


def family(leader: int) -> list[psutil.Process]:
    """`leader` first, its descendants, and the members of its session: some may have lost their parent.

    Process objects rather than ids: psutil sends no signal to a stranger that was given a freed id.
    """
    found: list[psutil.Process] = []
    with suppress(psutil.NoSuchProcess):
        found = [psutil.Process(leader)]
        found += found[0].children(recursive=True)
    for pid in psutil.pids():
        with suppress(OSError, psutil.NoSuchProcess):
            if pid != leader and os.getsid(pid) == leader:
                found.append(psutil.Process(pid))
    return found


def send(processes: list[psutil.Process], number: int) -> None:
    """Send a signal to each; those that are gone are no error."""
    for process in processes:
        with suppress(psutil.Error):
            process.send_signal(number)


def say(**event: Any) -> None:
    """One event to the parent; when it is gone there is nobody to tell."""
    with suppress(OSError):
        os.write(1, json.dumps(event).encode() + b"\n")


def obey(services: Services, line: bytes) -> None:
    """Carry out one command."""
    command = json.loads(line)
    if command.pop("do") == "start":
        services.start(**command)
    else:
        services.stop(**command)


def main() -> int:
    """Serve commands until stdin ends, our parent changes or SIGTERM comes; then stop everything."""
    lifeline.adopt_orphans()
    services, parent, bell = Services(), os.getppid(), _bell()
    selector = selectors.DefaultSelector()
    selector.register(0, selectors.EVENT_READ)
    selector.register(bell, selectors.EVENT_READ)
    rest = b""
    while os.getppid() == parent:
        ready = {key.fd for key, _ in selector.select(PAUSE)}
        if bell in ready and signal.SIGTERM in os.read(bell, 4096):
            break
        if 0 in ready:
            data = os.read(0, 65536)
            if not data:
                break
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                obey(services, line)
        services.reap()
    services.stop_all()
    return 0


def _bell() -> int:
    """A descriptor that gives the number of each signal as one byte; none of them ends us."""
    bell, clapper = os.pipe()
    os.set_blocking(clapper, False)
    signal.set_wakeup_fd(clapper, warn_on_full_buffer=False)
    # A handler that does nothing, not SIG_IGN: children would inherit SIG_IGN, and so ignore Ctrl-C for ever
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGCHLD, signal.SIGTERM):
        signal.signal(number, lambda *_: None)
    return bell


if __name__ == "__main__":
    sys.exit(main())
