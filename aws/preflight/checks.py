"""What should hold before a profile is deployed: each check judges facts that it is given. Asks nobody.

A finding that is not ok says in one line what is wrong, then what helps; one whose `ok` is None is a note.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

RELEASES = "aws emr list-release-labels --filters Prefix=emr-7"


@dataclass(frozen=True)
class Finding:
    """One line of the answer: ✔, ✘, or for None a note."""

    ok: bool | None
    text: str

    @property
    def mark(self) -> str:
        """What the line begins with."""
        return "–" if self.ok is None else "✔" if self.ok else "✘"


@dataclass(frozen=True)
class Quota:
    """A quota of the account in the region: how it is called, and what the profile needs of it.

    `code` is its code, or for a service whose codes are not known a word of its name. Of `wished` less is
    enough to begin with.
    """

    what: str
    service: str
    code: str
    needed: int
    wished: int = 0


@dataclass(frozen=True)
class ServiceRole:
    """A service-linked role, and who makes it where it is not there."""

    name: str
    service: str
    maker: str


ROLES = (
    ServiceRole("AWSServiceRoleForAmazonMWAA", "airflow.amazonaws.com", "MWAA makes it with the environment"),
    ServiceRole("AWSServiceRoleForRDS", "rds.amazonaws.com", "RDS makes it with the database"),
    ServiceRole(
        "AWSServiceRoleForEMRCleanup", "elasticmapreduce.amazonaws.com", "EMR makes it with the first cluster"
    ),
    ServiceRole("AWSServiceRoleForEC2Spot", "spot.amazonaws.com", "EMR makes it with the first Spot node"),
)
OF_AIRFLOW, OF_DATABASE = ROLES[:1], ROLES[1:2]  # are needed for these stacks only


def airflow_region(region: str, offered: Collection[str]) -> Finding:
    """Whether MWAA is offered in the region, as far as this botocore knows."""
    if region in offered:
        return Finding(True, f"region {region}: MWAA is offered there")
    near = sorted(name for name in offered if name.split("-")[0] == region.split("-")[0])
    return Finding(
        False,
        f"region {region}: MWAA is not known to be offered there: export AWS_REGION with another, such as "
        f"{' or '.join(near[:3]) or 'eu-west-2'}",
    )


def quota(one: Quota, limit: float | None, used: int | None) -> Finding:
    """Whether there is room for what is needed; None: not to be read."""
    most = max(one.needed, one.wished)
    need = f"{most or 'no'} more needed"
    if limit is None or used is None:
        return Finding(None, f"quota of {one.what}: cannot be read; {need}")
    text = f"{one.what}: {used} of {limit:g} in use, {need}"
    room = limit - used
    more = f"--service-code {one.service} --quota-code {one.code} --desired-value"
    raised = used + most
    helps = f"aws service-quotas request-service-quota-increase {more} {raised}"
    if room < one.needed:
        return Finding(False, f"{text}: {helps}")
    if room < one.wished:
        return Finding(None, f"{text}; {one.needed} are enough while Spot nodes can be had: {helps}")
    return Finding(True, text)


def vcpus(fleets: Iterable[Mapping[str, Any]], of_type: Mapping[str, int]) -> tuple[int, int, int]:
    """vCPUs that a cluster takes: On-Demand, On-Demand with all fall-backs of Spot, and Spot."""
    on_demand = fall_back = spot = 0
    for fleet in fleets:
        sizes = [
            (of_type[config["InstanceType"]], config.get("WeightedCapacity", 1))
            for config in fleet["InstanceTypeConfigs"]
            if config["InstanceType"] in of_type
        ]

        def largest(capacity: int, sizes: list[tuple[int, int]] = sizes) -> int:
            return max((math.ceil(capacity / weight) * size for size, weight in sizes), default=0)

        on_demand += largest(fleet.get("TargetOnDemandCapacity", 0))
        on_spot = largest(fleet.get("TargetSpotCapacity", 0))
        spot += on_spot
        wanted = fleet.get("LaunchSpecifications", {}).get("SpotSpecification", {}).get("TimeoutAction")
        fall_back += on_spot if wanted == "SWITCH_TO_ON_DEMAND" else 0
    return on_demand, on_demand + fall_back, spot


def service_role(role: ServiceRole, exists: bool | None) -> Finding:
    """Whether a service-linked role is there; None: not to be read."""
    if exists:
        return Finding(True, f"role {role.name}")
    command = f"aws iam create-service-linked-role --aws-service-name {role.service}"
    what = "cannot be read" if exists is None else "is not there yet"
    return Finding(None, f"role {role.name} {what}: {role.maker}, or now: {command}")


def release(label: str, applications: Collection[str] | None, wanted: Iterable[str]) -> Finding:
    """Whether EMR has a release with the applications that the cluster asks for; None: no such release."""
    if applications is None:
        return Finding(
            False, f"EMR has no release {label} here: export EMR_RELEASE_LABEL with one of {RELEASES}"
        )
    has = {name.lower() for name in applications}
    lacking = [name for name in wanted if name.lower() not in has]
    if lacking:
        return Finding(
            False,
            f"EMR's release {label} lacks {' and '.join(lacking)}: export EMR_RELEASE_LABEL with one of "
            f"{RELEASES}",
        )
    return Finding(True, f"EMR has release {label} with {' and '.join(wanted)}")


def fleet(one: Mapping[str, Any], zones: Mapping[str, Collection[str]]) -> Finding:
    """Whether a fleet's types are offered; `zones` are those of each type that is."""
    types = [config["InstanceType"] for config in one["InstanceTypeConfigs"]]
    offered = [name for name in types if zones.get(name)]
    missing = [name for name in types if name not in offered]
    where = sorted({zone for name in offered for zone in zones[name]})
    if not offered:
        return Finding(
            False,
            f"fleet {one['Name']}: none of {', '.join(types)} is offered here: put others into "
            "profiles/*/connections.json",
        )
    text = f"fleet {one['Name']}: {', '.join(offered)} offered in {', '.join(where)}"
    return Finding(None, f"{text}; {', '.join(missing)} not") if missing else Finding(True, text)


def permissions(decisions: Mapping[str, str]) -> Iterable[Finding]:
    """What IAM's simulation says of actions ("allowed", "explicitDeny", "implicitDeny")."""
    by: dict[str, list[str]] = {}
    for action, decision in sorted(decisions.items()):
        by.setdefault(decision, []).append(action)
    if allowed := by.get("allowed"):
        yield Finding(True, f"permissions: {', '.join(allowed)}")
    if denied := by.get("explicitDeny"):
        yield Finding(
            False, f"permissions: a policy denies {', '.join(denied)}: docs/aws.md lists what is needed"
        )
    if unsaid := by.get("implicitDeny"):
        yield Finding(
            None,
            f"permissions: no policy seems to allow {', '.join(unsaid)} (one with conditions may, which the "
            "simulation does not see)",
        )


def principal(caller: str) -> str | None:
    """The ARN of the identity whose policies IAM can simulate; '' for root, None where it has none.

    A session's role is given without its path, which the session's ARN does not have.
    """
    kind, _, name = caller.rpartition(":")[2].partition("/")
    if kind == "root":
        return ""
    if kind == "user":
        return caller
    if kind == "assumed-role":
        account, partition = caller.split(":")[4], caller.split(":")[1]
        return f"arn:{partition}:iam::{account}:role/{name.partition('/')[0]}"
    return None
