"""What EMR refuses, with its two error families and their texts."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from tests.contract.harness import MINIMAL, NAP, ON_AWS, Endpoint, Flow, bash
from tests.contract.samples import ABSENT, post, refused

if TYPE_CHECKING:
    from mypy_boto3_emr import EMRClient

ACTION: Any = {"Name": "a", "ScriptBootstrapAction": {"Path": "file:///bin/true"}}
STEP: Any = bash("true")
NO_RULES = {"Constraints": {"MinCapacity": 0, "MaxCapacity": 1}, "Rules": []}


def ours(message: str) -> str:
    """How a message begins that is worded here: AWS has its own, so there only the error's type is known."""
    return "" if ON_AWS else message


JOB_FLOW_CALLS: list[tuple[str, dict[str, Any]]] = [
    ("add_job_flow_steps", {"JobFlowId": ABSENT, "Steps": [STEP]}),
    ("terminate_job_flows", {"JobFlowIds": [ABSENT]}),
    ("set_termination_protection", {"JobFlowIds": [ABSENT], "TerminationProtected": True}),
    ("set_keep_job_flow_alive_when_no_steps", {"JobFlowIds": [ABSENT], "KeepJobFlowAliveWhenNoSteps": True}),
    ("set_visible_to_all_users", {"JobFlowIds": [ABSENT], "VisibleToAllUsers": True}),
    ("set_unhealthy_node_replacement", {"JobFlowIds": [ABSENT], "UnhealthyNodeReplacement": True}),
    ("add_instance_groups", {"JobFlowId": ABSENT, "InstanceGroups": []}),
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
    ("modify_cluster", {"ClusterId": ABSENT, "StepConcurrencyLevel": 2}),
    ("list_instances", {"ClusterId": ABSENT}),
    ("add_instance_fleet", {"ClusterId": ABSENT, "InstanceFleet": {"InstanceFleetType": "TASK"}}),
    ("modify_instance_fleet", {"ClusterId": ABSENT, "InstanceFleet": {"InstanceFleetId": "if-1"}}),
    ("modify_instance_groups", {"ClusterId": ABSENT, "InstanceGroups": [{"InstanceGroupId": "ig-1"}]}),
    ("put_managed_scaling_policy", {"ClusterId": ABSENT, "ManagedScalingPolicy": {}}),
    ("get_managed_scaling_policy", {"ClusterId": ABSENT}),
    ("remove_managed_scaling_policy", {"ClusterId": ABSENT}),
    (
        "put_auto_scaling_policy",
        {"ClusterId": ABSENT, "InstanceGroupId": "ig-1", "AutoScalingPolicy": NO_RULES},
    ),
    ("remove_auto_scaling_policy", {"ClusterId": ABSENT, "InstanceGroupId": "ig-1"}),
]


@pytest.mark.aws
@pytest.mark.parametrize(("operation", "params"), JOB_FLOW_CALLS, ids=lambda value: str(value)[:30])
def test_job_flow_family_does_not_know_the_id(emr: EMRClient, operation: str, params: dict[str, Any]) -> None:
    expected = ("ValidationException", "Specified job flow ID does not exist.", 400)
    assert refused(getattr(emr, operation), **params) == expected


@pytest.mark.aws
@pytest.mark.parametrize(("operation", "params"), CLUSTER_CALLS, ids=lambda value: str(value)[:30])
def test_cluster_family_does_not_know_the_id(emr: EMRClient, operation: str, params: dict[str, Any]) -> None:
    expected = ("InvalidRequestException", f"Cluster id '{ABSENT}' is not valid.", 400)
    assert refused(getattr(emr, operation), **params) == expected


@pytest.mark.parametrize(
    ("operation", "params"), [*JOB_FLOW_CALLS, *CLUSTER_CALLS], ids=lambda value: str(value)[:30]
)
def test_no_operation_reaches_a_cluster_of_another_region_or_account(
    shared: Flow, endpoint: Endpoint, operation: str, params: dict[str, Any]
) -> None:
    there = {
        name: {ABSENT: shared.id}.get(value, value)
        if isinstance(value, str)
        else [shared.id]
        if value == [ABSENT]
        else value
        for name, value in params.items()
    }
    assert there != params
    for other in ({"region_name": "us-east-2"}, {"aws_access_key_id": "444455556666"}):
        code, message, _ = refused(getattr(endpoint.client(**other), operation), **there)
        assert (code, message) in (
            ("ValidationException", "Specified job flow ID does not exist."),
            ("InvalidRequestException", f"Cluster id '{shared.id}' is not valid."),
        )
    assert shared.state() == "WAITING"


