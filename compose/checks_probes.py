"""The facts that checks.py judges, asked of the engine and of this machine. Standard library only."""

from __future__ import annotations

import errno
import os
import re
import shutil
import socket
import stat
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from compose.checks import MOUNTED, Container, published
from embedded.errors import Unusable

PATIENCE = 20.0  # seconds for an answer of the engine
HOST = "127.0.0.1"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
LABELS = ("com.docker.compose.project", "com.docker.compose.project.working_dir")


def containers(docker: str) -> list[Container]:
    """Every container of the engine; a Compose project's folder is given without links in its path."""
    fields = ["{{.Names}}", *(f'{{{{.Label "{label}"}}}}' for label in LABELS), "{{.State}}", "{{.Ports}}"]
    found = []
    for line in _ask(docker, "ps", "--all", "--format", "\t".join(fields)).splitlines():
        name, project, folder, state, ports = (line.split("\t") + [""] * 5)[:5]
        real = os.path.realpath(folder) if folder else ""
        found.append(Container(name, project, real, state == "running", published(ports)))
    return found


def images(docker: str) -> set[str]:
    """The engine's images, as name:tag."""
    return set(_ask(docker, "image", "ls", "--format", "{{.Repository}}:{{.Tag}}").split())


def available_memory(meminfo: Path = Path("/proc/meminfo")) -> int:
    """Bytes that programs on this machine can still get."""
    match = re.search(r"^MemAvailable:\s+(\d+) kB", meminfo.read_text(), re.MULTILINE)
    return int(match[1]) * 1024 if match else 0


def browser(environ: Mapping[str, str]) -> Path | None:
    """The program of a Chromium: what CHROMIUM names, else one on PATH."""
    asked = environ.get("CHROMIUM")
    for name in (asked,) if asked else BROWSERS:
        if found := shutil.which(name, path=environ.get("PATH")):
            return Path(found)
    return None


def free_disk(folder: Path) -> int | None:
    """Bytes free for a folder, or for the nearest one above that can be seen; None where none can."""
    for place in (folder, *folder.parents):
        with suppress(OSError):
            return shutil.disk_usage(place).free
    return None


def holder(port: int) -> str | None:
    """Who listens on a port of 127.0.0.1: 'process java, 4242', '' where that is hidden; None: nobody."""
    with socket.socket() as listener:
        listener.setsockopt(
            socket.SOL_SOCKET, socket.SO_REUSEADDR, 1
        )  # as servers do: a port just left is free
        try:
            listener.bind((HOST, port))
            listener.listen()
        except OSError as error:
            if error.errno == errno.EACCES:
                return None  # a low port: the engine, which is root, may take it
            return next(_listening(port), "")
    return None


def first_unreadable(root: Path, folders: tuple[str, ...] = MOUNTED) -> Path | None:
    """The first file or folder, relative to `root`, that not everybody may read."""
    for name in folders:
        if not (root / name).is_dir():
            continue
        for folder, below, files in os.walk(root / name):
            below[:] = sorted(entry for entry in below if not entry.startswith((".", "__pycache__")))
            for path in (Path(folder), *(Path(folder, file) for file in sorted(files) if file[0] != ".")):
                mode = path.stat().st_mode if path.exists() else 0o777
                wanted = stat.S_IROTH | (stat.S_IXOTH if stat.S_ISDIR(mode) else 0)
                if mode & wanted != wanted:
                    return path.relative_to(root)
    return None


def _ask(docker: str, *arguments: str) -> str:
    try:
        done = subprocess.run(
            [docker, *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE
        )
    except subprocess.TimeoutExpired:
        raise Unusable(
            f"docker {arguments[0]} gives no answer within {PATIENCE:.0f} s: restart the engine"
        ) from None
    if done.returncode:
        raise Unusable(f"docker {arguments[0]} failed: {done.stderr.strip() or 'it wrote nothing'}")
    return done.stdout


def _listening(port: int) -> Iterator[str]:
    """Processes that listen on a port, from Linux's tables; nothing elsewhere, or of other users."""
    sockets = set()
    for table in (Path("/proc/net/tcp"), Path("/proc/net/tcp6")):
        with suppress(OSError):
            for line in table.read_text().splitlines()[1:]:
                fields = line.split()
                if fields[3] == "0A" and int(fields[1].rpartition(":")[2], 16) == port:
                    sockets.add(f"socket:[{fields[9]}]")
    for folder in Path("/proc").glob("[0-9]*") if sockets else ():
        with suppress(OSError):
            if any(str(link.readlink()) in sockets for link in (folder / "fd").iterdir()):
                yield f"process {(folder / 'comm').read_text().strip()}, {folder.name}"
