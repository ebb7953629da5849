"""LocalStack's container: its health check, against a server that answers as told, and its ready script."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parents[3] / "localstack"
Check = Callable[[Any], subprocess.CompletedProcess[str]]


@pytest.fixture
def check() -> Iterator[Check]:
    """Run the health check against LocalStack's answer, given as JSON, or as text that is sent as it is."""
    answer = {"text": ""}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/_localstack/init/ready" else 404)
            self.end_headers()
            self.wfile.write(answer["text"].encode())

        def log_message(self, *_: Any) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()

        def run(stage: Any) -> subprocess.CompletedProcess[str]:
            answer["text"] = stage if isinstance(stage, str) else json.dumps(stage)
            return health(server.server_port)

        yield run
        server.shutdown()


def health(port: int) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(FOLDER / "healthcheck.py"), str(port)]
    return subprocess.run(command, capture_output=True, text=True, timeout=30)


def stage(completed: bool, *states: str) -> dict[str, Any]:
    scripts = [
        {"stage": "READY", "name": f"{n}0.sh", "state": state} for n, state in enumerate(states, start=1)
    ]
    return {"completed": completed, "scripts": scripts}


def test_healthy_when_every_script_was_successful(check: Check) -> None:
    done = check(stage(True, "SUCCESSFUL", "SUCCESSFUL"))
    assert (done.returncode, done.stdout) == (0, "ready and deployed\n")


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (stage(True, "SUCCESSFUL", "ERROR"), "20.sh failed: the container's log says why"),
        (stage(False, "ERROR", "RUNNING"), "10.sh failed"),
        (stage(False, "RUNNING"), "the ready scripts are not done"),
        (stage(True, "UNKNOWN"), "not every ready script ran: {'10.sh': 'UNKNOWN'}"),
        (stage(True), "not every ready script ran"),
        ({}, "no answer that can be read"),
        ("<html>", "no answer that can be read"),
    ],
)
def test_unhealthy_with_the_reason_in_one_line(check: Check, answer: Any, says: str) -> None:
    done = check(answer)
    assert done.returncode == 1
    assert says in done.stdout
    assert (done.stdout.count("\n"), done.stderr) == (1, "")


def test_unhealthy_when_nothing_answers() -> None:
    with HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        port = server.server_port
    done = health(port)
    assert (done.returncode, done.stderr) == (1, "")
    assert "no answer that can be read" in done.stdout


def test_the_ready_script_deploys_here_and_passes_the_exit_code_on(tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.write_text('#!/bin/sh\necho "$PWD: $* | $AWS_ENDPOINT_URL $AWS_DEFAULT_REGION"\nexit 2\n')
    python.chmod(0o755)
    env = {"PATH": os.defpath, "DEPLOY_PYTHON": str(python), "TUBEPULSE": str(tmp_path)}
    done = subprocess.run(
        ["sh", FOLDER / "ready.d/10-deploy.sh"], env=env, capture_output=True, text=True, cwd="/"
    )
    assert done.returncode == 2
    assert done.stdout == (
        f"{tmp_path}: -m aws.deploy local --wheels-for containers --wheels /opt/wheels "
        "| http://127.0.0.1:4566 eu-west-2\n"
    )
