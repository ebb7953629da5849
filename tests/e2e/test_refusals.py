"""What stands in the way is said in one line, with the command that helps."""

import shutil
import socket
from collections.abc import Iterator

import pytest

from tests.e2e.harness import OUT, Stack, set_value


@pytest.fixture
def elsewhere(stack_of_files: Stack) -> Iterator[Stack]:
    """The same files with an env file of their own, which a test may edit; nothing is started from it."""
    file = OUT / "elsewhere.env"
    shutil.copy(stack_of_files.env_file, file)
    yield Stack(stack_of_files.checkout, file, stack_of_files.env)
    file.unlink()


def one_line(output: str, *words: str) -> None:
    lines = [line for line in output.splitlines() if not line.startswith("make: ***")]
    assert len(lines) == 1, output
    for word in words:
        assert word in lines[0]


@pytest.mark.parametrize("target", ["up", "doctor"])
def test_a_profile_that_is_none(stack_of_files: Stack, target: str) -> None:
    one_line(stack_of_files.make(target, check=False, PROFILE="typo"), "typo", "PROFILE=local")


def test_a_port_that_is_taken(elsewhere: Stack) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        set_value(elsewhere.env_file, "AIRFLOW_PORT", str(port))
        one_line(elsewhere.make("up", check=False), str(port), "AIRFLOW_PORT")
    set_value(elsewhere.env_file, "AIRFLOW_PORT", "eighty")
    one_line(elsewhere.make("up", check=False), "AIRFLOW_PORT", "eighty", "line")


def test_no_engine_answers(elsewhere: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    one_line(elsewhere.make("up", check=False), "DOCKER_HOST", "/nowhere/docker.sock")


def test_a_base_image_that_is_nowhere(elsewhere: Stack) -> None:
    set_value(elsewhere.env_file, "BOOKWORM_IMAGE", "127.0.0.1:9/nobody/debian:0")
    one_line(elsewhere.make("up", check=False), "BOOKWORM_IMAGE", "127.0.0.1:9/nobody/debian:0")


def test_no_stack_runs(elsewhere: Stack) -> None:
    set_value(elsewhere.env_file, "AIRFLOW_PORT", "9")
    one_line(elsewhere.make("run", check=False), "127.0.0.1:9", "make up")


def test_a_week_that_is_none(stack_of_files: Stack) -> None:
    assert "2026-W60" in stack_of_files.make("run", check=False, WEEK="2026-W60")


def test_reset_asks(stack_of_files: Stack) -> None:
    assert "FORCE=1" in stack_of_files.make("reset", check=False)
