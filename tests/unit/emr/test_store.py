"""The store and its file: what the disk does not take at first, what is too old, and what is no state."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from emr_local.state.database import Database, DatabaseError
from emr_local.state.model import Cluster, ClusterState, Owner, Step
from emr_local.state.store import KEPT, Store

BEGAN = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)
OWNER = Owner("000000000000", "eu-west-2")


def cluster(cluster_id: str = "j-1", **changes: object) -> Cluster:
    return replace(Cluster(cluster_id, OWNER, "week", {}, BEGAN, "i-1"), **changes)  # type: ignore[arg-type]  # any of its fields


def saved(file: Path) -> list[Cluster]:
    return list(Database(file).clusters())


def test_what_a_locked_file_did_not_take_is_written_with_the_next_change(tmp_path: Path) -> None:
    file = tmp_path / "state.db"
    store = Store(Database(file))
    store._database._connection.execute("PRAGMA busy_timeout = 1")
    store.add(cluster(steps=(Step("s-1", "n", "j", "CONTINUE", BEGAN),)))
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    store.update("j-1", lambda c, now: replace(c, state=ClusterState.TERMINATED, ended_at=now))
    other.execute("ROLLBACK")
    assert saved(file)[0].state is ClusterState.STARTING
    store.add(cluster("j-2"))
    assert saved(file) == store.all()
    assert saved(file)[0].state is ClusterState.TERMINATED


def test_it_is_written_at_the_end_at_the_latest(tmp_path: Path) -> None:
    file = tmp_path / "state.db"
    store = Store(Database(file))
    store._database._connection.execute("PRAGMA busy_timeout = 1")
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    store.add(cluster())
    other.execute("ROLLBACK")
    assert saved(file) == []
    store.close()
    assert saved(file) == [cluster()]


def test_clusters_that_ended_long_ago_are_forgotten(tmp_path: Path) -> None:
    file = tmp_path / "state.db"
    store = Store(Database(file))
    ended = {"state": ClusterState.TERMINATED, "steps": (Step("s-1", "n", "j", "CONTINUE", BEGAN),)}
    store.add(cluster("j-1", ended_at=BEGAN, **ended))
    store.add(cluster("j-2", ended_at=BEGAN + timedelta(hours=1), **ended))
    store.add(cluster("j-3"))
    store.add(cluster("j-4", created_at=BEGAN + KEPT + timedelta(minutes=1)))
    assert [one.id for one in store.all()] == ["j-2", "j-3", "j-4"]
    assert saved(file) == store.all()


def test_records_are_kept_by_owner_kind_and_name_in_their_order(tmp_path: Path) -> None:
    store = Store(Database(tmp_path / "state.db"))
    for name in ("b", "a"):
        store.keep(OWNER, "one", name, {"n": name})
    store.keep(OWNER, "one", "b", {"n": "again"})
    store.keep(OWNER, "two", "b", {})
    store.keep(Owner("111111111111", "eu-west-2"), "one", "c", {})
    store.drop(OWNER, "two", "b")
    again = Store(Database(tmp_path / "state.db"))
    assert list(again.records(OWNER, "one").items()) == [("b", {"n": "again"}), ("a", {"n": "a"})]
    assert again.records(OWNER, "two") == {}


@pytest.mark.parametrize(
    "statement", ["UPDATE cluster SET document = '{'", "DROP TABLE step", "PRAGMA user_version = 99"]
)
def test_a_state_of_another_making_is_named(tmp_path: Path, statement: str) -> None:
    file = tmp_path / "state.db"
    Store(Database(file)).add(cluster())
    sqlite3.connect(file, isolation_level=None).execute(statement)
    with pytest.raises(DatabaseError, match="use another --work-dir"):
        Store(Database(file))


def test_a_folder_is_no_state(tmp_path: Path) -> None:
    with pytest.raises(DatabaseError, match="cannot be used"):
        Database(tmp_path)
