"""The wheelhouse: what the jobs import, as wheels for the cluster's nodes, fetched with pip by hash."""

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


def wheelhouse(target: Target) -> Path:
    """A folder with the lock (requirements.txt) and its wheels for `target`.

    Fetched once per lock and target, then taken from build/wheels/, so a second deploy needs no network.
    Raises NoWheelhouse.
    """
    lock_hash = hashlib.sha256(LOCK.read_bytes()).hexdigest()[:12]
    folder = CACHE / f"{target.name}-{lock_hash}"
    if folder.is_dir():
        return folder
    CACHE.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(prefix=f"{folder.name}.", suffix=".partial", dir=CACHE))
    command = [
        sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check",
        "--require-hashes", "--no-deps", "--only-binary=:all:", "--dest", str(partial),
        *target.pip_options(), "--requirement", str(LOCK),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
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
