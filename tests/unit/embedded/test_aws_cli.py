import os
import shutil
import sys
from pathlib import Path

import pytest

from embedded import aws_cli
from embedded.errors import Unusable

ROOT = Path(__file__).parents[3]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A checkout whose .venv-awscli looks complete; its .venv is ours."""
    (tmp_path / "requirements").mkdir()
    shutil.copy(ROOT / aws_cli.LOCK, tmp_path / aws_cli.LOCK)
    (tmp_path / ".venv").symlink_to(ROOT / ".venv")
    own = tmp_path / aws_cli.FOLDER
    (own / "bin").mkdir(parents=True)
    (own / "bin" / "python").symlink_to(sys.executable)
    (own / aws_cli.RECORD).write_text(aws_cli.wanted(tmp_path))
    return tmp_path


def unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_FIND_LINKS", "")
    monkeypatch.setenv("UV_NO_CACHE", "1")
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")


def test_a_complete_one_needs_nothing_and_asks_nobody(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    unreachable(monkeypatch)
    assert aws_cli.ensure_installed(root) == 0
    assert not (root / "build").exists()


def test_another_lock_needs_another(root: Path) -> None:
    (root / aws_cli.LOCK).write_text("x==1\n")
    assert not aws_cli.is_complete(root)


def test_a_copy_elsewhere_is_made_anew(root: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    for name in ("requirements", aws_cli.FOLDER):
        shutil.copytree(root / name, copy / name, symlinks=True)
    assert aws_cli.is_complete(root)
    assert not aws_cli.is_complete(copy)


def test_an_interpreter_that_went_is_made_anew(root: Path) -> None:
    (root / aws_cli.FOLDER / "bin" / "python").unlink()
    assert not aws_cli.is_complete(root)


def test_a_failed_one_says_why_and_is_not_trusted(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    unreachable(monkeypatch)
    (root / aws_cli.FOLDER / aws_cli.RECORD).unlink()
    with pytest.raises(Unusable, match=r"installing the AWS CLI failed: .*check the network.*aws-cli\.log"):
        aws_cli.ensure_installed(root)
    assert not aws_cli.is_complete(root)
