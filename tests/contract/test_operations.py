"""Every operation of the API: answered in the shapes of its model, or refused by name."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.contract.answers import MODEL, checked_client, documents, faults
from tests.contract.harness import (
    CREDENTIALS,
    MINIMAL,
    NAP,
    ROOT,
    Endpoint,
    Flow,
    bash,
    wait_for,
)
from tests.contract.samples import (
    CORE,
    LIMITS,
    PORTS,
    SCALING,
    TASK_FLEET,
    add_groups,
    groups_of,
    post,
    refused,
)
from tests.contract.test_clusters import FLEETS

if TYPE_CHECKING:
    from mypy_boto3_emr import EMRClient

ROW = re.compile(r"^\| (\w+) \| (real|recorded|refused) \|", re.MULTILINE)
TABLE = dict(ROW.findall((ROOT / "docs" / "emr.md").read_text(encoding="utf-8")))
REFUSED = sorted(name for name, kind in TABLE.items() if kind == "refused")
ANSWERED = set(TABLE) - set(REFUSED)


def test_step_concurrency_is_modified(flow: Flow, emr: EMRClient) -> None:
    [before] = flow.add(bash("true", "CANCEL_AND_WAIT"))
    flow.step_until(before, "COMPLETED")
    assert emr.modify_cluster(ClusterId=flow.id, StepConcurrencyLevel=3)["StepConcurrencyLevel"] == 3
    flow.add(*(bash(NAP) for _ in range(4)))
    wait_for(lambda: flow.states().count("RUNNING") == 3, "three running steps")
    assert emr.modify_cluster(ClusterId=flow.id, StepConcurrencyLevel=4)["StepConcurrencyLevel"] == 4
    wait_for(lambda: flow.states().count("RUNNING") == 4, "four running steps")
    assert flow.states() == ["COMPLETED", *["RUNNING"] * 4]
    assert emr.modify_cluster(ClusterId=flow.id)["StepConcurrencyLevel"] == 4
    for level in (0, 257):
        assert refused(emr.modify_cluster, ClusterId=flow.id, StepConcurrencyLevel=level) == (
            "InvalidRequestException",
            "StepConcurrencyLevel must be between 1 and 256.",
            400,
        )
    flow.end()


def test_job_flows_are_described_as_they_once_were(start: Callable[..., Flow], endpoint: Endpoint) -> None:
    flow = start(Steps=[bash("true")], Instances={**MINIMAL["Instances"], "TerminationProtected": True})
    flow.until("WAITING")
    [detail] = flow.emr.describe_job_flows(JobFlowIds=[flow.id])["JobFlows"]
    assert (detail["JobFlowId"], detail["ExecutionStatusDetail"]["State"]) == (flow.id, "WAITING")
    assert detail["Instances"]["InstanceCount"] == 1
    assert detail["Instances"]["TerminationProtected"] is True
    assert detail["Instances"]["InstanceGroups"][0]["InstanceRole"] == "MASTER"
    [step] = detail["Steps"]
    assert step["ExecutionStatusDetail"]["State"] == "COMPLETED"
    assert step["StepConfig"]["HadoopJarStep"]["Args"] == ["bash", "-c", "true"]

    def listed(**filters: Any) -> list[str]:
        return [entry["JobFlowId"] for entry in flow.emr.describe_job_flows(**filters)["JobFlows"]]

    assert flow.id in listed()
    assert flow.id in listed(JobFlowStates=["WAITING"])
    assert flow.id not in listed(JobFlowStates=["FAILED"])
    assert flow.id not in listed(CreatedAfter=datetime.now(UTC) + timedelta(hours=1))
    assert listed(JobFlowIds=["j-0123456789ABC"]) == []
    flow.end()
    assert flow.id in listed(JobFlowStates=["TERMINATED"])


def test_release_labels(emr: EMRClient) -> None:
    def labels(**filters: Any) -> list[str]:
        return emr.list_release_labels(Filters=filters)["ReleaseLabels"]  # type: ignore[arg-type]  # keywords

    assert labels()[0] == "emr-spark-8.1.0"
    assert labels(Prefix="emr-7.1") == ["emr-7.14.0", "emr-7.13.0", "emr-7.12.0"]
    assert labels(Application="spark-3.5.6") == ["emr-7.13.0", "emr-7.12.0"]
    assert labels(Application="Hadoop-3.4.2-amzn-0") == ["emr-7.13.0"]
    assert labels(Application="Flink") == []
    page = emr.list_release_labels(MaxResults=4)
    assert len(page["ReleaseLabels"]) == 4
    rest = emr.list_release_labels(MaxResults=4, NextToken=page["NextToken"])
    assert page["ReleaseLabels"] + rest["ReleaseLabels"] == labels()
    described = emr.describe_release_label(ReleaseLabel="emr-7.13.0")
    assert {"Name": "Spark", "Version": "3.5.6-amzn-2"} in described["Applications"]
    assert refused(emr.describe_release_label, ReleaseLabel="emr-0.0.1")[:2] == (
        "InvalidRequestException",
        "The supplied release label is invalid: emr-0.0.1.",
    )
    types = emr.list_supported_instance_types(ReleaseLabel="emr-7.13.0")["SupportedInstanceTypes"]
    [common] = [entry for entry in types if entry["Type"] == "m5.xlarge"]
    assert (common["VCPU"], common["MemoryGB"], common["Architecture"]) == (4, 16.0, "X86_64")


@pytest.mark.parametrize("operation", REFUSED)
def test_a_refused_operation_is_named_and_never_an_empty_success(endpoint: Endpoint, operation: str) -> None:
    status, answer = post(endpoint, operation, {})
    assert (status, answer["__type"]) == (400, "UnsupportedOperationException")
    assert answer["message"].startswith(f"{operation} is not supported by this EMR endpoint.")


def ask_about(emr: EMRClient, flow: Flow, step_id: str) -> None:
    """The operations that only look, at a cluster of groups."""
    emr.list_clusters()
    emr.describe_cluster(ClusterId=flow.id)
    emr.describe_job_flows(JobFlowIds=[flow.id])
    emr.list_steps(ClusterId=flow.id)
    emr.describe_step(ClusterId=flow.id, StepId=step_id)
    emr.list_bootstrap_actions(ClusterId=flow.id)
    emr.list_instance_groups(ClusterId=flow.id)
    emr.list_instances(ClusterId=flow.id)
    emr.get_auto_termination_policy(ClusterId=flow.id)
    emr.get_managed_scaling_policy(ClusterId=flow.id)


def change_all(emr: EMRClient, flow: Flow, step_id: str) -> None:
    """The operations that change a cluster of groups."""
    [core] = add_groups(flow, CORE)
    emr.modify_instance_groups(InstanceGroups=[{"InstanceGroupId": core, "InstanceCount": 3}])
    emr.put_auto_scaling_policy(ClusterId=flow.id, InstanceGroupId=core, AutoScalingPolicy=SCALING)
    emr.put_managed_scaling_policy(ClusterId=flow.id, ManagedScalingPolicy={"ComputeLimits": LIMITS})
    emr.put_auto_termination_policy(ClusterId=flow.id, AutoTerminationPolicy={"IdleTimeout": 900})
    emr.add_tags(ResourceId=flow.id, Tags=[{"Key": "a", "Value": "b"}])
    emr.modify_cluster(ClusterId=flow.id, StepConcurrencyLevel=2)
    emr.set_termination_protection(JobFlowIds=[flow.id], TerminationProtected=False)
    emr.set_keep_job_flow_alive_when_no_steps(JobFlowIds=[flow.id], KeepJobFlowAliveWhenNoSteps=True)
    emr.set_visible_to_all_users(JobFlowIds=[flow.id], VisibleToAllUsers=True)
    emr.set_unhealthy_node_replacement(JobFlowIds=[flow.id], UnhealthyNodeReplacement=False)
    ask_about(emr, flow, step_id)
    emr.remove_auto_scaling_policy(ClusterId=flow.id, InstanceGroupId=core)
    emr.remove_managed_scaling_policy(ClusterId=flow.id)
    emr.remove_auto_termination_policy(ClusterId=flow.id)
    emr.remove_tags(ResourceId=flow.id, TagKeys=["a"])
    emr.cancel_steps(ClusterId=flow.id, StepIds=[step_id])


def look_around(emr: EMRClient) -> None:
    """The operations that are about no cluster."""
    emr.create_security_configuration(Name="tour", SecurityConfiguration="{}")
    emr.describe_security_configuration(Name="tour")
    emr.list_security_configurations()
    emr.delete_security_configuration(Name="tour")
    emr.get_block_public_access_configuration()
    emr.put_block_public_access_configuration(BlockPublicAccessConfiguration=PORTS)
    emr.list_release_labels()
    emr.describe_release_label(ReleaseLabel="emr-7.14.0")
    emr.list_supported_instance_types(ReleaseLabel="emr-7.13.0")


def test_every_answer_of_every_operation_is_of_the_model(endpoint: Endpoint) -> None:
    emr, answers = checked_client(endpoint.url, **CREDENTIALS)
    flow = Flow(emr, Steps=[bash("exit 1")], BootstrapActions=[])
    [failed] = [step["Id"] for step in emr.list_steps(ClusterId=flow.id)["Steps"]]
    flow.step_until(failed, "FAILED")
    [running] = flow.add(bash(NAP))
    flow.step_until(running, "RUNNING")
    ask_about(emr, flow, running)
    change_all(emr, flow, running)
    fleets = Flow(emr, Instances=FLEETS)
    emr.list_instances(ClusterId=fleets.id)
    added = emr.add_instance_fleet(ClusterId=fleets.id, InstanceFleet=TASK_FLEET)["InstanceFleetId"]
    grow: Any = {"InstanceFleetId": added, "TargetSpotCapacity": 2}
    emr.modify_instance_fleet(ClusterId=fleets.id, InstanceFleet=grow)
    emr.list_instance_fleets(ClusterId=fleets.id)
    emr.describe_job_flows(JobFlowIds=[fleets.id])
    look_around(emr)
    emr.terminate_job_flows(JobFlowIds=[flow.id, fleets.id])
    for ended in (flow, fleets):
        ended.until("TERMINATED", "TERMINATED_WITH_ERRORS")
    ask_about(emr, flow, running)
    assert answers.faults == []
    assert set(answers.seen) == ANSWERED
    assert set(TABLE) == set(MODEL.operation_names)


def test_a_document_that_is_too_deep_or_too_large_is_refused(endpoint: Endpoint) -> None:
    deep: dict[str, Any] = {}
    for _ in range(80):
        deep = {"Configurations": [deep]}
    status, answer = post(endpoint, "RunJobFlow", {"Name": "n", "Instances": {}, **deep})
    assert (status, answer["__type"]) == (400, "ValidationException")
    assert "Member must not be nested deeper than 64 levels" in answer["message"]
    status, answer = post(endpoint, "ListClusters", {"ClusterStates": ["X"] * 200_000})
    assert (status, answer["message"][:31]) == (400, "1000 validation errors detected")
    with pytest.raises(ClientError, match="less than or equal to 10280"):
        endpoint.client().run_job_flow(Name="n", **{**MINIMAL, "LogUri": f"s3://{'x' * 1_000_000}"})


@pytest.fixture(scope="module")
def target(emr: EMRClient) -> Iterator[dict[str, Any]]:
    """What arbitrary documents may name: a cluster that stays as it is protected, one of its groups."""
    flow = Flow(emr, Instances={**MINIMAL["Instances"], "TerminationProtected": True})
    flow.until("WAITING")
    names = dict.fromkeys(("ClusterId", "JobFlowId", "ResourceId"), flow.id)
    yield {**names, "InstanceGroupId": groups_of(flow)["MASTER"]["Id"], "ReleaseLabel": "emr-7.13.0"}
    if not flow.state().startswith("TERMINAT"):
        flow.end()


# These would start, run and end what nobody looks after
LEFT_OUT = {"RunJobFlow", "AddJobFlowSteps", "TerminateJobFlows", "SetKeepJobFlowAliveWhenNoSteps"}


@settings(deadline=None, max_examples=300)
@given(data=st.data())
def test_no_document_of_the_model_is_a_defect(
    endpoint: Endpoint, target: dict[str, Any], data: st.DataObject
) -> None:
    """Whatever a client sends is done, or refused with an error of the API; the log has no traceback."""
    operation = data.draw(st.sampled_from(sorted(ANSWERED - LEFT_OUT)))
    shape = MODEL.operation_model(operation).input_shape
    document = data.draw(documents(shape)) if shape else {}
    if data.draw(st.booleans(), "of the cluster that is there"):
        document.update({name: text for name, text in target.items() if shape and name in shape.members})
    status, answer = post(endpoint, operation, document)
    output = MODEL.operation_model(operation).output_shape
    if status == 200:
        assert list(faults(output, answer, operation)) == []
    else:
        assert (status, answer["__type"]) in [(400, "ValidationException"), (400, "InvalidRequestException")]
        assert answer.get("message") or answer.get("Message")
