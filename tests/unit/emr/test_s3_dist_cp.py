"""s3-dist-cp as a whole between file systems, and its order of work."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from threading import Event

import pytest

from emr_local.tools import s3_dist_cp
from emr_local.tools.s3_dist_cp.plan import Write
from emr_local.tools.s3_dist_cp.workers import WORKERS, Workers

WRITES = [Write(f"t{number}", (f"s{number}",)) for number in range(12)]


@pytest.fixture(autouse=True)
def hdfs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("EMR_CLUSTER_ID", "j-1")
    monkeypatch.setenv("EMR_LOCAL_NODE", str(tmp_path))
    monkeypatch.setenv("HADOOP_LOG_DIR", str(tmp_path))
    (tmp_path / "hdfs" / "in").mkdir(parents=True)
    return tmp_path / "hdfs"


def tree(folder: Path) -> dict[str, bytes]:
    return {f.relative_to(folder).as_posix(): f.read_bytes() for f in folder.rglob("*") if f.is_file()}


def test_files_are_copied_over_those_of_their_names_and_no_others(hdfs: Path, tmp_path: Path) -> None:
    (hdfs / "in" / "_SUCCESS").touch()
    (hdfs / "in" / "a").write_bytes(b"new")
    target = tmp_path / "out put"
    target.mkdir()
    (target / "a").write_bytes(b"old and longer")
    (target / "b").write_bytes(b"stays")
    mode = target.stat().st_mode
    assert s3_dist_cp.main(["--src", "/in", f"--dest=file://{target}"]) == 0
    assert tree(target) == {"_SUCCESS": b"", "a": b"new", "b": b"stays"}
    assert target.stat().st_mode == mode
    assert (target / "a").stat().st_mode == (hdfs / "in" / "a").stat().st_mode
    assert os.listdir(hdfs / "tmp") == []  # noqa: PTH208  # hidden files, too


def test_one_file_lands_in_dest_by_its_name(hdfs: Path) -> None:
    (hdfs / "in" / "a").write_bytes(b"x")
    assert s3_dist_cp.main(["--src=hdfs:///in/a", "--dest=hdfs://j-1/out/"]) == 0
    assert tree(hdfs / "out") == {"a": b"x"}


def test_a_target_that_is_a_folder_fails_with_both_names(
    hdfs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (hdfs / "in" / "a").write_bytes(b"x")
    (hdfs / "out" / "a").mkdir(parents=True)
    assert s3_dist_cp.main(["--src=/in", "--dest=/out", "--deleteOnSuccess"]) == 1
    assert capsys.readouterr().err.startswith("java.io.IOException: hdfs://j-1/in/a to hdfs://j-1/out/a: ")
    assert tree(hdfs) == {"in/a": b"x"}


def test_prefixes_outside_src_are_refused(hdfs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (hdfs / "list").write_text("/in/a\n/input\n")
    assert s3_dist_cp.main(["--src=/in", "--dest=/out", "--srcPrefixesFile=/list"]) == 1
    told = "hdfs://j-1/list: hdfs://j-1/input is not below --src hdfs://j-1/in\n"
    assert capsys.readouterr().err == f"s3-dist-cp: --srcPrefixesFile {told}"


def work(copy: Callable[[Write], None], stop: Event) -> tuple[Workers, list[Write]]:
    begun: list[Write] = []
    return Workers(WRITES, begun.append, copy, stop), begun


def test_several_run_at_once_and_begin_in_order() -> None:
    together, running = Event(), list[Write]()

    def copy(write: Write) -> None:
        running.append(write)
        if len(running) == WORKERS:
            together.set()
        assert together.wait(10)

    workers, begun = work(copy, Event())
    workers.run()
    assert (begun, workers.done, workers.failure) == (WRITES, WRITES, None)


def test_the_first_failure_in_order_is_told_and_nothing_begins_after_one() -> None:
    failed = Event()

    def copy(write: Write) -> None:
        if write is WRITES[1]:
            failed.set()
            raise OSError("fast")
        assert failed.wait(10)
        if write is WRITES[0]:
            raise OSError("slow")

    workers, begun = work(copy, Event())
    workers.run()
    assert workers.failure is not None
    assert (workers.failure[0], str(workers.failure[1])) == (WRITES[0], "slow")
    assert begun == WRITES[: len(begun)]
    assert len(begun) < len(WRITES)
    assert set(workers.done) == set(begun[2:])


def test_sigterm_stops_what_is_under_way() -> None:
    stop = Event()

    def end(*_: object) -> None:
        raise SystemExit(143)

    def copy(write: Write) -> None:
        if write is WRITES[0]:
            os.kill(os.getpid(), signal.SIGTERM)
        assert stop.wait(10)
        raise OSError("given up")

    before = signal.signal(signal.SIGTERM, end)
    try:
        workers, begun = work(copy, stop)
        with pytest.raises(SystemExit):
            workers.run()
    finally:
        signal.signal(signal.SIGTERM, before)
    assert workers.done == []
    assert len(begun) <= WORKERS
