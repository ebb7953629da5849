"""What a complete installation leaves behind: one small file, removed first and written last.

Standard library only. Without the file, or where it does not fit this checkout, .venv is not trusted.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

LOCKS = ("requirements/uv.txt", "requirements/dev.txt", "requirements/java.txt")
RECORD = "tubepulse.json"  # within .venv: it goes when .venv goes


@dataclass(frozen=True)
class Installed:
    """One complete installation: what it was made from, where, and the Java it goes with."""

    locks: str  # hash of the lock files
    python: str  # 3.11
    folder: str  # of .venv: scripts in it name it, so a copy elsewhere is none
    java_asked: str  # $JAVA_HOME at that time
    java_home: str

    @classmethod
    def read(cls, venv: Path) -> Self | None:
        """The record in `venv`; None where there is none, or one of another form."""
        try:
            return cls(**json.loads((venv / RECORD).read_text()))
        except (OSError, ValueError, TypeError):
            return None

    def write(self, venv: Path) -> None:
        """Put the record into `venv` in one step."""
        draft = venv / f"{RECORD}.new"
        draft.write_text(json.dumps(asdict(self), indent=1) + "\n")
        draft.replace(venv / RECORD)

    @staticmethod
    def remove(venv: Path) -> None:
        """From here on `venv` is under construction."""
        (venv / RECORD).unlink(missing_ok=True)


def wanted(root: Path, environ: Mapping[str, str], java_home: str) -> Installed:
    """The record that an installation of `root` by this interpreter would leave."""
    digest = hashlib.sha256()
    for lock in LOCKS:
        digest.update(lock.encode() + b"\0" + (root / lock).read_bytes() + b"\0")
    return Installed(
        locks=digest.hexdigest(),
        python=f"{sys.version_info.major}.{sys.version_info.minor}",
        folder=str(root / ".venv"),
        java_asked=environ.get("JAVA_HOME", ""),
        java_home=java_home,
    )


def is_complete(root: Path, environ: Mapping[str, str]) -> bool:
    """Is everything there, made from these lock files, and does it run? Takes some 30 ms, no network."""
    record = Installed.read(root / ".venv")
    return (
        record is not None
        and record == wanted(root, environ, record.java_home)
        and os.access(Path(record.java_home) / "bin" / "java", os.X_OK)
        and runs(root / ".venv")
    )


def can_be_updated(root: Path) -> bool:
    """Is .venv complete, only from other lock files? Then what differs is exchanged, the rest stays."""
    record = Installed.read(root / ".venv")
    if record is None:
        return False
    new = wanted(root, {}, "")
    return (record.python, record.folder) == (new.python, new.folder) and runs(root / ".venv")


def runs(venv: Path) -> bool:
    """Does its interpreter start? A link to one that was removed does not."""
    try:
        argv = [str(venv / "bin" / "python"), "-I", "-S", "-c", ""]
        return subprocess.run(argv, capture_output=True, timeout=20).returncode == 0
    except (OSError, subprocess.SubprocessError):
        return False
