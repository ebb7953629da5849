"""The wheelhouse: what the jobs import, as wheels for the cluster's nodes, fetched with pip by hash.

    python -m aws.wheelhouse containers /opt/wheels

fetches it now, so that a deployment needs no network later.
"""

import argparse
import hashlib
import platform
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from aws.profile import ROOT

LOCK = ROOT / "spark" / "jobs" / "requirements.txt"
CACHE = ROOT / "build" / "wheels"


class NoWheelhouse(Exception):
    """pip could not fetch the wheels; the text holds its last line."""


@dataclass(frozen=True)
class Target:
    """The nodes' Python (for example 3.11) and platform tag; None: this machine's own."""

    python: str | None = None
    platform: str | None = None

    @property
    def name(self) -> str:
        """Names the cache folder."""
        own = f"cp{sys.version_info.major}{sys.version_info.minor}-{sys.platform}_{platform.machine()}"
        return f"cp{self.python.replace('.', '')}-{self.platform}" if self.python else own

    def pip_options(self) -> list[str]:
        """What `pip download` needs to know to fetch for the nodes instead of for itself."""
        if not self.python:
            return []
        return ["--python-version", self.python, "--implementation", "cp", "--platform", str(self.platform)]


THIS_MACHINE = Target()
EMR = Target("3.11", "manylinux_2_28_x86_64")  # emr-7.x, the newer of its two Pythons
# The same Python in containers on this machine, whose processor may be another: charset-normalizer and regex
# are compiled. Docker's Linux calls Apple's arm64 aarch64.
CONTAINERS = Target("3.11", f"manylinux_2_28_{platform.machine().replace('arm64', 'aarch64')}")
TARGETS = {"emr": EMR, "containers": CONTAINERS, "this-machine": THIS_MACHINE}


def wheelhouse(target: Target, cache: Path = CACHE) -> Path:
    """A folder with the lock (requirements.txt) and its wheels for `target`.

    Fetched once per lock and target, then taken from `cache`, so a second deploy needs no network.
    Raises NoWheelhouse.
    """
    lock_hash = hashlib.sha256(LOCK.read_bytes()).hexdigest()[:12]
    folder = cache / f"{target.name}-{lock_hash}"
    if folder.is_dir():
        return folder
    try:
        cache.mkdir(parents=True, exist_ok=True)
        partial = Path(tempfile.mkdtemp(prefix=f"{folder.name}.", suffix=".partial", dir=cache))
    except OSError as error:
        raise NoWheelhouse(f"the jobs' wheels cannot be kept in {cache}: {error.strerror}") from None
    command = [
        sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check",
        "--require-hashes", "--no-deps", "--only-binary=:all:", "--dest", str(partial),
        *target.pip_options(), "--requirement", str(LOCK),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        shutil.rmtree(partial)
        lines = [line for line in done.stderr.splitlines() if line.startswith("ERROR")] or [
            done.stderr[-500:]
        ]
        raise NoWheelhouse(
            f"the jobs' wheels could not be fetched: {lines[-1]}; is the package index reachable?"
        )
    shutil.copy(LOCK, partial / "requirements.txt")
    try:
        partial.rename(folder)
    except OSError:
        if not folder.is_dir():  # else another deployment was first
            raise
        shutil.rmtree(partial)
    return folder


def main() -> int:
    """The command line; returns the exit code: 0, or 2 with one line on stderr."""
    cli = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cli.add_argument("target", choices=TARGETS)
    cli.add_argument("cache", type=Path)
    args = cli.parse_args()
    try:
        sys.stdout.write(f"{wheelhouse(TARGETS[args.target], args.cache)}\n")
    except NoWheelhouse as error:
        sys.stderr.write(f"wheelhouse: {error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
