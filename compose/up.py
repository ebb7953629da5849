"""make up: the stack of a profile built, started and healthy; then where everything is.

    python -m compose.up [--profile local] [--env-file .env]

Exit code 0 when every service is healthy; 1 when one is not, after the end of its log; 2, with one line for
each obstacle, when the machine lacks something. Standard library only: it works before .venv is there.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from compose import checks, doctor, env_file, images, wpdatatables
from embedded import advice
from embedded.errors import Unusable

PATIENCE = 300  # seconds until everything must be healthy
LOG_LINES = 15  # of a service that is not
HOST = "127.0.0.1"
HOSTS = {"WORDPRESS_PORT": "localhost"}  # WordPress leads every visitor to the one address that it has
Container = Mapping[str, object]  # as `docker compose ps --format json` describes it


def main() -> int:
    """The command line."""
    cli = argparse.ArgumentParser(prog="python -m compose.up", description=(__doc__ or "").split("\n")[0])
    cli.add_argument("--profile", default="local")
    cli.add_argument("--env-file", type=Path, default=Path(".env"))
    args = cli.parse_args()
    return advice.exit_code(lambda: up(args.profile, args.env_file), interrupted="stopped; make up goes on")


def up(profile: str, file: Path) -> int:
    """Check, build, start, wait, and say where everything is."""
    begun, moment = time.monotonic(), datetime.now(UTC).isoformat()
    values = env_file.ensure(file)
    if obstacles := doctor.run(profile, file, quiet=True):
        return obstacles
    wpdatatables.ensure(values["WPDATATABLES"])
    environ = images.ensure(profile, file)
    compose = ["docker", "compose", "--env-file", str(file)]
    leave_other_profile(compose, environ)
    start = [*compose, "up", "--detach", "--wait", "--wait-timeout", str(PATIENCE), "--remove-orphans"]
    if subprocess.run(start, env=environ, check=False).returncode:
        for name, state, log in unhealthy(compose, environ):
            print(f"✘ {name} is {state}; the end of its log:\n{log}", file=sys.stderr)
        print("the stack did not become healthy: make logs shows more, make doctor may help", file=sys.stderr)
        return 1
    for line in website_problems(compose, environ, moment):
        print(f"✘ {line}", file=sys.stderr)
    print(f"\n✔ everything is healthy, {time.monotonic() - begun:.0f} s after make up\n")
    print("\n".join(places(profile, values)))
    return 0


def leave_other_profile(compose: Sequence[str], environ: Mapping[str, str]) -> None:
    """Stop what only another profile has: Compose does not count it among the orphans."""
    every = [*compose, *checks.EVERY_PROFILE]
    others = services(every, environ) - services(compose, environ)
    if others:
        gone = [*every, "rm", "--stop", "--force", *sorted(others)]
        subprocess.run(gone, env=dict(environ), stdout=subprocess.DEVNULL, check=False)


def services(compose: Sequence[str], environ: Mapping[str, str]) -> set[str]:
    """The services of the profiles in force; raises Unusable."""
    listed = _output([*compose, "config", "--services"], environ)
    if not listed:
        raise Unusable("docker compose does not read docker-compose.yml: its lines above say why")
    return set(listed.split())


def unhealthy(compose: Sequence[str], environ: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    """Name, state and the end of the log of each container that is not as it should be."""
    for container in containers(_output([*compose, "ps", "--all", "--format", "json"], environ)):
        if state := trouble(container):
            command = ["docker", "logs", "--tail", str(LOG_LINES), str(container["Name"])]
            pipe, both = subprocess.PIPE, subprocess.STDOUT
            log = subprocess.run(command, text=True, stdout=pipe, stderr=both, check=False).stdout
            yield str(container["Service"]), state, log


def containers(listed: str) -> list[Container]:
    """What `docker compose ps --format json` says: an object a line, in older versions one list."""
    if listed.startswith("["):
        return list(json.loads(listed))
    return [json.loads(line) for line in listed.splitlines() if line.startswith("{")]


def trouble(container: Container) -> str:
    """What is wrong with a container; '' when it is healthy, or has done its one task."""
    state, health = str(container["State"]), str(container["Health"])
    if state == "exited":
        return f"exited with code {container['ExitCode']}" if container["ExitCode"] else ""
    if state != "running":
        return state
    return health if health not in ("healthy", "") else ""


def website_problems(compose: Sequence[str], environ: Mapping[str, str], since: str) -> Iterator[str]:
    """What wordpress-init could not do since a moment (ISO 8601): the site goes on without it."""
    logs = [*compose, "logs", "--no-color", "--no-log-prefix", "--since", since, "wordpress-init"]
    for line in _output(logs, environ).splitlines():
        _, found, said = line.partition("provision: ")  # after what Compose writes to clear a line
        if found:
            yield f"website: {said}"


def places(profile: str, values: Mapping[str, str]) -> list[str]:
    """Lines: what is where, and how to log in."""
    own = [
        (
            "website",
            "http",
            "WORDPRESS_PORT",
            f"admin / {values['WORDPRESS_ADMIN_PASSWORD']}; /wp-admin/ edits pages and tables",
        ),
        ("Airflow", "http", "AIRFLOW_PORT", f"admin / {values['AIRFLOW_ADMIN_PASSWORD']}"),
        ("PostgreSQL", "postgresql", "POSTGRES_PORT", "tubepulse; logins pipeline and webapp: see .env"),
    ]
    emulated = [
        ("EMR endpoint", "http", "EMR_PORT", "clusters and steps"),
        ("Spark master", "http", "SPARK_UI_PORT", "workers, applications"),
        ("LocalStack", "http", "LOCALSTACK_PORT", "S3, Secrets Manager, STS"),
        ("fixtures", "http", "FIXTURES_PORT", "recorded posts and prices"),
    ]
    shown = [*own, *(emulated if profile == "local" else [])]
    lines = [
        f"  {name:13} {f'{scheme}://{HOSTS.get(port, HOST)}:{values[port]}':28} {what}"
        for name, scheme, port, what in shown
    ]
    return [*lines, "", "Next: make run" if profile == "local" else f"Next: make deploy PROFILE={profile}"]


def _output(command: Sequence[str], environ: Mapping[str, str]) -> str:
    """What a command wrote to stdout, empty if it failed; its complaints go to the console."""
    done = subprocess.run(command, env=dict(environ), text=True, stdout=subprocess.PIPE, check=False)
    return "" if done.returncode else done.stdout


if __name__ == "__main__":
    sys.exit(main())
