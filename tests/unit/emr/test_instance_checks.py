"""What RunJobFlow refuses about instances, groups and fleets, and in which words."""

from __future__ import annotations

from typing import Any

import pytest

from emr_local.api.errors import ValidationException
from emr_local.api.instance_checks import check_instances

MASTER = {"InstanceRole": "MASTER", "InstanceType": "m5.xlarge", "InstanceCount": 1}
CORE = {**MASTER, "InstanceRole": "CORE", "InstanceCount": 2}
TASK = {**MASTER, "InstanceRole": "TASK"}
KIND = {"InstanceType": "m5.xlarge"}
MASTER_FLEET = {"InstanceFleetType": "MASTER", "TargetOnDemandCapacity": 1}
CORE_FLEET = {"InstanceFleetType": "CORE", "TargetSpotCapacity": 2}
TASK_FLEET = {"InstanceFleetType": "TASK", "TargetSpotCapacity": 2}
REVISE = "Revise the configuration and resubmit."


def instances(**members: Any) -> dict[str, Any]:
    return {"Instances": members}


def groups(*given: dict[str, Any]) -> dict[str, Any]:
    return instances(InstanceGroups=list(given))


def fleets(*given: dict[str, Any]) -> dict[str, Any]:
    return instances(InstanceFleets=list(given))


def types(*given: dict[str, Any]) -> dict[str, Any]:
    """A core fleet of those InstanceTypeConfigs."""
    return fleets(MASTER_FLEET, {**CORE_FLEET, "InstanceTypeConfigs": [{**KIND, **kind} for kind in given]})


def spot(**members: Any) -> dict[str, Any]:
    return groups({**MASTER, "Market": "SPOT", **members})


