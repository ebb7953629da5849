"""What RunJobFlow refuses before it makes a cluster."""

from __future__ import annotations

from typing import Any

import pytest

from emr_local.errors import ValidationException
from emr_local.validation import check_job_flow

MASTER = {"InstanceRole": "MASTER", "InstanceType": "m5.xlarge", "InstanceCount": 1}
CORE = {**MASTER, "InstanceRole": "CORE", "InstanceCount": 2}
TASK = {**MASTER, "InstanceRole": "TASK"}
MASTER_FLEET = {"InstanceFleetType": "MASTER", "TargetOnDemandCapacity": 1}
REQUEST: dict[str, Any] = {
    "Name": "n",
    "ReleaseLabel": "emr-7.13.0",
    "ServiceRole": "r",
    "Instances": {"InstanceGroups": [MASTER, CORE]},
}


def instances(**members: Any) -> dict[str, Any]:
    return {"Instances": members}


@pytest.mark.parametrize(
    "overrides",
    [
        {},
        instances(InstanceGroups=[{**MASTER, "InstanceCount": 3}, CORE, TASK, TASK]),
        instances(InstanceGroups=[{**MASTER, "Market": "SPOT", "BidPrice": "0.125"}]),
        instances(InstanceFleets=[MASTER_FLEET], Ec2SubnetIds=["a", "b"]),
        instances(MasterInstanceType="m5.xlarge", InstanceCount=1),
        {"ReleaseLabel": None, "AmiVersion": "3.11.0"},
    ],
    ids=str,
)
def test_accepted(overrides: dict[str, Any]) -> None:
    check_job_flow({**REQUEST, **overrides}, 60)


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"AmiVersion": "3.11.0"}, "Exactly one of ReleaseLabel and AmiVersion"),
        ({"ReleaseLabel": "7.13.0"}, r"The supplied release label is invalid: 7\.13\.0\."),
        (instances(InstanceGroups=[MASTER], InstanceCount=1), "Exactly one of InstanceGroups"),
        (instances(InstanceGroups=[CORE]), "exactly one MASTER instance group"),
        (instances(InstanceGroups=[MASTER, CORE, CORE]), "at most one CORE instance group"),
        (instances(InstanceGroups=[MASTER, TASK]), "A TASK instance group needs a CORE"),
        (instances(InstanceGroups=[{**MASTER, "InstanceCount": 2}]), "or three for high availability"),
        (instances(InstanceGroups=[MASTER, {**CORE, "InstanceCount": 0}]), "must be at least 1"),
        (instances(InstanceGroups=[{**MASTER, "BidPrice": "0.1234"}]), "at most three decimals"),
        (instances(InstanceGroups=[{**MASTER, "BidPrice": "0"}]), "positive number"),
        (
            instances(InstanceGroups=[{**MASTER, "BidPrice": "1", "Market": "ON_DEMAND"}]),
            "cannot be specified",
        ),
        (
            instances(InstanceGroups=[MASTER], Ec2SubnetIds=["a", "b"]),
            "only be specified with InstanceFleets",
        ),
        (instances(InstanceFleets=[{**MASTER_FLEET, "TargetSpotCapacity": 1}]), "capacity of exactly 1"),
        ({"AutoTerminationPolicy": {"IdleTimeout": 59}}, "IdleTimeout must be between 60 and 604800"),
        ({"LogUri": "file:///var/log"}, "LogUri must be an S3 address: file:///var/log"),
        ({"BootstrapActions": [{}] * 17}, "at most 16 bootstrap actions"),
    ],
    ids=str,
)
def test_refused(overrides: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationException, match=message):
        check_job_flow({**REQUEST, **overrides}, 60)
