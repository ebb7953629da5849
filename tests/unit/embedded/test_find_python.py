import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Find = Callable[..., subprocess.CompletedProcess[str]]
BASE = getattr(sys, "_base_executable", sys.executable)
SCRIPT = Path(__file__).parents[3] / "embedded" / "find-python.sh"


@pytest.fixture
def find(tmp_path: Path) -> Find:
    """Run the script with only `programs` on PATH: name -> what stands for that interpreter."""

    def run(python: str = "", **programs: str) -> subprocess.CompletedProcess[str]:
        for name, body in programs.items():
            path = tmp_path / name.replace("_", ".")
            path.write_text(f"#!/bin/sh\n{body}\n")
            path.chmod(0o755)
        env = {"PATH": str(tmp_path), "PYTHON": python}
        return subprocess.run([shutil.which("sh") or "sh", SCRIPT], env=env, capture_output=True, text=True)

    return run


REAL = f'exec "{sys.executable}" "$@"'
SHIM = "echo 'pyenv: python3.11: command not found' >&2; exit 127"
OLD = "exit 1"
BARE = "echo 3.11; exit 3"  # what the probe says where ensurepip is missing


def test_gives_the_real_interpreter_never_a_virtual_environments(find: Find) -> None:
    found = find(python3_11=REAL)
    assert found.returncode == 0
    assert Path(found.stdout.strip()).samefile(BASE)


def test_passes_over_shims_and_other_versions(find: Find) -> None:
    found = find(python3_11=SHIM, python3_12=OLD, python3_13=BARE, python3=REAL)
    assert found.returncode == 0
    assert found.stdout.strip() == BASE


def test_the_users_choice_comes_first(find: Find, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("#!/bin/sh\necho /my/python\n")
    (tmp_path / "mine").chmod(0o755)
    assert find(str(tmp_path / "mine"), python3_11=REAL).stdout == "/my/python\n"


def test_says_which_package_is_missing(find: Find) -> None:
    found = find(python3_11=BARE, python3=OLD)
    assert (found.returncode, found.stdout) == (2, "")
    assert "apt-get install python3.11-venv" in found.stderr
    assert found.stderr.count("\n") == 1


def test_says_what_is_needed(find: Find) -> None:
    found = find(python3=OLD)
    assert (found.returncode, found.stdout) == (2, "")
    assert "no Python 3.11, 3.12 or 3.13" in found.stderr
    assert found.stderr.count("\n") == 1
