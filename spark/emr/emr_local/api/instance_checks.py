"""What EMR checks about instances, groups and fleets before it takes them, with ValidationException.

Sentences are AWS's where they are known, else our own.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from emr_local.api.errors import ValidationException
from emr_local.state import instance_sets
from emr_local.state.instance_sets import instance_configs
from emr_local.state.model import InstanceSet

REVISE = "Revise the configuration and resubmit."
AT_LEAST_ONE = "An instance group must have at least one instance."
FLAT = ("MasterInstanceType", "SlaveInstanceType", "InstanceCount")
MAX_TASK_GROUPS = 48
MAX_VOLUMES = 25
SPOT_TIMEOUT_MINUTES = (5, 1440)

Config = Mapping[str, Any]


def check_instances(instances: Config) -> None:
    """RunJobFlow's Instances."""
    flat = any(name in instances for name in FLAT)
    if sum([flat, "InstanceGroups" in instances, "InstanceFleets" in instances]) != 1:
        raise ValidationException(
            "Please configure instances using one and only one of the following: instance groups; "
            "instance fleets; instance count, master and slave instance type."
        )
    _check_subnets(instances)
    if flat:
        _check_flat(instances)
    if "InstanceFleets" in instances:
        check_fleets(instances["InstanceFleets"])
    elif "InstanceGroups" in instances:
        check_groups(instances["InstanceGroups"])
    check_size(instance_configs(instances))


def check_groups(groups: Sequence[Config]) -> None:
    """All groups of a RunJobFlow request."""
    check_groups_together(groups)
    for group in groups:
        check_group(group)


def check_groups_together(groups: Iterable[Config]) -> None:
    """How many groups of which role a cluster has."""
    roles = _roles_of(groups, "InstanceRole", "group", ("MASTER", "CORE"))
    if not roles["MASTER"]:
        raise ValidationException(
            "Zero master instance groups supplied, you must specify exactly one master instance group"
        )
    if roles["TASK"] and not roles["CORE"]:
        raise ValidationException("Clusters with task nodes must also define core nodes.")
    if roles["TASK"] > MAX_TASK_GROUPS:
        raise ValidationException(f"A cluster takes at most {MAX_TASK_GROUPS} task instance groups.")


def check_group(group: Config) -> None:
    """One InstanceGroupConfig."""
    count = group["InstanceCount"]
    if count < 1:
        raise ValidationException(AT_LEAST_ONE)
    if group["InstanceRole"] == "MASTER" and count not in (1, 3):
        raise ValidationException("Master instance group must have exactly 3 instances for HA clusters.")
    if "BidPrice" in group and group.get("Market") != "SPOT":
        raise ValidationException("Attempted to set bid price for on demand instance group.")
    _check_bid(group, "group")
    _check_volumes(group)
    check_scaling(group.get("AutoScalingPolicy"))


def check_fleets(fleets: Sequence[Config]) -> None:
    """All fleets of a RunJobFlow request."""
    for fleet in fleets:
        check_fleet(fleet)
    check_fleets_together(fleets)


def check_fleets_together(fleets: Iterable[Config]) -> None:
    """How many fleets of which role a cluster has."""
    roles = _roles_of(fleets, "InstanceFleetType", "fleet", ("MASTER", "CORE", "TASK"))
    if roles["TASK"] and not roles["CORE"]:
        raise ValidationException("Clusters with task instance fleets must also define core instance fleets.")
    if not roles["MASTER"]:
        raise ValidationException(
            "No master instance fleets were supplied; you must specify exactly one master instance fleet. "
            + REVISE
        )


def check_fleet(fleet: Config) -> None:
    """One InstanceFleetConfig."""
    _check_fleet_types(fleet)
    capacity = _capacity(fleet)
    if fleet["InstanceFleetType"] == "MASTER" and capacity != 1:
        raise ValidationException(f"A master instance fleet can only have a target capacity of 1. {REVISE}")
    if capacity < 1:
        raise ValidationException(
            f"The instance fleet ({_name(fleet)}) should have a value of one or greater for either "
            "targetOnDemandCapacity or targetSpotCapacity."
        )
    spot = fleet.get("LaunchSpecifications", {}).get("SpotSpecification")
    low, high = SPOT_TIMEOUT_MINUTES
    if spot and not low <= spot["TimeoutDurationMinutes"] <= high:
        raise ValidationException(f"TimeoutDurationMinutes must be between {low} and {high}.")


def check_resized_fleet(fleet: Config) -> None:
    """A core or task fleet's configuration after ModifyInstanceFleet: a task fleet may be empty."""
    _check_fleet_types(fleet)
    if fleet["InstanceFleetType"] == "CORE" and _capacity(fleet) < 1:
        raise ValidationException("A core instance fleet needs a target capacity of at least 1.")