def test_records_are_kept_apart_by_region_and_account(endpoint: Endpoint) -> None:
    one: Any = {"Name": "apart", "SecurityConfiguration": "{}"}
    homes = [endpoint.client(**other) for other in (
        {"region_name": "eu-north-1"},
        {"region_name": "eu-south-1"},
        {"region_name": "eu-north-1", "aws_access_key_id": "444455556666"},
    )]  # fmt: skip
    for client in homes:
        assert client.list_security_configurations()["SecurityConfigurations"] == []
        client.create_security_configuration(**one)
    homes[0].delete_security_configuration(Name="apart")
    for client, expected in zip(homes, ([], ["apart"], ["apart"]), strict=True):
        found = client.list_security_configurations()["SecurityConfigurations"]
        assert [entry["Name"] for entry in found] == expected


@pytest.mark.aws
def test_no_such_cluster_is_the_modelled_error(emr: EMRClient) -> None:
    with pytest.raises(emr.exceptions.InvalidRequestException) as caught:
        emr.describe_cluster(ClusterId=ABSENT)
    assert caught.value.response["ErrorCode"] == "NoSuchCluster"  # type: ignore[typeddict-item]  # a modelled member


@pytest.mark.aws
def test_malformed_and_empty_job_flow_ids(emr: EMRClient) -> None:
    code, message, _ = refused(emr.terminate_job_flows, JobFlowIds=["nonsense"])
    assert (code, message) == ("ValidationException", "Specified job flow ID not valid")
    code, message, _ = refused(emr.terminate_job_flows, JobFlowIds=[])
    assert (code, message) == ("ValidationException", "The JobFlowId list cannot be empty")


@pytest.mark.aws
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


@pytest.mark.aws
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


@pytest.mark.aws
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


@pytest.mark.aws
def test_concurrent_steps_must_continue(start: Callable[..., Flow], emr: EMRClient) -> None:
    flow = start(StepConcurrencyLevel=2)
    code, message, _ = refused(
        emr.add_job_flow_steps, JobFlowId=flow.id, Steps=[bash("true", "CANCEL_AND_WAIT")]
    )
    assert code == "ValidationException"
    assert message.startswith(ours("Action on failure 'CANCEL_AND_WAIT' is invalid."))


def test_groups_and_fleets_exclude_each_other(flow: Flow, emr: EMRClient) -> None:
    code, message, _ = refused(emr.list_instance_fleets, ClusterId=flow.id)
    assert code == "InvalidRequestException"
    assert message.startswith("Instance fleets and instance groups are mutually exclusive.")


@pytest.mark.aws
@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"ServiceRole": ""}, "ServiceRole is required for creating cluster."),
        ({"ReleaseLabel": "emr-seven"}, "The supplied release label is invalid: emr-seven."),
        ({"Name": "a<b"}, ours("The cluster name must not contain")),
        ({"StepConcurrencyLevel": 257}, ours("StepConcurrencyLevel must be between 1 and 256.")),
        ({"AutoTerminationPolicy": {"IdleTimeout": 604801}}, ours("IdleTimeout must be between")),
        ({"Instances": {}}, ours("Please configure instances using one and only one of the following:")),
        ({"JobFlowRole": ""}, ours("InstanceProfile is required for creating cluster.")),
        ({"Name": "x" * 257}, ours("1 validation error detected: Value")),
        ({"BootstrapActions": [ACTION] * 17}, ours("A cluster takes at most 16 bootstrap actions.")),
        ({"SecurityConfiguration": "none"}, ours("Security configuration with name 'none' does not exist.")),
        ({"Steps": [bash("x" * 10241)]}, ours("Jar and Args of a step may hold 10240 characters")),
    ],
    ids=lambda value: str(value)[:30],
)
def test_run_job_flow_checks(emr: EMRClient, overrides: dict[str, Any], message: str) -> None:
    code, text, status = refused(emr.run_job_flow, **{"Name": "checks", **MINIMAL, **overrides})
    assert (code, status) == ("ValidationException", 400)
    assert text.startswith(message)


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


@pytest.mark.parametrize("label", ["emr-spark-8.0.0", "emr-spark-8.1.0", "emr-5.33.0"])
def test_other_release_lines_are_taken(start: Callable[..., Flow], label: str) -> None:
    assert start(ReleaseLabel=label).describe()["ReleaseLabel"] == label


def test_operation_that_is_not_there_says_so(emr: EMRClient, endpoint: Endpoint) -> None:
    code, message, status = refused(emr.list_studios)
    assert (code, status) == ("UnsupportedOperationException", 400)
    assert message.startswith("ListStudios is not supported by this EMR endpoint.")
    assert post(endpoint, "NoSuchThing", {})[0] == 400


def test_unsigned_and_web_page_requests_are_refused(endpoint: Endpoint) -> None:
    status, answer = post(endpoint, "ListClusters", {}, Authorization="")
    assert (status, answer["__type"]) == (403, "MissingAuthenticationTokenException")
    assert post(endpoint, "ListClusters", {}, Origin="http://example.com")[0] == 403
