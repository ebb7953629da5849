"""The stack's images: Debian's two base images found, pulled or made, the stack's own ones built on them.

    python -m compose.images [--profile local] [--env-file .env]

Standard library only. A base image that is here is used as it is, and an unchanged build is cached.
"""

from __future__ import annotations

import argparse
import functools
import json
import os
import re
import select
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from compose import engine, env_file, parallel
from embedded import advice
from embedded.errors import Unusable

ROOT = Path(__file__).resolve().parents[1]
LOGS = ROOT / "build" / "logs"
OWN = "tubepulse/"  # images of this name are built here, and never pulled
PULL_PATIENCE = 15.0  # seconds until a pull must have begun
PATIENCE = 30.0  # seconds for an answer of the engine
TAIL = 20  # lines of a failed build's log
How = Literal["is here", "can be pulled", "will be made from Debian packages"]


@dataclass(frozen=True)
class Base:
    """One of the two base images: the setting that names it, and Debian's suite."""

    variable: str
    suite: str

    @property
    def official(self) -> str:
        """Debian's own image."""
        return f"debian:{self.suite}-slim"

    @property
    def made(self) -> str:
        """The image that airgap/base-image.sh makes."""
        return f"{OWN}debian:{self.suite}-slim"


@dataclass(frozen=True)
class Found:
    """Which image stands for a base, and whether something must be done for it."""

    base: Base
    name: str
    how: How


BOOKWORM, TRIXIE = Base("BOOKWORM_IMAGE", "bookworm"), Base("TRIXIE_IMAGE", "trixie")
BASES = (BOOKWORM, TRIXIE)


def main() -> int:
    """The command."""
    cli = argparse.ArgumentParser(prog="python -m compose.images", description=(__doc__ or "").split("\n")[0])
    cli.add_argument("--profile", default="local")
    cli.add_argument("--env-file", type=Path, default=Path(".env"))
    args = cli.parse_args()

    def run() -> int:
        ensure(args.profile, args.env_file)
        return 0

    return advice.exit_code(run, interrupted="stopped: what is built stays, the next call goes on")


def ensure(profile: str, file: Path) -> dict[str, str]:
    """Find, pull, make and build what the profile needs; returns the environment for docker compose.

    Raises Unusable where an image is neither here nor to be had, or does not build.
    """
    # Builds have sessions of their own: a signal to this one does not reach them
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    values = env_file.effective(env_file.read(file), os.environ)
    docker = engine.find().docker
    environ = environment(docker, values) | {"COMPOSE_PROFILES": profile}
    compose = [docker, "compose", "--env-file", str(file)]
    services = configured(compose, environ)
    run_jobs(pulls(docker, services, environ))
    run_jobs(builds(compose, services, environ))
    return environ


def environment(docker: str, values: Mapping[str, str], wanted: Sequence[Base] = BASES) -> dict[str, str]:
    """The environment for builds on these base images, which are brought here."""
    builder = {"DOCKER_BUILDKIT": "1", "BUILDKIT_PROGRESS": "plain"}
    return {**os.environ, **builder, **bases(docker, values, wanted)}


def bases(docker: str, values: Mapping[str, str], wanted: Sequence[Base]) -> dict[str, str]:
    """The base images, brought here: name of the setting -> image."""
    with ThreadPoolExecutor() as pool:
        found = list(pool.map(lambda base: locate(docker, base, values), wanted))
    jobs = []
    for one in found:
        if one.how == "can be pulled":
            jobs.append(job(f"pulled {one.name}", [docker, "pull", one.name], os.environ))
        elif one.how == "will be made from Debian packages":
            argv = ["sh", "airgap/base-image.sh", one.base.suite]
            jobs.append(job(f"made {one.name} from Debian packages", argv, os.environ))
    run_jobs(jobs)
    return {one.base.variable: one.name for one in found}


def locate(docker: str, base: Base, values: Mapping[str, str]) -> Found:
    """Which image to take for a base, the one that needs no network first; raises Unusable."""
    chosen = values.get(base.variable, "")
    if chosen and chosen != base.made:
        if present(docker, chosen):
            return Found(base, chosen, "is here")
        if pullable(docker, chosen):
            return Found(base, chosen, "can be pulled")
        raise Unusable(
            f"{base.variable} is {chosen}, which is not here and cannot be pulled: correct it in .env, or "
            "leave it out"
        )
    for name in (base.made,) if chosen else (base.official, base.made):
        if present(docker, name):
            return Found(base, name, "is here")
    if not chosen and pullable(docker, base.official):
        return Found(base, base.official, "can be pulled")
    obstacle = cannot_make(base, os.environ)
    if obstacle:
        raise Unusable(f"{base.official} is not here and cannot be pulled, and {obstacle}")
    return Found(base, base.made, "will be made from Debian packages")


