"""make e2e PROFILE=aws: the whole of it on a real account: deployed, run on recordings, checked, removed.

    python -m aws.e2e aws [--force] [--keep] [--remove]

Shows what it costs and asks first. Everything gets names of its own (STACK_PREFIX or tubepulse, and -e2e) and
is removed in the end, whatever happens before, unless --keep is given; --remove does nothing else. Exit
code 0; 1 where something did not hold or is left; 2 with one line for an obstacle; 130 after Ctrl-C.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from rich.console import Console

from aws import consent, refusals, site
from aws.account import Account
from aws.trial import settings as e2e_settings
from aws.trial.account import Failed, Trial
from embedded import advice
from embedded.errors import Unusable
from embedded.plain import shown

DEFECT = 3  # never an exit code: the exception goes on


@dataclass(frozen=True)
class Phase:
    """A part of the trial; `work` raises Failed where it did not hold, Unusable for an obstacle."""

    title: str
    work: Callable[[], None]


@dataclass
class Course:
    """The phases in their order, then the removal, whatever happened."""

    phases: Sequence[Phase]
    removal: Phase
    left: Callable[[], list[str]]  # what is still there afterwards
    cure: str  # the command that removes it
    keep: bool
    say: Callable[[str], None]
    times: list[tuple[str, float, str]] = field(default_factory=list)  # title, seconds, how it ended

    def run(self) -> int:
        """Go through it; returns the exit code."""
        code = DEFECT
        try:
            code = self._guarded(self.phases)
        finally:
            code = self._end(code)
        return code

    def _guarded(self, phases: Sequence[Phase]) -> int:
        try:
            for phase in phases:
                self._timed(phase)
        except Failed as error:
            self.say(f"[red]✘[/] {shown(str(error))}")
            return 1
        except Unusable as error:
            self.say(f"[red]✘[/] {shown(str(error))}")
            return 2
        except KeyboardInterrupt:
            self.say("[yellow]![/] interrupted")
            return 130
        return 0

    def _timed(self, phase: Phase) -> None:
        self.say(f"[bold]{phase.title}[/]")
        begun, ended = time.monotonic(), "✘"
        try:
            with refusals.named():
                phase.work()
            ended = "✔"
        finally:
            self.times.append((phase.title, time.monotonic() - begun, ended))

    def _end(self, code: int) -> int:
        removed = DEFECT
        try:
            removed = self._kept() if self.keep else self._removed(bool(code))
        finally:
            if removed:
                self.say(f"[red]✘[/] what is left may cost money: call this until nothing is: {self.cure}")
            for title, seconds, ended in self.times:
                self.say(f"{ended} {title:<40}{seconds / 60:6.1f} min")
        return code or removed

    def _kept(self) -> int:
        self.say(f"[yellow]![/] everything stays, and costs, until you call: {self.cure}")
        return 0

    def _removed(self, early: bool) -> int:
        if early:
            self.say("What was made is removed now; Ctrl-C leaves it")
        return self._guarded((self.removal, Phase("what is left", self._look)))

    def _look(self) -> None:
        found = self.left()
        for what in found:
            self.say(f"  {shown(what)}")
        if found:
            raise Failed("not everything is gone")
        self.say("[green]✔[/] nothing is left")


def main() -> int:
    """The command line."""
    cli = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cli.add_argument("profile", help="a folder of profiles/ with an Airflow on AWS")
    cli.add_argument("--force", action="store_true", help="do not ask")
    cli.add_argument(
        "--keep", action="store_true", help="leave everything as it is in the end (make: KEEP=1)"
    )
    cli.add_argument("--remove", action="store_true", help="only remove what an earlier call has left")
    args = cli.parse_args()
    keep = args.keep or os.environ.get("KEEP") == "1"
    console = Console(highlight=False, emoji=False)

    def say(text: str) -> None:
        console.print(text, soft_wrap=True)

    def run() -> int:
        account = Account.of_environment()
        with refusals.named(account.region):
            return remove(args, account, say) if args.remove else e2e(args, account, keep, say)

    return advice.exit_code(run)


def e2e(args: argparse.Namespace, account: Account, keep: bool, say: Callable[[str], None]) -> int:
    """Try the profile on an account; returns the exit code, raises Unusable before anything is made."""
    site.source(args.profile)  # before anything is asked of others
    prefix = e2e_settings.prefix(os.environ)
    cidr = e2e_settings.site(os.environ, lambda: f"{e2e_settings.public_address().strip()}/32")
    trial = Trial(account, args.profile, prefix, cidr, lambda text: say(shown(text)))
    trial.check()
    trial.show_cost()
    for line in trial.intentions(keep):
        say(shown(line))
    if not consent.agreed("Go on?", "make e2e", args.force):
        say("nothing was changed")
        return 1
    phases = (
        Phase("deployment", trial.deploy),
        Phase("recordings in the sources' place", trial.replay),
        Phase(f"week {e2e_settings.WEEK}", trial.run),
        Phase("rows and traces", trial.verify),
    )
    return course(trial, phases, keep, say).run()


def remove(args: argparse.Namespace, account: Account, say: Callable[[str], None]) -> int:
    """Remove what a trial has left; returns the exit code."""
    prefix = e2e_settings.prefix(os.environ)
    trial = Trial(account, args.profile, prefix, "", lambda text: say(shown(text)))
    trial.check()
    say(shown(f"This removes {prefix}-* and its secrets from account {account.id}, {account.region}."))
    if not consent.agreed("Go on?", "make e2e", args.force):
        say("nothing was changed")
        return 1
    return course(trial, (), False, say).run()


def course(trial: Trial, phases: Sequence[Phase], keep: bool, say: Callable[[str], None]) -> Course:
    """The course that a trial takes."""
    return Course(phases, Phase("removal", trial.remove), trial.left, shown(trial.cure), keep, say)


if __name__ == "__main__":
    sys.exit(main())
