"""What must hold before the stack starts: each check judges facts that it is given.

A finding that is not ok says in one line what is wrong, then what helps. Nothing here looks at the machine.
Standard library only.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

GIB = 2**30
MEMORY = {"local": 6 * GIB, "emr": 3 * GIB}  # what a run needs
IMAGES = {
    "airflow": 2.0,
    "fixtures": 0.5,
    "localstack": 1.0,
    "mariadb": 0.5,
    "postgres": 1.0,
    "spark": 2.5,
    "wordpress": 1.0,
}  # GB, with build caches
MOUNTED = (
    "airflow",
    "aws",
    "embedded",
    "fixtures",
    "localstack",
    "postgres",
    "profiles",
    "spark",
    "wordpress",
)  # or copied into images
DATA = 1.0  # GB for volumes and logs
PORTS = {
    "local": (
        "WORDPRESS_PORT",
        "AIRFLOW_PORT",
        "SPARK_UI_PORT",
        "EMR_PORT",
        "LOCALSTACK_PORT",
        "FIXTURES_PORT",
        "POSTGRES_PORT",
    ),
    "emr": ("WORDPRESS_PORT", "AIRFLOW_PORT", "POSTGRES_PORT"),
}
EVERY_PROFILE = [word for name in PORTS for word in ("--profile", name)]  # for docker compose
HANDED_ON = {
    "emr": ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
}  # by profiles/*/airflow.env, from the shell
ELSEWHERE = {
    "embedded": "needs no Docker: make demo",
    "aws": "has no stack on this machine: make deploy PROFILE=aws",
}


@dataclass(frozen=True)
class Finding:
    """One line of the answer."""

    ok: bool
    text: str


@dataclass(frozen=True)
class Container:
    """A container of the engine, of any project; `ports` are those it takes on this machine."""

    name: str
    project: str  # empty where it is of no Compose project
    folder: str  # of that project
    running: bool
    ports: frozenset[int]


def profile(name: str, folders: Collection[str]) -> Finding:
    """Whether there is a stack for a profile."""
    stacks = sorted(set(folders) & set(PORTS))
    if name in stacks:
        return Finding(True, f"profile {name}")
    if name in ELSEWHERE:
        return Finding(False, f"profile {name} {ELSEWHERE[name]}; make up knows {' and '.join(stacks)}")
    return Finding(False, f"there is no profile “{name}”: make up PROFILE={' or PROFILE='.join(stacks)}")


def credentials(name: str, environ: Mapping[str, str]) -> Finding | None:
    """Whether the shell has what the profile hands on to Airflow; None where it hands nothing on."""
    needed = HANDED_ON.get(name)
    if needed is None:
        return None
    if lacking := [variable for variable in needed if not environ.get(variable)]:
        return Finding(
            False,
            f"profile {name} needs {' and '.join(lacking)} in the shell, for the containers: "
            'eval "$(aws configure export-credentials --format env)"',
        )
    return Finding(True, "AWS credentials in the shell")


def readable(first: Path | None) -> Finding:
    """Whether containers' users may read what is mounted; `first` is what they may not."""
    if first is None:
        return Finding(True, "the checkout is readable for the containers' users")
    return Finding(
        False,
        f"{first} is not readable for the containers' users: chmod -R go+rX {' '.join(MOUNTED)}",
    )


def buildx(plugins: Mapping[str, str], install: str) -> Finding:
    """Whether images can be built."""
    if "buildx" in plugins:
        return Finding(True, f"buildx {plugins['buildx']}".rstrip())
    return Finding(False, f"docker has no buildx plugin, which builds the images: {install}")


def memory(available: int, where: str, name: str, already_runs: bool) -> Finding:
    """Whether a run finds the memory it needs (bytes); `where` is "here" or "of Docker's virtual machine"."""
    if already_runs:
        return Finding(True, "memory: the stack runs already")
    needed = MEMORY.get(name, MEMORY["local"])
    have = f"{available / GIB:.1f} GiB"
    if available >= needed:
        return Finding(True, f"memory: {have} {where}, a run takes up to {needed / GIB:.0f}")
    if where == "here":
        helps = "stop other programs (ps aux --sort -rss shows the largest), or make demo, which takes less"
    else:
        helps = "give it more (Docker Desktop: Settings, Resources), or make demo, which takes less"
    return Finding(False, f"memory: {have} {where}, and a run needs {needed / GIB:.0f}: {helps}")


def disk(free: int | None, root: Path, images: Collection[str]) -> Finding:
    """Whether images that are still to be built, and data, find room (bytes); None: not known from here.

    `images` are the engine's, as name:tag.
    """
    if free is None:
        return Finding(True, "disk: the engine keeps its data elsewhere, not looked at")
    lacking = [
        size
        for name, size in IMAGES.items()
        if not any(image.startswith(f"tubepulse/{name}:") for image in images)
    ]
    needed = DATA + sum(lacking)
    text = f"disk: {free / 1e9:.1f} GB free in {root}"
    if free >= needed * 1e9:
        return Finding(True, f"{text}, {needed:.0f} needed")
    return Finding(
        False, f"{text}, about {needed:.0f} needed: free some (docker system df shows what Docker keeps)"
    )


def project(name: str, root: Path, containers: Sequence[Container]) -> Finding:
    """Whether the project's name is ours: another checkout's containers would be replaced."""
    folders = {one.folder for one in containers if one.project == name and one.folder}
    others = sorted(
        folder for folder in folders if not Path(folder).is_relative_to(root)
    )  # e2e works in build/
    if others:
        return Finding(
            False,
            f"the name {name} is in use by another checkout ({others[0]}): set COMPOSE_PROJECT_NAME in .env "
            "to another, or make down there",
        )
    return Finding(True, f"project {name}")


def runs(name: str, containers: Sequence[Container]) -> bool:
    """Whether something of the project runs."""
    return any(one.running for one in containers if one.project == name)


def port(
    variable: str, number: int, ours: str, containers: Sequence[Container], holder: str | None
) -> Finding:
    """Whether a port is free, or our own project's; `holder` is who listens on it, None where nobody does."""
    users = [one for one in containers if one.running and number in one.ports]
    if any(one.project == ours for one in users):
        return Finding(True, f"port {number} ({variable}) is this stack's")
    if users:
        holder = f"container {users[0].name}"
    if holder is None:
        return Finding(True, f"port {number} ({variable}) is free")
    by = f" ({holder})" if holder else ""
    return Finding(False, f"port {number} is taken{by}: set {variable} in .env to another")


def browser(asked: str, found: Path | None) -> Finding:
    """Whether the website's tests find Chromium; `asked` is CHROMIUM, `found` the program."""
    if found:
        return Finding(True, f"browser {found}")
    if asked:
        return Finding(False, f"CHROMIUM={asked} is no program: correct it, or unset it")
    return Finding(
        False,
        "there is no Chromium, which tests the website: sudo apt-get install chromium, or set CHROMIUM=/path",
    )


def published(text: str) -> frozenset[int]:
    """The TCP ports of the machine in a line of docker's: '127.0.0.1:8080->8080/tcp, :::90-91->90-91/tcp'."""
    found: set[int] = set()
    for first, last in re.findall(r":(\d+)(?:-(\d+))?->[\d-]+/tcp", text):
        found.update(range(int(first), int(last or first) + 1))
    return frozenset(found)
