"""The one place that holds clusters: a dictionary, a lock, and a Condition that every change rings.

State lives in memory; what persists it would do so in `Store.update` and `Store.add`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from threading import Condition

from emr_local.errors import no_such_cluster
from emr_local.model import Cluster, Owner

log = logging.getLogger("emr_local")


def utc_now() -> datetime:
    """The service's clock."""
    return datetime.now(UTC)


class Store:
    """All clusters of the service, by id, in order of creation."""

    def __init__(self) -> None:
        self.changed = Condition()
        self._clusters: dict[str, Cluster] = {}

    def add(self, cluster: Cluster) -> None:
        """Takes a new cluster."""
        with self.changed:
            self._clusters[cluster.id] = cluster
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
            self._clusters[cluster_id] = after
            _log_changes(before, after)
            self.changed.notify_all()
        return after


def _log_changes(before: Cluster, after: Cluster) -> None:
    """One line a changed state."""
    old = {step.id: step.state for step in before.steps}
    for step in after.steps:
        if old.get(step.id) != step.state:
            cause = f": {step.failure.message}" if step.failure else ""
            log.info("%s %s %s %s%s", after.id, step.id, step.state, step.name, cause)
    if before.state != after.state:
        log.info("%s %s %s", after.id, after.state, after.reason.message if after.reason else "")