def resized_group(group: InstanceSet, wanted: Config) -> int:
    """How many instances a group has after an InstanceGroupModifyConfig; a task group may be empty."""
    going, count = wanted.get("EC2InstanceIdsToTerminate"), wanted.get("InstanceCount")
    if going and count is not None:
        raise ValidationException("InstanceCount and EC2InstanceIdsToTerminate cannot both be specified.")
    before: int = group.config["InstanceCount"]
    for ec2_id in going or []:
        if ec2_id not in {instance.ec2_id for instance in group.alive}:
            raise ValidationException(f"Instance '{ec2_id}' is not a running instance of group '{group.id}'.")
    after = before - len(set(going or [])) if count is None else count
    if group.role == "MASTER" and after != before:
        raise ValidationException("A master instance group cannot be resized.")
    if after < (0 if group.role == "TASK" else 1):
        raise ValidationException(AT_LEAST_ONE)
    return after


def _check_fleet_types(fleet: Config) -> None:
    name, kinds = _name(fleet), fleet.get("InstanceTypeConfigs", [])
    for kind, times in Counter(entry["InstanceType"] for entry in kinds).items():
        if times > 1:
            raise ValidationException(
                f"The instance fleet: {name} contains duplicate instance types [{kind}]. {REVISE}"
            )
    for entry in kinds:
        _check_fleet_type(fleet, entry, name)


def _capacity(fleet: Config) -> int:
    return int(fleet.get("TargetOnDemandCapacity", 0)) + int(fleet.get("TargetSpotCapacity", 0))


def _name(fleet: Config) -> str:
    return str(fleet.get("Name", "null"))


def check_size(configs: Iterable[Config]) -> None:
    """How many instances a cluster may be made of here."""
    count = instance_sets.size(configs)
    if count > instance_sets.MAX_LISTED:
        raise ValidationException(
            f"This EMR endpoint keeps at most {instance_sets.MAX_LISTED} instances of a cluster, not {count}."
        )


def check_scaling(policy: Config | None) -> None:
    """A group's AutoScalingPolicy."""
    if policy is None:
        return
    lowest, highest = policy["Constraints"]["MinCapacity"], policy["Constraints"]["MaxCapacity"]
    if not 0 <= lowest <= highest:
        raise ValidationException(
            f"MinCapacity must not be negative, and MaxCapacity not less: {lowest}, {highest}."
        )


def _check_subnets(instances: Config) -> None:
    if instances.get("Ec2SubnetIds") and "InstanceFleets" not in instances:
        raise ValidationException(
            "Only one subnet may be specified for clusters configured with instance groups or instance "
            f"count, master and slave instance type. {REVISE}"
        )
    if instances.get("Ec2SubnetIds") and instances.get("Ec2SubnetId"):
        raise ValidationException("Ec2SubnetId and Ec2SubnetIds cannot both be specified.")


def _check_flat(instances: Config) -> None:
    if instances.get("InstanceCount", 1) < 1:
        raise ValidationException("Instance count must be greater than 0.")
    if not instances.get("MasterInstanceType") and not instances.get("SlaveInstanceType"):
        raise ValidationException("InstanceCount needs MasterInstanceType, SlaveInstanceType, or both.")


def _roles_of(configs: Iterable[Config], member: str, noun: str, single: Iterable[str]) -> Counter[str]:
    """How many groups or fleets each role has; refuses several of a `single` role."""
    roles = Counter(config[member] for config in configs)
    for role in single:
        if roles[role] > 1:
            name = role.lower()
            raise ValidationException(
                f"Multiple {name} instance {noun}s supplied, "
                f"you must specify exactly one {name} instance {noun}"
            )
    return roles


def _check_fleet_type(fleet: Config, kind: Config, name: str) -> None:
    weight = kind.get("WeightedCapacity", 1)
    if fleet["InstanceFleetType"] == "MASTER" and weight != 1:
        raise ValidationException(
            f"All instance types in the master instance fleet must have weighted capacity as 1. {REVISE}"
        )
    if weight < 1:
        raise ValidationException(f"Weighted capacity cannot be zero. {REVISE}")
    if "BidPrice" in kind and "BidPriceAsPercentageOfOnDemandPrice" in kind:
        raise ValidationException(
            "Specify at most one of bidPrice or bidPriceAsPercentageOfOnDemandPrice value for the Spot "
            f"Instance fleet : {name} request."
        )
    _check_bid(kind, "fleet")
    _check_volumes(kind)


def _check_bid(config: Config, noun: str) -> None:
    bid = config.get("BidPrice")
    if bid is None:
        return
    if not re.fullmatch(r"-?\d+(\.\d*)?", bid, re.ASCII):
        raise ValidationException(f"The bid price supplied for an instance {noun} is invalid")
    if float(bid) <= 0:
        raise ValidationException("The bid price is negative or zero.")
    if len(bid.partition(".")[2]) > 3:
        raise ValidationException("No more than 3 digits are allowed after decimal place in bid price")


def _check_volumes(config: Config) -> None:
    blocks = config.get("EbsConfiguration", {}).get("EbsBlockDeviceConfigs", [])
    counts = [block.get("VolumesPerInstance", 1) for block in blocks]
    if any(count < 1 for count in counts) or sum(counts) > MAX_VOLUMES:
        raise ValidationException(
            f"VolumesPerInstance must be at least 1, and an instance has at most {MAX_VOLUMES} volumes."
        )
