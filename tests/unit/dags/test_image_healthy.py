"""The health check in Airflow's image, which runs there without any package."""

import importlib.util
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).parents[3] / "airflow" / "image" / "healthy.py"
STARTED = datetime(2026, 11, 23, 0, 5, tzinfo=UTC)
PAGE = b"""{"metadatabase": {"status": "healthy"},
    "triggerer": {"status": null, "latest_triggerer_heartbeat": null},
    "scheduler": {"status": "unhealthy", "latest_scheduler_heartbeat": "2026-11-23T00:00:00Z"}}"""


@pytest.fixture(scope="module")
def unhealthy() -> Callable[[dict[str, str | None], datetime], str | None]:
    spec = importlib.util.spec_from_file_location("healthy", SCRIPT)
    assert spec
    assert spec.loader
    module: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found: Callable[[dict[str, str | None], datetime], str | None] = module.unhealthy
    return found


@pytest.mark.parametrize(
    ("status", "seconds", "trouble"),
    [
        ("healthy", 1, None),
        ("healthy", -1, "no heartbeat since the start"),  # its predecessor's
        ("unhealthy", 1, "status unhealthy"),
        (None, 1, "status None"),
    ],
)
def test_a_heartbeat_counts_from_the_start_on(
    unhealthy: Callable[..., str | None], status: str | None, seconds: int, trouble: str | None
) -> None:
    heartbeat = (STARTED + timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")
    found = {"status": status, "latest_scheduler_heartbeat": heartbeat}
    assert unhealthy(found, STARTED) == trouble


def test_the_database_has_no_heartbeat(unhealthy: Callable[..., str | None]) -> None:
    assert unhealthy({"status": "healthy"}, STARTED) is None


@pytest.fixture
def server() -> Iterator[str]:
    """An api-server's health page; gives the URL of its execution API."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/api/v2/monitor/health" else 404)
            self.end_headers()
            self.wfile.write(PAGE)

        def log_message(self, format: str, *args: Any) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Page) as pages:
        threading.Thread(target=pages.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{pages.server_port}/execution/"
        pages.shutdown()


@pytest.mark.skipif(sys.platform != "linux", reason="it reads /proc, as in its container")
@pytest.mark.parametrize(
    ("service", "code", "said"),
    [("metadatabase", 0, "healthy"), ("scheduler", 1, "status unhealthy"), ("triggerer", 1, "status None")],
)
def test_the_exit_code_tells(server: str, service: str, code: int, said: str) -> None:
    assert run(server, service) == (code, f"{said}\n")


def test_no_server_is_one_line() -> None:
    code, said = run("http://127.0.0.1:1/execution/", "scheduler")
    assert code == 1
    assert said.count("\n") == 1


def run(server: str, service: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-I", SCRIPT, service], capture_output=True, text=True,
        env={"AIRFLOW__CORE__EXECUTION_API_SERVER_URL": server},
    )  # fmt: skip
    assert done.stderr == ""
    return done.returncode, done.stdout
