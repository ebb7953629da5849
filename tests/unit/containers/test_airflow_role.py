"""postgres/initdb.d/20-airflow.sh, with a stand-in for psql."""

import os
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[3] / "postgres" / "initdb.d" / "20-airflow.sh"


def run(tmp_path: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    (tmp_path / "psql").write_text('#!/bin/sh\necho "arguments: $*"\ncat\n')
    (tmp_path / "psql").chmod(0o755)
    env = {"PATH": f"{tmp_path}:{os.defpath}", **settings}
    return subprocess.run(["sh", SCRIPT], env=env, capture_output=True, text=True, check=True)


@pytest.mark.parametrize("settings", [{}, {"AIRFLOW_DB_PASSWORD": ""}])
def test_without_a_password_there_is_nothing_to_do(tmp_path: Path, settings: dict[str, str]) -> None:
    assert run(tmp_path, **settings).stdout == ""


def test_the_password_is_in_no_argument_and_no_statement(tmp_path: Path) -> None:
    done = run(tmp_path, AIRFLOW_DB_PASSWORD="canary", POSTGRES_USER="boss")
    assert "--username boss" in done.stdout
    assert "REVOKE ALL ON DATABASE airflow FROM PUBLIC" in done.stdout
    assert "canary" not in done.stdout + done.stderr
