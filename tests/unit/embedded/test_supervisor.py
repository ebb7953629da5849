import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from embedded.processes import Died, Supervisor

ENV = {"PATH": os.environ["PATH"]}
STUBBORN = "trap '' TERM; echo up; while :; do sleep 0.1; done"


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[Supervisor]:
    with Supervisor(tmp_path / "supervisor.log") as running:
        yield running


def until(condition: Callable[[], object], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def gone(*pids: int) -> bool:
    return not any(psutil.pid_exists(pid) and psutil.Process(pid).status() != "zombie" for pid in pids)


def test_starts_tells_and_stops(supervisor: Supervisor, tmp_path: Path) -> None:
    pid = supervisor.start("one", ["sleep", "60"], tmp_path / "log", env=ENV)
    assert psutil.Process(pid).ppid() == supervisor.pid
    assert supervisor.pids == {"one": pid}
    supervisor.check()
    assert supervisor.stop("one") == -signal.SIGTERM
    assert gone(pid)
    assert supervisor.pids == {}
    supervisor.check()  # it was asked to end


def test_an_end_nobody_asked_for_shows_the_log(supervisor: Supervisor, tmp_path: Path) -> None:
    supervisor.start("one", ["sh", "-c", "echo why; exit 3"], tmp_path / "log", env=ENV)
    assert supervisor.wait("one", 10) == 3
    with pytest.raises(Died, match=r"(?s)one ended with exit code 3; the end of .*\| why"):
        supervisor.check("one")


def test_what_cannot_be_started_is_said(supervisor: Supervisor, tmp_path: Path) -> None:
    with pytest.raises(Died, match=r"one cannot be started: .*no-such-program"):
        supervisor.start("one", ["no-such-program"], tmp_path / "log", env=ENV)
    supervisor.start("one", ["sleep", "60"], tmp_path / "log", env=ENV)
    with pytest.raises(Died, match="it runs already"):
        supervisor.start("one", ["sleep", "60"], tmp_path / "log", env=ENV)


def test_runs_to_the_end(supervisor: Supervisor, tmp_path: Path) -> None:
    supervisor.run("good", ["true"], tmp_path / "log", 10, env=ENV)
    with pytest.raises(Died, match="bad ended with exit code 1 and wrote nothing"):
        supervisor.run("bad", ["false"], tmp_path / "log", 10, env=ENV)
    with pytest.raises(Died, match="slow did not end in 0 seconds"):
        supervisor.run("slow", ["sleep", "60"], tmp_path / "log", 0.2, env=ENV)
    supervisor.check()


def test_kills_what_does_not_stop(supervisor: Supervisor, tmp_path: Path) -> None:
    pid = supervisor.start("one", ["sh", "-c", STUBBORN], tmp_path / "log", env=ENV, patience=0.3)
    until(lambda: supervisor.tail("one"))
    assert supervisor.stop("one") == -signal.SIGKILL
    assert gone(pid)


def test_the_whole_tree_goes_orphans_too(tmp_path: Path) -> None:
    # Children in its session, one in a session of its own, and one there whose parent has ended
    script = (
        "sleep 61 & echo $!; setsid sleep 62 & echo $!; "
        "(setsid sh -c 'sleep 63 & echo $!; exit' &) ; exec sleep 64"
    )
    with Supervisor(tmp_path / "supervisor.log") as supervisor:
        supervisor.start("one", ["sh", "-c", script], tmp_path / "log", env=ENV)
        until(lambda: len(supervisor.tail("one")) == 3)
        pids = [supervisor.pids["one"], *map(int, supervisor.tail("one"))]
        assert not gone(*pids)
    assert gone(*pids)


def test_services_do_not_inherit_deaf_ears(supervisor: Supervisor, tmp_path: Path) -> None:
    pid = supervisor.start("one", ["sleep", "60"], tmp_path / "log", env=ENV)
    os.kill(supervisor.pid, signal.SIGINT)
    os.kill(supervisor.pid, signal.SIGHUP)
    supervisor.check("one")
    os.kill(pid, signal.SIGINT)
    assert supervisor.wait("one", 10) == -signal.SIGINT


def test_sigterm_stops_everything(supervisor: Supervisor, tmp_path: Path) -> None:
    pid = supervisor.start("one", ["sleep", "60"], tmp_path / "log", env=ENV)
    os.kill(supervisor.pid, signal.SIGTERM)
    until(lambda: gone(pid))
    with pytest.raises(Died, match="the supervisor ended"):
        until(lambda: supervisor.check("other"))


def test_nothing_outlives_a_killed_parent(tmp_path: Path) -> None:
    script = f"""
import os, sys, time
from pathlib import Path
from embedded.processes import Supervisor
with Supervisor(Path({str(tmp_path)!r}) / "s.log") as supervisor:
    pid = supervisor.start("one", ["sleep", "60"], Path({str(tmp_path)!r}) / "log", env={{}})
    if os.fork() == 0:
        time.sleep(5)  # holds the lifeline open, as a forked worker may
        os._exit(0)
    print(supervisor.pid, pid, flush=True)
    time.sleep(60)
"""
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert parent.stdout
    pids = [int(part) for part in parent.stdout.readline().split()]
    parent.kill()
    parent.wait()
    until(lambda: gone(*pids), 4)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells children of their parent's death")
def test_nothing_outlives_a_killed_supervisor(supervisor: Supervisor, tmp_path: Path) -> None:
    pid = supervisor.start("one", ["sleep", "60"], tmp_path / "log", env=ENV)
    os.kill(supervisor.pid, signal.SIGKILL)
    until(lambda: gone(pid))
