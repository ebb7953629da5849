"""What RunJobFlow and AddJobFlowSteps check before they accept a request, beyond the API's model.

Sentences are AWS's where they are known, else our own. S3 paths, roles and capacity are not checked: those
fail later.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from emr_local.api import instance_checks
from emr_local.api.errors import BAD_RELEASE, InvalidRequestException, ValidationException
from emr_local.state import clusters

MAX_STEPS_PER_CALL = 256
MAX_STEP_CHARS = 10_240
MAX_BOOTSTRAP_ACTIONS = 16
MAX_IDLE_TIMEOUT_S = 604_800
MAX_TAG_KEY, MAX_TAG_VALUE = 128, 256
_RELEASE = re.compile(r"emr-(?P<spark>spark-)?(?P<numbers>\d+\.\d+\.\d+)")
FIRST_CUSTOM_AMI = (5, 7, 0)
FIRST_FLEETS = (4, 8, 0)

Document = Mapping[str, Any]


def check_job_flow(request: Document, min_idle_timeout_s: int) -> None:
    """ValidationException for the first thing that EMR would refuse in a RunJobFlow request."""
    if re.search(r"[<>$|`]", request["Name"]):
        raise ValidationException("The cluster name must not contain <, >, $, | or `.")
    _check_roles(request)
    if request.get("LogUri") and not re.fullmatch(r"s3[an]?://[^/]+(/.*)?", request["LogUri"], re.DOTALL):
        raise ValidationException(f"LogUri must be an S3 address: {request['LogUri']}")
    _check_release(request)
    instance_checks.check_instances(request["Instances"])
    check_concurrency(request.get("StepConcurrencyLevel", 1))
    if len(request.get("BootstrapActions", [])) > MAX_BOOTSTRAP_ACTIONS:
        raise ValidationException(f"A cluster takes at most {MAX_BOOTSTRAP_ACTIONS} bootstrap actions.")
    if "AutoTerminationPolicy" in request:
        check_idle_timeout(request["AutoTerminationPolicy"], min_idle_timeout_s)
    check_managed_scaling(request.get("ManagedScalingPolicy", {}))
    check_tags(request.get("Tags", []))
    check_steps(request.get("Steps", []))


def check_steps(steps: Sequence[Document]) -> None:
    """ValidationException for too many steps in a call, or a step that EMR or this endpoint does not take."""
    if len(steps) > MAX_STEPS_PER_CALL:
        raise ValidationException(f"At most {MAX_STEPS_PER_CALL} steps can be added in one request.")
    for step in steps:
        jar = step["HadoopJarStep"]
        if len(jar["Jar"]) + sum(map(len, jar.get("Args", []))) > MAX_STEP_CHARS:
            raise ValidationException(f"Jar and Args of a step may hold {MAX_STEP_CHARS} characters in all.")
        if "S3MonitoringConfiguration" in step.get("StepMonitoringConfiguration", {}):
            raise ValidationException(
                "StepMonitoringConfiguration is not supported by this EMR endpoint: a step's logs go to its "
                "cluster's LogUri."
            )


def check_concurrency(level: int) -> None:
    """ValidationException for a StepConcurrencyLevel outside EMR's range."""
    if not 1 <= level <= clusters.MAX_ACTIVE_STEPS:
        raise ValidationException(f"StepConcurrencyLevel must be between 1 and {clusters.MAX_ACTIVE_STEPS}.")


def check_idle_timeout(policy: Document, minimum: int) -> None:
    """ValidationException for an IdleTimeout (seconds) outside EMR's range."""
    if not minimum <= policy.get("IdleTimeout", MAX_IDLE_TIMEOUT_S) <= MAX_IDLE_TIMEOUT_S:
        raise ValidationException(f"IdleTimeout must be between {minimum} and {MAX_IDLE_TIMEOUT_S} seconds.")


def check_managed_scaling(policy: Document) -> None:
    """ValidationException for a managed scaling policy whose limits leave no number."""
    limits = policy.get("ComputeLimits")
    if limits and not 1 <= limits["MinimumCapacityUnits"] <= limits["MaximumCapacityUnits"]:
        raise ValidationException(
            "MinimumCapacityUnits must be at least 1, and MaximumCapacityUnits not less: "
            f"{limits['MinimumCapacityUnits']}, {limits['MaximumCapacityUnits']}."
        )


def check_tags(tags: Iterable[Document]) -> None:
    """InvalidRequestException for a tag whose key or value has a length that EMR does not take."""
    for tag in tags:
        key, value = tag.get("Key"), tag.get("Value", "")
        if not key or len(key) > MAX_TAG_KEY:
            raise InvalidRequestException(
                f"Invalid tag key: '{'null' if key is None else key}'. "
                f"Tag keys must be between 1 and {MAX_TAG_KEY} characters in length."
            )
        if len(value) > MAX_TAG_VALUE:
            raise InvalidRequestException(
                f"Invalid tag value: '{value}'. "
                "Tag values must be between 1 and 128 characters in length."  # as AWS says it
            )


def release(label: str) -> tuple[int, ...]:
    """The numbers of a release label; ValidationException for what is none."""
    parts = _RELEASE.fullmatch(label)
    if not parts:
        raise ValidationException(BAD_RELEASE.format(label))
    return tuple(int(number[:9]) for number in parts["numbers"].split("."))


def _check_roles(request: Document) -> None:
    if not request.get("ServiceRole"):
        raise ValidationException("ServiceRole is required for creating cluster.")
    if not request.get("JobFlowRole"):
        raise ValidationException("InstanceProfile is required for creating cluster.")


def _check_release(request: Document) -> None:
    label, ami = request.get("ReleaseLabel"), request.get("AmiVersion")
    if label is not None and ami is not None:
        raise ValidationException(
            "Only one AMI version and release label may be specified. "
            f"Provided AMI: {ami}, release label: {label}."
        )
    if label is not None:
        _check_for_release(request, label)
    elif ami is not None:
        _check_for_ami(request)
    else:
        raise ValidationException(
            "Must specify exactly one of the following: release label, AMI version, or Hadoop version."
        )


def _check_for_release(request: Document, label: str) -> None:
    numbers = release(label)
    if numbers < (4,):  # what came before had AMI versions
        raise ValidationException(BAD_RELEASE.format(label))
    if request.get("SupportedProducts") or request.get("NewSupportedProducts"):
        raise ValidationException(
            "Cannot specify supported products when release label is used. Specify applications instead."
        )
    if request.get("CustomAmiId") and numbers < FIRST_CUSTOM_AMI:
        raise ValidationException("Custom AMI is not allowed")
    if "InstanceFleets" in request["Instances"] and (numbers < FIRST_FLEETS or numbers[:2] == (5, 0)):
        raise ValidationException("Instance fleets are not available for the release.")


def _check_for_ami(request: Document) -> None:
    if not re.fullmatch(r"latest|[23](\.\d+){1,2}", request["AmiVersion"]):
        raise ValidationException("The supplied ami version is invalid.")
    if request.get("Applications"):
        raise ValidationException(
            "Cannot specify applications when AMI version is used. "
            "Specify supported products or new supported products instead."
        )
    if request.get("Configurations"):
        raise ValidationException("Cannot specify configurations when AMI version is used.")
    if request.get("CustomAmiId"):
        raise ValidationException("Custom AMI is not allowed")
    if "InstanceFleets" in request["Instances"]:
        raise ValidationException("Instance fleets are not available for the release.")
