import os
import subprocess
from pathlib import Path

from embedded import locks


def test_one_owner_at_a_time(tmp_path: Path) -> None:
    heard = []
    with locks.exclusive(tmp_path / "lock", 0) as first:
        assert first is not None
        with locks.exclusive(tmp_path / "lock", 0.3, lambda holder, seconds: heard.append(holder)) as second:
            assert second is None
    assert set(heard) == {str(os.getpid())}
    with locks.exclusive(tmp_path / "lock", 0) as third:
        assert third is not None


def test_held_until_the_last_heir_ends(tmp_path: Path) -> None:
    with locks.exclusive(tmp_path / "lock", 0) as handle:
        assert handle is not None
        heir = subprocess.Popen(["sleep", "30"], pass_fds=[handle])
    with locks.exclusive(tmp_path / "lock", 0) as taken:
        assert taken is None
    heir.kill()
    heir.wait()
    with locks.exclusive(tmp_path / "lock", 5) as taken:
        assert taken is not None


def test_nobody_holds_what_is_not_there(tmp_path: Path) -> None:
    assert locks.holder(tmp_path / "none") == "?"
