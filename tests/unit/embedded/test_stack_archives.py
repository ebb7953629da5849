"""Where the demo keeps the archives of Spark's classes."""

from __future__ import annotations

from pathlib import Path

from embedded.stack import class_archives


def test_archives_are_in_the_users_cache(tmp_path: Path) -> None:
    found = class_archives({"XDG_CACHE_HOME": str(tmp_path / "cache"), "HOME": "/nonexistent"})
    assert found == tmp_path / "cache" / "tubepulse" / "class-archives"
    assert found.is_dir()


def test_without_a_named_cache_it_is_below_home(tmp_path: Path) -> None:
    assert class_archives({"HOME": str(tmp_path)}) == tmp_path / ".cache" / "tubepulse" / "class-archives"


def test_a_home_that_cannot_be_written_has_none(tmp_path: Path) -> None:
    (tmp_path / "home").touch()
    assert class_archives({"HOME": str(tmp_path / "home")}) is None


def test_a_relative_cache_is_none(tmp_path: Path) -> None:
    assert class_archives({"XDG_CACHE_HOME": "cache", "HOME": str(tmp_path)}) is None
    assert not Path("cache").exists()
