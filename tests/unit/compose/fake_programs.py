"""Programs that only pretend, in a folder that a test puts on PATH; each call is recorded."""

import os
import shutil
from pathlib import Path

BASICS = (
    "awk", "cat", "chmod", "chown", "cp", "cut", "date", "dirname", "find", "grep", "mkdir", "mktemp", "mv",
    "readlink", "rm", "sed", "setsid", "sh", "sleep", "tail", "tar", "touch",
)  # fmt: skip


class Programs:
    """A folder of fakes, which is the whole PATH of what a test starts."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.record = folder.with_name(folder.name + ".calls")
        folder.mkdir(parents=True)

    def add(self, name: str, body: str) -> None:
        """A program of this name; `body` is shell."""
        path = self.folder / name
        path.write_text(f'#!/bin/sh\necho "{name} $*" >>"{self.record}"\n{body}\n')
        path.chmod(0o755)

    def add_basics(self) -> None:
        """The system's own small tools."""
        for name in BASICS:
            real = shutil.which(name, path=os.defpath + ":/usr/bin:/bin")
            assert real, name
            (self.folder / name).symlink_to(real)

    def calls(self, start: str = "") -> list[str]:
        """The calls so far that begin like this, in order."""
        lines = self.record.read_text().splitlines() if self.record.exists() else []
        return [line for line in lines if line.startswith(start)]


INFO = (
    '{"ServerVersion": "%s", "Architecture": "x86_64", "MemTotal": 16000000000, '
    '"DockerRootDir": "/var/lib/docker", "Name": "elsewhere", '
    '"ClientInfo": {"Plugins": [{"Name": "buildx", "Version": "0.13.1"}]}}'
)


def docker(info: str = INFO % "20.10.24", compose: str = "echo 2.26.1-4", **more: str) -> str:
    """The body of a `docker`: what it does for info, for compose version, and for further first arguments."""
    cases = "".join(f"{name}) {body} ;;\n" for name, body in more.items())
    return (
        f'case $1 in\ninfo) echo \'{info}\' ;;\ncompose) {compose} ;;\n{cases}'
        '*) echo "unexpected: $*" >&2; exit 9 ;;\nesac'
    )  # fmt: skip
