"""What `make doctor PROFILE=aws` looks at: each check asks probes for facts and has checks judge them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

from aws import bucket, x_keys
from aws.infrastructure.stacks import NOT_YET, SOUND, Stacks, State
from aws.preflight import checks, checks_vpc, probes_vpc, sources, x_usage
from aws.preflight.checks import Finding, Quota
from aws.preflight.probes import Probes
from aws.profile import NOT_OF_AWS, Profile
from aws.target import AIRFLOW, DATABASE, NETWORK, STORAGE, Target
from embedded.errors import Unusable

Check = Callable[[], Iterable[Finding]]


@dataclass
class Examination:
    """The checks of one profile in one account. `ask_x`: ask X about its bearer token, too."""

    target: Target
    probes: Probes
    ask_x: bool = False

    def checks(self) -> Iterator[tuple[str, Check]]:
        """What each is about, and the check."""
        if AIRFLOW in self.target.keys:
            yield "region", self.region
        for key in self.target.keys:
            yield f"stack {self.target.stack(key)}", partial(self.stack, key)
        yield "bucket", self.bucket
        yield "quotas", self.quotas
        yield "service-linked roles", self.roles
        yield "EMR's release", self.release
        yield "instance types", self.fleets
        if AIRFLOW in self.target.keys:
            yield "Airflow's version", self.airflow_version
        if self._parameters(NETWORK).get("ExistingVpcId"):
            yield "own VPC", self.vpc
        yield "X", self.x_key
        for name in sources.FILES:
            yield name, partial(self.source, name)
        yield "permissions", self.permissions

    def region(self) -> Iterator[Finding]:
        """Whether MWAA is there."""
        account = self.target.account
        yield checks.airflow_region(account.region, account.session.get_available_regions("mwaa"))

    def stack(self, key: str) -> Iterator[Finding]:
        """How a stack is, if it is there."""
        name, state = self.target.stack(key), self._state(key)
        if state is None or state.status == NOT_YET:
            yield Finding(True, f"stack {name} is to be made")
            return
        if state.busy:
            yield Finding(None, f"stack {name} is in {state.status}: make deploy waits for it")
            return
        stacks = Stacks(self.probes.client("cloudformation"), self.target.tags, lambda _: None)
        try:
            stacks.check(state)
        except Unusable as obstacle:
            yield Finding(False, str(obstacle))
            return
        yield Finding(True, f"stack {name} is there")

    def bucket(self) -> Iterator[Finding]:
        """Whether the bucket is ours, or its name free."""
        name, stack = self.target.bucket(), self.target.stack(STORAGE)
        state = self._state(STORAGE)
        if state and state.outputs.get("BucketName") == name:
            yield Finding(True, f"bucket {name} is the profile's")
            return
        try:
            bucket.check_free(self.probes.client("s3"), name, stack)
        except Unusable as obstacle:
            yield Finding(False, str(obstacle))
            return
        yield Finding(True, f"the bucket name {name} is free")

    def quotas(self) -> Iterator[Finding]:
        """Whether there is room for what is still to be made."""
        ask = self.probes
        network = self._parameters(NETWORK)
        makes_vpc = not self._made(NETWORK) and not network.get("ExistingVpcId")
        nat = int(makes_vpc and network.get("NatGateway") == "true")
        yield self._quota(
            Quota("VPCs", "vpc", "L-F678F1CE", int(makes_vpc)), ask.count("ec2", "describe_vpcs", "Vpcs")
        )
        if network.get("NatGateway") == "true":
            addresses = ask.count("ec2", "describe_addresses", "Addresses")
            yield self._quota(Quota("Elastic IP addresses", "ec2", "L-0263D0A3", nat), addresses)
        if DATABASE in self.target.keys:
            need = int(not self._made(DATABASE))
            used = ask.count("rds", "describe_db_instances", "DBInstances")
            yield self._quota(Quota("RDS instances", "rds", "L-7B6409FD", need), used)
        if AIRFLOW in self.target.keys:
            need = int(not self._made(AIRFLOW))
            used = ask.count("mwaa", "list_environments", "Environments")
            yield self._quota(Quota("MWAA environments", "airflow", "environments per", need), used)
        yield from self._vcpus()

    def _vcpus(self) -> Iterator[Finding]:
        on_demand, with_fall_back, spot = checks.vcpus(self._fleets, self.probes.vcpus_of(self._types))
        used = self.probes.vcpus_in_use() or (None, None)
        one = Quota("vCPUs of On-Demand nodes", "ec2", "L-1216C47A", on_demand, with_fall_back)
        yield self._quota(one, used[0])
        yield self._quota(Quota("vCPUs of Spot nodes", "ec2", "L-34B43A08", spot), used[1])

    def roles(self) -> Iterator[Finding]:
        """Whether the service-linked roles are there, or who makes them."""
        others = {role for key, its in ((AIRFLOW, checks.OF_AIRFLOW), (DATABASE, checks.OF_DATABASE))
                  if key not in self.target.keys for role in its}  # fmt: skip
        for role in checks.ROLES:
            if role not in others:
                yield checks.service_role(role, self.probes.has_role(role.name))

    def release(self) -> Iterator[Finding]:
        """Whether EMR has the release with what the cluster needs."""
        label = self._cluster["ReleaseLabel"]
        wanted = [one["Name"] for one in self._cluster["Applications"]]
        yield checks.release(label, self.probes.release(label), wanted)

    def fleets(self) -> Iterator[Finding]:
        """Whether the region offers the fleets' instance types."""
        zones = self.probes.zones_of(self._types)
        for fleet in self._fleets:
            yield checks.fleet(fleet, zones)

    def airflow_version(self) -> Iterator[Finding]:
        """MWAA names its versions nowhere."""
        version = self._parameters(AIRFLOW)["AirflowVersion"]
        yield Finding(
            None,
            f"Airflow {version}: MWAA does not tell its versions; should it refuse this one, export "
            "AIRFLOW_VERSION=3.0.6",
        )

    def vpc(self) -> Iterator[Finding]:
        """Whether an own VPC can hold the pipeline."""
        network = self._parameters(NETWORK)
        name = network["ExistingVpcId"]
        private, public = (
            [one for one in network.get(key, "").split(",") if one]
            for key in ("ExistingPrivateSubnetIds", "ExistingPublicSubnetIds")
        )
        found = probes_vpc.vpc(self.probes.client("ec2"), name, [*private, *public])
        yield from checks_vpc.vpc(name, found, private, public, AIRFLOW in self.target.keys)

    def x_key(self) -> Iterator[Finding]:
        """Whether there is a key for X, and with --ask-x whether it is valid."""
        try:
            given = x_keys.given(self.target.environ)
        except Unusable as obstacle:  # some of them
            yield Finding(False, str(obstacle))
            return
        deployed = {} if given else x_keys.deployed(self.probes.secret(x_keys.CONNECTION))
        found, place = x_usage.keys(given, deployed)
        token = found.get(x_keys.BEARER)
        if self.ask_x and token:
            connection = self._profile.connections["x_api"]
            yield x_usage.asked(f"{connection['schema']}://{connection['host']}", token)
            return
        yield x_usage.present(found, place)
        if self.ask_x and found:
            yield Finding(None, "X: the four OAuth 1.0a keys cannot be asked about without reading posts")

    def source(self, name: str) -> Iterator[Finding]:
        """Whether a host of housing prices answers this machine."""
        yield sources.asked(name, self._profile.connections[name])

    def permissions(self) -> Iterator[Finding]:
        """Whether some of the actions that a deployment needs are allowed."""
        decisions = self.probes.decisions(self._actions())
        if decisions is None:
            yield Finding(None, f"permissions: IAM cannot simulate {self.target.account.caller}")
            return
        yield from checks.permissions(decisions)

    def _actions(self) -> dict[str, str]:
        """Some actions of a deployment, each on a resource that it would be on."""
        account, prefix = self.target.account, self.target.prefix
        partition = account.caller.split(":")[1]
        here = f"{account.region}:{account.id}"
        aws = f"arn:{partition}:"
        actions = {
            "cloudformation:CreateChangeSet": f"{aws}cloudformation:{here}:stack/{prefix}-{NETWORK}/x",
            "ec2:CreateVpc": f"{aws}ec2:{here}:vpc/*",
            "iam:CreateRole": f"{aws}iam::{account.id}:role/{prefix}-x",
            "s3:CreateBucket": f"{aws}s3:::{self.target.bucket()}",
            "secretsmanager:CreateSecret": f"{aws}secretsmanager:{here}:secret:{x_keys.CONNECTION}-x",
        }
        if DATABASE in self.target.keys:
            actions["rds:CreateDBInstance"] = f"{aws}rds:{here}:db:{prefix}"
        if AIRFLOW in self.target.keys:
            actions["airflow:CreateEnvironment"] = f"{aws}airflow:{here}:environment/{prefix}"
        return actions

    def _quota(self, one: Quota, used: int | None) -> Finding:
        return checks.quota(one, self.probes.quota(one.service, one.code), used)

    def _state(self, key: str) -> State | None:
        return self.target.states.get(key)

    def _made(self, key: str) -> bool:
        state = self._state(key)
        return state is not None and state.status in SOUND

    def _parameters(self, key: str) -> dict[str, str]:
        return self.target.source.parameters(key, self.target.marked())

    @cached_property
    def _profile(self) -> Profile:
        return self.target.source.filled({**NOT_OF_AWS, **self.target.marked()})

    @property
    def _cluster(self) -> dict[str, Any]:
        cluster: dict[str, Any] = self._profile.connections["emr_default"]["extra"]
        return cluster

    @property
    def _fleets(self) -> list[dict[str, Any]]:
        fleets: list[dict[str, Any]] = self._cluster["Instances"].get("InstanceFleets", [])
        return fleets

    @property
    def _types(self) -> set[str]:
        return {config["InstanceType"] for fleet in self._fleets for config in fleet["InstanceTypeConfigs"]}
