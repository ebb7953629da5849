"""What belongs to a deployed profile, and its removal: last made, first removed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from aws import bucket, database_roles, leftovers, secret_store
from aws.infrastructure.stacks import Stacks, State
from aws.target import AIRFLOW, DATABASE, NETWORK, STORAGE, Target

HINTS = {AIRFLOW: ": MWAA takes 15 to 30 minutes", DATABASE: ": RDS takes 5 to 15 minutes"}


@dataclass(frozen=True)
class Removal:
    """What was found. `bucket` and `vpc` are '' where there is none of ours (any more)."""

    target: Target
    stacks: Stacks
    states: dict[str, State]  # by key, in the order of removal
    bucket: str
    vpc: str
    clusters: list[str]
    groups: dict[str, str]
    secrets: list[str]
    logs: list[str]
    snapshots: list[str]  # that a removal without one was stopped before deleting
    keep_snapshot: bool
    say: Callable[[str], None]
    look: float

    @classmethod
    def of(
        cls, target: Target, stacks: Stacks, keep_snapshot: bool, say: Callable[[str], None], look: float
    ) -> Removal:
        """Look for all of it; raises Unusable for a stack of another profile."""
        account, states = target.account, dict[str, State]()
        for key in reversed(target.keys):
            state = stacks.find(target.stack(key))
            if state is None:
                continue
            stacks.check_owner(state)
            states[key] = state
        name, airflow = _bucket(target, stacks, states), AIRFLOW in target.keys
        vpc = stacks.physical(states[NETWORK].id, "AWS::EC2::VPC") if NETWORK in states else ""
        return cls(
            target=target,
            stacks=stacks,
            states=states,
            bucket=name,
            vpc=vpc,
            clusters=leftovers.clusters(account.client("emr"), target.tags),
            groups=leftovers.emr_groups(account.client("ec2"), vpc),
            secrets=secret_store.owned(account.client("secretsmanager"), target.tags, _secrets(target)),
            logs=leftovers.log_groups(account.client("logs"), target.prefix) if airflow else [],
            snapshots=[] if keep_snapshot else _leftover_snapshots(target, states),
            keep_snapshot=keep_snapshot,
            say=say,
            look=look,
        )

    def lines(self) -> list[str]:
        """What goes, a line each; nothing where nothing is there."""
        database = (
            "its final snapshot stays" if self.keep_snapshot else "WITHOUT A SNAPSHOT: its data is lost"
        )
        notes = {DATABASE: f"  the database: {database}"}
        return [
            *(f"  EMR cluster {cluster}: terminated" for cluster in self.clusters),
            *(f"  stack {state.name}{notes.get(key, '')}" for key, state in self.states.items()),
            *([f"  bucket {self.bucket} with all it holds"] if self.bucket else []),
            *(f"  security group {group} ({name}), which EMR made" for group, name in self.groups.items()),
            *(f"  secret {name}" for name in self.secrets),
            *(f"  log group {name}" for name in self.logs),
            *(f"  snapshot {name} of the database: ITS DATA IS LOST" for name in self.snapshots),
        ]

    def run(self) -> None:
        """Remove it all; raises Unusable with the first failure."""
        work: list[tuple[str, Callable[[], None]]] = []
        if self.clusters:
            work.append(("EMR clusters: some minutes", partial(self._clusters, self.clusters)))
        work += [(_title(key, state), partial(self._stack, key)) for key, state in self.states.items()]
        if self.secrets:
            work.append(("secrets", self._secrets))
        if self.logs:
            work.append(("log groups", self._logs))
        if self.snapshots:
            work.append(("snapshots", partial(self._all, self._snapshot, self.snapshots)))
        for number, (title, phase) in enumerate(work, start=1):
            self.say(f"[{number}/{len(work)}] {title}")
            phase()

    def _stack(self, key: str) -> None:
        """Delete a stack, and first what it could not be deleted with."""
        name = self.states[key].name
        before = self._snapshots(key)
        self.stacks.settled(name)  # what is being made or updated is deleted when that is done
        state = self.stacks.find(name)
        if key == STORAGE and self.bucket:
            bucket.empty(self._client("s3"), self.bucket, self.say)
        if key == NETWORK:
            self._groups()
        if state:
            self.stacks.delete(state)
        self._all(self._snapshot, sorted(self._snapshots(key) - before))
        if key == AIRFLOW:  # until now it may have made a cluster
            self._clusters(leftovers.clusters(self._client("emr"), self.target.tags))

    def _all(self, remove: Callable[[str], None], names: list[str]) -> None:
        for name in names:
            remove(name)

    def _clusters(self, ids: list[str]) -> None:
        if ids:
            leftovers.terminate(self._client("emr"), ids, self.say, self.look)

    def _groups(self) -> None:
        ec2 = self._client("ec2")
        groups = leftovers.emr_groups(ec2, self.vpc)
        if groups:
            leftovers.remove_groups(ec2, list(groups))
            self.say(f"  {', '.join(groups.values())} removed")

    def _snapshots(self, key: str) -> set[str]:
        if key != DATABASE:
            return set()
        return set(leftovers.snapshots(self._client("rds"), self.states[key].name))

    def _snapshot(self, name: str) -> None:
        if self.keep_snapshot:
            self.say(f"  snapshot {name} of the database stays, and costs something: see docs/aws.md")
        else:
            self._client("rds").delete_db_snapshot(DBSnapshotIdentifier=name)
            self.say(f"  snapshot {name} of the database deleted")

    def _secrets(self) -> None:
        secrets = self._client("secretsmanager")
        for name in self.secrets:
            if secret_store.remove(secrets, name):
                self.say(f"  secret {name} removed")

    def _logs(self) -> None:
        logs = self._client("logs")
        for name in leftovers.log_groups(logs, self.target.prefix):
            logs.delete_log_group(logGroupName=name)
            self.say(f"  log group {name} removed")

    def _client(self, service: str) -> Any:
        return self.target.account.client(service)


def _bucket(target: Target, stacks: Stacks, states: dict[str, State]) -> str:
    """The bucket that our stack has made, as long as it is there."""
    if STORAGE not in states:
        return ""
    name = stacks.physical(states[STORAGE].id, "AWS::S3::Bucket")
    return name if name and bucket.exists(target.account.client("s3"), name) else ""


def _secrets(target: Target) -> list[str]:
    """The names of the secrets that a deployment of the profile makes, or may have left."""
    return [
        database_roles.ADMIN,
        *(f"{secret_store.CONNECTIONS}{name}" for name in target.source.connections),
        *(f"{secret_store.VARIABLES}{name}" for name in target.source.variables),
    ]


def _leftover_snapshots(target: Target, states: dict[str, State]) -> list[str]:
    """The database's last snapshots where its stack is gone already."""
    if DATABASE in states or DATABASE not in target.keys:
        return []
    return leftovers.snapshots(target.account.client("rds"), target.stack(DATABASE))


def _title(key: str, state: State) -> str:
    return f"stack {state.name}{HINTS.get(key, '')}"
