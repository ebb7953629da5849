"""State on disk: SQLite in the work dir, so that clusters and records outlive the service.

cluster   a cluster without its steps, in order of creation
step      a step, by its place in the cluster
record    what operations only keep: see `store`
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec

from emr_local.state.model import Cluster, Owner, Step

VERSION = 1  # of the tables and of what is in them
SCHEMA = """
CREATE TABLE cluster (position INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, document BLOB NOT NULL);
CREATE TABLE step (
    cluster_id TEXT NOT NULL, position INTEGER NOT NULL, document BLOB NOT NULL,
    PRIMARY KEY (cluster_id, position)
) WITHOUT ROWID;
CREATE TABLE record (
    account TEXT NOT NULL, region TEXT NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL,
    document BLOB NOT NULL,
    PRIMARY KEY (account, region, kind, name)
);
"""


class DatabaseError(Exception):
    """The file is no state of this service; the text says what to do."""


class Database:
    """The file; callers hold a lock of their own. What cannot be written raises sqlite3.Error."""

    def __init__(self, file: Path | None) -> None:
        """Opens or makes the file, None for one in memory; raises DatabaseError."""
        try:
            if file is not None and not file.exists():
                file.touch(mode=0o600)  # a job flow may hold what is not for all users of the machine
            self._connection = sqlite3.connect(
                file or ":memory:", check_same_thread=False, isolation_level=None
            )
            self._connection.execute("PRAGMA journal_mode = WAL")
            # A crash of the machine may cost the last changes; a crash of the service costs none.
            self._connection.execute("PRAGMA synchronous = NORMAL")
            (version,) = self._connection.execute("PRAGMA user_version").fetchone()
            if version == 0:
                self._connection.executescript(f"BEGIN; {SCHEMA} PRAGMA user_version = {VERSION}; COMMIT;")
            elif version != VERSION:
                raise DatabaseError(
                    f"{file} is of another version ({version}): remove it, or use another --work-dir"
                )
        except (OSError, sqlite3.Error) as error:
            raise DatabaseError(
                f"{file} cannot be used ({error}): remove it, or use another --work-dir"
            ) from None

    def save(self, before: Cluster | None, after: Cluster) -> None:
        """Writes what differs from `before`; without it everything."""
        known = before.steps if before else ()
        changed = [
            (after.id, position, msgspec.json.encode(step))
            for position, step in enumerate(after.steps)
            if position >= len(known) or known[position] is not step
        ]
        own, old = replace(after, steps=()), replace(before, steps=()) if before else None
        self._connection.execute("BEGIN")
        try:
            self._connection.executemany("INSERT OR REPLACE INTO step VALUES (?, ?, ?)", changed)
            if own != old:
                self._connection.execute(
                    "INSERT INTO cluster (id, document) VALUES (?, ?) "
                    "ON CONFLICT (id) DO UPDATE SET document = excluded.document",
                    (after.id, msgspec.json.encode(own)),
                )
            self._connection.execute("COMMIT")
        except Exception:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise

    def forget(self, cluster_id: str) -> None:
        """Removes a cluster."""
        self._connection.execute("DELETE FROM step WHERE cluster_id = ?", (cluster_id,))
        self._connection.execute("DELETE FROM cluster WHERE id = ?", (cluster_id,))

    def clusters(self) -> Iterator[Cluster]:
        """All clusters, oldest first; DatabaseError where one cannot be read."""
        try:
            rows = self._connection.execute("SELECT id, document FROM cluster ORDER BY position").fetchall()
            for cluster_id, document in rows:
                steps = self._connection.execute(
                    "SELECT document FROM step WHERE cluster_id = ? ORDER BY position", (cluster_id,)
                )
                found = tuple(msgspec.json.decode(step, type=Step) for (step,) in steps)
                yield replace(msgspec.json.decode(document, type=Cluster), steps=found)
        except (sqlite3.Error, msgspec.MsgspecError) as error:
            raise DatabaseError(
                f"the clusters in the state cannot be read ({error}): use another --work-dir"
            ) from None

    def keep(self, owner: Owner, kind: str, name: str, document: Mapping[str, Any]) -> None:
        """Writes a record."""
        row = (owner.account, owner.region, kind, name, msgspec.json.encode(document))
        self._connection.execute(
            "INSERT INTO record VALUES (?, ?, ?, ?, ?) "
            "ON CONFLICT (account, region, kind, name) DO UPDATE SET document = excluded.document",
            row,
        )

    def drop(self, owner: Owner, kind: str, name: str) -> None:
        """Removes a record."""
        self._connection.execute(
            "DELETE FROM record WHERE account = ? AND region = ? AND kind = ? AND name = ?",
            (owner.account, owner.region, kind, name),
        )

    def records(self, owner: Owner, kind: str) -> dict[str, dict[str, Any]]:
        """The records of a kind by name, in order of their making."""
        rows = self._connection.execute(
            "SELECT name, document FROM record WHERE account = ? AND region = ? AND kind = ? ORDER BY rowid",
            (owner.account, owner.region, kind),
        )
        return {name: msgspec.json.decode(document) for name, document in rows}

    def close(self) -> None:
        """Closes the file."""
        self._connection.close()
