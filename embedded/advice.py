"""One line for each obstacle that an installation may meet: what it is, what to do. Standard library only."""

from __future__ import annotations

import errno
import io
import os
import re
import subprocess
import sys
from collections.abc import Callable

from embedded.errors import Unusable

SPACE = "free about 2.5 GB here and in uv's cache folder, then call again"
CAUSES = (
    ("No space left on device|os error 28|Disk quota exceeded", f"the disk is full: {SPACE}"),
    (
        "[Hh]ash mismatch|DO NOT MATCH THE HASHES",
        "a downloaded package differs from its hash in requirements/: call again; if it stays so, do not "
        "trust the index or the proxy it came from",
    ),
    (
        "Read-only file system|Permission denied|os error (13|30)",
        "a folder cannot be written to: see which, and give yourself the right to write there",
    ),
    (
        "error sending request|dns error|[Nn]ame resolution|NewConnectionError|ConnectTimeout|timed out"
        "|Connection refused|Network is unreachable|Failed to fetch|ProxyError|SSLError"
        "|invalid peer certificate",
        "the package index cannot be reached: check the network, or name your mirror in PIP_INDEX_URL (and "
        "its certificates in PIP_CERT)",
    ),
    (
        "No matching distribution found|no version of|not found in the package registry",
        "the package index lacks a version that requirements/ pins: check the network, or your mirror",
    ),
)


def cause(output: str) -> str:
    """Why a command failed, and what to do, from what it wrote; its last line where that is not known."""
    for pattern, advice in CAUSES:
        if re.search(pattern, output):
            return advice
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    return f"“{lines[-1][:200]}”" if lines else "it wrote nothing"


def explain(error: OSError) -> str:
    """What the system refused."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT) and error.filename:
        return f"the disk is full ({error.filename}): {SPACE}"
    if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
        return f"{error.filename} cannot be written to: use a checkout that is yours, on a writable disk"
    where = f" ({error.filename})" if error.filename else ""
    return f"{error.strerror or error}{where}: put that right, then call again"


def exit_code(run: Callable[[], int], interrupted: str = "") -> int:
    """Run a command and give its exit code: 2 and one line on stderr for what a person can put right.

    Ctrl-C is 130, with the line `interrupted` if there is one. Anything else is a defect, with its traceback.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that cannot show a ✔ is no reason to end
    try:
        return run()
    except Unusable as error:
        print(error, file=sys.stderr)
    except subprocess.TimeoutExpired as error:
        print(f"{error.cmd[0]} gives no answer within {error.timeout:.0f} s: try again", file=sys.stderr)
    except BrokenPipeError:  # `make … | head`: who reads has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is still to be written, too
        return 0
    except OSError as error:
        print(explain(error), file=sys.stderr)
    except KeyboardInterrupt:
        if interrupted:
            print(interrupted, file=sys.stderr)
        return 130
    return 2
