"""benchmarks/measured.py misses nobody: what counts are programs that burn a known amount of CPU."""

import os
import sys
import time
from pathlib import Path

import pytest

from benchmarks import measured

BURN = """
import time
while time.process_time() < {seconds}:
    pass
"""
# The middle one ends at once: what it started is an orphan that outlives it.
ORPHAN = """
import subprocess, sys
code = "import subprocess, sys; subprocess.Popen([sys.executable, '-c', sys.argv[1]])"
subprocess.run([sys.executable, "-c", code, sys.argv[1]], check=True)
"""
# As the daemon of Spark's Python workers: the system adds such a child's seconds to nobody's.
IGNORED = """
import signal, subprocess, sys, time
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", sys.argv[1] + "\\ntime.sleep(0.5)"])
time.sleep(float(sys.argv[2]))
"""
HOLD = """
import time
held = bytearray(150_000_000)
time.sleep(1)
"""


def python(code: str, *arguments: str) -> list[str]:
    return [sys.executable, "-c", code, *arguments]


def test_a_commands_own_cpu() -> None:
    cost = measured.measure(python(BURN.format(seconds=0.5)))
    assert cost.cpu >= 0.5
    assert cost.wall >= 0.5


def test_an_orphaned_grandchild_counts_where_the_system_lets_it_be_adopted() -> None:
    cost = measured.measure(python(ORPHAN, BURN.format(seconds=1.0)))
    assert (cost.cpu >= 1.0) == (sys.platform == "linux")


@pytest.mark.parametrize("parent", ["outlives it", "ends before it"])
def test_a_child_whose_parent_ignores_its_end_counts_once(parent: str) -> None:
    seconds = {"outlives it": "3", "ends before it": "0.5"}[parent]
    cost = measured.measure(python(IGNORED, BURN.format(seconds=1.0), seconds))
    assert (1.0 <= cost.cpu < 1.9) == (sys.platform == "linux")


def test_memory_is_the_trees_peak() -> None:
    cost = measured.measure(
        python(f"import subprocess, sys; subprocess.run([sys.executable, '-c', {HOLD!r}])")
    )
    assert cost.memory > 150_000_000


def test_the_output_of_a_command_that_fails_is_told() -> None:
    with pytest.raises(measured.CommandFailed, match=r"exit code 3\n(.*\n)*the reason"):
        measured.measure(python("import sys; print('the reason', file=sys.stderr); sys.exit(3)"))


def test_a_command_runs_in_the_given_environment(tmp_path: Path) -> None:
    code = f"import os; open({str(tmp_path / 'said')!r}, 'w').write(os.environ['WORD'])"
    measured.measure(python(code), env=dict(os.environ) | {"WORD": "yes"})
    assert (tmp_path / "said").read_text() == "yes"


def test_what_descendants_spent_so_far(tmp_path: Path) -> None:
    report, ready = tmp_path / "report.json", tmp_path / "ready"
    code = BURN.format(seconds=0.5) + f"open({str(ready)!r}, 'w').close()\ntime.sleep(60)"
    pid = os.spawnv(os.P_NOWAIT, sys.executable, [*measured.program(report), *python(code)])
    try:
        deadline = time.monotonic() + 60
        while not ready.exists():
            assert time.monotonic() < deadline
            time.sleep(0.01)
        while not measured.running(report).exists() or measured.spent(report) < 0.45:  # told in ticks
            assert time.monotonic() < deadline
            time.sleep(0.05)
    finally:
        os.kill(pid, 15)
        os.waitpid(pid, 0)
    assert measured.Cost.read(report).cpu >= 0.5
