"""make run PROFILE=aws: one run of the pipeline on MWAA and EMR, followed to its result.

    python -m aws.run aws [--week 2026-W46] [--hours 6]

Runs housing-prices first if it has never succeeded. Exit code 0 with what was loaded if the run succeeded; 1
with the cause if it failed or took longer than it may; 2 with one line if something else stands in the way;
130 after Ctrl-C, which stops the following, not the run.
"""

from __future__ import annotations

import argparse
import sys
from contextlib import suppress
from dataclasses import dataclass

from rich.console import Console

from aws import refusals
from aws.account import Account
from aws.mwaa import transport as airflow_transport
from aws.mwaa.transport import InvokeRestApi
from aws.site import Cloud
from compose.airflow_api import Airflow, Run
from compose.airflow_http import Refused
from compose.follow import LIMIT
from compose.session import HOUSING, LOOK_AT_AWS, TWEETS, Following, check_week, hours
from embedded import advice

LOADER = "save_result_to_postgres_db"  # returns the rows it has loaded, by table of london_schema


@dataclass
class Session(Following):
    """One command against a deployed profile."""

    site: Cloud

    def no_prices(self) -> bool:
        """Has housing-prices never succeeded? Airflow is asked: the database is private."""
        return not self.airflow.has_succeeded(HOUSING)

    def show_loaded(self, run: Run) -> None:
        """What a run has loaded, and where the website reads it."""
        loaded: dict[str, int] = self.airflow.xcom(run.dag_id, run.run_id, LOADER) or {}
        rows = ", ".join(f"{number:,} rows of {table}" for table, number in loaded.items())
        week = ""
        with suppress(Refused):  # the run has succeeded all the same
            week = f"week {self.week(run)}: "
        self._say(f"[bold]Loaded:[/] {week}{rows or 'the run does not say what'}")
        at = self.site.outputs
        self._say(
            f"  a website reads the views of london_schema in {at['DatabaseHost']}:{at['DatabasePort']}/"
            f"{at['DatabaseName']} as role webapp, over TLS"
        )
        self._say(f"  its password: the secret {at['WebappSecretArn']}; docs/aws.md connects a WordPress")

    def _say(self, text: str) -> None:
        self.console.print(text, soft_wrap=True)


def main() -> int:
    """The command line."""
    cli = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cli.add_argument("profile", help="a folder of profiles/ with an Airflow on AWS")
    cli.add_argument("--week", help="ISO week, UTC; default: the last complete one")
    cli.add_argument(
        "--hours", type=hours, default=LIMIT, dest="limit", help="that a run may take; default: 6"
    )
    args = cli.parse_args()
    return advice.exit_code(lambda: run(args.profile, args.week, args.limit))


def run(profile: str, week: str | None, limit: float = LIMIT) -> int:
    """Run the tweet DAG for a week, or for the one it decides on; returns the exit code, raises Unusable."""
    if week is not None:
        check_week(week)
    account = Account.of_environment()
    with refusals.named(account.region):
        cloud = Cloud.of(profile, account)
        airflow = Airflow(InvokeRestApi(airflow_transport.client(account.session), cloud.environment))
        session = Session(cloud, airflow, Console(highlight=False, emoji=False), limit, LOOK_AT_AWS)
        return session.exit_code(lambda: one_week(session, week))


def one_week(session: Session, week: str | None) -> None:
    """Run the tweet DAG and show what it has loaded; raises Unusable."""
    session.prepare()
    session.show_loaded(session.run(TWEETS, {"week": week} if week else {}))


if __name__ == "__main__":
    sys.exit(main())
