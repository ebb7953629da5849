"""The deployment of a profile that has stacks: account, plan, question, phases.

Every step begins from what the account has, never from what an earlier call remembered: a deployment that was
stopped anywhere is completed by the next one, from any machine.
"""

from __future__ import annotations

import getpass
import json
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from aws import artifacts, consent, emr_requests, refusals, secret_store, x_keys
from aws.account import Account
from aws.comparison import check_settings, compare
from aws.infrastructure import templates
from aws.infrastructure.stacks import LOOK, Stacks
from aws.mwaa.transport import InvokeRestApi
from aws.mwaa.transport import client as mwaa_client
from aws.phases import Phases
from aws.plan import StackPlan
from aws.profile import Source
from aws.target import AIRFLOW, PROJECT, Target
from aws.wheelhouse import NoWheelhouse
from compose.airflow_api import Transport
from embedded.errors import Unusable


def say(line: str) -> None:
    """Print a line now: some of what follows takes half an hour."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def to_mwaa(account: Account, environment: str) -> Transport:
    """The way to the Airflow of an MWAA environment."""
    return InvokeRestApi(mwaa_client(account.session), environment)


@dataclass(frozen=True)
class Deployment:
    """One call of the command. `wheels` fetches the wheelhouse."""

    source: Source
    wheels: Callable[[], Path]
    dry_run: bool = False
    force: bool = False
    folder: Path = templates.FOLDER
    look: float = LOOK  # seconds between two looks at what takes time
    transport: Callable[[Account, str], Transport] = to_mwaa  # Airflow's REST API, by the environment's name

    def run(self) -> int:
        """Deploy; returns the exit code: 0, or 1 when the answer was no. Raises Unusable."""
        try:
            return self._run()
        except NoWheelhouse as error:
            raise Unusable(str(error)) from None

    def _run(self) -> int:
        self.source.prefix(os.environ)  # before anything is asked
        try:
            account = Account.of_environment()
        except refusals.NoCredentials:
            if not self.dry_run:
                raise
            self._show_without_account()
            return 0
        with refusals.named(account.region):
            return self._deploy(Target(self.source, account, os.environ, self.folder))

    def _deploy(self, target: Target) -> int:
        account, name = target.account, target.name
        say(f"profile {name}: account {account.id}, region {account.region}, as {account.caller}")
        stacks = Stacks(account.client("cloudformation"), target.tags, say, self.look)
        settle(target, stacks)
        keys = self._x_keys(target)
        wheels = self.wheels()
        plan = compare(target, stacks, wheels, keys)
        if plan.empty:
            say(f"profile {name}: nothing to change")
            return 0
        for line in plan.lines():
            say(line)
        if self.dry_run:
            say(f"profile {name}: a dry run: nothing was changed")
            return 0
        if not consent.agreed("Make these changes?", f"deploying profile {name}", self.force):
            say("nothing was changed")
            return 1
        airflow = partial(self.transport, account)
        phases = Phases(target, stacks, plan, wheels, keys, self.force, say, airflow, self.look)
        changes = phases.run()
        say(f"profile {name}: {changes} changes" if changes else f"profile {name}: nothing to change")
        for line in next_steps(target):
            say(line)
        return 0

    def _x_keys(self, target: Target) -> Mapping[str, str]:
        """X's keys where the profile has a connection for them; asked for only where somebody can answer."""
        if "x_api" not in self.source.connections:
            return {}
        deployed = secret_store.value(target.account.client("secretsmanager"), x_keys.CONNECTION)
        keys = x_keys.given(os.environ) or x_keys.deployed(deployed)
        if not keys and not self.dry_run and not self.force and sys.stdin.isatty():
            keys = x_keys.asked(getpass.getpass)
        if not keys:
            say(x_keys.MISSING)
        return keys

    def _show_without_account(self) -> None:
        """What is known without an account: nothing of it is compared with one."""
        target = Target(self.source, Account(None, "<AccountId>", "<Region>", ""), os.environ, self.folder)
        values = target.marked()
        check_settings(target)
        profile = self.source.filled(values)
        say(f"profile {target.name}: there are no AWS credentials: not compared with an account")
        for key in target.keys:
            parameters = self.source.parameters(key, values)
            for line in StackPlan.of_new(target.stack(key), target.template(key), parameters).lines():
                say(line)
        say(f"objects in s3://{profile.pipeline['bucket_name']}")
        airflow = artifacts.airflow() if AIRFLOW in target.keys else {}
        jobs = [f"scripts/{path.name}" for path in artifacts.jobs()]
        for key in [*jobs, f"{artifacts.WHEELS}…", profile.pipeline["key1"], *airflow]:
            say(f"  {key}")
        say("secrets")
        for name in secret_store.named(profile):
            say(f"  {name}")
        for operation, request in emr_requests.rendered(profile).items():
            say(f"{operation}, as the pipeline sends it\n{json.dumps(request, indent=2, ensure_ascii=False)}")
        say(f"profile {target.name}: not compared with an account: nothing was changed")


def settle(target: Target, stacks: Stacks) -> None:
    """Wait for what is under way, and keep the stacks that exist; raises Unusable for one that is broken."""
    for key in target.keys:
        state = stacks.settled(target.stack(key))
        if state:
            stacks.check(state)
            target.states[key] = state


def next_steps(target: Target) -> list[str]:
    """What to do once it is deployed."""
    if AIRFLOW not in target.keys:
        return [f"next: make up PROFILE={target.name}, then make run PROFILE={target.name}"]
    address = target.outputs.get("WebserverUrl", "")
    page = address if "://" in address else f"https://{address}"
    return [f"next: make run PROFILE={target.name}; Airflow's web server: {page}"]


def interrupted(profile: str) -> str:
    """What is said after Ctrl-C."""
    return (
        f"stopped: a stack of {PROJECT} that is in progress goes on in AWS by itself; the next "
        f"make deploy PROFILE={profile} waits for it and goes on from there"
    )
