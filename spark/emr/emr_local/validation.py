"""What RunJobFlow and AddJobFlowSteps check before they accept a request, beyond the API's model.

Sentences are AWS's where they are known, else our own. S3 paths, roles and capacity are not checked: those
fail later.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from emr_local import clusters
from emr_local.errors import NO_SERVICE_ROLE, ValidationException

MAX_STEPS_PER_CALL = 256
MAX_STEP_CHARS = 10_240
MAX_BOOTSTRAP_ACTIONS = 16
MAX_IDLE_TIMEOUT_S = 604_800


def check_job_flow(request: Mapping[str, Any], min_idle_timeout_s: int) -> None:
    """ValidationException for the first thing that EMR would refuse in a RunJobFlow request."""
    if re.search(r"[<>$|`]", request["Name"]):
        raise ValidationException("The cluster name must not contain <, >, $, | or `.")
    if not request.get("ServiceRole"):
        raise ValidationException(NO_SERVICE_ROLE)
    if request.get("LogUri") and not re.fullmatch(r"s3[an]?://[^/]+(/.*)?", request["LogUri"]):
        raise ValidationException(f"LogUri must be an S3 address: {request['LogUri']}")
    _check_release(request)
    _check_instances(request["Instances"])
    if not 1 <= request.get("StepConcurrencyLevel", 1) <= clusters.MAX_ACTIVE_STEPS:
        raise ValidationException("StepConcurrencyLevel must be between 1 and 256.")
    if len(request.get("BootstrapActions", [])) > MAX_BOOTSTRAP_ACTIONS:
        raise ValidationException("A cluster takes at most 16 bootstrap actions.")
    if "AutoTerminationPolicy" in request:
        check_idle_timeout(request["AutoTerminationPolicy"], min_idle_timeout_s)
    check_steps(request.get("Steps", []))


def check_steps(steps: Sequence[Mapping[str, Any]]) -> None:
    """ValidationException for too many steps in a call, or a step whose jar and arguments are too long."""
    if len(steps) > MAX_STEPS_PER_CALL:
        raise ValidationException("At most 256 steps can be added in one request.")
    for step in steps:
        jar = step["HadoopJarStep"]
        if len(jar["Jar"]) + sum(map(len, jar.get("Args", []))) > MAX_STEP_CHARS:
            raise ValidationException(f"Jar and Args of a step may hold {MAX_STEP_CHARS} characters in all.")


def check_idle_timeout(policy: Mapping[str, Any], minimum: int) -> None:
    """ValidationException for an IdleTimeout (seconds) outside EMR's range."""
    if not minimum <= policy.get("IdleTimeout", MAX_IDLE_TIMEOUT_S) <= MAX_IDLE_TIMEOUT_S:
        raise ValidationException(f"IdleTimeout must be between {minimum} and {MAX_IDLE_TIMEOUT_S} seconds.")


def _check_release(request: Mapping[str, Any]) -> None:
    label = request.get("ReleaseLabel")
    if (label is None) == (request.get("AmiVersion") is None):
        raise ValidationException("Exactly one of ReleaseLabel and AmiVersion must be specified.")
    if label is not None and not re.fullmatch(r"emr-\d+\.\d+\.\d+", label):
        raise ValidationException(f"The supplied release label is invalid: {label}.")


def _check_instances(instances: Mapping[str, Any]) -> None:
    flat = any(name in instances for name in ("MasterInstanceType", "SlaveInstanceType", "InstanceCount"))
    forms = [flat, "InstanceGroups" in instances, "InstanceFleets" in instances]
    if sum(forms) != 1:
        raise ValidationException(
            "Exactly one of InstanceGroups, InstanceFleets, or MasterInstanceType, SlaveInstanceType and "
            "InstanceCount must be specified."
        )
    if len(instances.get("Ec2SubnetIds", [])) > 1 and "InstanceFleets" not in instances:
        raise ValidationException("Several Ec2SubnetIds can only be specified with InstanceFleets.")
    if flat and instances.get("InstanceCount", 1) < 1:
        raise ValidationException("InstanceCount must be at least 1.")
    _check_groups(instances.get("InstanceGroups", []), "InstanceGroups" in instances)
    _check_fleets(instances.get("InstanceFleets", []), "InstanceFleets" in instances)


def _check_groups(groups: Sequence[Mapping[str, Any]], used: bool) -> None:
    if not used:
        return
    _check_kinds([group["InstanceRole"] for group in groups], "instance group")
    for group in groups:
        if group["InstanceCount"] < 1:
            raise ValidationException("InstanceCount of an instance group must be at least 1.")
        if group["InstanceRole"] == "MASTER" and group["InstanceCount"] not in (1, 3):
            raise ValidationException(
                "The MASTER instance group takes one instance, or three for high availability."
            )
        _check_bid(group)


def _check_fleets(fleets: Sequence[Mapping[str, Any]], used: bool) -> None:
    if not used:
        return
    _check_kinds([fleet["InstanceFleetType"] for fleet in fleets], "instance fleet")
    for fleet in fleets:
        capacity = fleet.get("TargetOnDemandCapacity", 0) + fleet.get("TargetSpotCapacity", 0)
        if fleet["InstanceFleetType"] == "MASTER" and capacity != 1:
            raise ValidationException("The MASTER instance fleet takes a target capacity of exactly 1.")
        if capacity < 1:
            raise ValidationException("An instance fleet needs a target capacity of at least 1.")
        if any(kind.get("WeightedCapacity", 1) < 1 for kind in fleet.get("InstanceTypeConfigs", [])):
            raise ValidationException("WeightedCapacity must be greater than 0.")


def _check_kinds(kinds: Sequence[str], noun: str) -> None:
    count = Counter(kinds)
    if count["MASTER"] != 1 or count["CORE"] > 1:
        raise ValidationException(f"A cluster takes exactly one MASTER {noun} and at most one CORE {noun}.")
    if count["TASK"] and not count["CORE"]:
        raise ValidationException(f"A TASK {noun} needs a CORE {noun}.")


def _check_bid(group: Mapping[str, Any]) -> None:
    bid = group.get("BidPrice")
    if bid is None:
        return
    if group.get("Market") == "ON_DEMAND":
        raise ValidationException("BidPrice cannot be specified for ON_DEMAND instances.")
    if not re.fullmatch(r"\d+(\.\d{1,3})?", bid) or float(bid) <= 0:
        raise ValidationException("BidPrice must be a positive number with at most three decimals.")
