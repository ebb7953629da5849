"""Runs clusters: a worker thread a cluster, a thread a running step, woken by the store's Condition."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from datetime import datetime
from threading import Event, Thread

from emr_local.nodes.node import Node, prepare_shared, remove_tree
from emr_local.nodes.spark import is_local
from emr_local.settings import Settings
from emr_local.state import clusters
from emr_local.state.model import Cluster, ErrorDetail, Reason, Step, StepState
from emr_local.state.store import Store, utc_now
from emr_local.steps.execution import (
    BootstrapFailed,
    bootstrap_log_dir,
    bootstrap_process,
    run_bootstrap_action,
    run_step,
    step_log_dir,
    step_process,
)
from emr_local.steps.leftovers import Leftovers, keep_logs, pusher_of
from emr_local.steps.processes import NodeProcess, kill_marked

log = logging.getLogger("emr_local")

STOP_SECONDS = 2.0
# Executors of a standalone Spark end within a second of their driver; a busy machine takes longer.
EXECUTORS_END_SECONDS = 30.0


class Runner:
    """The workers of all clusters."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._settings = settings
        self._workers: dict[str, ClusterWorker] = {}
        prepare_shared(settings)
        self._leftovers = Leftovers(store, settings)
        self._leftovers.start()

    def launch(self, cluster_id: str) -> None:
        """Brings a new cluster to life."""
        worker = ClusterWorker(self._store, self._settings, cluster_id, self._workers.pop)
        self._workers[cluster_id] = worker
        try:
            worker.thread.start()
        except RuntimeError as error:  # no thread is to be had
            self._workers.pop(cluster_id)
            log.error("%s cannot begin: %s", cluster_id, error)
            reason = Reason("INTERNAL_ERROR", f"The EMR endpoint has no room for a cluster: {error}")
            self._store.update(
                cluster_id, lambda c, now: clusters.end(clusters.shut_down(c, reason, now), now)
            )

    def cancel(self, cluster_id: str, step_ids: Iterable[str], kill: bool) -> None:
        """Ends the processes of steps that are CANCEL_PENDING: SIGTERM, or SIGKILL to all below them."""
        worker = self._workers.get(cluster_id)
        for step_id in step_ids:
            process = worker.processes.get(step_id) if worker else None
            if process is not None:
                process.kill() if kill else process.interrupt()

    def stop(self) -> None:
        """Ends every cluster, leaving no process, in about two seconds; the next start does what is left."""
        deadline = time.monotonic() + STOP_SECONDS
        self._leftovers.stop()
        workers = list(self._workers.values())
        for worker in workers:
            worker.stopping.set()
            self._store.update(worker.cluster_id, _stop)
        for worker in workers:
            worker.thread.join(max(0.0, deadline - time.monotonic()))
            if worker.thread.is_alive():
                kill_marked(worker.node.mark)


def _stop(cluster: Cluster, now: datetime) -> Cluster:
    return clusters.shut_down(cluster, clusters.SERVICE_STOPPED, now)


