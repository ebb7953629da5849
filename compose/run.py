"""make run: one run of the pipeline on the running stack, followed to its result.

    python -m compose.run [--env-file .env] [--profile local] [--week 2026-W46] [--hours 6]

Runs housing-prices first if it has never loaded prices. Exit code 0 with the result if the run succeeded; 1
with the cause if it failed or took longer than it may; 2 with one line if something else stands in the way;
130 after Ctrl-C, which stops the following, not the run.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from compose import doctor, results
from compose.airflow_api import Airflow
from compose.airflow_http import Http
from compose.follow import LIMIT, LOOK
from compose.session import HOUSING, LOOK_AT_AWS, TWEETS, Following, RunFailed, check_week, hours
from compose.site import USER, Site
from embedded import advice

__all__ = ["HOUSING", "TWEETS", "RunFailed", "Session", "command", "main", "one_week"]


@dataclass
class Session(Following):
    """One command against one stack on this machine."""

    site: Site

    def no_prices(self) -> bool:
        """Has PostgreSQL no prices? Raises Unusable where it does not answer."""
        with closing(self.site.database()) as connection:
            return results.no_prices(connection)


def one_week(session: Session, week: str | None) -> None:
    """Run the tweet DAG for a week, or for the one it decides on, and show the result; raises Unusable."""
    if week is not None:
        check_week(week)
    session.prepare()
    run = session.run(TWEETS, {"week": week} if week else {})
    with closing(session.site.database()) as connection:
        results.show_week(session.console, connection, session.week(run))


def command(cli: argparse.ArgumentParser, work: Callable[[Session, argparse.Namespace], None]) -> int:
    """Parse the options that all such commands have, do the work, give the exit code."""
    cli.add_argument("--env-file", type=Path, default=Path(".env"), help="the stack's settings")
    cli.add_argument("--profile", default="local", help="where S3 and EMR are")
    cli.add_argument(
        "--hours", type=hours, default=LIMIT, dest="limit", help="that a run may take; default: 6"
    )
    args = cli.parse_args()

    def follow() -> int:
        doctor.must_have_stack(args.profile)
        site = Site.of(args.env_file, args.profile)
        airflow = Airflow(Http(site.airflow_url, USER, site.airflow_password))
        look = LOOK if args.profile == "local" else LOOK_AT_AWS
        session = Session(site, airflow, Console(highlight=False, emoji=False), args.limit, look)
        return session.exit_code(lambda: work(session, args))

    return advice.exit_code(follow)


def main() -> int:
    """The command line."""
    cli = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cli.add_argument("--week", help="ISO week, UTC; default: the last complete one")
    return command(cli, lambda session, args: one_week(session, args.week))


if __name__ == "__main__":
    sys.exit(main())
