"""script-runner.jar on a node: runs a script from S3, or one that is there already, with its arguments.

The script runs in the step's folder. A first line names its interpreter; without one it is bash's.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from emr_local import s3
from emr_local.steps.commands import script_line
from emr_local.tools.fetched import NotFetched, fetch_to_node


def main(arguments: Sequence[str]) -> int:
    """Becomes the script; exit code 1 when it cannot be fetched, 126 when it cannot be started."""
    if not arguments:
        print("script-runner.jar needs the address of a script as its first argument", file=sys.stderr)
        return 1
    address, *rest = arguments
    try:
        script = Path(fetch_to_node(address) if s3.is_s3(address) else address).absolute()
        if s3.is_s3(address):
            script.chmod(0o755)
        argv = script_line(script, rest)
    except (NotFetched, OSError) as error:
        print(f"java.io.FileNotFoundException: {error}", file=sys.stderr)
        return 1
    try:
        # Becomes it, so that signals and the exit code are the script's own.
        os.execvp(argv[0], argv)  # noqa: S606  # a list of arguments, no shell
    except OSError as error:
        print(f'Cannot run program "{address}": {error}', file=sys.stderr)
        return 126
