"""The one place that holds state: clusters in memory and on disk, a lock, a Condition that changes ring.

Besides clusters there are records: documents that operations keep by account, region, kind and name, and that
mean nothing here (security configurations and their like).
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from threading import Condition
from typing import Any

from emr_local.api.errors import no_such_cluster
from emr_local.state.database import Database
from emr_local.state.model import Cluster, Owner

log = logging.getLogger("emr_local")
# EMR lists an ended cluster for two months
KEPT = timedelta(days=61)


def utc_now() -> datetime:
    """The service's clock."""
    return datetime.now(UTC)


class Store:
    """All clusters of the service, by id, in order of creation, and its records.

    Memory is what counts while the service runs. A change that the disk does not take is said in the log, and
    written with the next one.
    """

    def __init__(self, database: Database) -> None:
        self.changed = Condition()
        self._database = database
        self._clusters = {cluster.id: cluster for cluster in database.clusters()}
        self._unsaved: set[str] = set()

    def add(self, cluster: Cluster) -> None:
        """Takes a new cluster, and forgets those that ended long ago."""
        with self.changed:
            self._forget_old(cluster.created_at - KEPT)
            self._clusters[cluster.id] = cluster
            self._save(None, cluster)
            log.info("%s %s %s", cluster.id, cluster.state, cluster.name)
            self.changed.notify_all()

    def get(self, cluster_id: str, owner: Owner | None = None) -> Cluster:
        """The cluster as it is now; an `owner` sees only its own."""
        with self.changed:
            cluster = self._clusters.get(cluster_id)
        if cluster is None or (owner is not None and cluster.owner != owner):
            raise no_such_cluster(cluster_id)
        return cluster

    def all(self, owner: Owner | None = None) -> list[Cluster]:
        """Every cluster (of `owner`), oldest first."""
        with self.changed:
            return [c for c in self._clusters.values() if owner is None or c.owner == owner]

    def update(self, cluster_id: str, change: Callable[[Cluster, datetime], Cluster]) -> Cluster:
        """Replaces a cluster by what `change` makes of it, atomically; an exception changes nothing."""
        with self.changed:
            before = self._clusters[cluster_id]
            after = change(before, utc_now())
            if after is not before:
                self._clusters[cluster_id] = after
                self._save(before, after)
                _log_changes(before, after)
                self.changed.notify_all()
        return after

    def keep(self, owner: Owner, kind: str, name: str, document: Mapping[str, Any]) -> None:
        """Keeps a record, in place of one of the same name."""
        with self.changed:
            self._database.keep(owner, kind, name, document)

    def drop(self, owner: Owner, kind: str, name: str) -> None:
        """Forgets a record, if there is one."""
        with self.changed:
            self._database.drop(owner, kind, name)

    def records(self, owner: Owner, kind: str) -> dict[str, dict[str, Any]]:
        """The records of a kind by name, oldest first; datetimes come back as ISO 8601 texts."""
        with self.changed:
            return self._database.records(owner, kind)

    def close(self) -> None:
        """Writes what is not written yet and closes the file."""
        with self.changed:
            self._save_unsaved()
            self._database.close()

    def _forget_old(self, before: datetime) -> None:
        old = [c.id for c in self._clusters.values() if c.ended_at is not None and c.ended_at < before]
        for cluster_id in old:
            self._clusters.pop(cluster_id)
            self._unsaved.discard(cluster_id)
            with suppress(sqlite3.Error):  # then it is forgotten by the next service
                self._database.forget(cluster_id)

    def _save(self, before: Cluster | None, after: Cluster) -> None:
        try:
            self._database.save(None if after.id in self._unsaved else before, after)
            self._unsaved.discard(after.id)
        except sqlite3.Error as error:
            self._unsaved.add(after.id)
            log.error("%s was not written to the state on disk: %s", after.id, error)
        else:
            self._save_unsaved()

    def _save_unsaved(self) -> None:
        """Writes what the disk did not take before; a cluster that has ended has no next change."""
        with suppress(sqlite3.Error):
            for cluster_id in list(self._unsaved):
                self._database.save(None, self._clusters[cluster_id])
                self._unsaved.discard(cluster_id)


def _log_changes(before: Cluster, after: Cluster) -> None:
    """One line a changed state."""
    old = {step.id: step.state for step in before.steps}
    for step in after.steps:
        if old.get(step.id) != step.state:
            cause = f": {step.failure.message}" if step.failure else ""
            log.info("%s %s %s %s%s", after.id, step.id, step.state, step.name, cause)
    if before.state != after.state:
        log.info("%s %s %s", after.id, after.state, after.reason.message if after.reason else "")
