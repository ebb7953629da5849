"""What a command's end looks like from outside."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
COMMAND = "from embedded import advice; import sys; sys.exit(advice.exit_code({work}))"


def ended(work: str, shell: str) -> subprocess.CompletedProcess[str]:
    """Work, a Python expression of a callable, in a command whose output goes where `shell` says."""
    program = f"{sys.executable} -c '{COMMAND.format(work=work)}' {shell}"
    words = ["bash", "-o", "pipefail", "-c", program]
    return subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False, timeout=30)


def test_a_reader_who_has_enough_is_no_error() -> None:
    many = "lambda: [print(number, flush=True) for number in range(100000)] and 0"
    done = ended(many, "| head -n 1")
    assert (done.returncode, done.stdout, done.stderr) == (0, "0\n", "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has it")
def test_a_full_disk_without_a_name() -> None:
    done = ended("lambda: print(1, flush=True) or 0", ">/dev/full")
    assert done.returncode == 2
    assert done.stderr.startswith("No space left on device: put that right")