def present(docker: str, name: str) -> bool:
    """Whether the engine has an image."""
    argv = [docker, "image", "inspect", "--format", "{{.Id}}", name]
    quiet = subprocess.DEVNULL
    return subprocess.run(argv, stdin=quiet, stdout=quiet, stderr=quiet, timeout=PATIENCE).returncode == 0


@functools.cache
def pullable(docker: str, name: str) -> bool:
    """Whether a pull of an image begins; it is given up then, or after PULL_PATIENCE seconds.

    The engine is asked, not the registry: it may have a mirror or a proxy of its own.
    """
    # Without a tag, docker's first line is about that, before it asks anybody
    tag = "" if ":" in name.rpartition("/")[2] or "@" in name else ":latest"
    argv = [docker, "pull", name + tag]
    quiet = subprocess.DEVNULL
    child = subprocess.Popen(argv, stdin=quiet, stdout=subprocess.PIPE, stderr=quiet)
    with child:
        assert child.stdout is not None  # noqa: S101 - it is a pipe
        try:
            answered, _, _ = select.select([child.stdout], [], [], PULL_PATIENCE)
            return bool(answered and child.stdout.readline())
        finally:
            child.kill()


def cannot_make(base: Base, environ: Mapping[str, str]) -> str:
    """Why airgap/base-image.sh cannot work here, with what helps; empty where it can."""
    tools = [name for name in ("debootstrap", "apt-get") if shutil.which(name, path=environ.get("PATH"))]
    if sys.platform != "linux" or not tools:
        return (
            f"it cannot be made here (no debootstrap): set {base.variable} in .env to a Debian image "
            "that you can reach"
        )
    if os.geteuid() != 0:
        return f"only root can make it: sudo sh airgap/base-image.sh {base.suite}"
    return ""


def configured(compose: Sequence[str], environ: Mapping[str, str]) -> dict[str, dict[str, object]]:
    """The profile's services as Compose reads them; raises Unusable with its complaint."""
    argv = [*compose, "config", "--format", "json"]
    done = subprocess.run(
        argv,
        env=dict(environ),
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    if done.returncode:
        raise Unusable(f"docker compose refuses docker-compose.yml: {last_line(done.stderr)}")
    services: dict[str, dict[str, object]] = json.loads(done.stdout)["services"]
    return services


def pulls(
    docker: str, services: Mapping[str, Mapping[str, object]], env: Mapping[str, str]
) -> list[parallel.Job]:
    """A pull of each image that is not ours and not here."""
    foreign = {str(service["image"]) for service in services.values()} - set(buildable(services))
    lacking = [name for name in sorted(foreign) if not present(docker, name)]
    return [job(f"pulled {name}", [docker, "pull", name], env) for name in lacking]


def builds(
    compose: Sequence[str], services: Mapping[str, Mapping[str, object]], env: Mapping[str, str]
) -> list[parallel.Job]:
    """A build of each image of ours, once, whichever services share it."""
    ours = buildable(services)
    return [job(f"built {name}", [*compose, "build", ours[name]], env) for name in sorted(ours)]


def buildable(services: Mapping[str, Mapping[str, object]]) -> dict[str, str]:
    """The images that are built: name -> a service that says how.

    An image of another name takes a built one's place (POSTGRES_IMAGE): ours is never built under its name.
    """
    return {
        str(service["image"]): name
        for name, service in sorted(services.items(), reverse=True)
        if service.get("build") and str(service["image"]).startswith(OWN)
    }


def job(what: str, argv: Sequence[str], env: Mapping[str, str]) -> parallel.Job:
    """A command whose log is named by what it does: build/logs/built-tubepulse-spark-3.5.6.log."""
    name = "".join(letter if letter.isalnum() or letter == "." else "-" for letter in what)
    return parallel.Job(what, argv, env, ROOT, LOGS / f"{name}.log")


def run_jobs(jobs: Sequence[parallel.Job]) -> None:
    """Run them two at a time; raises Unusable, after the end of the log, for one that fails."""
    try:
        parallel.run(jobs, lambda line: print(line, flush=True))
    except parallel.Failed as failure:
        lines = failure.output.splitlines()[-TAIL:]
        print("\n".join(lines), file=sys.stderr)
        log = failure.job.log.relative_to(ROOT)
        raise Unusable(f"not {failure.job.what}: {cause(failure.output)} (all of it: {log})") from None


def cause(output: str) -> str:
    """Why an image could not be pulled, made or built, and what to do where that is known."""
    if re.search("No space left on device|no space left|Disk quota exceeded", output):
        return "the disk is full: free some, docker system df shows what Docker keeps"
    return last_line(output)


def last_line(output: str) -> str:
    """The last line with text."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    return lines[-1][:300] if lines else "it wrote nothing"


if __name__ == "__main__":
    sys.exit(main())