class ClusterWorker:
    """One cluster from its node's creation to its removal; `ended` is called with its id at the end."""

    def __init__(
        self, store: Store, settings: Settings, cluster_id: str, ended: Callable[[str], object]
    ) -> None:
        self.cluster_id = cluster_id
        self.node = Node(store.get(cluster_id), settings)
        self.processes: dict[str, NodeProcess] = {}
        self.stopping = Event()
        self._pusher = pusher_of(self.node)
        self._ending = Event()
        self._store = store
        self._ended = ended
        self._threads: list[Thread] = []
        self.thread = Thread(target=self._run, name=cluster_id, daemon=True)

    def _run(self) -> None:
        """The cluster's life; whatever goes wrong, the cluster ends and its node is gone."""
        try:
            self.node.create()
            self._provision()
            self._store.update(self.cluster_id, lambda cluster, _: clusters.bootstrap(cluster))
            Thread(target=self._push_now_and_then, name=f"{self.cluster_id}-logs", daemon=True).start()
            self._in_background(self._bootstrap)
            self._serve()
        except Exception as error:
            self._defect(error)
        try:
            self._clean_up()
        finally:
            self._ended(self.cluster_id)

    def _provision(self) -> None:
        """Takes the time that EC2 takes, as far as the settings ask for it."""
        with self._store.changed:
            self._store.changed.wait_for(
                lambda: not self._store.get(self.cluster_id).state.modifiable,
                self.node.settings.provisioning_s,
            )

    def _push_now_and_then(self) -> None:
        while not self._ending.wait(self.node.settings.log_push_interval_s):
            self._pusher.push()

    def _serve(self) -> None:
        """Starts steps as they may start, and watches the idle time, until the cluster is to end."""
        while True:
            with self._store.changed:
                cluster = self._store.get(self.cluster_id)
                if not cluster.state.modifiable:
                    return
                todo = clusters.startable(cluster)
                deadline = clusters.idle_deadline(cluster)
                left = None if deadline is None else (deadline - utc_now()).total_seconds()
                if not todo and (left is None or left > 0):
                    self._store.changed.wait(left)
                    continue
            self._store.update(self.cluster_id, clusters.expire)
            for step in todo:
                self._start(step)

    def _start(self, step: Step) -> None:
        """Starts a step, unless it was cancelled a moment ago."""
        self.processes[step.id] = step_process(self.node, step)
        after = self._store.update(self.cluster_id, lambda c, now: clusters.start_step(c, step.id, now))
        started = after.step(step.id)
        if started is not None and started.state is StepState.RUNNING:
            self._in_background(lambda: self._run_step(step))
        else:
            self.processes.pop(step.id)

    def _run_step(self, step: Step) -> None:
        process = self.processes[step.id]
        failure = run_step(self.node, step, process)
        current = self._store.get(self.cluster_id).step(step.id)
        if current is not None and current.state is StepState.CANCEL_PENDING:
            process.kill()  # what the cancelled program left behind
        self.processes.pop(step.id)
        self._pusher.push(step_log_dir(self.node, step))
        self._store.update(self.cluster_id, lambda c, now: clusters.finish_step(c, step.id, failure, now))

    def _bootstrap(self) -> None:
        """Runs the bootstrap actions in order; the first that fails ends the cluster."""
        for number, action in enumerate(self.node.cluster.request.get("BootstrapActions", []), start=1):
            if not self._store.get(self.cluster_id).state.modifiable:
                return
            process = self.processes[f"bootstrap-{number}"] = bootstrap_process(self.node, number)
            script = action["ScriptBootstrapAction"]
            try:
                run_bootstrap_action(self.node, number, script["Path"], script.get("Args", []), process)
            except BootstrapFailed as failed:
                self._shut_down(failed.reason, failed.detail)
                return
            finally:
                self._pusher.push(bootstrap_log_dir(self.node, number))
        self._store.update(self.cluster_id, clusters.ready)

    def _in_background(self, work: Callable[[], None]) -> None:
        def guarded() -> None:
            try:
                work()
            except Exception as error:
                self._defect(error)

        thread = Thread(target=guarded, name=f"{self.cluster_id}-work", daemon=True)
        self._threads = [running for running in self._threads if running.is_alive()] + [thread]
        thread.start()

    def _clean_up(self) -> None:
        """No process, no folder, then the final state; a step that was just starting is caught next round."""
        kill_marked(self.node.mark)
        while any(thread.is_alive() for thread in self._threads):
            for process in list(self.processes.values()):
                process.kill()
            kill_marked(self.node.mark)
            for thread in self._threads:
                thread.join(0.02)
        self._ending.set()
        try:
            if not self._pusher.push():
                keep_logs(self.node)
            self.node.remove()
        except Exception as error:  # a full disk, say: the cluster ends all the same
            log.error("%s the folder was not removed as it should be: %s", self.cluster_id, error)
            remove_tree(self.node.folder)
        self._store.update(self.cluster_id, clusters.end)
        if not is_local(self.node.settings.spark_master):
            self.stopping.wait(EXECUTORS_END_SECONDS)
            self.node.forget()

    def _defect(self, error: Exception) -> None:
        log.error("%s defect of this service", self.cluster_id, exc_info=error)
        reason = Reason("INTERNAL_ERROR", f"{type(error).__name__}: {error}")
        self._shut_down(reason)

    def _shut_down(self, reason: Reason, *details: ErrorDetail) -> None:
        self._store.update(self.cluster_id, lambda c, now: clusters.shut_down(c, reason, now, details))
