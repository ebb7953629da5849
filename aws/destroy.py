"""Remove what a profile's deployment has made, after showing it and a question.

    python -m aws.destroy aws [--force] [--no-snapshot]

The database's final snapshot stays unless told otherwise. What is stopped halfway is completed by the next
call.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from aws import consent, refusals
from aws.account import Account
from aws.deployment import say
from aws.infrastructure import templates
from aws.infrastructure.stacks import LOOK, Stacks
from aws.profile import Source, has_stacks
from aws.removal import Removal
from aws.target import Target
from embedded import advice
from embedded.errors import Unusable


def main() -> int:
    """The command line; returns the exit code: 0, 1 when the answer was no, or 2 with one line on stderr."""
    cli = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cli.add_argument("profile", help="a folder of profiles/ that has a stacks.json")
    cli.add_argument("--force", action="store_true", help="do not ask")
    cli.add_argument("--no-snapshot", action="store_true", help="delete the database's final snapshot, too")
    args = cli.parse_args()
    interrupted = (
        "stopped: what AWS has begun to delete goes on by itself; the next "
        f"make destroy PROFILE={args.profile} goes on from there"
    )
    return advice.exit_code(
        lambda: Destruction(args.profile, args.force, not args.no_snapshot).run(), interrupted
    )


@dataclass(frozen=True)
class Destruction:
    """One call of the command."""

    profile: str
    force: bool = False
    snapshot: bool = True  # keep the database's final snapshot
    folder: Path = templates.FOLDER
    look: float = LOOK  # seconds between two looks at what takes time
    say: Callable[[str], None] = say

    def run(self) -> int:
        """Show, ask, remove; returns the exit code: 0, or 1 when the answer was no. Raises Unusable."""
        source = Source.read(self.profile)
        if not has_stacks(self.profile):
            raise Unusable(f"profile {self.profile} has nothing in AWS: make reset removes the local stack")
        source.prefix(os.environ)  # before anything is asked
        account = Account.of_environment()
        with refusals.named(account.region):
            return self._remove(Target(source, account, os.environ, self.folder))

    def _remove(self, target: Target) -> int:
        account = target.account
        self.say(
            f"profile {self.profile}: account {account.id}, region {account.region}, as {account.caller}"
        )
        stacks = Stacks(account.client("cloudformation"), target.tags, self.say, self.look)
        removal = Removal.of(target, stacks, self.snapshot, self.say, self.look)
        lines = removal.lines()
        if not lines:
            self.say(f"profile {self.profile}: nothing to remove")
            return 0
        for line in lines:
            self.say(line)
        if not consent.agreed("Remove all this?", f"destroying profile {self.profile}", self.force):
            self.say("nothing was removed")
            return 1
        removal.run()
        self.say(f"profile {self.profile}: removed")
        return 0


if __name__ == "__main__":
    sys.exit(main())
