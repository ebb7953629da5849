"""pytest-docker owns the stack: its own project, ports, volumes and env file, the user's compose file."""

import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import pytest
from playwright.sync_api import Browser, Page

from tests.e2e.browser import Visitor, chromium
from tests.e2e.harness import FOREIGN, OUT, ROOT, TWEETS, Stack, copy_checkout, run
from tests.e2e.website import PAGES

WEEK = "2026-W46"
# Those that look for the first run's traces come before those that stop the stack, which forgets them; the
# website's trends want the backfill's weeks, and without PostgreSQL all of Airflow stumbles
ORDER = (
    "compose_file", "refusals", "website_empty", "run", "backfill", "housing_prices", "aws_profile",
    "website_tables", "website_charts", "website_pages", "website_cache", "website_admin", "website_hostile",
    "website_role", "website_provision",
    "wpdatatables", "wpdatatables_release", "site_plugin", "emr_contract",
    "faults", "secrets", "changes", "website_faults",
)  # fmt: skip
PATIENCE = 300  # seconds for the whole stack to become healthy on two busy cores


# With wpDataTables itself: only where the user has a zip of it
ZIPS = sorted((ROOT / "wordpress" / "plugins").rglob("*.zip"), key=lambda path: path.stat().st_mtime)
collect_ignore = [] if ZIPS else ["test_wpdatatables_release.py"]


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: ORDER.index(item.path.stem.removeprefix("test_")))  # all are of this folder


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
    values = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    for name in list(os.environ):  # pytest-docker hands all on, and Compose prefers them to the file
        if name in values or name.startswith(FOREIGN):
            del os.environ[name]
    return values


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
    for log in OUT.glob("*.log"):
        log.unlink()
    stack_of_files.compose(*down)
    try:
        yield
        for name in stack_of_files.containers():
            log = OUT / f"{name.removeprefix(f'{stack_of_files.project}-')}.log"
            log.write_text(run(["docker", "logs", name], check=False))
    finally:
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


class Samples(threading.Thread):
    """Looks at every container, again and again: the command lines of its processes, the memory of all."""

    def __init__(self, stack: Stack) -> None:
        super().__init__(daemon=True)
        self._stack = stack
        self._done = threading.Event()
        self._failure: Exception | None = None
        self.command_lines: dict[str, set[str]] = {}  # by container
        self.memory: list[float] = []  # GiB, of the whole stack

    def run(self) -> None:
        try:
            while not self._done.wait(1):
                self._look()
        except Exception as failure:
            self._failure = failure

    def _look(self) -> None:
        self.memory.append(self._stack.memory())
        for name in self._stack.containers():
            lines = run(["docker", "top", name, "-eo", "pid,args"], check=False).splitlines()
            self.command_lines.setdefault(name, set()).update(lines)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self.join()
        if self._failure:
            raise self._failure


@dataclass(frozen=True)
class FirstRun:
    """What `make run WEEK=2026-W46` on the empty stack showed."""

    run_id: str
    output: str
    samples: Samples  # taken while it ran, about once a second
    executors: dict[int, list[str]]  # by worker: applications whose executors it had


@pytest.fixture(scope="session")
def first_run(stack: Stack) -> FirstRun:
    """The first run of the empty stack."""
    with Samples(stack) as samples:
        output = stack.make("run", WEEK=WEEK)
    executors = {
        number: [executor["appdesc"]["name"] for executor in stack.worker_state(number)["finishedexecutors"]]
        for number in (1, 2)
    }
    return FirstRun(stack.newest_run(TWEETS)["dag_run_id"], output, samples, executors)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture
def visitor(browser: Browser, stack: Stack) -> Iterator[Visitor]:
    """Somebody who was never here before."""
    with Visitor(browser, stack.site) as somebody:
        yield somebody


@pytest.fixture(scope="module")
def pages(browser: Browser, stack: Stack, first_run: FirstRun) -> Iterator[dict[str, Page]]:
    """The website's pages by name, each in a tab of one visitor's."""
    with Visitor(browser, stack.site) as somebody:
        yield {name: somebody.open(path) for name, path in PAGES.items()}


@pytest.fixture(scope="module")
def plain_pages(browser: Browser, stack: Stack, first_run: FirstRun) -> Iterator[dict[str, Page]]:
    """The same as somebody sees them whose browser runs no scripts."""
    with Visitor(browser, stack.site, java_script_enabled=False) as somebody:
        yield {name: somebody.open(path) for name, path in PAGES.items()}
