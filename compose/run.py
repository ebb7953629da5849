"""make run: one run of the pipeline on the running stack, followed to its result.

    python -m compose.run [--env-file .env] [--profile local] [--week 2026-W46] [--hours 6]

Runs housing-prices first if there are no prices. Exit code 0 with the result if the run succeeded; 1 with the
cause if it failed or took longer than it may; 2 with one line if something else stands in the way; 130 after
Ctrl-C, which stops the following, not the run.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from rich.console import Console

from compose import doctor, failure, launch, results
from compose.airflow_api import Airflow, Run
from compose.airflow_http import Http
from compose.follow import LIMIT, LOOK, Follower
from compose.site import USER, Site
from embedded import advice
from embedded.errors import Unusable
from embedded.plain import shown
from fixtures.weeks import monday

TWEETS, HOUSING = "london-housing-webapp", "housing-prices"
LOOK_AT_AWS = 5.0  # seconds; an account's calls of EMR are counted, the sensor's among them
WEEK_TASK = "get_twitter_data"  # its argument `run` is the week that the DAG decided on


class RunFailed(Exception):
    """A run did not succeed; why has been said."""


@dataclass
class Session:
    """One command against one stack. `current` is the run that is followed."""

    site: Site
    airflow: Airflow
    console: Console
    limit: float = LIMIT  # seconds that a run may take
    look: float = LOOK  # seconds between two looks at it
    current: Run | None = None

    def prepare(self) -> None:
        """See that Airflow has the DAG and PostgreSQL answers, load prices where there are none."""
        launch.known(self.airflow, TWEETS, self._warn)
        for broken in self.airflow.import_failures():
            self._warn(f"Airflow cannot import {broken.file}:{broken.line}: {broken.error}")
        with closing(self.site.database()) as connection:
            empty = results.no_prices(connection)
        if empty:
            self.run(HOUSING, {})

    def run(self, dag_id: str, conf: dict[str, Any], brief: bool = False) -> Run:
        """Run a DAG and follow it; raises RunFailed when it has failed and that has been said."""
        run = self.current = launch.launch(self.airflow, dag_id, conf, self._warn)
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
            failure.show(
                self.console, run, failure.failures(self.airflow, run), self.site.s3(), self.site.pages
            )
            raise RunFailed
        return run

    def week(self, run: Run) -> str:
        """The week that a run of the tweet DAG was about."""
        return str(self.airflow.rendered(run.dag_id, run.run_id, WEEK_TASK)["op_kwargs"]["run"])

    @cached_property
    def _follower(self) -> Follower:
        return Follower(self.airflow, self.site.emr(), self.site.pages, self.console, self.limit, self.look)

    def _warn(self, text: str) -> None:
        self.console.print(f"[yellow]![/] {shown(text)}", soft_wrap=True)


def one_week(session: Session, week: str | None) -> None:
    """Run the tweet DAG for a week, or for the one it decides on, and show the result; raises Unusable."""
    if week is not None:
        check_week(week)
    session.prepare()
    run = session.run(TWEETS, {"week": week} if week else {})
    with closing(session.site.database()) as connection:
        results.show_week(session.console, connection, session.week(run))


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


def command(cli: argparse.ArgumentParser, work: Callable[[Session, argparse.Namespace], None]) -> int:
    """Parse the options that all such commands have, do the work, give the exit code."""
    cli.add_argument("--env-file", type=Path, default=Path(".env"), help="the stack's settings")
    cli.add_argument("--profile", default="local", help="where S3 and EMR are")
    cli.add_argument(
        "--hours", type=hours, default=LIMIT, dest="limit", help="that a run may take; default: 6"
    )
    args = cli.parse_args()
    console = Console(highlight=False)

    def follow() -> int:
        doctor.must_have_stack(args.profile)
        site = Site.of(args.env_file, args.profile)
        airflow = Airflow(Http(site.airflow_url, USER, site.airflow_password))
        look = LOOK if args.profile == "local" else LOOK_AT_AWS
        session = Session(site, airflow, console, args.limit, look)
        try:
            work(session, args)
        except RunFailed:
            return 1
        except KeyboardInterrupt:
            if session.current:
                page = site.pages.run(session.current.dag_id, session.current.run_id)
                console.print(f"stopped following; the run goes on: {page}", soft_wrap=True)
            raise
        return 0

    return advice.exit_code(follow)


def main() -> int:
    """The command line."""
    cli = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cli.add_argument("--week", help="ISO week, UTC; default: the last complete one")
    return command(cli, lambda session, args: one_week(session, args.week))


if __name__ == "__main__":
    sys.exit(main())
