"""pytest-docker owns the stack: its own project, ports, volumes and env file, the user's compose file."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.e2e.harness import OUT, TWEETS, Stack, copy_checkout, run

WEEK = "2026-W46"
# Those that look for the first run's traces come before those that stop the stack, which forgets them
ORDER = ("compose_file", "refusals", "run", "backfill", "faults", "secrets", "changes")
PATIENCE = 300  # seconds for the whole stack to become healthy on two busy cores


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: ORDER.index(item.path.stem.removeprefix("test_")))


@pytest.fixture(scope="session")
def checkout() -> Path:
    """The copy that the stack mounts: tests edit it, never the user's files."""
    copy = OUT / "checkout"
    copy_checkout(copy)
    return copy


@pytest.fixture(scope="session")
def env_file() -> Path:
    """Secrets, free ports and a project of its own; `make e2e` made it before the images."""
    return OUT / ".env"


@pytest.fixture(scope="session")
def env(env_file: Path) -> dict[str, str]:
    lines = env_file.read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


@pytest.fixture(scope="session")
def docker_compose_command(env_file: Path) -> str:
    return f"docker compose --env-file {env_file}"


@pytest.fixture(scope="session")
def docker_compose_file(checkout: Path) -> str:
    return str(checkout / "docker-compose.yml")


@pytest.fixture(scope="session")
def docker_compose_project_name(env: dict[str, str]) -> str:
    return env["COMPOSE_PROJECT_NAME"]


@pytest.fixture(scope="session")
def stack_of_files(checkout: Path, env_file: Path, env: dict[str, str]) -> Stack:
    """The stack as files only: nothing runs yet."""
    return Stack(checkout, env_file, env)


@pytest.fixture(scope="session")
def tidy(stack_of_files: Stack) -> Iterator[None]:
    """Nothing of an earlier run, and in the end, also after a failed start, logs and then nothing."""
    down = ("down", "--volumes", "--remove-orphans", "--timeout", "20")
    stack_of_files.compose(*down)
    yield
    for name in stack_of_files.containers():
        (OUT / f"{name.removeprefix(f'{stack_of_files.project}-')}.log").write_text(
            run(["docker", "logs", name])
        )
    stack_of_files.compose(*down)


@pytest.fixture(scope="session")
def docker_setup(tidy: None) -> list[str]:
    return [f"up --detach --wait --wait-timeout {PATIENCE}"]


@pytest.fixture(scope="session")
def docker_cleanup() -> list[str]:
    return []  # `tidy` does it, for a start that failed as well


@pytest.fixture(scope="session")
def stack(docker_services: object, stack_of_files: Stack) -> Stack:
    return stack_of_files


class ProcessList(threading.Thread):
    """Looks at the command lines of every container, again and again, until it is told to stop."""

    def __init__(self, stack: Stack) -> None:
        super().__init__(daemon=True)
        self._stack = stack
        self._done = threading.Event()
        self.seen: set[str] = set()

    def run(self) -> None:
        while not self._done.wait(1):
            for name in self._stack.containers():
                self.seen |= set(run(["docker", "top", name, "-eo", "pid,args"], check=False).splitlines())

    def stop(self) -> None:
        self._done.set()
        self.join()


@dataclass(frozen=True)
class FirstRun:
    """What `make run WEEK=2026-W46` on the empty stack showed."""

    run_id: str
    output: str
    command_lines: set[str]  # of every process in every container, once a second
    executors: dict[int, list[str]]  # by worker: applications whose executors it had


@pytest.fixture(scope="session")
def first_run(stack: Stack) -> FirstRun:
    """The first run of the empty stack."""
    processes = ProcessList(stack)
    processes.start()
    output = stack.make("run", WEEK=WEEK)
    processes.stop()
    executors = {
        number: [executor["appdesc"]["name"] for executor in stack.worker_state(number)["finishedexecutors"]]
        for number in (1, 2)
    }
    return FirstRun(stack.newest_run(TWEETS)["dag_run_id"], output, processes.seen, executors)
