"""make reset: the stack stopped and its volumes removed, after a question; .env and images stay.

python -m compose.reset [--env-file .env] [--force]
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

from compose import checks, engine, env_file
from embedded import advice


def main() -> int:
    """The command line."""
    cli = argparse.ArgumentParser(prog="python -m compose.reset", description=(__doc__ or "").split("\n")[0])
    cli.add_argument("--env-file", type=Path, default=Path(".env"))
    cli.add_argument("--force", action="store_true", help="do not ask")
    args = cli.parse_args()
    return advice.exit_code(lambda: reset(args.env_file, args.force), interrupted="nothing was removed")


def reset(file: Path, force: bool) -> int:
    """Ask, then remove containers, networks and volumes; 1 when the answer was no."""
    name = env_file.effective(env_file.read(file), os.environ)["COMPOSE_PROJECT_NAME"]
    docker = engine.find().docker
    if not force and not agreed(name):
        print("nothing was removed")
        return 1
    compose = [docker, "compose", "--env-file", str(file), "--project-name", name, *checks.EVERY_PROFILE]
    command = [*compose, "down", "--volumes", "--remove-orphans"]
    return subprocess.run(command, check=False).returncode


def agreed(name: str) -> bool:
    """Whether the person at the terminal wants it; no terminal is a no."""
    if not sys.stdin.isatty():
        print("no terminal to ask at: make reset FORCE=1", file=sys.stderr)
        return False
    asked = (
        f"Remove the stack {name} with all results, Airflow's history and logs, and the website? Type yes: "
    )
    try:
        return input(asked).strip() == "yes"
    except EOFError:
        return False


if __name__ == "__main__":
    sys.exit(main())
