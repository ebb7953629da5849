"""A profile in an account: the names of its stacks, and the values that fill its placeholders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from aws import artifacts
from aws.account import Account
from aws.infrastructure import templates
from aws.infrastructure.stacks import State
from aws.infrastructure.templates import Template
from aws.profile import Profile, Source, is_given_by_aws

PROJECT = "tubepulse"
# The stacks that more depends on than others
NETWORK, STORAGE, DATABASE, AIRFLOW = "network", "storage", "database", "airflow"


@dataclass
class Target:
    """What is deployed, and where to. `states` holds the profile's stacks that exist, by key."""

    source: Source
    account: Account
    environ: Mapping[str, str]
    folder: Path = templates.FOLDER
    states: dict[str, State] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The profile's name."""
        return self.source.name

    @property
    def tags(self) -> dict[str, str]:
        """What all that is made is tagged with."""
        return {"project": PROJECT, "profile": self.name, "prefix": self.prefix}

    @property
    def keys(self) -> list[str]:
        """The profile's stacks in the order in which they are made."""
        return self.source.stack_keys

    @property
    def prefix(self) -> str:
        """What stack names begin with."""
        return self.source.prefix(self.environ)

    def stack(self, key: str) -> str:
        """A stack's name."""
        return f"{self.prefix}-{key}"

    def template(self, key: str) -> Template:
        """A stack's template."""
        return templates.read(self.folder, key)

    @property
    def outputs(self) -> dict[str, str]:
        """What the stacks have given so far, all together."""
        return {name: value for state in self.states.values() for name, value in state.outputs.items()}

    def values(self, more: Mapping[str, str] | None = None) -> dict[str, str]:
        """What fills the placeholders: the environment, the account, the stacks' outputs, and `more`."""
        shell = {name: value for name, value in self.environ.items() if not is_given_by_aws(name)}
        here = {"StackPrefix": self.prefix, "AccountId": self.account.id, "Region": self.account.region}
        return {**shell, **here, **self.outputs, **(more or {})}

    def marked(self, more: Mapping[str, str] | None = None) -> dict[str, str]:
        """The same with `<Name>` for what no stack has given yet."""
        values = self.values(more)
        return {**self.source.unknown(values), **values}

    def bucket(self) -> str:
        """The name that the storage stack's bucket has, or will have."""
        named = self.source.parameters(STORAGE, self.values()).get("BucketName")
        usual = f"{self.prefix}-{self.account.id}-{self.account.region}"  # as the template has it
        return self.outputs.get("BucketName") or named or usual

    def files(self, profile: Profile, wheels: Path) -> dict[str, Path]:
        """Object key -> file, of all that goes into the bucket."""
        files = artifacts.planned(profile.pipeline["key1"], wheels)
        return {**files, **artifacts.airflow()} if AIRFLOW in self.keys else files

    @property
    def synced(self) -> tuple[str, ...]:
        """The prefixes below which nothing lies that is not planned."""
        return (artifacts.WHEELS, artifacts.DAGS) if AIRFLOW in self.keys else (artifacts.WHEELS,)
