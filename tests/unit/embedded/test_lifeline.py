import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

WATCHER = (
    "import os, sys, time; from pathlib import Path; from embedded import lifeline\n"
    "lifeline.end_with_parent(lambda: Path(sys.argv[1]).touch())\n"
    "print(os.getpid(), flush=True); time.sleep(60)"
)


@pytest.mark.parametrize("through_shell", [False, True], ids=["direct", "a recipe's shell between"])
def test_ends_with_its_parent(tmp_path: Path, through_shell: bool) -> None:
    """The parent stands for make; a shell between that waits for us must not hide make's end."""
    child = [sys.executable, "-c", WATCHER, str(tmp_path / "words")]
    if through_shell:
        child = ["sh", "-c", '"$@"; true', "sh", *child]
    make = f"import subprocess; subprocess.run({child!r})"
    parent = subprocess.Popen(
        [sys.executable, "-c", make], stdout=subprocess.PIPE, text=True, env={**os.environ, "MAKELEVEL": "1"}
    )
    assert parent.stdout
    pid = int(parent.stdout.readline())
    time.sleep(0.7)  # one look at least
    assert psutil.pid_exists(pid)
    parent.kill()
    deadline = time.monotonic() + 5
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != "zombie":
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert (tmp_path / "words").exists()
