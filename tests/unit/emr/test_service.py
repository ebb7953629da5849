"""The service around clusters: its log, the end of a cluster on a full disk, a step without executors."""

from __future__ import annotations

import errno
import logging
import sys
import tempfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from emr_local.__main__ import PlainFormatter
from emr_local.nodes import sizing
from emr_local.nodes.node import Node
from emr_local.settings import Settings
from emr_local.state.database import Database
from emr_local.state.model import Cluster, ClusterState, Owner, Step
from emr_local.state.store import Store
from emr_local.steps.execution import step_log_dir, step_process
from emr_local.steps.processes import Watch
from emr_local.steps.runner import ClusterWorker

BEGAN = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)


def record(message: str, *args: object, exc_info: BaseException | None = None) -> logging.LogRecord:
    raised = (type(exc_info), exc_info, exc_info.__traceback__) if exc_info else None
    return logging.LogRecord("emr_local", logging.INFO, __file__, 1, message, args, raised)


def cluster(**changes: object) -> Cluster:
    plain = Cluster("j-1", Owner("000000000000", "eu-west-2"), "week", {}, BEGAN, "i-1")
    return replace(plain, **changes)  # type: ignore[arg-type]  # any of its fields


def settings(work_dir: Path, master: str) -> Settings:
    return Settings(work_dir, master, {}, work_dir, "3.5.6", (), work_dir / "java")


def test_a_name_forges_no_line_and_sends_nothing_to_the_terminal() -> None:
    line = PlainFormatter().format(record("%s %s", "j-1", "é\n2026 j-2 \x1b[31m\r\x85\u2028\u202e\ud800"))
    assert line.endswith(r"Z j-1 é\n2026 j-2 \x1b[31m\r\x85\u2028\u202e\ud800")
    assert line.isprintable()


def test_a_traceback_keeps_its_lines_and_begins_none_of_the_log() -> None:
    try:
        raise ValueError("a\nb\x1b")
    except ValueError as error:
        lines = PlainFormatter().format(record("defect", exc_info=error)).split("\n")
    assert lines[1] == "  Traceback (most recent call last):"
    assert lines[-2:] == ["  ValueError: a", r"  b\x1b"]
    assert all(line.startswith("  ") for line in lines[1:])


@pytest.mark.parametrize("call", ["mkdtemp", "rename", "touch"])
def test_a_cluster_ends_although_its_folder_cannot_be_moved_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, call: str
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    store = Store(Database(None))
    store.add(cluster(state=ClusterState.TERMINATING))
    worker = ClusterWorker(store, settings(tmp_path, "spark://m:7077"), "j-1", str)
    worker.node.folder.mkdir(parents=True)
    worker.stopping.set()
    with monkeypatch.context() as disk:
        disk.setattr(tempfile if call == "mkdtemp" else Path, call, full)
        worker._clean_up()
    assert store.get("j-1").state is ClusterState.TERMINATED
    assert "j-1 the folder was not removed as it should be: [Errno 28] No space left" in caplog.text
    assert not worker.node.folder.exists()


def test_a_watch_finds_its_text_once_also_between_two_pieces() -> None:
    found: list[bool] = []
    watch = Watch(b"needle", lambda: found.append(True))
    for piece in (b"a nee", b"x dle n", b"eed", b"l", b"e needle", b"needle"):
        watch.look(piece)
    assert found == [True]


def test_a_step_without_executors_says_so_while_it_runs(tmp_path: Path) -> None:
    step = Step("s-1", "n", "command-runner.jar", "CONTINUE", BEGAN)
    node = Node(cluster(), settings(tmp_path, "spark://m:7077"))
    process = step_process(node, step)
    controller = step_log_dir(node, step) / "controller"
    # It ends with 0 only when it sees the line itself.
    program = f"""\
import pathlib, sys, time
for _ in range(2):
    print("WARN TaskSchedulerImpl: {sizing.STARVED.decode()}; check", file=sys.stderr, flush=True)
end = time.monotonic() + 10
while not pathlib.Path({str(controller)!r}).exists():
    time.sleep(0.01)
    assert time.monotonic() < end
"""
    assert process.run([sys.executable, "-c", program], {}, tmp_path) == 0
    assert controller.read_text().count(f" WARN {sizing.STARVED_SENTENCE}\n") == 1
    assert (step_log_dir(node, step) / "stderr").read_bytes().count(sizing.STARVED) == 2
