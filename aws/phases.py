"""The phases of a deployment, one after the other; a killed deployment may have stopped in any of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from aws import artifacts, database_roles, secret_store
from aws.artifacts import REQUIREMENTS, STARTUP
from aws.database_roles import Logins, Roles
from aws.infrastructure.change_sets import Change
from aws.infrastructure.stacks import Stacks
from aws.plan import CHANGED, NEW, Plan
from aws.target import AIRFLOW, DATABASE, Target
from compose.airflow_api import Airflow, Transport
from embedded.errors import Unusable

HINTS = {
    (DATABASE, NEW): "RDS takes 5 to 15 minutes to make a database",
    (AIRFLOW, NEW): "MWAA takes 20 to 30 minutes to make an environment",
    (AIRFLOW, CHANGED): "MWAA takes 10 to 30 minutes to change an environment",
}


@dataclass
class Phases:
    """What is done once the plan is agreed to. `look`: seconds between two looks at what takes time."""

    target: Target
    stacks: Stacks
    plan: Plan
    wheels: Path
    keys: Mapping[str, str]  # X's
    force: bool  # also what loses data that the plan did not show
    say: Callable[[str], None]
    transport: Callable[[str], Transport]  # Airflow's, by the environment's name
    look: float

    def run(self) -> int:
        """Do them all; returns the number of changes."""
        if DATABASE in self.target.keys:  # somebody else's secret is refused before anything is made
            database_roles.left(self.target.account.client("secretsmanager"), self.target.tags)
        work: list[tuple[str, Callable[[], int]]] = [
            ("infrastructure", self.infrastructure),
            ("artifacts", self.artifacts),
        ]
        if AIRFLOW in self.target.keys:
            work.append(("airflow", partial(self.stack, AIRFLOW)))
        if DATABASE in self.target.keys:
            work.append(("database roles", self.database_roles))
        work.append(("secrets", self.secrets))
        changes = 0
        for number, (title, phase) in enumerate(work, start=1):
            self.say(f"[{number}/{len(work)}] {title}")
            changes += phase()
        return changes

    def infrastructure(self) -> int:
        """All stacks before Airflow's."""
        return sum(self.stack(key) for key in self.target.keys if key != AIRFLOW)

    def stack(self, key: str) -> int:
        """Make or update one stack, and keep what it gives."""
        target, name = self.target, self.target.stack(key)
        hint = HINTS.get((key, self.plan.what(name)))
        if hint:
            self.say(f"  {hint}")
        parameters = target.source.parameters(key, target.values(self._versions() if key == AIRFLOW else {}))
        wanted = self.stacks.wanted(name, target.template(key).body, parameters)
        changed = self.stacks.apply(wanted, partial(self._check, name))
        state = self.stacks.find(name)
        if state is None:
            raise Unusable(f"stack {name} was deleted by somebody else: call again")
        target.states[key] = state
        if not changed:
            self.say(f"  {name} is as it shall be")
        return int(changed)

    def artifacts(self) -> int:
        """The bucket's objects."""
        target = self.target
        profile = target.source.filled(target.marked(self.keys))
        files = target.files(profile, self.wheels)
        s3 = target.account.client("s3")
        return artifacts.upload(s3, target.bucket(), files, self._indented, target.synced)

    def database_roles(self) -> int:
        """The database's logins, unless they have these passwords."""
        target, secrets = self.target, self.target.account.client("secretsmanager")
        logins = Logins.of(secrets, target.outputs)
        profile = target.source.filled(target.values({**self.keys, **logins.values()}))
        if database_roles.made(secrets, secret_store.named(profile)[database_roles.PIPELINE]):
            left = database_roles.left(secrets, target.tags)
            if left:
                secret_store.remove(secrets, database_roles.ADMIN)
            self.say(f"  {'a secret left behind is removed' if left else 'they are as they shall be'}")
            return int(left)
        self.say("  Airflow makes them, from inside the database's network: some minutes")
        environment = target.outputs["EnvironmentName"]
        roles = Roles(Airflow(self.transport(environment)), self.say, self.look)
        options = profile.connections["postgres_default"].get("extra", {})
        connection = database_roles.admin(secrets, target.outputs, logins, options)
        with database_roles.lent(secrets, connection, target.tags):
            roles.make()
        return 1

    def secrets(self) -> int:
        """Connections and variables."""
        target, secrets = self.target, self.target.account.client("secretsmanager")
        logins = Logins.of(secrets, target.outputs).values() if DATABASE in target.keys else {}
        profile = target.source.filled(target.values({**self.keys, **logins}))
        return secret_store.write(secrets, secret_store.named(profile), self._indented, target.tags)

    def _versions(self) -> dict[str, str]:
        s3, bucket = self.target.account.client("s3"), self.target.bucket()
        return {
            "RequirementsVersion": artifacts.version(s3, bucket, REQUIREMENTS),
            "StartupVersion": artifacts.version(s3, bucket, STARTUP),
        }

    def _check(self, stack: str, change: Change) -> None:
        """Raise Unusable for a change that loses data and that nobody has agreed to."""
        if change.loses_data and not self.force and (stack, change) not in self.plan.dangers:
            raise Unusable(
                f"stack {stack}: {change.logical_id} ({change.type}) would be lost with its data, which the "
                "plan did not show: nothing of it is done; call again to see it in the plan"
            )

    def _indented(self, text: str) -> None:
        self.say(f"  {text}")
