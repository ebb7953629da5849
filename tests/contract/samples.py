"""Documents that several contract tests send, and the calls that they repeat."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contract.harness import Endpoint, Flow

ABSENT = "j-0123456789ABC"
TASK: Any = {"InstanceRole": "TASK", "InstanceType": "m5.xlarge", "InstanceCount": 2, "Name": "task"}
CORE: Any = {**TASK, "InstanceRole": "CORE", "Name": "core"}
TASK_FLEET: Any = {"InstanceFleetType": "TASK", "TargetSpotCapacity": 1}
LIMITS: Any = {"UnitType": "Instances", "MinimumCapacityUnits": 1, "MaximumCapacityUnits": 3}
SCALING: Any = {
    "Constraints": {"MinCapacity": 1, "MaxCapacity": 3},
    "Rules": [
        {
            "Name": "out",
            "Action": {"SimpleScalingPolicyConfiguration": {"ScalingAdjustment": 1}},
            "Trigger": {
                "CloudWatchAlarmDefinition": {
                    "ComparisonOperator": "LESS_THAN",
                    "MetricName": "YARNMemoryAvailablePercentage",
                    "Period": 300,
                    "Threshold": 15.0,
                }
            },
        }
    ],
}
PORTS: Any = {
    "BlockPublicSecurityGroupRules": True,
    "PermittedPublicSecurityGroupRuleRanges": [{"MinRange": 8000, "MaxRange": 8100}],
}


def refused(call: Callable[..., Any], **params: Any) -> tuple[str, str, int]:
    """(code, message, HTTP status) of a call that must fail."""
    with pytest.raises(ClientError) as caught:
        call(**params)
    response = caught.value.response
    return (
        response["Error"]["Code"],
        response["Error"]["Message"],
        response["ResponseMetadata"]["HTTPStatusCode"],
    )


def post(endpoint: Endpoint, operation: str, document: Any, **headers: str) -> tuple[int, dict[str, Any]]:
    """A bare request, as a client that checks nothing sends it."""
    scope = "AWS4-HMAC-SHA256 Credential=AKIA/20261122/eu-central-1/elasticmapreduce/aws4_request"
    request = urllib.request.Request(
        endpoint.url,
        data=json.dumps(document).encode(),
        headers={"X-Amz-Target": f"ElasticMapReduce.{operation}", "Authorization": scope, **headers},
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def groups_of(flow: Flow) -> dict[str, Any]:
    """The cluster's groups by role."""
    found = flow.emr.list_instance_groups(ClusterId=flow.id)["InstanceGroups"]
    return {group["InstanceGroupType"]: group for group in found}


def fleets_of(flow: Flow) -> dict[str, Any]:
    found = flow.emr.list_instance_fleets(ClusterId=flow.id)["InstanceFleets"]
    return {fleet["InstanceFleetType"]: fleet for fleet in found}


def instances_of(flow: Flow, **filters: Any) -> list[Any]:
    """All instances, whatever the pages."""
    pages = flow.emr.get_paginator("list_instances").paginate(ClusterId=flow.id, **filters)
    return [instance for page in pages for instance in page["Instances"]]


def add_groups(flow: Flow, *groups: Any) -> list[str]:
    return flow.emr.add_instance_groups(JobFlowId=flow.id, InstanceGroups=list(groups))["InstanceGroupIds"]
