"""make deploy: edited jobs, profile and stations brought to where the stack's pipeline finds them.

    python -m compose.deploy [--profile local] [--env-file .env] [--dry-run] [--force]

Profile local: LocalStack's own ready hook, again. Another: aws.deploy, here, with the shell's credentials; it
shows a plan and asks, unless told otherwise.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from compose import doctor, engine, env_file
from embedded import advice
from embedded.errors import Unusable

ROOT = Path(__file__).resolve().parents[1]
HOOK = "/etc/localstack/init/ready.d/10-deploy.sh"


def main() -> int:
    """The command line."""
    cli = argparse.ArgumentParser(prog="python -m compose.deploy", description=(__doc__ or "").split("\n")[0])
    cli.add_argument("--profile", default="local")
    cli.add_argument("--env-file", type=Path, default=Path(".env"))
    cli.add_argument(
        "--dry-run", action="store_true", help="show what would change in AWS, and change nothing"
    )
    cli.add_argument("--force", action="store_true", help="do not ask")
    args = cli.parse_args()
    options = [*(["--dry-run"] if args.dry_run else []), *(["--force"] if args.force else [])]
    return advice.exit_code(lambda: deploy(args.profile, args.env_file, options))


def deploy(profile: str, file: Path, options: Sequence[str] = ()) -> int:
    """Deploy; returns the exit code of what did it. `options` are those of aws.deploy."""
    doctor.must_have_stack(profile)
    values = env_file.effective(env_file.read(file), os.environ)
    if profile == "local":
        if "--dry-run" in options:
            raise Unusable("the local stack has no dry run: make deploy brings what was edited")
        compose = [engine.find().docker, "compose", "--env-file", str(file)]
        listed = [*compose, "ps", "--services", "--status", "running"]
        running = subprocess.run(listed, stdout=subprocess.PIPE, text=True, check=False).stdout.split()
        if "localstack" not in running:
            raise Unusable("the stack does not run: make up (it deploys, too)")
        return subprocess.run([*compose, "exec", "-T", "localstack", HOOK], check=False).returncode
    stack = {
        "AWS_DEFAULT_REGION": env_file.region(os.environ),
        "PIPELINE_PASSWORD": values["PIPELINE_PASSWORD"],
        "POSTGRES_HOST": "postgres",  # the tasks run beside it
        "POSTGRES_PORT": "5432",
    }
    command = [sys.executable, "-m", "aws.deploy", profile, *options]
    return subprocess.run(command, cwd=ROOT, env={**os.environ, **stack}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
