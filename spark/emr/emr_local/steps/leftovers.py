"""What clusters leave behind: folders of an earlier service, and logs that S3 did not take."""

from __future__ import annotations

import logging
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread

from emr_local.nodes.node import Node, remove_tree
from emr_local.settings import Settings
from emr_local.state import clusters
from emr_local.state.store import Store
from emr_local.steps.logs import Pusher
from emr_local.steps.processes import kill_marked

log = logging.getLogger("emr_local")


def pusher_of(node: Node) -> Pusher:
    """What brings the node's logs to its cluster's LogUri."""
    return Pusher(node.cluster.request.get("LogUri"), node.cluster.id, node.logs_dir, node.settings.work_dir)


def keep_logs(node: Node) -> None:
    """Puts the node's logs aside, for `Leftovers` to push."""
    kept = node.settings.unpushed_logs_dir / node.cluster.id
    with suppress(OSError):  # there are none
        kept.parent.mkdir(exist_ok=True)
        node.logs_dir.rename(kept)


class Leftovers:
    """Those of a work dir, whose lock the service holds."""

    def __init__(self, store: Store, settings: Settings) -> None:
        """Ends the processes and the clusters of an earlier service."""
        self._store = store
        self._settings = settings
        self._folders = list(settings.clusters_dir.iterdir())
        self._removed = list(settings.work_dir.glob("removed-*"))
        for folder in self._folders:
            kill_marked(f"EMR_CLUSTER_ID={folder.name}")
        for cluster in store.all():
            if not cluster.state.ended:
                store.update(cluster.id, clusters.lost)
        self._stopping = Event()

    def start(self) -> None:
        """Clears up in the background, and goes on trying to push what was put aside."""
        Thread(target=self._run, name="leftovers", daemon=True).start()

    def stop(self) -> None:
        """Leaves what is left to the next service."""
        self._stopping.set()

    def _run(self) -> None:
        for folder in self._folders:
            self._clear(folder)
        for folder in self._removed:
            remove_tree(folder)
        self._push_kept()
        while not self._stopping.wait(self._settings.log_push_interval_s):
            self._push_kept()

    def _clear(self, folder: Path) -> None:
        log.info("%s is left from an earlier service: removed", folder.name)
        known = {cluster.id: cluster for cluster in self._store.all()}
        if folder.is_dir() and folder.name in known:
            node = Node(known[folder.name], self._settings)
            if not pusher_of(node).push():
                keep_logs(node)
        remove_tree(folder)  # or the file that stands for a removed one

    def _push_kept(self) -> None:
        kept = self._settings.unpushed_logs_dir
        for folder in sorted(kept.iterdir()) if kept.is_dir() else ():
            known = {cluster.id: cluster for cluster in self._store.all()}
            log_uri = known[folder.name].request.get("LogUri") if folder.name in known else None
            if Pusher(log_uri, folder.name, folder, self._settings.work_dir).push():
                remove_tree(folder)
