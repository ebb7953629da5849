"""The service as a program: how it starts, refuses to start, and stops."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.contract.harness import (
    NAP,
    ROOT,
    Endpoint,
    Flow,
    bash,
    processes_with,
    start_endpoint,
    wait_for,
)


def start_and_fail(*options: str, **environ: str) -> str:
    """The last line on stderr of a service that does not start; above it may stand how it is used."""
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "spark" / "emr"), **environ}
    done = subprocess.run(
        [sys.executable, "-m", "emr_local", *options], env=env, capture_output=True, text=True, timeout=30
    )
    assert done.returncode == 2, done.stderr
    *usage, line = done.stderr.splitlines()
    assert not usage or usage[0].startswith("usage: ")
    return line


def test_stops_at_once_and_leaves_no_process(s3_url: str, tmp_path: Path) -> None:
    endpoint = start_endpoint(tmp_path, s3_url)
    flow = Flow(endpoint.client())
    flow.add(bash(f"trap '' TERM; setsid {NAP} & {NAP}; {NAP}"))
    wait_for(lambda: len(processes_with(NAP)) >= 3, "the children")
    began = time.monotonic()
    endpoint.process.terminate()
    assert endpoint.process.wait(10) == 0
    assert time.monotonic() - began < 3
    assert processes_with(NAP) == []
    assert list((endpoint.work_dir / "clusters").iterdir()) == []
    assert "Traceback" not in endpoint.log.read_text()


def test_what_a_killed_service_left_is_cleared_at_the_next_start(s3_url: str, tmp_path: Path) -> None:
    endpoint = start_endpoint(tmp_path, s3_url)
    flow = Flow(endpoint.client())
    flow.add(bash(f"{NAP}; true"))
    wait_for(lambda: processes_with(NAP), "the step")
    endpoint.process.kill()
    endpoint.process.wait()
    successor = start_endpoint(tmp_path, s3_url)
    try:
        assert processes_with(NAP) == []
        wait_for(lambda: not list((successor.work_dir / "clusters").iterdir()), "the folder's end")
    finally:
        successor.process.terminate()
        successor.process.wait(10)


def test_busy_port(endpoint: Endpoint, tmp_path: Path) -> None:
    line = start_and_fail("--port", str(endpoint.port), "--work-dir", str(tmp_path / "other"))
    assert f"cannot listen on 127.0.0.1:{endpoint.port}" in line
    assert line.endswith("choose another --port")


def test_work_dir_in_use_or_not_a_folder(endpoint: Endpoint, tmp_path: Path) -> None:
    line = start_and_fail("--port", "0", "--work-dir", str(endpoint.work_dir))
    assert line.endswith("is used by another EMR endpoint: choose another --work-dir")
    (tmp_path / "file").touch()
    assert "path with a space" in start_and_fail("--port", "0", "--work-dir", str(tmp_path / "a b"))
    assert "cannot write to" in start_and_fail("--port", "0", "--work-dir", str(tmp_path / "file"))


@pytest.mark.parametrize("value", ["-1", "soon", "nan", "1e9"])
def test_a_duration_that_is_none(tmp_path: Path, value: str) -> None:
    line = start_and_fail("--work-dir", str(tmp_path), "--provisioning-seconds", value)
    assert line.endswith(f"--provisioning-seconds: {value} is no number of seconds from 0 to 86400")


def test_no_java(tmp_path: Path) -> None:
    line = start_and_fail("--port", "0", "--work-dir", str(tmp_path), JAVA_HOME=str(tmp_path))
    assert line == "emr_local: no Java found: install a Java 17 runtime, or set JAVA_HOME to one"


def test_log_has_a_line_a_state_change(flow: Flow, endpoint: Endpoint) -> None:
    [step_id] = flow.add(bash("true", name="logged"))
    flow.step_until(step_id, "COMPLETED")
    lines = [line.split(" ", 1) for line in endpoint.log.read_text().splitlines() if flow.id in line]
    texts = [text for _, text in lines]
    assert f"{flow.id} {step_id} COMPLETED logged" in texts
    assert f"{flow.id} BOOTSTRAPPING " in texts
    assert all(time.startswith("20") and time.endswith("Z") for time, _ in lines)


def test_a_name_in_the_log_is_one_line_without_control_characters(flow: Flow, endpoint: Endpoint) -> None:
    [step_id] = flow.add(bash("true", name="one\n2026 forged \x9b31m"))
    flow.step_until(step_id, "COMPLETED")
    log = endpoint.log.read_text()
    assert rf"{step_id} COMPLETED one\n2026 forged \x9b31m" in log
    assert "\n2026 forged" not in log
    assert "\x9b" not in log
