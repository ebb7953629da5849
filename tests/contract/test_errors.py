"""What EMR refuses, with its two error families and their texts."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.contract.harness import MINIMAL, NAP, Endpoint, Flow, bash

if TYPE_CHECKING:
    from mypy_boto3_emr import EMRClient

ABSENT = "j-0123456789ABC"
STEP: Any = bash("true")


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


JOB_FLOW_CALLS: list[tuple[str, dict[str, Any]]] = [
    ("add_job_flow_steps", {"JobFlowId": ABSENT, "Steps": [STEP]}),
    ("terminate_job_flows", {"JobFlowIds": [ABSENT]}),
    ("set_termination_protection", {"JobFlowIds": [ABSENT], "TerminationProtected": True}),
    ("set_keep_job_flow_alive_when_no_steps", {"JobFlowIds": [ABSENT], "KeepJobFlowAliveWhenNoSteps": True}),
]
CLUSTER_CALLS: list[tuple[str, dict[str, Any]]] = [
    ("describe_cluster", {"ClusterId": ABSENT}),
    ("describe_step", {"ClusterId": ABSENT, "StepId": "s-1"}),
    ("list_steps", {"ClusterId": ABSENT}),
    ("cancel_steps", {"ClusterId": ABSENT, "StepIds": ["s-1"]}),
    ("list_bootstrap_actions", {"ClusterId": ABSENT}),
    ("list_instance_groups", {"ClusterId": ABSENT}),
    ("list_instance_fleets", {"ClusterId": ABSENT}),
    ("add_tags", {"ResourceId": ABSENT, "Tags": []}),
    ("remove_tags", {"ResourceId": ABSENT, "TagKeys": []}),
    ("put_auto_termination_policy", {"ClusterId": ABSENT, "AutoTerminationPolicy": {"IdleTimeout": 60}}),
    ("get_auto_termination_policy", {"ClusterId": ABSENT}),
    ("remove_auto_termination_policy", {"ClusterId": ABSENT}),
]


@pytest.mark.parametrize(("operation", "params"), JOB_FLOW_CALLS, ids=lambda value: str(value)[:30])
def test_job_flow_family_does_not_know_the_id(emr: EMRClient, operation: str, params: dict[str, Any]) -> None:
    expected = ("ValidationException", "Specified job flow ID does not exist.", 400)
    assert refused(getattr(emr, operation), **params) == expected


@pytest.mark.parametrize(("operation", "params"), CLUSTER_CALLS, ids=lambda value: str(value)[:30])
def test_cluster_family_does_not_know_the_id(emr: EMRClient, operation: str, params: dict[str, Any]) -> None:
    expected = ("InvalidRequestException", f"Cluster id '{ABSENT}' is not valid.", 400)
    assert refused(getattr(emr, operation), **params) == expected


def test_no_such_cluster_is_the_modelled_error(emr: EMRClient) -> None:
    with pytest.raises(emr.exceptions.InvalidRequestException) as caught:
        emr.describe_cluster(ClusterId=ABSENT)
    assert caught.value.response["ErrorCode"] == "NoSuchCluster"  # type: ignore[typeddict-item]  # a modelled member


def test_malformed_and_empty_job_flow_ids(emr: EMRClient) -> None:
    code, message, _ = refused(emr.terminate_job_flows, JobFlowIds=["nonsense"])
    assert (code, message) == ("ValidationException", "Specified job flow ID not valid")
    code, message, _ = refused(emr.terminate_job_flows, JobFlowIds=[])
    assert (code, message) == ("ValidationException", "The JobFlowId list cannot be empty")


def test_unknown_steps_and_exclusive_filters(flow: Flow, emr: EMRClient) -> None:
    for call, params in (
        (emr.describe_step, {"StepId": "s-0123456789ABC"}),
        (emr.list_steps, {"StepIds": ["s-0123456789ABC"]}),
        (emr.cancel_steps, {"StepIds": ["s-0123456789ABC"]}),
    ):
        code, message, _ = refused(call, ClusterId=flow.id, **params)
        assert (code, message) == ("InvalidRequestException", "Step id 's-0123456789ABC' is not valid.")
    code, message, _ = refused(emr.list_steps, ClusterId=flow.id, StepIds=["s-1"], StepStates=["PENDING"])
    assert (code, message) == ("InvalidRequestException", "Cannot specify both StepIds and StepStates.")


def test_ended_cluster_may_not_be_modified(flow: Flow, emr: EMRClient) -> None:
    flow.emr.terminate_job_flows(JobFlowIds=[flow.id])
    flow.until("TERMINATED")
    expected = "A job flow that is shutting down, terminated, or finished may not be modified."
    assert refused(emr.add_job_flow_steps, JobFlowId=flow.id, Steps=[STEP])[:2] == (
        "ValidationException",
        expected,
    )
    protect = {"JobFlowIds": [flow.id], "TerminationProtected": True}
    assert refused(emr.set_termination_protection, **protect)[1] == expected


def test_protected_clusters_are_refused_and_the_others_end(
    start: Callable[..., Flow], emr: EMRClient
) -> None:
    protected = start(Instances={**MINIMAL["Instances"], "TerminationProtected": True})
    other = start()
    protected.until("WAITING")
    code, message, _ = refused(emr.terminate_job_flows, JobFlowIds=[protected.id, other.id])
    assert code == "ValidationException"
    assert message == "Could not shut down one or more job flows since they are termination protected."
    other.until("TERMINATED")
    assert protected.state() == "WAITING"
    emr.set_termination_protection(JobFlowIds=[protected.id], TerminationProtected=False)
    emr.terminate_job_flows(JobFlowIds=[protected.id])
    protected.until("TERMINATED")


def test_too_many_active_steps(flow: Flow, emr: EMRClient) -> None:
    flow.add(bash(NAP), *[STEP] * 255)
    message = refused(emr.add_job_flow_steps, JobFlowId=flow.id, Steps=[STEP])[1]
    assert message == (
        "Maximum number of active steps(State = 'Running', 'Pending' or 'Cancel_Pending') "
        "for cluster exceeded."
    )
    flow.end()


def test_concurrent_steps_must_continue(start: Callable[..., Flow], emr: EMRClient) -> None:
    flow = start(StepConcurrencyLevel=2)
    message = refused(emr.add_job_flow_steps, JobFlowId=flow.id, Steps=[bash("true", "CANCEL_AND_WAIT")])[1]
    assert message == "Action on failure 'CANCEL_AND_WAIT' is invalid."


def test_groups_and_fleets_exclude_each_other(flow: Flow, emr: EMRClient) -> None:
    code, message, _ = refused(emr.list_instance_fleets, ClusterId=flow.id)
    assert code == "InvalidRequestException"
    assert message.startswith("Instance fleets and instance groups are mutually exclusive.")


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"ServiceRole": ""}, "ServiceRole is required for creating cluster."),
        ({"ReleaseLabel": "emr-seven"}, "The supplied release label is invalid: emr-seven."),
        ({"Name": "a<b"}, "The cluster name must not contain"),
        ({"StepConcurrencyLevel": 257}, "StepConcurrencyLevel must be between 1 and 256."),
        ({"AutoTerminationPolicy": {"IdleTimeout": 604801}}, "IdleTimeout must be between"),
        ({"Instances": {}}, "Exactly one of InstanceGroups"),
        ({"Steps": [bash("x" * 10241)]}, "Jar and Args of a step may hold 10240 characters"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_run_job_flow_checks(emr: EMRClient, overrides: dict[str, Any], message: str) -> None:
    code, text, status = refused(emr.run_job_flow, **{"Name": "checks", **MINIMAL, **overrides})
    assert (code, status) == ("ValidationException", 400)
    assert text.startswith(message)


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


def test_missing_and_wrong_members_are_named_as_aws_does(endpoint: Endpoint) -> None:
    status, answer = post(endpoint, "RunJobFlow", {"Instances": {}})
    assert (status, answer["__type"]) == (400, "ValidationException")
    assert answer["message"] == (
        "1 validation error detected: Value null at 'name' failed to satisfy constraint: "
        "Member must not be null"
    )
    step = {"Name": "s", "ActionOnFailure": "PANIC", "HadoopJarStep": {}}
    _, answer = post(endpoint, "AddJobFlowSteps", {"JobFlowId": ABSENT, "Steps": [step]})
    assert answer["message"].startswith(
        "2 validation errors detected: Value 'PANIC' at 'steps.1.member.actionOnFailure' failed to satisfy "
        "constraint: Member must satisfy enum value set: [TERMINATE_JOB_FLOW, "
    )
    assert "Value null at 'steps.1.member.hadoopJarStep.jar'" in answer["message"]


def test_operation_that_is_not_there_says_so(emr: EMRClient, endpoint: Endpoint) -> None:
    code, message, status = refused(emr.list_studios)
    assert (code, status) == ("UnsupportedOperationException", 400)
    assert message.startswith("ListStudios is not supported by this EMR endpoint.")
    assert post(endpoint, "NoSuchThing", {})[0] == 400


def test_unsigned_and_web_page_requests_are_refused(endpoint: Endpoint) -> None:
    status, answer = post(endpoint, "ListClusters", {}, Authorization="")
    assert (status, answer["__type"]) == (403, "MissingAuthenticationTokenException")
    assert post(endpoint, "ListClusters", {}, Origin="http://example.com")[0] == 403
