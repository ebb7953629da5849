"""airflow/startup.sh, sourced as MWAA sources it, by bash, with a server in place of AWS's."""

import os
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).parents[3] / "airflow" / "startup.sh"
AUTHORITIES = b"-----BEGIN CERTIFICATE-----\n"


@pytest.fixture
def server() -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = self.path == "/global-bundle.pem"
            self.send_response(200 if found else 404)
            self.end_headers()
            self.wfile.write(AUTHORITIES if found else b"no such file")

        def log_message(self, *_: Any) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as running:
        threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01}).start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()


def sourced(home: Path, url: str) -> str:
    """What is said when a shell sources the script, and then whether that shell is as it was."""
    words = f". {SCRIPT}; echo options=$- authorities=${{authorities-unset}} source=${{source-unset}}"
    env = {"PATH": os.environ["PATH"], "HOME": str(home), "RDS_CA_BUNDLE_URL": url}
    done = subprocess.run(["bash", "-c", words], env=env, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "options=hBc authorities=unset source=unset"
    return done.stdout


def test_the_authorities_lie_where_the_connection_looks_for_them(tmp_path: Path, server: str) -> None:
    said = sourced(tmp_path, f"{server}/global-bundle.pem")
    assert f"startup.sh: {tmp_path}/rds-ca.pem fetched" in said
    assert (tmp_path / "rds-ca.pem").read_bytes() == AUTHORITIES


def test_a_failure_is_said_and_leaves_what_was_there(tmp_path: Path, server: str) -> None:
    (tmp_path / "rds-ca.pem").write_bytes(AUTHORITIES)
    said = sourced(tmp_path, f"{server}/elsewhere.pem")
    assert f"could not be fetched from {server}/elsewhere.pem: does the subnet reach the internet?" in said
    assert (tmp_path / "rds-ca.pem").read_bytes() == AUTHORITIES
