"""make doctor PROFILE=aws: whether an account can hold the profile, before anything is made. A line a thing.

    python -m aws.doctor aws [--ask-x]

✔ holds, ✘ does not (the line names what helps), – is a note: worth knowing, or not to be read. Exit code 0,
or 2 where a line begins with ✘. Nothing here changes anything.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from botocore.parsers import ResponseParserError

from aws import refusals, site
from aws.account import Account
from aws.preflight.checks import Finding
from aws.preflight.examination import Check, Examination
from aws.preflight.probes import Probes
from aws.profile import BadProfile
from aws.target import Target
from embedded import advice
from embedded.errors import Unusable


def main() -> int:
    """The command line."""
    cli = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cli.add_argument("profile", help="a folder of profiles/ with stacks")
    cli.add_argument("--ask-x", action="store_true", help="ask X whether the bearer token is valid")
    args = cli.parse_args()
    return advice.exit_code(lambda: run(args.profile, args.ask_x))


def run(profile: str, ask_x: bool = False) -> int:
    """Print the findings as they come; returns the exit code."""
    amiss = False
    for finding in examine(profile, ask_x):
        sys.stdout.write(f"{finding.mark} {finding.text}\n")
        sys.stdout.flush()
        amiss |= finding.ok is False
    return 2 if amiss else 0


def examine(profile: str, ask_x: bool = False) -> Iterator[Finding]:
    """Every check, in this order; slow ones run side by side. Nothing follows where there is no account."""
    try:
        source = site.source(profile)
        yield Finding(True, f"profile {profile}")
        account = Account.of_environment()
        target = Target(source, account, os.environ)
        with refusals.named(account.region):
            found = site.states(source, account)
    except Unusable as obstacle:
        yield Finding(False, str(obstacle))
        return
    target.states = {key: state for key, state in found.items() if state}
    yield Finding(True, f"account {account.id} in {account.region}, as {account.caller}")
    with ThreadPoolExecutor(max_workers=8) as pool:
        all_checks = Examination(target, Probes(account), ask_x).checks()
        jobs = [pool.submit(guarded, name, check, account.region) for name, check in all_checks]
        for job in jobs:
            yield from job.result()


def guarded(name: str, check: Check, region: str) -> list[Finding]:
    """A check's findings; what cannot be read is a note."""
    try:
        with refusals.named(region):
            return list(check())
    except (Unusable, BadProfile) as obstacle:
        return [Finding(None, f"{name}: not looked at: {obstacle}")]
    except ResponseParserError:
        return [Finding(None, f"{name}: not looked at: what answers does not speak as AWS does")]


if __name__ == "__main__":
    sys.exit(main())
