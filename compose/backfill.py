"""make backfill: the last complete weeks on the running stack, oldest first, so that trends show.

    python -m compose.backfill [--env-file .env] [--weeks 4] [--hours 6]

A week that is there already is replaced. The recorded posts are four weeks, replayed in a cycle. A failed
week ends it. Exit codes as compose.run.
"""

from __future__ import annotations

import argparse
import sys
from contextlib import closing
from datetime import UTC, date, datetime, timedelta

from compose import results
from compose.run import TWEETS, RunFailed, Session, command
from embedded import outcome
from fixtures.weeks import RECORDED, label

MOST = 520  # weeks


def complete_weeks(today: date, number: int) -> list[str]:
    """The last complete ISO weeks before `today`, oldest first."""
    return [label(today - timedelta(weeks=back)) for back in range(number, 0, -1)]


def backfill(session: Session, weeks: list[str]) -> None:
    """Run each week, then show how the mood went; raises RunFailed with the week that ended it."""
    session.prepare()
    for place, week in enumerate(weeks, 1):
        try:
            session.run(TWEETS, {"week": week}, brief=True)
        except RunFailed:
            left = weeks[place:]
            rest = f"; not run: {', '.join(left)}" if left else ""
            session.console.print(f"[red]✘[/] the backfill ends at {week}{rest}", soft_wrap=True)
            raise
        with closing(session.site.database()) as connection:
            session.console.print(f"  {results.rows(outcome.counted(connection, week))}", soft_wrap=True)
    with closing(session.site.database()) as connection:
        results.show_moods(session.console, outcome.moods(connection))


def at_least_one(text: str) -> int:
    """An argument that is a number of weeks."""
    if not text.isdecimal() or not 1 <= int(text) <= MOST:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of weeks from 1 to {MOST}")
    return int(text)


def main() -> int:
    """The command line."""
    cli = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cli.add_argument("--weeks", type=at_least_one, default=len(RECORDED), help="default: %(default)s")
    today = datetime.now(UTC).date()
    return command(cli, lambda session, args: backfill(session, complete_weeks(today, args.weeks)))


if __name__ == "__main__":
    sys.exit(main())
