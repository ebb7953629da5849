"""What a step's logs say about its failure, for FailureDetails."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

TAIL_BYTES = 1024 * 1024
MESSAGE_CHARS = 1000
UNKNOWN = "Unknown Error."
# What EMR says of the first is documented; the other sentences are written like it.
CLASSES = (
    (
        "FileAlreadyExistsException|PATH_ALREADY_EXISTS|[Pp]ath .* already exists",
        "Output directory already exists.",
    ),
    ("InvalidInputException|PATH_NOT_FOUND|[Pp]ath does not exist", "Input path does not exist."),
    ("OutOfMemoryError|MemoryError|Cannot allocate memory", "Out of memory."),
    ("No space left on device", "No space left on device."),
    ("AccessControlException|AccessDenied|[Pp]ermission denied", "Access denied."),
    ("ClassNotFoundException|NoClassDefFoundError|ModuleNotFoundError", "Class or module not found."),
    ("FileNotFoundException|FileNotFoundError|NoSuchKey|NoSuchBucket", "File not found."),
)

_TRACEBACK = "Traceback (most recent call last):"
_EXCEPTION = re.compile(r'(Exception in thread "[^"]*" )?[A-Za-z_][\w.$]*(Error|Exception)\b.*')


class Cause(NamedTuple):
    """The line that names the cause, and the log that holds it."""

    message: str
    log: str


def find_cause(log_dir: Path) -> Cause:
    """The end of a Python traceback, else an exception, else the last line of stderr.

    stdout is looked at too: spark-submit sends all that a Python driver prints, tracebacks included, there.
    """
    logs = {name: _last_lines(log_dir / name) for name in ("stderr", "stdout")}
    for find in (_end_of_traceback, _last_exception):
        for name, lines in logs.items():
            position = find(lines)
            if position is not None:
                return Cause(_message(lines, position), name)
    return Cause(_message(logs["stderr"], len(logs["stderr"]) - 1), "stderr")


def classify(message: str) -> str:
    """The class of failure that a message is of, for FailureDetails' Reason."""
    return next((reason for pattern, reason in CLASSES if re.search(pattern, message)), UNKNOWN)


def _last_lines(file: Path) -> list[str]:
    """The lines of a log's last MiB that are not blank."""
    if not file.exists():
        return []
    with file.open("rb") as stream:
        stream.seek(max(0, file.stat().st_size - TAIL_BYTES))
        text = stream.read().decode("utf-8", errors="replace")
    return [line.rstrip() for line in text.splitlines() if line.strip()]


def _end_of_traceback(lines: list[str]) -> int | None:
    """Where the last Python traceback names its exception: its first line that is not indented."""
    starts = [at for at, line in enumerate(lines) if line.endswith(_TRACEBACK)]
    if not starts:
        return None
    return next((at for at in range(starts[-1] + 1, len(lines)) if not lines[at].startswith(" ")), None)


def _last_exception(lines: list[str]) -> int | None:
    return next((at for at in reversed(range(len(lines))) if _EXCEPTION.fullmatch(lines[at])), None)


def _message(lines: list[str], position: int) -> str:
    if position < 0:
        return ""
    message = lines[position].strip()
    # py4j puts the Java exception on the line after its own
    if position + 1 < len(lines) and lines[position + 1].startswith(": "):
        message += lines[position + 1][1:]
    return message[:MESSAGE_CHARS]
