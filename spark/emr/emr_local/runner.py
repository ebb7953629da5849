"""Runs clusters: a worker thread a cluster, a thread a running step, woken by the store's Condition."""

from __future__ import annotations

import logging
import shutil
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread

from emr_local import clusters, logs
from emr_local.execution import (
    BootstrapFailed,
    bootstrap_log_dir,
    bootstrap_process,
    run_bootstrap_action,
    run_step,
    step_log_dir,
    step_process,
)
from emr_local.model import ErrorDetail, Reason, Step, StepState
from emr_local.node import Node, prepare_shared
from emr_local.processes import NodeProcess, kill_marked
from emr_local.settings import Settings
from emr_local.spark import is_local
from emr_local.store import Store, utc_now

log = logging.getLogger("emr_local")

STOP_SECONDS = 2.0
# Executors of a standalone Spark end within a second of their driver; a busy machine takes longer.
EXECUTORS_END_SECONDS = 30.0
SERVICE_STOPS = Reason("USER_REQUEST", "Terminated because the EMR endpoint was stopped")


class Runner:
    """The workers of all clusters."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._settings = settings
        self._workers: dict[str, ClusterWorker] = {}
        prepare_shared(settings)
        self._clear_leftovers()

    def launch(self, cluster_id: str) -> None:
        """Brings a new cluster to life."""
        worker = ClusterWorker(self._store, self._settings, cluster_id)
        self._workers[cluster_id] = worker
        worker.thread.start()

    def cancel(self, cluster_id: str, step_ids: Iterable[str], kill: bool) -> None:
        """Ends the processes of steps that are CANCEL_PENDING: SIGTERM, or SIGKILL to all below them."""
        processes = self._workers[cluster_id].processes
        for step_id in step_ids:
            process = processes.get(step_id)
            if process is not None:
                process.kill() if kill else process.interrupt()

    def stop(self) -> None:
        """Ends every cluster, leaving no process; logs are not pushed any more. At most about two seconds."""
        deadline = time.monotonic() + STOP_SECONDS
        for worker in self._workers.values():
            worker.stopping.set()
            self._store.update(worker.cluster_id, lambda c, now: clusters.shut_down(c, SERVICE_STOPS, now))
        for worker in self._workers.values():
            worker.thread.join(max(0.0, deadline - time.monotonic()))
            if worker.thread.is_alive():
                kill_marked(worker.node.mark)

    def _clear_leftovers(self) -> None:
        """Ends what an earlier service, itself killed, left in this work dir; this one holds the lock."""
        for folder in self._settings.clusters_dir.iterdir():
            log.info("%s is left from an earlier service: removed", folder.name)
            kill_marked(f"EMR_CLUSTER_ID={folder.name}")
            shutil.rmtree(folder, ignore_errors=True)
            with suppress(OSError):  # the file that stands for a removed folder
                folder.unlink()
        for folder in self._settings.work_dir.glob("removed-*"):
            shutil.rmtree(folder, ignore_errors=True)


class ClusterWorker:
    """One cluster from its node's creation to its removal."""

    def __init__(self, store: Store, settings: Settings, cluster_id: str) -> None:
        self.cluster_id = cluster_id
        self.node = Node(store.get(cluster_id), settings)
        self.processes: dict[str, NodeProcess] = {}
        self.stopping = Event()
        self._store = store
        self._threads: list[Thread] = []
        self.thread = Thread(target=self._run, name=cluster_id, daemon=True)

    def _run(self) -> None:
        """The cluster's life; whatever goes wrong, the cluster ends and its node is gone."""
        try:
            self.node.create()
            self._store.update(self.cluster_id, lambda cluster, _: clusters.bootstrap(cluster))
            self._in_background(self._bootstrap)
            self._serve()
        except Exception as error:
            self._defect(error)
        self._clean_up()

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

    def _run_step(self, step: Step) -> None:
        process = self.processes[step.id]
        failure = run_step(self.node, step, process)
        current = self._store.get(self.cluster_id).step(step.id)
        if current is not None and current.state is StepState.CANCEL_PENDING:
            process.kill()  # what the cancelled program left behind
        self.processes.pop(step.id)
        self._push(step_log_dir(self.node, step))
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
                self._push(bootstrap_log_dir(self.node, number))
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
        try:
            self.node.remove()
        except OSError as error:  # a full disk: the cluster ends all the same
            log.error("%s the folder was not removed as it should be: %s", self.cluster_id, error)
            shutil.rmtree(self.node.folder, ignore_errors=True)
        self._store.update(self.cluster_id, clusters.end)
        if not is_local(self.node.settings.spark_master):
            self.stopping.wait(EXECUTORS_END_SECONDS)
            self.node.forget()

    def _push(self, folder: Path) -> None:
        if not self.stopping.is_set():
            cluster = self.node.cluster
            logs.push(cluster.request.get("LogUri"), cluster.id, self.node.logs_dir, folder)

    def _defect(self, error: Exception) -> None:
        log.error("%s defect of this service", self.cluster_id, exc_info=error)
        reason = Reason("INTERNAL_ERROR", f"{type(error).__name__}: {error}")
        self._shut_down(reason)

    def _shut_down(self, reason: Reason, *details: ErrorDetail) -> None:
        self._store.update(self.cluster_id, lambda c, now: clusters.shut_down(c, reason, now, details))
