"""The whole stack as child processes: S3 and secrets, EMR, PostgreSQL, recorded answers.

    python -m embedded.stack up [--home DIR]
        prints one JSON line when all is ready, then runs until stdin ends or SIGTERM or Ctrl-C comes

All state is in the home folder; only PostgreSQL's data is kept from one run to the next. Ports: ports.py.
"""

from __future__ import annotations

import argparse
import json
import os
import select
import shutil
import signal
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import ExitStack
from dataclasses import asdict
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psutil

from embedded import advice, locks, postgres
from embedded.endpoints import Endpoints, environment, java_home, settings
from embedded.errors import Unusable
from embedded.ports import HOST, choose
from embedded.processes import ROOT, Supervisor

PATIENCE = 60.0  # seconds until everything must be ready
HANDOVER = 30.0  # seconds that a killed stack's supervisor gets to stop what it owns
PAUSE = 0.05  # seconds between two looks
ANSWERS = {  # what a service is called, and what it answers once it is ready
    "aws": (
        "S3 and Secrets Manager",
        "/",
    ),  # a list of buckets: S3 itself is loaded then, not only the server
    "emr": ("EMR", "/health"),
    "fixtures": ("fixtures", "/health"),
}
SERVICES = (*ANSWERS, postgres.NAME)
TRANSIENT = ("emr", "logs")  # below home; emptied at each start
_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Stack:
    """Context manager: everything is ready inside the `with` block and gone after it.

    `on_phase(name, seconds)` is called in the caller's thread as each service becomes ready, with the seconds
    since the start. Raises Unusable (or Died, with the end of the log) if the stack cannot be brought up.
    """

    def __init__(
        self, home: Path = postgres.HOME, on_phase: Callable[[str, float], None] | None = None
    ) -> None:
        self.home = home.resolve()
        self.logs = self.home / "logs"
        self._on_phase = on_phase or (lambda *_: None)
        self._given_up = threading.Event()

    def __enter__(self) -> Self:
        self._started = time.monotonic()
        with ExitStack() as undo:
            try:
                lock = self._take_folder(undo)
            except OSError as error:
                raise Unusable(f"{error.filename or self.home} cannot be used: {error.strerror}") from error
            ports = choose(os.environ)
            self.settings = settings(ports, java_home())
            # The supervisor keeps the lock too: after kill -9 the folder is free once all services are gone
            self.supervisor = undo.enter_context(Supervisor(self.logs / "supervisor.log", inherited=[lock]))
            self.endpoints = self._bring_up(ports)
            self._undo = undo.pop_all()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:  # fmt: skip
        self._undo.close()

    def environment(self) -> dict[str, str]:
        """The whole environment for a program that uses the stack; nothing of the caller's AWS settings."""
        return environment(self.settings, os.environ)

    def check(self) -> None:
        """Raise Died if a service has ended."""
        self.supervisor.check(*SERVICES)

    def _take_folder(self, undo: ExitStack) -> int:
        """Lock the home folder and empty it of what the last run left; gives the lock's descriptor."""
        self.home.mkdir(parents=True, exist_ok=True)
        lock = undo.enter_context(locks.exclusive(self.home / ".lock", HANDOVER, self._refuse_company))
        if lock is None:
            raise Unusable(f"the last stack in {self.home} does not end: see {self.logs / 'supervisor.log'}")
        for name in TRANSIENT:
            shutil.rmtree(self.home / name, ignore_errors=True)
        self.logs.mkdir(exist_ok=True)
        return lock

    def _refuse_company(self, owner: str, _: float) -> None:
        """Only the supervisor of a stack that was killed is worth waiting for: it is about to end."""
        if owner.isdecimal() and alive(int(owner)):
            raise Unusable(f"process {owner} runs a stack in {self.home}: stop it, or use another folder")

    def _bring_up(self, ports: dict[str, int]) -> Endpoints:
        deadline = self._started + PATIENCE
        urls = {name: f"http://{HOST}:{port}" for name, port in ports.items()}
        self._start_programs(ports)
        with ThreadPoolExecutor(max_workers=len(ports)) as pool:
            task = partial(postgres.start, self.home, ports[postgres.NAME], self.supervisor, self.logs)
            database = pool.submit(task, self._still_wanted, deadline)
            waits: dict[Future[Any], str] = {
                pool.submit(self._until_it_answers, name, urls[name] + path, deadline): title
                for name, (title, path) in ANSWERS.items()
            }
            waits[database] = "PostgreSQL"
            try:
                for done in as_completed(waits):
                    done.result()
                    self._on_phase(waits[done], time.monotonic() - self._started)
            except BaseException:
                self._given_up.set()
                raise
        server = database.result()
        return Endpoints(
            self.home, urls["aws"], urls["emr"], urls["fixtures"], HOST, server.port, postgres.DATABASE,
            server.password("pipeline"), server.password("webapp"),
        )  # fmt: skip

    def _start_programs(self, ports: dict[str, int]) -> None:
        env = self.environment()
        emr_env = {**env, "PYTHONPATH": str(ROOT / "spark" / "emr")}
        emr_options = ["--work-dir", str(self.home / "emr"), "--spark-master", "local[*]"]
        if cache := class_archives(os.environ):
            emr_options += ["--class-archives", str(cache)]
        self._start("aws", "moto.server", ports, env)
        self._start("emr", "emr_local", ports, emr_env, emr_options)
        self._start("fixtures", "fixtures.server", ports, env)

    def _start(self, name: str, module: str, ports: dict[str, int], env: dict[str, str],
               options: Sequence[str] = ()) -> None:  # fmt: skip
        argv = [sys.executable, "-m", module, "--host", HOST, "--port", str(ports[name]), *options]
        # An EMR endpoint that stops has clusters to end and logs to save first
        self.supervisor.start(name, argv, self.logs / f"{name}.log", env=env, patience=20)

    def _until_it_answers(self, name: str, url: str, deadline: float) -> None:
        state = "no answer"
        while time.monotonic() < deadline:
            self._still_wanted()
            self.supervisor.check(name)
            try:
                with _direct.open(url, timeout=5):
                    return
            except OSError as error:
                state = str(error)
            time.sleep(PAUSE)
        raise Unusable(
            f"{name} is not ready after {PATIENCE:.0f} seconds ({state}): see {self.logs / name}.log"
        )

    def _still_wanted(self) -> None:
        if self._given_up.is_set():
            raise Unusable("another service did not start")


