"""A run, followed to its end: what Airflow's tasks and EMR's steps do, as they do it."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console

from compose.airflow_api import Airflow, Run
from compose.airflow_http import Refused, Unreachable
from compose.site import Helps, Pages
from embedded.errors import Unusable
from embedded.plain import shown
from embedded.watch import Watch

CLUSTER_TASK = "create_emr_cluster"  # returns the cluster's id
LOOK = 1.0  # seconds between two looks
REASONS = 10.0  # seconds between two looks at what may hold the run up
GRACE = 120.0  # seconds that Airflow may be silent
LIMIT = 6 * 60 * 60.0  # seconds, as the DAG's sensor has
READY = "Airflow is getting ready"


@dataclass(frozen=True)
class Follower:
    """Follows runs on a console. `emr` is a boto3 client; a run may take `limit` seconds."""

    airflow: Airflow
    emr: Any
    pages: Pages
    console: Console
    limit: float = LIMIT
    look: float = LOOK
    helps: Helps = field(default_factory=Helps)

    def follow(self, run: Run, brief: bool = False) -> Run:
        """Say what the run does until it ends, and return it; it is still active if the limit has passed.

        `brief` leaves out what goes well. Raises Unusable if Airflow falls silent or loses the run.
        """
        tasks = partial(self.airflow.tasks, run.dag_id, run.run_id)
        steps = Steps(self.airflow, self.emr, run, partial(self._say_cluster, brief), self._warn)
        watch = Watch(tasks, steps, partial(self.console.print, soft_wrap=True), brief=brief, idle=READY)
        begun = heard = time.monotonic()
        reasoned, silent = begun - REASONS, False
        with self.console.status("") as status:
            while time.monotonic() - begun <= self.limit:
                watch.note = f"  {time.monotonic() - begun:.0f} s"
                try:
                    run = self._ask(run, watch, steps)
                    if not run.active:
                        break
                    if time.monotonic() - reasoned >= REASONS:
                        self._explain(watch, run)
                        reasoned = time.monotonic()
                    heard, silent = time.monotonic(), False
                except Unreachable as error:
                    if time.monotonic() - heard > GRACE:
                        raise
                    if not silent:
                        self._warn(f"{str(error).partition(': make')[0]}: asking again")
                    silent = True
                    watch.note += ", Airflow does not answer"
                    watch.sign_of_life()
                status.update(shown(watch.under_way() + watch.note))
                time.sleep(self.look)
        return run

    def _ask(self, run: Run, watch: Watch, steps: Steps) -> Run:
        try:
            now = self.airflow.run(run.dag_id, run.run_id)
            watch.look()
            if steps.lost:
                watch.steps.clear()  # none of them is under way any more, as far as anybody knows
            return now
        except Refused as error:
            if error.status == 404:
                raise Unusable(f"the run {run.run_id} of {run.dag_id} is gone: somebody deleted it") from None
            raise

    def _explain(self, watch: Watch, run: Run) -> None:
        """Say once what holds the run up; it stands in the signs of life while nothing runs."""
        try:
            reason = self._obstacle(run) or READY
        except Refused:
            reason = READY  # what Airflow does not tell is no reason to stop following
        if reason not in (watch.idle, READY):
            self._warn(reason)
        watch.idle = reason

    def _obstacle(self, run: Run) -> str:
        if unhealthy := self.airflow.unhealthy():
            return f"Airflow's {unhealthy[0]} does not run: {self.helps.unhealthy}"
        dag = self.airflow.dag(run.dag_id)
        if dag and dag.paused:
            return f"{run.dag_id} is paused: {self.pages.dag(run.dag_id)} unpauses it"
        if run.state == "queued":
            others = [one for one in self.airflow.active_runs(run.dag_id) if one.run_id != run.run_id]
            if others:
                return f"waits for {others[0].run_id}, which is {others[0].state}: one run at a time"
        return ""

    def _say_cluster(self, brief: bool, cluster: str) -> None:
        if not brief:
            self.console.print(f"    ▸ {cluster}  {self.pages.cluster(cluster)}", soft_wrap=True)

    def _warn(self, text: str) -> None:
        self.console.print(f"[yellow]![/] {shown(text)}", soft_wrap=True)


@dataclass
class Steps:
    """The steps of a run's cluster, whose id is an XCom; none before that, and while EMR does not answer."""

    airflow: Airflow
    emr: Any
    run: Run
    found: Callable[[str], None]  # is called once with the cluster's id
    warn: Callable[[str], None]
    cluster: str = ""
    lost: bool = False  # EMR does not know them now
    _warned: set[str] = field(default_factory=set)

    def __call__(self) -> list[tuple[str, dict[str, Any]]]:
        """Pairs of the cluster's id and a step, oldest first."""
        if not self.cluster:
            with suppress(Unreachable):
                self.cluster = self.airflow.xcom(self.run.dag_id, self.run.run_id, CLUSTER_TASK) or ""
            if self.cluster:
                self.found(self.cluster)
        try:
            steps = self.emr.list_steps(ClusterId=self.cluster)["Steps"] if self.cluster else []
        except (BotoCoreError, ClientError) as error:
            if type(error).__name__ not in self._warned:
                self.warn(f"the steps of {self.cluster} cannot be shown now: {error}")
                self._warned.add(type(error).__name__)
            self.lost = True
            return []
        self.lost = False
        return [(self.cluster, step) for step in reversed(steps)]
