"""A trial on a real account: what is made, called, checked and removed there."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from aws import secret_store, site
from aws.account import Account
from aws.database_roles import Logins
from aws.infrastructure.stacks import Stacks
from aws.profile import PIPELINE, ROOT
from aws.target import AIRFLOW, PROJECT
from aws.trial import cost as e2e_cost
from aws.trial import left as e2e_left
from aws.trial import replay as e2e_replay
from aws.trial import settings as e2e_settings
from aws.trial.settings import ALL_POSTS, Token
from embedded.errors import Unusable

VARIABLE = f"{secret_store.VARIABLES}{PIPELINE}"
CHECKS = "tests/aws_account"
GRACE = 60.0  # seconds that a command has to end after Ctrl-C

Command = Callable[[Sequence[str], Mapping[str, str]], int]


class Failed(Exception):
    """Something did not hold; the text says what."""


def command(module: Sequence[str], environ: Mapping[str, str]) -> int:
    """Run a module of this project with its arguments, in this terminal; returns its exit code.

    Ctrl-C reaches it, too: it may end by itself before KeyboardInterrupt goes on.
    """
    process = subprocess.Popen([sys.executable, "-m", *module], cwd=ROOT, env=dict(environ))
    try:
        return process.wait()
    except KeyboardInterrupt:
        try:
            process.wait(GRACE)
        except (subprocess.TimeoutExpired, KeyboardInterrupt):
            process.kill()
            process.wait()
        raise


@dataclass
class Trial:
    """One trial. `cidr` is the network that may reach its database; `call` runs the project's commands."""

    account: Account
    profile: str
    prefix: str
    cidr: str
    say: Callable[[str], None]
    call: Command = command
    look: float = 5.0  # seconds between two looks
    answers: Callable[[str, str], bool] = e2e_replay.answers
    token: Token = field(default_factory=Token)

    @property
    def cure(self) -> str:
        """The command line that removes what a trial has left."""
        place = f"AWS_REGION={self.account.region} STACK_PREFIX={self.prefix}"
        return f"{place} {shlex.quote(sys.executable)} -m aws.e2e {self.profile} --remove --force"

    @property
    def tags(self) -> dict[str, str]:
        """Of the stack of the recordings, as of all others."""
        return {"project": PROJECT, "profile": self.profile, "prefix": self.prefix}

    def show_cost(self) -> None:
        """Say what it will cost."""
        self.say(e2e_cost.shown(self.profile, self._environ(e2e_settings.NOBODY), self.account.region))

    def intentions(self, keep: bool) -> list[str]:
        """What is about to happen, a line each."""
        account = self.account
        return [
            f"Account {account.id}, region {account.region}, as {account.caller}:",
            f"  makes the stacks {self.prefix}-* and the secrets airflow/*: network, database, Airflow",
            f"  lets {self.cidr} reach the database over TLS, for the checks",
            "  serves recorded posts, sales and postcodes in their sources' place, from a function",
            f"  loads the prices, runs {e2e_settings.WEEK} on EMR",
            "  leaves all of it, and its costs (KEEP=1)"
            if keep
            else "  removes all of it, the database without a snapshot",
            "  takes between one and two hours",
        ]

    def check(self) -> None:
        """Raise Unusable for a profile without Airflow on AWS, and where another deployment has the region.

        The names of Airflow's secrets are the same for all: a trial would overwrite and then delete them.
        """
        source = site.source(self.profile)
        if AIRFLOW not in source.stack_keys:
            raise Unusable(f"profile {self.profile} has no Airflow on AWS: make e2e PROFILE=aws")
        names = [f"{secret_store.CONNECTIONS}{name}" for name in source.connections]
        there = [name for name in [*names, VARIABLE] if self._secret(name) is not None]
        if VARIABLE in there:
            ours = self._bucket_of(self._secret(VARIABLE)).startswith(f"{self.prefix}-")
        else:  # a deployment that was killed half-way
            ours = self._stacks().find(f"{self.prefix}-storage") is not None
        if there and not ours:
            raise Unusable(
                f"{self.account.region} has another deployment (secret {there[0]} is there), whose secrets "
                "the trial would overwrite: export AWS_REGION with another region"
            )

    def deploy(self) -> None:
        """make deploy, with an address of X and the others that nobody has."""
        self._call("aws.deploy", self.profile, "--force")

    def replay(self) -> None:
        """Make the recordings' address, deploy once more with that, and let a run have all posts."""
        outputs = self.outputs()
        host = e2e_replay.make(
            self._stacks(), self.account, self.prefix, outputs["BucketName"], self.token.sha256
        )
        begun = time.monotonic()
        while not self.answers(host, self.token.text):
            if time.monotonic() - begun > e2e_replay.PATIENCE:
                raise Failed(f"the recordings are not served on {host} within {e2e_replay.PATIENCE:.0f} s")
            time.sleep(self.look)
        self._call("aws.deploy", self.profile, "--force", host=host)
        settings = json.loads(self._secret(VARIABLE) or "{}") | ALL_POSTS
        secrets = self.account.client("secretsmanager")
        secret_store.write(secrets, {VARIABLE: json.dumps(settings)}, self.say, self.tags)

    def run(self) -> None:
        """make run."""
        self._call("aws.run", self.profile, "--week", e2e_settings.WEEK)

    def verify(self) -> None:
        """The checks of rows and traces, as the website's role over TLS among others."""
        outputs = self.outputs()
        logins = Logins.of(self.account.client("secretsmanager"), outputs)
        told = e2e_settings.of_checks(os.environ, outputs, logins)
        # A longer account of a failure would show the arguments of calls, passwords among them
        self._call("pytest", CHECKS, "--verbose", "--tb=short", **told)

    def remove(self) -> None:
        """make destroy, and the recordings; what of it fails does not keep the rest from going."""
        try:
            stacks = self._stacks()
            if state := stacks.settled(f"{self.prefix}-{e2e_replay.KEY}"):
                stacks.delete(state)
        finally:
            self._call("aws.destroy", self.profile, "--force", "--no-snapshot")

    def left(self) -> list[str]:
        """What of the trial is still there."""
        return e2e_left.found(self.account, self.tags)

    def outputs(self) -> dict[str, str]:
        """The outputs of all of the profile's stacks."""
        keys, stacks = site.source(self.profile).stack_keys, self._stacks()
        states = [stacks.find(f"{self.prefix}-{key}") for key in keys]
        return {name: text for state in states if state for name, text in state.outputs.items()}

    def _stacks(self) -> Stacks:
        return Stacks(self.account.client("cloudformation"), self.tags, self.say, self.look)

    @staticmethod
    def _bucket_of(variable: str | None) -> str:
        try:
            return str(json.loads(variable or "{}").get("bucket_name", ""))
        except (ValueError, AttributeError):  # somebody else's
            return ""

    def _secret(self, name: str) -> str | None:
        return secret_store.value(self.account.client("secretsmanager"), name)

    def _call(self, *module: str, host: str = e2e_settings.NOBODY, **more: str) -> None:
        code = self.call(module, self._environ(host) | more)
        if code:
            raise Failed(f"{' '.join(module)} ended with exit code {code}: see above")

    def _environ(self, host: str) -> dict[str, str]:
        return e2e_settings.of_children(
            os.environ, self.prefix, self.account.region, self.cidr, self.token, host
        )
