"""Where a deployed profile is: its Airflow, bucket and database, from the outputs of its stacks."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aws.account import Account
from aws.infrastructure.stacks import SOUND, Stacks, State
from aws.profile import Source
from compose.session import LOOK_AT_AWS
from compose.site import Helps, Pages, console_clusters
from embedded.errors import Unusable

READING = 300.0  # seconds that MWAA may take until it uses a new DAG file


def source(name: str) -> Source:
    """A profile's files; raises Unusable, also for a profile that has no stacks."""
    found = Source.read(name)
    if not found.stack_keys:
        raise Unusable(f"profile {name} has nothing on AWS: make run runs it here")
    return found


def states(found: Source, account: Account) -> dict[str, State | None]:
    """The profile's stacks by their key (network, storage, ...), None for one that is not there."""
    prefix = found.prefix(os.environ)
    stacks = Stacks(account.client("cloudformation"), {}, print)
    return {key: stacks.find(f"{prefix}-{key}") for key in found.stack_keys}


@dataclass(frozen=True)
class Cloud:
    """A deployed profile: the account, and what its stacks tell."""

    profile: str
    account: Account
    outputs: Mapping[str, str]

    @classmethod
    def of(cls, name: str, account: Account) -> Cloud:
        """The profile as it is deployed, with an Airflow; raises Unusable."""
        found = source(name)
        if "airflow" not in found.stack_keys:
            raise Unusable(f"profile {name} has its Airflow on this machine: make up PROFILE={name}")
        deployed = states(found, account)
        for state in deployed.values():
            if state is None:
                raise Unusable(
                    f"profile {name} is not deployed in {account.region}: make deploy PROFILE={name}"
                )
            if state.status not in SOUND:
                raise Unusable(f"stack {state.name} is in {state.status}: make deploy PROFILE={name} goes on")
        return cls(
            name,
            account,
            {key: text for one in deployed.values() if one for key, text in one.outputs.items()},
        )

    @property
    def environment(self) -> str:
        """The name of its MWAA environment."""
        return self.outputs["EnvironmentName"]

    @property
    def pages(self) -> Pages:
        """Airflow's UI on MWAA, and EMR's console."""
        url = self.outputs["WebserverUrl"].removeprefix("https://").rstrip("/")
        return Pages(f"https://{url}", console_clusters(self.account.region))

    @property
    def helps(self) -> Helps:
        """What helps with its Airflow: the logs that MWAA keeps."""
        group = f"aws logs tail airflow-{self.environment}"
        return Helps(f"{group}-DAGProcessing", f"{group}-Scheduler", READING, LOOK_AT_AWS)

    def emr(self) -> Any:
        """A boto3 client of EMR."""
        return self.account.client("emr")

    def s3(self) -> Any:
        """A boto3 client of S3."""
        return self.account.client("s3")