ROWS: list[tuple[dict[str, Any], str]] = [
    *(
        (
            given,
            "Please configure instances using one and only one of the following: instance groups; "
            "instance fleets; instance count, master and slave instance type.",
        )
        for given in (
            instances(),
            instances(InstanceGroups=[MASTER], InstanceCount=1),
            instances(InstanceGroups=[MASTER], InstanceFleets=[MASTER_FLEET]),
        )
    ),
    (
        instances(InstanceGroups=[MASTER], Ec2SubnetIds=["a"]),
        "Only one subnet may be specified for clusters configured with instance groups or instance count, "
        f"master and slave instance type. {REVISE}",
    ),
    (
        instances(InstanceFleets=[MASTER_FLEET], Ec2SubnetIds=["a"], Ec2SubnetId="a"),
        "Ec2SubnetId and Ec2SubnetIds cannot both be specified.",
    ),
    (instances(MasterInstanceType="m5.xlarge", InstanceCount=0), "Instance count must be greater than 0."),
    (instances(InstanceCount=2), "InstanceCount needs MasterInstanceType, SlaveInstanceType, or both."),
    *(
        (given, "Zero master instance groups supplied, you must specify exactly one master instance group")
        for given in (groups(CORE), groups())
    ),
    (
        groups(MASTER, MASTER),
        "Multiple master instance groups supplied, you must specify exactly one master instance group",
    ),
    (
        groups(MASTER, CORE, CORE),
        "Multiple core instance groups supplied, you must specify exactly one core instance group",
    ),
    (groups(MASTER, TASK), "Clusters with task nodes must also define core nodes."),
    (groups(MASTER, CORE, *[TASK] * 49), "A cluster takes at most 48 task instance groups."),
    *(
        (
            groups({**MASTER, "InstanceCount": count}),
            "Master instance group must have exactly 3 instances for HA clusters.",
        )
        for count in (2, 4)
    ),
    *(
        (
            groups(MASTER, {**CORE, "InstanceCount": count}),
            "An instance group must have at least one instance.",
        )
        for count in (0, -1)
    ),
    (
        groups(MASTER, {**CORE, "InstanceCount": 2000}),
        "This EMR endpoint keeps at most 2000 instances of a cluster, not 2001.",
    ),
    *(
        (
            groups({**MASTER, "BidPrice": "1", **market}),
            "Attempted to set bid price for on demand instance group.",
        )
        for market in ({}, {"Market": "ON_DEMAND"})
    ),
    *((spot(BidPrice=bid), "The bid price is negative or zero.") for bid in ("0", "-1", "0.000")),
    *(
        (spot(BidPrice=bid), "The bid price supplied for an instance group is invalid")
        for bid in ("", "much", "nan", "1e3", "1,5", "٣")
    ),
    (spot(BidPrice="0.1234"), "No more than 3 digits are allowed after decimal place in bid price"),
    (
        spot(AutoScalingPolicy={"Constraints": {"MinCapacity": 3, "MaxCapacity": 2}, "Rules": []}),
        "MinCapacity must not be negative, and MaxCapacity not less: 3, 2.",
    ),
    *(
        (
            spot(EbsConfiguration={"EbsBlockDeviceConfigs": [{"VolumesPerInstance": count}]}),
            "VolumesPerInstance must be at least 1, and an instance has at most 25 volumes.",
        )
        for count in (0, 26)
    ),
    *(
        (
            fleets({**MASTER_FLEET, **capacity}),
            f"A master instance fleet can only have a target capacity of 1. {REVISE}",
        )
        for capacity in ({"TargetSpotCapacity": 1}, {"TargetOnDemandCapacity": 0})
    ),
    (
        fleets(MASTER_FLEET, {"InstanceFleetType": "CORE", "Name": "workers"}),
        "The instance fleet (workers) should have a value of one or greater for either "
        "targetOnDemandCapacity or targetSpotCapacity.",
    ),
    (
        fleets(CORE_FLEET),
        "No master instance fleets were supplied; you must specify exactly one master instance fleet. "
        + REVISE,
    ),
    (
        fleets(MASTER_FLEET, TASK_FLEET),
        "Clusters with task instance fleets must also define core instance fleets.",
    ),
    (
        fleets(MASTER_FLEET, CORE_FLEET, TASK_FLEET, TASK_FLEET),
        "Multiple task instance fleets supplied, you must specify exactly one task instance fleet",
    ),
    (types({"WeightedCapacity": 0}), f"Weighted capacity cannot be zero. {REVISE}"),
    (
        fleets({**MASTER_FLEET, "InstanceTypeConfigs": [{**KIND, "WeightedCapacity": 2}]}),
        f"All instance types in the master instance fleet must have weighted capacity as 1. {REVISE}",
    ),
    (
        types({}, {}),
        f"The instance fleet: null contains duplicate instance types [m5.xlarge]. {REVISE}",
    ),
    (
        types({"BidPrice": "1", "BidPriceAsPercentageOfOnDemandPrice": 50.0}),
        "Specify at most one of bidPrice or bidPriceAsPercentageOfOnDemandPrice value for the Spot Instance "
        "fleet : null request.",
    ),
    (types({"BidPrice": "much"}), "The bid price supplied for an instance fleet is invalid"),
    *(
        (
            fleets(
                {
                    **MASTER_FLEET,
                    "LaunchSpecifications": {"SpotSpecification": {"TimeoutDurationMinutes": minutes}},
                }
            ),
            "TimeoutDurationMinutes must be between 5 and 1440.",
        )
        for minutes in (4, 1441)
    ),
]


@pytest.mark.parametrize(("request_part", "message"), ROWS, ids=lambda value: str(value)[:60])
def test_refused(request_part: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationException) as caught:
        check_instances(request_part["Instances"])
    assert str(caught.value) == message


@pytest.mark.parametrize(
    "request_part",
    [
        groups({**MASTER, "InstanceCount": 3}, CORE, TASK, TASK),
        groups(MASTER, CORE, *[TASK] * 48),
        spot(BidPrice="0.125"),
        spot(BidPrice="2"),
        instances(InstanceFleets=[MASTER_FLEET], Ec2SubnetIds=["a", "b"]),
        instances(InstanceGroups=[MASTER], Ec2SubnetId="a"),
        fleets(MASTER_FLEET, CORE_FLEET, TASK_FLEET),
        types({"WeightedCapacity": 2, "BidPrice": "0.1"}),
        instances(MasterInstanceType="m5.xlarge", InstanceCount=1),
    ],
    ids=lambda value: str(value)[:60],
)
def test_accepted(request_part: dict[str, Any]) -> None:
    check_instances(request_part["Instances"])
