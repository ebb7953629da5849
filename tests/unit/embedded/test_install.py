import errno
import json
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from embedded import advice, install, installed
from embedded.errors import Unusable


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A checkout with an installation that looks complete."""
    (tmp_path / "requirements").mkdir()
    for lock in installed.LOCKS:
        (tmp_path / lock).write_text("x==1\n")
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "bin" / "python").symlink_to(sys.executable)
    (tmp_path / "jdk" / "bin").mkdir(parents=True)
    (tmp_path / "jdk" / "bin" / "java").touch(mode=0o755)
    installed.wanted(tmp_path, {}, str(tmp_path / "jdk")).write(tmp_path / ".venv")
    return tmp_path


def test_a_complete_installation_needs_nothing(root: Path) -> None:
    assert installed.is_complete(root, {})


def test_other_lock_files_need_an_update(root: Path) -> None:
    (root / "requirements" / "dev.txt").write_text("x==2\n")
    assert not installed.is_complete(root, {})
    assert installed.can_be_updated(root)


def test_another_java_home_needs_an_update(root: Path) -> None:
    assert not installed.is_complete(root, {"JAVA_HOME": "/elsewhere"})
    assert installed.can_be_updated(root)


def test_a_java_that_went_needs_an_update(root: Path) -> None:
    (root / "jdk" / "bin" / "java").unlink()
    assert not installed.is_complete(root, {})


def test_without_its_record_nothing_is_trusted(root: Path) -> None:
    installed.Installed.remove(root / ".venv")
    assert not installed.is_complete(root, {})
    assert not installed.can_be_updated(root)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"locks": "x", "more": 1}'])
def test_an_unreadable_record_is_none(root: Path, text: str) -> None:
    (root / ".venv" / installed.RECORD).write_text(text)
    assert not installed.is_complete(root, {})


def test_a_copy_elsewhere_is_made_anew(root: Path) -> None:
    record = root / ".venv" / installed.RECORD
    record.write_text(json.dumps({**json.loads(record.read_text()), "folder": "/elsewhere/.venv"}))
    assert not installed.is_complete(root, {})
    assert not installed.can_be_updated(root)


def test_an_interpreter_that_went_is_made_anew(root: Path) -> None:
    (root / ".venv" / "bin" / "python").unlink()
    (root / ".venv" / "bin" / "python").symlink_to(root / "gone")
    assert not installed.is_complete(root, {})
    assert not installed.can_be_updated(root)


def test_too_little_space_is_said_before_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=1.2e9))
    with pytest.raises(Unusable, match=r"1\.2 GB free, about 2\.5 GB are needed"):
        install.check_space()


def test_a_path_with_a_space_is_said_before_anything(tmp_path: Path) -> None:
    install.check_path(tmp_path)
    with pytest.raises(Unusable, match="path with a space: move this checkout elsewhere"):
        install.check_path(tmp_path / "my clone")


def test_what_leads_python_elsewhere_is_dropped() -> None:
    assert install.own_environment({"PYTHONPATH": "/x", "VIRTUAL_ENV": "/y", "HOME": "/h"}) == {"HOME": "/h"}


@pytest.mark.parametrize("make", [Path.mkdir, Path.touch, lambda path: path.symlink_to("/")])
def test_discards_whatever_has_the_name(tmp_path: Path, make: Callable[[Path], object]) -> None:
    make(tmp_path / "it")
    install.discard(tmp_path / "it")
    assert not os.path.lexists(tmp_path / "it")
    install.discard(tmp_path / "it")


@pytest.mark.parametrize(
    ("output", "says"),
    [
        ("error: failed to write: No space left on device (os error 28)", "disk is full"),
        ("  × Hash mismatch for `numpy==2.4.6`", "differs from its hash"),
        ("  Caused by: dns error: failed to lookup address", "check the network"),
        ("ERROR: No matching distribution found for uv==1", "lacks a version"),
        ("error: failed: Permission denied (os error 13)", "cannot be written"),
        ("first\nsomething odd\n\n", "“something odd”"),
        ("", "wrote nothing"),
    ],
)
def test_says_why_a_command_failed(output: str, says: str) -> None:
    assert says in advice.cause(output)


@pytest.mark.parametrize(
    ("number", "says"),
    [(errno.ENOSPC, "disk is full"), (errno.EROFS, "writable disk"), (errno.ENOTDIR, "Not a directory")],
)
def test_says_what_the_system_refused(number: int, says: str) -> None:
    text = advice.explain(OSError(number, os.strerror(number), "/x/build"))
    assert says in text
    assert "/x/build" in text
    assert "\n" not in text
