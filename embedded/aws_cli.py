"""Make .venv-awscli: the AWS CLI from requirements/awscli.txt, in an environment of its own.

Needs a complete .venv, whose Python and uv it takes. Safe to kill and to call again, as install.py is: its
record goes with the folder before the first change, and is written after the last.

    .venv/bin/python -m embedded.aws_cli      exit code 0, or 2 and what stands in the way on stderr
"""

from __future__ import annotations

import hashlib
import os
import signal
import sys
from pathlib import Path

from embedded import advice, install, installed, lifeline, locks
from embedded.errors import Unusable
from embedded.progress import Failed, Progress, kill_running

LOCK = "requirements/awscli.txt"
FOLDER = ".venv-awscli"
RECORD = "tubepulse.txt"  # within the folder: it goes when the folder goes


def main() -> int:
    """The command."""
    lifeline.end_with_parent(kill_running)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda got, _: sys.exit(128 + got))
    return advice.exit_code(lambda: ensure_installed(install.ROOT))


def ensure_installed(root: Path) -> int:
    """Install the CLI, unless it is there; one installation at a time in a checkout."""
    if is_complete(root):
        return 0
    logs, path = root / "build" / "logs", root / "build" / ".lock"
    logs.mkdir(parents=True, exist_ok=True)
    with locks.exclusive(path, install.PATIENCE, install.say_waiting()) as lock:
        if lock is None:
            raise Unusable(f"process {locks.holder(path)} still installs here: stop it first")
        if is_complete(root):
            return 0  # by the one we waited for
        progress = Progress(logs / "aws-cli.log", lambda line: print(line, flush=True), inherited=[lock])
        try:
            build(root, progress)
        except Failed as failure:
            reason = advice.cause(failure.output)
            raise Unusable(f"{failure.what} failed: {reason} (build/logs/aws-cli.log)") from None
    return 0


def is_complete(root: Path) -> bool:
    """Is it there, made from this lock for this folder and this Python, and does it run? No network."""
    try:
        record = (root / FOLDER / RECORD).read_text()
    except OSError:
        return False
    return record == wanted(root) and installed.runs(root / FOLDER)


def wanted(root: Path) -> str:
    """The record that a complete installation has. Scripts name their folder, so a copy elsewhere is none."""
    digest = hashlib.sha256((root / LOCK).read_bytes()).hexdigest()
    return f"{digest}\n{sys.version_info.major}.{sys.version_info.minor}\n{root / FOLDER}\n"


def build(root: Path, progress: Progress) -> None:
    """Make the folder anew: it is small."""
    venv, own = root / ".venv", root / FOLDER
    install.discard(own)
    environ = install.own_environment(os.environ)
    environ |= install.uv_settings(venv, environ)
    uv, python = venv / "uv/bin/uv", venv / "bin/python"
    progress.run(f"making {FOLDER}", [uv, "venv", "--python", python, own], environ, root)
    argv: install.Argv = [uv, "pip", "sync", "--python", own / "bin/python", "--require-hashes", LOCK]
    progress.run("installing the AWS CLI", argv, environ, root)
    (own / RECORD).write_text(wanted(root))


if __name__ == "__main__":
    sys.exit(main())
