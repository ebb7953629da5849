import pty
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.compose.fake_programs import Programs, docker

ROOT = Path(__file__).parents[3]


@pytest.fixture
def programs(tmp_path: Path) -> Programs:
    found = Programs(tmp_path / "bin")
    found.add("docker", docker(compose="exit 0"))
    return found


def reset(
    programs: Programs, *options: str, answer: str | None = None, **env: str
) -> subprocess.CompletedProcess[str]:
    """`make reset` without make; with an answer, there is a terminal to ask at."""
    file = programs.folder.with_name(".env")
    if not file.exists():
        subprocess.run(
            [sys.executable, "-m", "compose.env_file", file, "--set", "COMPOSE_PROJECT_NAME=one"],
            cwd=ROOT, check=True, capture_output=True,
        )  # fmt: skip
    ours, theirs = pty.openpty()
    if answer is not None:
        with open(ours, "w", closefd=False) as keyboard:
            keyboard.write(answer)
    return subprocess.run(
        [sys.executable, "-m", "compose.reset", "--env-file", file, *options],
        cwd=ROOT, capture_output=True, text=True, check=False, env={"PATH": str(programs.folder), **env},
        stdin=subprocess.DEVNULL if answer is None else theirs,
    )  # fmt: skip


@pytest.mark.parametrize("answer", ["\n", "y\n", "no\n", "YES\n", "\x04"])
def test_only_yes_is_yes(programs: Programs, answer: str) -> None:
    done = reset(programs, answer=answer)
    assert done.returncode == 1
    assert "nothing was removed" in done.stdout
    assert programs.calls("docker compose") == []


def test_yes_removes_containers_and_volumes(programs: Programs) -> None:
    done = reset(programs, answer="yes\n")
    assert done.returncode == 0, done.stderr
    assert "the stack one" in done.stdout
    assert programs.calls("docker compose")[-1].endswith("down --volumes --remove-orphans")


def test_force_does_not_ask(programs: Programs) -> None:
    assert reset(programs, "--force").returncode == 0
    assert len(programs.calls("docker compose")) == 1


def test_no_terminal_is_no(programs: Programs) -> None:
    done = reset(programs)
    assert done.returncode == 1
    assert "make reset FORCE=1" in done.stderr
    assert programs.calls("docker compose") == []


def test_the_shells_name_wins_as_it_does_for_compose(programs: Programs) -> None:
    done = reset(programs, answer="yes\n", COMPOSE_PROJECT_NAME="two")
    assert "the stack two" in done.stdout
    assert "--project-name two " in programs.calls("docker compose")[-1]
