"""make doctor: whether this machine can run the stack; a line for each thing that must hold.

    python -m compose.doctor [--profile local] [--env-file .env] [--browser] [--quiet]

Exit code 0, or 2 where something is amiss: those lines begin with ✘ and name what helps; with --quiet they
are the only ones. Standard library only, and nothing here changes anything.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from compose import checks, checks_probes, engine, env_file, images
from compose.checks import Finding
from embedded import advice
from embedded.errors import Unusable

ROOT = Path(__file__).resolve().parents[1]
Check = Callable[[], Iterable[Finding]]


def main() -> int:
    """The command."""
    cli = argparse.ArgumentParser(prog="python -m compose.doctor", description=(__doc__ or "").split("\n")[0])
    cli.add_argument("--profile", default="local")
    cli.add_argument("--env-file", type=Path, default=Path(".env"))
    cli.add_argument("--browser", action="store_true", help="ask for a Chromium, too")
    cli.add_argument("--quiet", action="store_true", help="print only what is amiss")
    args = cli.parse_args()
    return advice.exit_code(lambda: run(args.profile, args.env_file, args.quiet, args.browser))


def run(profile: str, file: Path, quiet: bool = False, browser: bool = False) -> int:
    """Print the findings as they come; returns the exit code."""
    amiss = 0
    for finding in examine(profile, file, browser):
        if not finding.ok:
            amiss += 1
            print(f"✘ {finding.text}", file=sys.stderr if quiet else sys.stdout, flush=True)
        elif not quiet:
            print(f"✔ {finding.text}", flush=True)
    return 2 if amiss else 0


def examine(profile: str, file: Path, browser: bool = False) -> Iterator[Finding]:
    """Every check, in this order; those of the engine only where there is one. Slow ones run side by side."""
    known = stack_of(profile)
    yield known
    if not known.ok:
        return  # nothing else can be said of it
    if handed_on := checks.credentials(profile, os.environ):
        yield handed_on
    yield checks.readable(checks_probes.first_unreadable(ROOT))
    if browser:
        yield checks.browser(os.environ.get("CHROMIUM", ""), checks_probes.browser(os.environ))
    try:
        values = settings(file)
        yield Finding(
            True, f"settings: {file}" if file.exists() else "settings: .env.example; make up writes .env"
        )
    except Unusable as obstacle:
        yield Finding(False, str(obstacle))
        if engine_trouble := trouble(engine.find):
            yield engine_trouble
        return  # ports and images are not known
    try:
        found = engine.find()
    except Unusable as obstacle:
        yield Finding(False, str(obstacle))
        return
    yield Finding(True, f"Docker Engine {found.version}, {found.architecture}")
    with ThreadPoolExecutor(max_workers=8) as pool:
        name = values["COMPOSE_PROJECT_NAME"]
        jobs = [pool.submit(guarded, check) for check in of_engine(found, profile, name, values)]
        for job in jobs:
            yield from job.result()


def stack_of(profile: str) -> Finding:
    """Whether there is a stack for a profile."""
    return checks.profile(profile, {path.name for path in (ROOT / "profiles").iterdir()})


def must_have_stack(profile: str) -> None:
    """Raise Unusable for a profile without a stack."""
    known = stack_of(profile)
    if not known.ok:
        raise Unusable(known.text)


def settings(file: Path) -> dict[str, str]:
    """The settings, or .env.example's where there is no file yet; the shell wins."""
    if not file.exists():
        return env_file.effective({}, os.environ)
    return env_file.effective(env_file.read(file), os.environ)


def of_engine(found: engine.Engine, profile: str, name: str, values: Mapping[str, str]) -> Iterator[Check]:
    """The checks that ask the engine or this machine."""
    docker = found.docker
    yield lambda: [Finding(True, f"Compose {engine.compose_version(docker)}")]
    yield lambda: [checks.buildx(found.plugins, engine.INSTALL)]
    for base in images.BASES:
        yield partial(base_image, docker, base, values)
    yield lambda: [disk(found)]

    def of_containers() -> Iterator[Finding]:
        containers = checks_probes.containers(docker)
        available = checks_probes.available_memory() if found.here else found.memory
        where = "here" if found.here else "of Docker's machine"
        yield checks.memory(available, where, profile, checks.runs(name, containers))
        yield checks.project(name, ROOT, containers)
        for variable in checks.PORTS[profile]:
            number = int(values[variable])
            holder = None if remote(os.environ) else checks_probes.holder(number)
            yield checks.port(variable, number, name, containers, holder)

    yield of_containers


def base_image(docker: str, base: images.Base, values: Mapping[str, str]) -> list[Finding]:
    """Where a base image comes from; raises Unusable where it does not."""
    located = images.locate(docker, base, values)
    return [Finding(True, f"base image {located.name} {located.how}")]


def disk(found: engine.Engine) -> Finding:
    """The room where the engine keeps its data."""
    free = checks_probes.free_disk(found.root) if found.here else None
    return checks.disk(free, found.root, checks_probes.images(found.docker))


def remote(environ: Mapping[str, str]) -> bool:
    """Whether the engine publishes its ports on another machine."""
    return environ.get("DOCKER_HOST", "").startswith(("tcp://", "ssh://"))


def guarded(check: Check) -> list[Finding]:
    """A check's findings, an obstacle among them."""
    try:
        return list(check())
    except Unusable as obstacle:
        return [Finding(False, str(obstacle))]


def trouble(ask: Callable[[], object]) -> Finding | None:
    """The obstacle that asking meets, if any."""
    try:
        ask()
    except Unusable as obstacle:
        return Finding(False, str(obstacle))
    return None


if __name__ == "__main__":
    sys.exit(main())
