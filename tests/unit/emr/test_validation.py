"""What RunJobFlow and AddJobFlowSteps refuse, and in which words."""

from __future__ import annotations

from typing import Any

import pytest

from emr_local.api.errors import InvalidRequestException, ValidationException
from emr_local.api.validation import check_job_flow, check_steps

MASTER = {"InstanceRole": "MASTER", "InstanceType": "m5.xlarge", "InstanceCount": 1}
CORE = {**MASTER, "InstanceRole": "CORE", "InstanceCount": 2}
MASTER_FLEET = {"InstanceFleetType": "MASTER", "TargetOnDemandCapacity": 1}
REQUEST: dict[str, Any] = {
    "Name": "n",
    "ReleaseLabel": "emr-7.13.0",
    "ServiceRole": "r",
    "JobFlowRole": "p",
    "Instances": {"InstanceGroups": [MASTER, CORE]},
}
AMI = {"ReleaseLabel": None, "AmiVersion": "3.11.0"}
LIMITS = {"UnitType": "Instances", "MinimumCapacityUnits": 3, "MaximumCapacityUnits": 2}


def instances(**members: Any) -> dict[str, Any]:
    return {"Instances": members}


def fleets(*given: dict[str, Any]) -> dict[str, Any]:
    return instances(InstanceFleets=list(given))


def step(**members: Any) -> dict[str, Any]:
    return {"Name": "s", "HadoopJarStep": {"Jar": "x"}, **members}


@pytest.mark.parametrize(
    "overrides",
    [
        {},
        AMI,
        {**AMI, "SupportedProducts": ["mapr"]},
        *({"ReleaseLabel": f"emr-{label}"} for label in ("5.33.0", "7.14.0", "spark-8.0.0", "spark-8.1.0")),
        {"Name": "x" * 256},
        {"StepConcurrencyLevel": 256},
        {"AutoTerminationPolicy": {}},
        {"AutoTerminationPolicy": {"IdleTimeout": 604_800}},
        {"BootstrapActions": [{}] * 16},
        {"Tags": [{"Key": "k"}, {"Key": "k" * 128, "Value": "v" * 256}]},
        {"Steps": [step()] * 256},
        {"LogUri": "s3n://bucket/a/b"},
        {"LogUri": ""},
    ],
    ids=lambda value: str(value)[:60],
)
def test_accepted(overrides: dict[str, Any]) -> None:
    check_job_flow({**REQUEST, **overrides}, 60)


ROWS: list[tuple[dict[str, Any], str]] = [
    ({"ServiceRole": None}, "ServiceRole is required for creating cluster."),
    ({"JobFlowRole": None}, "InstanceProfile is required for creating cluster."),
    *(
        ({"Name": f"a{character}b"}, "The cluster name must not contain <, >, $, | or `.")
        for character in "<>$|`"
    ),
    ({"LogUri": "file:///var/log"}, "LogUri must be an S3 address: file:///var/log"),
    (
        {"AmiVersion": "3.11.0"},
        "Only one AMI version and release label may be specified. "
        "Provided AMI: 3.11.0, release label: emr-7.13.0.",
    ),
    (
        {"ReleaseLabel": None},
        "Must specify exactly one of the following: release label, AMI version, or Hadoop version.",
    ),
    *(
        ({"ReleaseLabel": label}, f"The supplied release label is invalid: {label}.")
        for label in ("7.13.0", "emr-7.13", "emr-3.11.0", "emr-flink-8.0.0", "emr-7.13.0 ", "")
    ),
    (
        {"SupportedProducts": ["mapr"]},
        "Cannot specify supported products when release label is used. Specify applications instead.",
    ),
    ({"ReleaseLabel": "emr-5.6.0", "CustomAmiId": "ami-1"}, "Custom AMI is not allowed"),
    ({**AMI, "CustomAmiId": "ami-1"}, "Custom AMI is not allowed"),
    ({**AMI, "AmiVersion": "4.0.0"}, "The supplied ami version is invalid."),
    (
        {**AMI, "Applications": [{"Name": "Spark"}]},
        "Cannot specify applications when AMI version is used. "
        "Specify supported products or new supported products instead.",
    ),
    (
        {**AMI, "Configurations": [{"Classification": "core-site"}]},
        "Cannot specify configurations when AMI version is used.",
    ),
    *(
        ({**fleets(MASTER_FLEET), **release}, "Instance fleets are not available for the release.")
        for release in (AMI, {"ReleaseLabel": "emr-4.7.0"}, {"ReleaseLabel": "emr-5.0.3"})
    ),
    *(
        ({"StepConcurrencyLevel": level}, "StepConcurrencyLevel must be between 1 and 256.")
        for level in (0, 257)
    ),
    ({"BootstrapActions": [{}] * 17}, "A cluster takes at most 16 bootstrap actions."),
    *(
        (
            {"AutoTerminationPolicy": {"IdleTimeout": seconds}},
            "IdleTimeout must be between 60 and 604800 seconds.",
        )
        for seconds in (59, 604_801)
    ),
    (
        {"ManagedScalingPolicy": {"ComputeLimits": LIMITS}},
        "MinimumCapacityUnits must be at least 1, and MaximumCapacityUnits not less: 3, 2.",
    ),
    ({"Steps": [step()] * 257}, "At most 256 steps can be added in one request."),
]


@pytest.mark.parametrize(("overrides", "message"), ROWS, ids=lambda value: str(value)[:60])
def test_refused(overrides: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationException) as caught:
        check_job_flow({**REQUEST, **overrides}, 60)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("tag", "message"),
    [
        ({}, "Invalid tag key: 'null'. Tag keys must be between 1 and 128 characters in length."),
        ({"Key": ""}, "Invalid tag key: ''. Tag keys must be between 1 and 128 characters in length."),
        (
            {"Key": "k" * 129},
            f"Invalid tag key: '{'k' * 129}'. Tag keys must be between 1 and 128 characters in length.",
        ),
        (
            {"Key": "k", "Value": "v" * 257},
            f"Invalid tag value: '{'v' * 257}'. Tag values must be between 1 and 128 characters in length.",
        ),
    ],
    ids=lambda value: str(value)[:60],
)
def test_tags_are_refused_in_the_other_family(tag: dict[str, str], message: str) -> None:
    with pytest.raises(InvalidRequestException) as caught:
        check_job_flow({**REQUEST, "Tags": [tag]}, 60)
    assert str(caught.value) == message


def test_a_step_may_hold_ten_thousand_characters_and_its_logs_go_to_the_cluster() -> None:
    jar = {"Jar": "x" * 10, "Args": ["y" * 10_000, "z" * 230]}
    check_steps([step(HadoopJarStep=jar)])
    jar["Args"] = [*jar["Args"], "a"]
    with pytest.raises(ValidationException, match="Jar and Args of a step may hold 10240 characters in all"):
        check_steps([step(HadoopJarStep=jar)])
    elsewhere = {"S3MonitoringConfiguration": {"LogUri": "s3://other/"}}
    with pytest.raises(ValidationException, match="StepMonitoringConfiguration is not supported"):
        check_steps([step(StepMonitoringConfiguration=elsewhere)])
