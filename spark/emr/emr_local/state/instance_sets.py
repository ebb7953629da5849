"""Instance groups and fleets as pure functions: how many instances they have, and how that changes.

Instances are there to be listed: steps run on this machine whatever a cluster is made of, and executors of
a standalone Spark follow RunJobFlow (see `sizing`).
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple

from emr_local.state.ids import new_id, new_instance_id
from emr_local.state.model import Instance, InstanceSet

MAX_LISTED = 2000  # instances of a cluster, as many as EMR's ListInstances shows


class Share(NamedTuple):
    """How many instances of a market a group or fleet is to have."""

    market: str
    type: str | None
    number: int


def instance_configs(instances: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The instance groups or fleets that RunJobFlow asked for; the flat form as the groups that it means."""
    given: list[dict[str, Any]] = instances.get("InstanceGroups") or instances.get("InstanceFleets") or []
    if given:
        return given
    master = instances.get("MasterInstanceType") or instances.get("SlaveInstanceType")
    groups = [{"InstanceRole": "MASTER", "InstanceType": master, "InstanceCount": 1}]
    workers = instances.get("InstanceCount", 1) - 1
    if workers:
        kind = instances.get("SlaveInstanceType") or master
        groups.append({"InstanceRole": "CORE", "InstanceType": kind, "InstanceCount": workers})
    return groups


def is_primary(config: Mapping[str, Any]) -> bool:
    """Whether a group's or fleet's configuration is the primary node's."""
    return "MASTER" in (config.get("InstanceRole"), config.get("InstanceFleetType"))


def shares(config: Mapping[str, Any]) -> tuple[Share, ...]:
    """What an InstanceGroupConfig or InstanceFleetConfig asks for.

    A fleet counts units of capacity: its instances are taken to be of the type of the smallest weight.
    """
    if "InstanceRole" in config:
        market = config.get("Market", "ON_DEMAND")
        return (Share(market, config.get("InstanceType"), config["InstanceCount"]),)
    kind = lightest(config)
    weight = kind.get("WeightedCapacity", 1)
    return tuple(
        Share(market, kind.get("InstanceType"), math.ceil(config.get(member, 0) / weight))
        for market, member in (("ON_DEMAND", "TargetOnDemandCapacity"), ("SPOT", "TargetSpotCapacity"))
    )


def lightest(fleet: Mapping[str, Any]) -> Mapping[str, Any]:
    """The InstanceTypeConfig of the smallest weight; an empty one without any."""
    kinds: Iterable[Mapping[str, Any]] = fleet.get("InstanceTypeConfigs", [])
    return min(kinds, key=lambda kind: int(kind.get("WeightedCapacity", 1)), default={})


def size(configs: Iterable[Mapping[str, Any]]) -> int:
    """The number of instances that the groups or fleets ask for."""
    return sum(share.number for config in configs for share in shares(config))


def started(config: Mapping[str, Any], now: datetime, primary: str | None = None) -> InstanceSet:
    """A new group or fleet with its instances; the first has the EC2 id `primary`, where it is given."""
    prefix = "ig" if "InstanceRole" in config else "if"
    made = resized(InstanceSet(new_id(prefix), config, now), config, now)
    made = replace(made, scaling_policy=config.get("AutoScalingPolicy"))
    if primary is None:
        return made
    first, *others = made.instances
    return replace(made, instances=(replace(first, ec2_id=primary), *others))


def resized(
    before: InstanceSet, config: Mapping[str, Any], now: datetime, first_to_go: Collection[str] = ()
) -> InstanceSet:
    """The group or fleet with another configuration: instances are added, or end at once.

    Those whose EC2 ids are `first_to_go` end first, then the newest.
    """
    instances = list(before.instances)
    for share in shares(config):
        alive = [i for i in instances if i.ended_at is None and i.market == share.market]
        named_last = sorted(alive, key=lambda i: i.ec2_id in first_to_go)
        gone = {instance.id for instance in named_last[share.number :]}
        instances = [replace(i, ended_at=now) if i.id in gone else i for i in instances]
        instances += _new_instances(share, share.number - len(alive), now)
    return replace(before, config=config, instances=_listed(instances))


def _new_instances(share: Share, count: int, now: datetime) -> Iterator[Instance]:
    for _ in range(count):
        yield Instance(new_id("ci"), new_instance_id(), share.market, share.type, now)


def _listed(instances: list[Instance]) -> tuple[Instance, ...]:
    """All living instances, and of the ended ones the last."""
    alive = sum(instance.ended_at is None for instance in instances)
    ended = len(instances) - alive
    to_forget = max(0, ended - max(0, MAX_LISTED - alive))
    kept = []
    for instance in instances:
        if instance.ended_at is not None and to_forget:
            to_forget -= 1
        else:
            kept.append(instance)
    return tuple(kept)
