"""A command's runs of DAGs, each triggered, followed and explained; the same wherever Airflow is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

from rich.console import Console

from compose import failure, launch
from compose.airflow_api import Airflow, Run
from compose.follow import LIMIT, LOOK, Follower
from compose.site import Helps, Pages
from embedded.errors import Unusable
from embedded.plain import shown
from fixtures.weeks import monday

TWEETS, HOUSING = "london-housing-webapp", "housing-prices"
LOOK_AT_AWS = 5.0  # seconds; an account's calls of EMR and MWAA are counted, the sensor's among them
WEEK_TASK = "get_twitter_data"  # its argument `run` is the week that the DAG decided on


class RunFailed(Exception):
    """A run did not succeed; why has been said."""


class Place(Protocol):
    """What a session needs to know of where the pipeline runs, beside its Airflow."""

    @property
    def pages(self) -> Pages:
        """Where a person reads on."""

    @property
    def helps(self) -> Helps:
        """What helps with its Airflow."""

    def emr(self) -> Any:
        """A boto3 client of EMR."""

    def s3(self) -> Any:
        """A boto3 client of S3."""


@dataclass
class Following:
    """One command against one place. `current` is the run that is followed."""

    site: Place
    airflow: Airflow
    console: Console
    limit: float = LIMIT  # seconds that a run may take
    look: float = LOOK  # seconds between two looks at it
    current: Run | None = None

    def no_prices(self) -> bool:
        """Are there no housing prices yet?"""
        raise NotImplementedError

    def prepare(self) -> None:
        """See that Airflow has the DAG, load prices where there are none."""
        launch.known(self.airflow, TWEETS, self._warn, self.site.helps)
        for broken in self.airflow.import_failures():
            self._warn(f"Airflow cannot import {broken.file}:{broken.line}: {broken.error}")
        if self.no_prices():
            self.run(HOUSING, {})

    def run(self, dag_id: str, conf: dict[str, Any], brief: bool = False) -> Run:
        """Run a DAG and follow it; raises RunFailed when it has failed and that has been said."""
        run = self.current = launch.launch(self.airflow, dag_id, conf, self._warn, self.site.helps)
        page = self.site.pages.run(dag_id, run.run_id)
        wanted = f" {conf['week']}" if "week" in conf else ""
        self.console.print(f"[bold]{dag_id}[/]{wanted}  {page}", soft_wrap=True)
        run = self._follower.follow(run, brief)
        if run.active:
            self.console.print(
                f"[red]✘[/] {dag_id} still runs after {self.limit / 3600:g} hours, which is all that this "
                f"command waits; it goes on: {page}",
                soft_wrap=True,
            )
            raise RunFailed
        self.current = None
        mark = "[green]✔[/]" if run.state == "success" else "[red]✘[/]"
        self.console.print(f"{mark} {dag_id}{wanted} {run.state} [dim]{run.seconds or 0:.1f} s[/]")
        if run.state != "success":
            found = failure.failures(self.airflow, run)
            failure.show(self.console, run, found, self.site.s3(), self.site.pages)
            raise RunFailed
        return run

    def week(self, run: Run) -> str:
        """The week that a run of the tweet DAG was about."""
        return str(self.airflow.rendered(run.dag_id, run.run_id, WEEK_TASK)["op_kwargs"]["run"])

    def exit_code(self, work: Callable[[], object]) -> int:
        """Do the work: 0, or 1 for a run that failed; Ctrl-C says that the run goes on and passes."""
        try:
            work()
        except RunFailed:
            return 1
        except KeyboardInterrupt:
            if self.current:
                page = self.site.pages.run(self.current.dag_id, self.current.run_id)
                self.console.print(f"stopped following; the run goes on: {page}", soft_wrap=True)
            raise
        return 0

    @cached_property
    def _follower(self) -> Follower:
        return Follower(
            self.airflow, self.site.emr(), self.site.pages, self.console, self.limit, self.look,
            self.site.helps,
        )  # fmt: skip

    def _warn(self, text: str) -> None:
        self.console.print(f"[yellow]![/] {shown(text)}", soft_wrap=True)


def check_week(week: str) -> None:
    """Raise Unusable for what is no ISO week."""
    try:
        monday(week)
    except ValueError:
        raise Unusable(f"{week!r} is no ISO week: give one like WEEK=2026-W46, or none") from None


def hours(text: str) -> float:
    """An argument that is a time in hours, as seconds."""
    seconds = float(text) * 3600
    if not seconds > 0:
        raise ValueError
    return seconds
