"""What only the seed's topic job needs: the folder that goes on its PYTHONPATH."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from embedded.install import own_environment, uv_settings

ROOT = Path(__file__).parents[2]
LOCK = Path(__file__).parent / "requirements.txt"
FOLDER = ROOT / "build" / "seed-libraries"


def folder() -> Path:
    """The folder, installed from requirements.txt beside this file unless it is there already."""
    record = FOLDER / "installed-from"
    wanted = (
        f"{hashlib.sha256(LOCK.read_bytes()).hexdigest()} {sys.version_info.major}.{sys.version_info.minor}"
    )
    if record.is_file() and record.read_text() == wanted:
        return FOLDER
    draft = FOLDER.with_name(f"{FOLDER.name}.{os.getpid()}")
    environ = own_environment(os.environ)
    environ |= uv_settings(ROOT / ".venv", environ)
    command: list[str | Path] = [
        ROOT / ".venv/uv/bin/uv",
        "pip",
        "install",
        "--quiet",
        "--python",
        sys.executable,
        "--target",
    ]
    subprocess.run([*command, draft, "--require-hashes", "-r", LOCK], env=environ, check=True)
    (draft / record.name).write_text(wanted)
    shutil.rmtree(FOLDER, ignore_errors=True)
    draft.rename(FOLDER)
    return FOLDER