def main(description: str | None = __doc__, prepare: Callable[[Stack], dict[str, str]] | None = None) -> int:
    """The command line; `prepare`, where given, works on the running stack and adds to its settings."""
    cli = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    cli.add_argument("command", choices=["up"])
    cli.add_argument("--home", type=Path, default=postgres.HOME)
    args = cli.parse_args()
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    return advice.exit_code(lambda: serve(args.home, prepare))


def serve(home: Path, prepare: Callable[[Stack], dict[str, str]] | None) -> int:
    """Run a stack in `home` until stdin ends; its line goes to stdout when all is ready."""
    with Stack(home) as stack:
        stack.settings |= prepare(stack) if prepare else {}
        print(json.dumps(describe(stack)), flush=True)
        while not _stdin_ended(0.5):
            stack.check()
    return 0


def class_archives(environ: Mapping[str, str]) -> Path | None:
    """The folder in the user's cache for archives of Spark's classes; None if it cannot be written."""
    home = Path(environ.get("HOME") or "/")
    cache = Path(environ.get("XDG_CACHE_HOME") or home / ".cache")
    folder = cache / "tubepulse" / "class-archives"
    if not cache.is_absolute():
        return None
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError:
        return None
    return folder if os.access(folder, os.W_OK) and folder.stat().st_uid == os.geteuid() else None


def alive(pid: int) -> bool:
    """Does this process run? One that has ended and that nobody has asked about does not."""
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def describe(stack: Stack) -> dict[str, object]:
    """Endpoints, the settings that lead to them, process ids: what a test in another process needs."""
    found = stack.endpoints
    return {
        **asdict(found),
        "home": str(found.home),
        "pipeline_dsn": found.pipeline_dsn,
        "webapp_dsn": found.webapp_dsn,
        "settings": stack.settings,
        "pids": {"supervisor": stack.supervisor.pid, **stack.supervisor.pids},
    }


def _stdin_ended(seconds: float) -> bool:
    ready, _, _ = select.select([0], [], [], seconds)
    return bool(ready) and not os.read(0, 4096)


if __name__ == "__main__":
    sys.exit(main())
