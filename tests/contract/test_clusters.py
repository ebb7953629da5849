"""Job flows: their life cycle, descriptions, lists and settings."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.contract.harness import (
    MINIMAL,
    NAP,
    REGION,
    SHORTEST_IDLE_S,
    Endpoint,
    Flow,
    bash,
    processes_with,
    wait_for,
)

if TYPE_CHECKING:
    from mypy_boto3_emr import EMRClient

QUICK = {"Delay": 1, "MaxAttempts": 30}
WITHOUT_KEEP_ALIVE = {**MINIMAL["Instances"], "KeepJobFlowAliveWhenNoSteps": False}
PROTECTED = {**MINIMAL["Instances"], "TerminationProtected": True}
FLEETS: dict[str, Any] = {
    "InstanceFleets": [
        {
            "InstanceFleetType": "MASTER",
            "TargetOnDemandCapacity": 1,
            "InstanceTypeConfigs": [{"InstanceType": "m5.xlarge"}],
        },
        {
            "InstanceFleetType": "CORE",
            "TargetSpotCapacity": 2,
            "InstanceTypeConfigs": [{"InstanceType": "m5.xlarge", "WeightedCapacity": 1}],
        },
    ],
    "KeepJobFlowAliveWhenNoSteps": True,
    "Ec2SubnetIds": ["subnet-1", "subnet-2"],
}


@pytest.mark.aws
def test_run_job_flow_answers_id_and_arn(emr: EMRClient) -> None:
    answer = emr.run_job_flow(Name="ids", **{**MINIMAL, "Instances": WITHOUT_KEEP_ALIVE})
    job_flow_id = answer["JobFlowId"]
    assert len(job_flow_id) == 15
    assert job_flow_id.startswith("j-")
    assert answer["ClusterArn"] == f"arn:aws:elasticmapreduce:{REGION}:111122223333:cluster/{job_flow_id}"


def test_describe_cluster_tells_what_was_asked_for(start: Callable[..., Flow]) -> None:
    configurations = [{"Classification": "spark-defaults", "Properties": {"spark.executor.memory": "1g"}}]
    flow = start(Name="described", Tags=[{"Key": "project", "Value": "x"}], Configurations=configurations)
    cluster = flow.until("WAITING")
    assert cluster["Name"] == "described"
    assert cluster["ReleaseLabel"] == "emr-7.13.0"
    assert cluster["LogUri"] == MINIMAL["LogUri"]
    assert cluster["ServiceRole"] == "EMR_DefaultRole"
    assert cluster["Ec2InstanceAttributes"]["IamInstanceProfile"] == "EMR_EC2_DefaultRole"
    assert cluster["Tags"] == [{"Key": "project", "Value": "x"}]
    assert cluster["Configurations"] == configurations
    assert cluster["Applications"][0]["Name"] == "Spark"
    assert cluster["AutoTerminate"] is False
    assert cluster["TerminationProtected"] is False
    assert cluster["InstanceCollectionType"] == "INSTANCE_GROUP"
    assert cluster["StepConcurrencyLevel"] == 1
    timeline = cluster["Status"]["Timeline"]
    assert timeline["CreationDateTime"] <= timeline["ReadyDateTime"] <= datetime.now(UTC)
    assert "EndDateTime" not in timeline


def test_states_before_waiting_can_be_seen(start: Callable[..., Flow], emr: EMRClient) -> None:
    flow = start()
    assert flow.state() in ("STARTING", "BOOTSTRAPPING", "RUNNING", "WAITING")
    emr.get_waiter("cluster_running").wait(ClusterId=flow.id, WaiterConfig={"Delay": 1, "MaxAttempts": 30})
    flow.until("WAITING")


@pytest.mark.aws
def test_terminated_by_user(flow: Flow, emr: EMRClient) -> None:
    emr.terminate_job_flows(JobFlowIds=[flow.id])
    emr.get_waiter("cluster_terminated").wait(ClusterId=flow.id, WaiterConfig={"Delay": 1, "MaxAttempts": 30})
    status = flow.describe()["Status"]
    assert status["State"] == "TERMINATED"
    assert status["StateChangeReason"] == {"Code": "USER_REQUEST", "Message": "Terminated by user request"}
    assert status["Timeline"]["EndDateTime"] >= status["Timeline"]["ReadyDateTime"]
    emr.terminate_job_flows(JobFlowIds=[flow.id])
    assert flow.describe()["Status"] == status


def test_termination_kills_running_work_and_leaves_nothing(flow: Flow, endpoint: Endpoint) -> None:
    # two descendants in sessions of their own, with no parent: only the mark in their environment finds them
    running, pending = flow.add(
        bash(f"setsid {NAP} & (setsid nohup {NAP} &) & {NAP}; true"), bash("echo never")
    )
    flow.step_until(running, "RUNNING")
    wait_for(lambda: len(processes_with(NAP)) >= 3, "the sleeping children")
    (endpoint.work_dir / "clusters" / flow.id / "hdfs" / "kept").write_text("data")
    began = time.monotonic()
    cluster = flow.end()
    assert time.monotonic() - began < 5
    assert cluster["Status"]["State"] == "TERMINATED"
    assert flow.states() == ["INTERRUPTED", "CANCELLED"]
    assert processes_with(NAP) == []
    assert not (endpoint.work_dir / "clusters" / flow.id).exists()
    assert flow.step(pending)["Status"]["Timeline"].keys() == {"CreationDateTime", "EndDateTime"}


@pytest.mark.aws
def test_without_keep_alive_the_cluster_ends_after_its_steps(start: Callable[..., Flow]) -> None:
    flow = start(Instances=WITHOUT_KEEP_ALIVE, Steps=[bash("true"), bash("true")])
    status = flow.until("TERMINATED", "TERMINATED_WITH_ERRORS")["Status"]
    assert (status["State"], status["StateChangeReason"]["Code"]) == ("TERMINATED", "ALL_STEPS_COMPLETED")
    assert flow.states() == ["COMPLETED", "COMPLETED"]
    assert flow.describe()["AutoTerminate"] is True


@pytest.mark.aws
def test_keep_alive_can_be_changed(flow: Flow, emr: EMRClient) -> None:
    emr.set_keep_job_flow_alive_when_no_steps(JobFlowIds=[flow.id], KeepJobFlowAliveWhenNoSteps=False)
    assert flow.until("TERMINATED")["Status"]["StateChangeReason"]["Code"] == "ALL_STEPS_COMPLETED"


def test_auto_termination_ends_an_idle_cluster_only(start: Callable[..., Flow], emr: EMRClient) -> None:
    flow = start(AutoTerminationPolicy={"IdleTimeout": SHORTEST_IDLE_S}, Steps=[bash("sleep 1.5")])
    flow.until("WAITING")
    status = flow.until("TERMINATED", "TERMINATED_WITH_ERRORS")["Status"]
    assert flow.states() == ["COMPLETED"]
    step = flow.step(emr.list_steps(ClusterId=flow.id)["Steps"][0]["Id"])
    idle = status["Timeline"]["EndDateTime"] - step["Status"]["Timeline"]["EndDateTime"]
    assert timedelta(seconds=SHORTEST_IDLE_S) <= idle < timedelta(seconds=SHORTEST_IDLE_S + 2)
    assert (status["State"], status["StateChangeReason"]["Code"]) == ("TERMINATED", "USER_REQUEST")
    assert "auto-termination policy" in status["StateChangeReason"]["Message"]


@pytest.mark.aws
def test_auto_termination_policy_is_put_read_and_removed(flow: Flow, emr: EMRClient) -> None:
    assert "AutoTerminationPolicy" not in emr.get_auto_termination_policy(ClusterId=flow.id)
    emr.put_auto_termination_policy(ClusterId=flow.id, AutoTerminationPolicy={"IdleTimeout": 900})
    assert emr.get_auto_termination_policy(ClusterId=flow.id)["AutoTerminationPolicy"] == {"IdleTimeout": 900}
    emr.remove_auto_termination_policy(ClusterId=flow.id)
    assert "AutoTerminationPolicy" not in emr.get_auto_termination_policy(ClusterId=flow.id)
    emr.put_auto_termination_policy(ClusterId=flow.id, AutoTerminationPolicy={"IdleTimeout": SHORTEST_IDLE_S})
    assert flow.until("TERMINATED")["Status"]["StateChangeReason"]["Code"] == "USER_REQUEST"


def test_list_clusters_newest_first_by_state_and_time(start: Callable[..., Flow], emr: EMRClient) -> None:
    def listed(**filters: Any) -> list[str]:
        return [cluster["Id"] for cluster in emr.list_clusters(**filters)["Clusters"]]

    older, newer = start(), start()
    older.until("WAITING")
    newer.until("WAITING")
    waiting = listed(ClusterStates=["WAITING"])
    assert waiting.index(newer.id) < waiting.index(older.id)
    now, hour = datetime.now(UTC), timedelta(hours=1)
    assert newer.id in listed(CreatedAfter=now - hour, CreatedBefore=now + hour)
    assert newer.id not in listed(CreatedAfter=now + hour)
    assert newer.id not in listed(CreatedBefore=now - hour)
    older.end()
    assert older.id in listed(ClusterStates=["TERMINATED"])
    assert newer.id not in listed(ClusterStates=["TERMINATED"])


def test_list_clusters_pages_of_fifty(endpoint: Endpoint) -> None:
    emr = endpoint.client(region_name="us-west-2")
    ids = [
        emr.run_job_flow(**{**MINIMAL, "Name": "page", "LogUri": "", "Instances": WITHOUT_KEEP_ALIVE})[
            "JobFlowId"
        ]
        for _ in range(52)
    ]
    first = emr.list_clusters()
    assert len(first["Clusters"]) == 50
    second = emr.list_clusters(Marker=first["Marker"])
    assert "Marker" not in dict(second)
    assert [c["Id"] for c in [*first["Clusters"], *second["Clusters"]]] == ids[::-1]


def test_clusters_of_another_region_are_not_seen(flow: Flow, endpoint: Endpoint) -> None:
    elsewhere = endpoint.client(region_name="us-east-2")
    assert elsewhere.list_clusters()["Clusters"] == []


def test_instance_groups(start: Callable[..., Flow], emr: EMRClient) -> None:
    flow = start(
        Instances={
            "MasterInstanceType": "m5.xlarge",
            "SlaveInstanceType": "m5.2xlarge",
            "InstanceCount": 3,
            "KeepJobFlowAliveWhenNoSteps": True,
        }
    )
    flow.until("WAITING")
    groups = emr.list_instance_groups(ClusterId=flow.id)["InstanceGroups"]
    assert [(g["InstanceGroupType"], g["InstanceType"], g["RunningInstanceCount"]) for g in groups] == [
        ("MASTER", "m5.xlarge", 1),
        ("CORE", "m5.2xlarge", 2),
    ]
    assert {g["Status"]["State"] for g in groups} == {"RUNNING"}
    assert all(g["Id"].startswith("ig-") for g in groups)


def test_instance_fleets(start: Callable[..., Flow], emr: EMRClient) -> None:
    flow = start(Instances=FLEETS)
    assert flow.until("WAITING")["InstanceCollectionType"] == "INSTANCE_FLEET"
    fleets = emr.list_instance_fleets(ClusterId=flow.id)["InstanceFleets"]
    assert [
        (f["InstanceFleetType"], f["ProvisionedOnDemandCapacity"], f["ProvisionedSpotCapacity"])
        for f in fleets
    ] == [
        ("MASTER", 1, 0),
        ("CORE", 0, 2),
    ]
    assert flow.describe()["Ec2InstanceAttributes"]["RequestedEc2SubnetIds"] == ["subnet-1", "subnet-2"]


@pytest.mark.aws
def test_tags_are_added_changed_and_removed(flow: Flow, emr: EMRClient) -> None:
    emr.add_tags(ResourceId=flow.id, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    emr.add_tags(ResourceId=flow.id, Tags=[{"Key": "a", "Value": "3"}])
    emr.remove_tags(ResourceId=flow.id, TagKeys=["b", "absent"])
    assert flow.describe()["Tags"] == [{"Key": "a", "Value": "3"}]
