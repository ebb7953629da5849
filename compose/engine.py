"""The container engine that `docker` leads to: what it is, or in one line why it cannot be used.

Standard library only, and nothing here changes anything.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from embedded.errors import Unusable

ENGINE = (20, 10)
COMPOSE = (2, 20)
PATIENCE = 20.0  # seconds for an answer of the engine
INSTALL = "sudo make docker-engine installs it on Debian and Ubuntu; elsewhere: Docker's installation manual"


@dataclass(frozen=True)
class Engine:
    """An engine that answers, and its client."""

    docker: str  # path of the client
    version: str
    architecture: str  # as the kernel names it: x86_64, aarch64
    memory: int  # bytes that the engine's machine has
    root: Path  # where it keeps images and volumes, on its machine
    here: bool  # it runs on this machine, and not in another or in a virtual one
    plugins: Mapping[str, str]  # name of a client's plugin -> version


def find(environ: Mapping[str, str] | None = None) -> Engine:
    """The engine; raises Unusable saying what is missing and which command helps."""
    environ = os.environ if environ is None else environ
    docker = client(environ)
    answer, complaint = ask(docker, environ)
    version = str(answer.get("ServerVersion") or "")
    if not version:
        raise Unusable(unreachable(complaint, environ, Path("/")))
    if at_least(version, ENGINE) is False:
        raise Unusable(f"Docker Engine {version} is too old, 20.10 is needed: update it ({INSTALL})")
    info = answer.get("ClientInfo") or {}
    return Engine(
        docker=docker,
        version=version,
        architecture=str(answer.get("Architecture", "")),
        memory=int(answer.get("MemTotal") or 0),
        root=Path(str(answer.get("DockerRootDir") or "/var/lib/docker")),
        here=sys.platform == "linux" and answer.get("Name") == os.uname().nodename,
        plugins={plugin["Name"]: str(plugin.get("Version") or "") for plugin in info.get("Plugins") or []},
    )


def client(environ: Mapping[str, str]) -> str:
    """The path of `docker`; raises Unusable."""
    found = shutil.which("docker", path=environ.get("PATH"))
    if not found:
        raise Unusable(f"there is no docker command: {INSTALL}")
    return found


def ask(docker: str, environ: Mapping[str, str]) -> tuple[dict[str, Any], str]:
    """What `docker info` answers, and what it complains of."""
    argv = [docker, "info", "--format", "{{json .}}"]
    try:
        done = subprocess.run(
            argv,
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
    except subprocess.TimeoutExpired:
        return {}, f"no answer within {PATIENCE:.0f} s"
    except OSError as error:
        raise Unusable(f"{docker} cannot be started ({error.strerror}): reinstall it ({INSTALL})") from None
    try:
        answer = json.loads(done.stdout)
    except ValueError:
        answer = {}
    if not isinstance(answer, dict):
        answer = {}
    if "host" in answer and "ServerVersion" not in answer:
        raise Unusable(f"{docker} is Podman's, and the stack needs Docker Engine: {INSTALL}")
    return answer, " ".join([*map(str, answer.get("ServerErrors") or []), *done.stderr.split()])


def unreachable(complaint: str, environ: Mapping[str, str], root: Path) -> str:
    """Why no engine answered, and the command that helps; `root` is the file system that is looked at."""
    if "permission denied" in complaint.lower():
        return (
            "you may not use Docker's socket: sudo usermod -aG docker $(id -un), then log in again (or put "
            "sudo before the command)"
        )
    if environ.get("DOCKER_HOST"):
        return f"no Docker engine answers at DOCKER_HOST={environ['DOCKER_HOST']}: unset it, or correct it"
    context = environ.get("DOCKER_CONTEXT", "")
    if "context" in complaint.lower() and "not found" in complaint.lower():
        return f"Docker's context {context} does not exist: unset DOCKER_CONTEXT; docker context use default"
    if "no answer within" in complaint:
        return f"the Docker engine gives {complaint}: restart it (sudo systemctl restart docker)"
    if sys.platform == "darwin":
        return "no Docker engine answers: open -a Docker starts Docker Desktop"
    address = re.search(r"unix://(\S+?)[.:]?(?=\s|$)", complaint)
    if address and Path(address[1]) not in (Path("/var/run/docker.sock"), Path("/run/docker.sock")):
        return f"no Docker engine answers at {address[0]}: start it, or docker context use default"
    if installed(root):
        if (root / "run/systemd/system").is_dir():
            return "Docker Engine is installed and does not run: sudo systemctl start docker"
        return "Docker Engine is installed and does not run: sudo make docker-engine starts it"
    return f"there is a docker command, but no Docker engine runs here: {INSTALL}"


def installed(root: Path) -> bool:
    """Whether an engine lies below `root`, running or not."""
    return any((root / folder / "dockerd").exists() for folder in ("usr/bin", "usr/sbin", "usr/local/bin"))


def compose_version(docker: str, environ: Mapping[str, str] | None = None) -> str:
    """The version of `docker compose`; raises Unusable where it is missing or too old."""
    environ = os.environ if environ is None else environ
    done = subprocess.run(
        [docker, "compose", "version", "--short"], env=dict(environ), stdin=subprocess.DEVNULL,
        capture_output=True, text=True, timeout=PATIENCE,
    )  # fmt: skip
    version = done.stdout.strip()
    if done.returncode or not re.match(r"v?\d", version):
        old = shutil.which("docker-compose", path=environ.get("PATH"))
        also = " (docker-compose, the older program, does not do)" if old else ""
        raise Unusable(f"docker has no Compose plugin{also}: {INSTALL}")
    if at_least(version, COMPOSE) is False:
        raise Unusable(f"Compose {version} is too old, 2.20 is needed: {INSTALL}")
    return version


def at_least(version: str, wanted: tuple[int, int]) -> bool | None:
    """Whether a version is `wanted` or later; None where it has no number (a build of one's own)."""
    match = re.match(r"v?(\d+)\.(\d+)", version)
    return (int(match[1]), int(match[2])) >= wanted if match else None
