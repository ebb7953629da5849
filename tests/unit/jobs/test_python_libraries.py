"""The bootstrap action, with stand-ins on PATH for what a node has: aws, sudo, python3.11."""

import os
import re
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[3] / "spark" / "jobs" / "python-libraries.sh"
AWS = """echo "aws $*" >> "$CALLS"
for dir; do :; done
[[ -z "${LOCK:-}" ]] || echo "$LOCK" > "$dir/requirements.txt"
"""
PYTHON = 'echo "python3.11 $*" >> "$CALLS"; exit "${PIP_EXIT:-0}"'


def bootstrap(tmp_path: Path, *args: str, **env: str) -> tuple[subprocess.CompletedProcess[str], list[str]]:
    """Run the script; return its result and the calls it made, with the temporary folder as DIR."""
    node, temporary = tmp_path / "bin", tmp_path / "tmp"
    node.mkdir()
    temporary.mkdir()
    for name, body in {"aws": AWS, "sudo": '"$@"', "python3.11": PYTHON}.items():
        (node / name).write_text(f"#!/bin/bash\n{body}\n")
        (node / name).chmod(0o755)
    calls = tmp_path / "calls"
    done = subprocess.run(
        [SCRIPT, *args],
        env={"PATH": f"{node}:{os.environ['PATH']}", "TMPDIR": str(temporary), "CALLS": str(calls), **env},
        capture_output=True,
        text=True,
    )
    assert list(temporary.iterdir()) == [], "the temporary folder is removed, whatever happens"
    made = calls.read_text() if calls.exists() else ""
    return done, re.sub(rf"{temporary}/[^/\s]+", "DIR", made).splitlines()


@pytest.mark.parametrize("prefix", ["s3://b/scripts", "s3://b/scripts/"])
def test_wheels_are_copied_and_installed(tmp_path: Path, prefix: str) -> None:
    done, calls = bootstrap(tmp_path, prefix, LOCK="nltk==1")
    assert done.returncode == 0, done.stderr
    assert calls == [
        "aws s3 cp --recursive --only-show-errors s3://b/scripts/wheels/ DIR",
        "python3.11 -m pip install --no-index --find-links DIR --no-deps --require-hashes"
        " -r DIR/requirements.txt",
    ]


def test_a_failing_pip_fails_the_action(tmp_path: Path) -> None:
    done, _ = bootstrap(tmp_path, "s3://b/scripts", LOCK="nltk==1", PIP_EXIT="7")
    assert done.returncode == 7


def test_no_lock_is_said(tmp_path: Path) -> None:
    done, calls = bootstrap(tmp_path, "s3://b/scripts")
    assert done.returncode == 1
    assert done.stderr == "python-libraries: there is no requirements.txt in s3://b/scripts/wheels/\n"
    assert len(calls) == 1


def test_usage(tmp_path: Path) -> None:
    done, calls = bootstrap(tmp_path)
    assert (done.returncode, calls) == (2, [])
    assert done.stderr.startswith("usage: ")
