import json
import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from embedded import locks, postgres, postgres_place
from embedded.errors import Unusable
from embedded.postgres_place import Place

root_only = pytest.mark.skipif(os.geteuid() != 0, reason="only root needs another user")


def test_takes_the_newest_of_the_wheel() -> None:
    folder = postgres_place.binaries()
    others = [other for other in folder.parent.glob("pginstall*") if (other / "bin").is_dir()]
    assert postgres_place.version(folder) == max(map(postgres_place.version, others))


def test_a_program_that_does_not_run_has_no_version(tmp_path: Path) -> None:
    assert postgres_place.version(tmp_path) == ()


def test_a_users_data_is_in_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert postgres_place.place(tmp_path) == Place(tmp_path / "postgres", None)


def test_roots_data_is_in_the_temporary_folder_one_for_each_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    first, second = postgres_place.place(tmp_path / "a"), postgres_place.place(tmp_path / "b")
    assert first.folder != second.folder
    assert first.folder.name.startswith("tubepulse-")
    assert first.user in postgres_place.UNPRIVILEGED
    assert postgres_place.place(tmp_path / "b" / ".." / "a") == first


def test_the_folder_is_closed_to_others(tmp_path: Path) -> None:
    where = Place(tmp_path / "new" / "postgres", None)
    where.make()
    where.make()
    assert where.folder.stat().st_mode & 0o777 == 0o700


def test_a_link_in_its_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "theirs").mkdir()
    (tmp_path / "postgres").symlink_to(tmp_path / "theirs")
    with pytest.raises(Unusable, match="belongs to somebody else"):
        Place(tmp_path / "postgres", None).make()


@root_only
def test_somebody_elses_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir()
    os.chown(tmp_path / "postgres", 12345, 12345)
    with pytest.raises(Unusable, match="belongs to somebody else"):
        Place(tmp_path / "postgres", "nobody").make()


def record(folder: Path, **changes: str) -> None:
    values = {"version": 18, "superuser_password": "s", "pipeline_password": "p", "webapp_password": "w"}
    (folder / postgres.RECORD).write_text(json.dumps({**values, **changes}))


def test_half_made_data_is_no_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "version", lambda _: (18, 4))
    (tmp_path / "data").mkdir()
    assert postgres._record(Place(tmp_path, None), tmp_path) is None
    record(tmp_path)
    found = postgres._record(Place(tmp_path, None), tmp_path)
    assert found and found.webapp_password == "w"


def test_data_of_another_major_version_is_not_thrown_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "version", lambda _: (19, 1))
    record(tmp_path)
    with pytest.raises(Unusable, match=r"PostgreSQL 18's.*19: make clean"):
        postgres._record(Place(tmp_path, None), tmp_path)


def test_addresses_by_role(tmp_path: Path) -> None:
    server = postgres.Server(Place(tmp_path, None), 5555, postgres.Record(18, "s", "p", "w"))
    assert server.dsn("webapp") == "postgresql://webapp:w@127.0.0.1:5555/tubepulse"
    assert server.dsn("pipeline") == "postgresql://pipeline:p@127.0.0.1:5555/tubepulse"


def test_a_leftover_server_is_ended(tmp_path: Path) -> None:
    left = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)", str(tmp_path)])
    (tmp_path / "postmaster.pid").write_text(f"{left.pid}\n{tmp_path}\n")
    postgres.end_leftover(tmp_path)
    assert not psutil.pid_exists(left.pid)
    assert not (tmp_path / "postmaster.pid").exists()


@pytest.mark.parametrize(
    "text", [f"{os.getpid()}\n", "99999999\n", "", "x\n"], ids=["ours", "nobodys", "empty", "no number"]
)
def test_an_id_that_now_is_another_programs_is_forgotten(tmp_path: Path, text: str) -> None:
    (tmp_path / "postmaster.pid").write_text(text)
    postgres.end_leftover(tmp_path)
    assert not (tmp_path / "postmaster.pid").exists()


def test_removes_its_folder_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "place", lambda home: Place(home / "postgres", None))
    postgres.remove(tmp_path)
    (tmp_path / "postgres" / "data").mkdir(parents=True)
    (tmp_path / "report.html").touch()
    with locks.exclusive(tmp_path / ".lock", 0), pytest.raises(Unusable, match="runs a stack"):
        postgres.remove(tmp_path)
    postgres.remove(tmp_path)
    assert not (tmp_path / "postgres").exists()
    assert (tmp_path / "report.html").exists()


def test_removal_needs_nothing_but_the_standard_library() -> None:
    root = Path(postgres.__file__).parents[1]
    program = (
        f"import sys; sys.path.append({str(root)!r}); sys.modules['psutil'] = None; import embedded.postgres"
    )
    assert (
        subprocess.run([getattr(sys, "_base_executable", sys.executable), "-I", "-c", program]).returncode
        == 0
    )
