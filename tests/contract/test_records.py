"""What is kept and given back: policies, settings, security configurations; also over a restart."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.contract.harness import (
    MINIMAL,
    Endpoint,
    Flow,
    bash,
    start_endpoint,
    stop,
)
from tests.contract.samples import (
    CORE,
    LIMITS,
    PORTS,
    SCALING,
    add_groups,
    groups_of,
    instances_of,
    refused,
)
from tests.contract.test_clusters import QUICK

if TYPE_CHECKING:
    from mypy_boto3_emr import EMRClient


def test_scaling_policies_are_kept(start: Callable[..., Flow], emr: EMRClient) -> None:
    core = {**CORE, "AutoScalingPolicy": SCALING}
    instances = {**MINIMAL["Instances"], "InstanceGroups": [*MINIMAL["Instances"]["InstanceGroups"], core]}
    flow = start(Instances=instances, ManagedScalingPolicy={"ComputeLimits": LIMITS})
    flow.until("WAITING")
    group = groups_of(flow)["CORE"]
    assert group["AutoScalingPolicy"] == {**SCALING, "Status": {"State": "ATTACHED", "StateChangeReason": {}}}
    emr.remove_auto_scaling_policy(ClusterId=flow.id, InstanceGroupId=group["Id"])
    assert "AutoScalingPolicy" not in groups_of(flow)["CORE"]
    put = emr.put_auto_scaling_policy(
        ClusterId=flow.id, InstanceGroupId=group["Id"], AutoScalingPolicy=SCALING
    )
    assert put["AutoScalingPolicy"] == groups_of(flow)["CORE"]["AutoScalingPolicy"]
    assert (
        emr.get_managed_scaling_policy(ClusterId=flow.id)["ManagedScalingPolicy"]["ComputeLimits"] == LIMITS
    )
    emr.remove_managed_scaling_policy(ClusterId=flow.id)
    assert "ManagedScalingPolicy" not in emr.get_managed_scaling_policy(ClusterId=flow.id)
    wrong = {"ComputeLimits": {**LIMITS, "MinimumCapacityUnits": 4}}
    assert refused(emr.put_managed_scaling_policy, ClusterId=flow.id, ManagedScalingPolicy=wrong)[:2] == (
        "InvalidRequestException",
        "MinimumCapacityUnits must be at least 1, and MaximumCapacityUnits not less: 4, 3.",
    )


def test_settings_of_a_job_flow_are_kept(flow: Flow, emr: EMRClient) -> None:
    before = flow.describe()
    assert (before["VisibleToAllUsers"], before["UnhealthyNodeReplacement"]) == (True, False)
    emr.set_visible_to_all_users(JobFlowIds=[flow.id], VisibleToAllUsers=False)
    emr.set_unhealthy_node_replacement(JobFlowIds=[flow.id], UnhealthyNodeReplacement=True)
    after = flow.describe()
    assert (after["VisibleToAllUsers"], after["UnhealthyNodeReplacement"]) == (False, True)


def test_a_cluster_describes_all_that_it_was_given(start: Callable[..., Flow]) -> None:
    kerberos = {"Realm": "EC2.INTERNAL", "KdcAdminPassword": "secret"}
    logs = {"CloudWatchLogConfiguration": {"Enabled": True, "LogGroupName": "g"}}
    flow = start(
        OSReleaseLabel="2023.4", EbsRootVolumeSize=20, EbsRootVolumeIops=3000, EbsRootVolumeThroughput=125,
        RepoUpgradeOnBoot="NONE", CustomAmiId="ami-1", AutoScalingRole="r", KerberosAttributes=kerberos,
        MonitoringConfiguration=logs, ExtendedSupport=True,
        PlacementGroupConfigs=[{"InstanceRole": "MASTER"}],
        Instances={**MINIMAL["Instances"], "Ec2SubnetId": "subnet-1", "Ec2KeyName": "k",
                   "Placement": {"AvailabilityZone": "eu-central-1c"}, "ServiceAccessSecurityGroup": "sg-1"},
    )  # fmt: skip
    cluster = flow.until("WAITING")
    assert cluster["KerberosAttributes"] == {"Realm": "EC2.INTERNAL", "KdcAdminPassword": "****"}
    assert (cluster["OSReleaseLabel"], cluster["EbsRootVolumeSize"]) == ("2023.4", 20)
    assert (cluster["EbsRootVolumeIops"], cluster["EbsRootVolumeThroughput"]) == (3000, 125)
    assert (cluster["RepoUpgradeOnBoot"], cluster["CustomAmiId"]) == ("NONE", "ami-1")
    assert (cluster["MonitoringConfiguration"], cluster["ExtendedSupport"]) == (logs, True)
    assert cluster["PlacementGroups"] == [{"InstanceRole": "MASTER"}]
    assert cluster["ScaleDownBehavior"] == "TERMINATE_AT_TASK_COMPLETION"
    assert cluster["MasterPublicDnsName"] == "localhost"
    assert cluster["NormalizedInstanceHours"] == 0
    ec2 = cluster["Ec2InstanceAttributes"]
    assert (ec2["Ec2SubnetId"], ec2["RequestedEc2SubnetIds"]) == ("subnet-1", ["subnet-1"])
    assert (ec2["Ec2KeyName"], ec2["Ec2AvailabilityZone"]) == ("k", "eu-central-1c")
    assert ec2["ServiceAccessSecurityGroup"] == "sg-1"
    assert ec2["EmrManagedMasterSecurityGroup"].startswith("sg-")
    assert ec2["EmrManagedMasterSecurityGroup"] != ec2["EmrManagedSlaveSecurityGroup"]


def test_steps_have_the_role_that_they_were_given(start: Callable[..., Flow]) -> None:
    role = "arn:aws:iam::111122223333:role/steps"
    flow = start(Steps=[bash("true")], StepExecutionRoleArn=role)
    [summary] = flow.emr.list_steps(ClusterId=flow.id)["Steps"]
    assert flow.step(summary["Id"])["ExecutionRoleArn"] == role
    assert "ExecutionRoleArn" not in summary


def test_security_configurations_are_kept_and_needed(start: Callable[..., Flow], endpoint: Endpoint) -> None:
    emr = endpoint.client(region_name="ap-south-1")
    family, absent = "InvalidRequestException", "Security configuration with name 'one' does not exist."
    assert refused(emr.describe_security_configuration, Name="one") == (family, absent, 400)
    assert refused(emr.delete_security_configuration, Name="one") == (family, absent, 400)
    created = emr.create_security_configuration(Name="one", SecurityConfiguration='{"a": 1}')
    described = emr.describe_security_configuration(Name="one")
    assert described["SecurityConfiguration"] == '{"a": 1}'
    assert created["CreationDateTime"] == described["CreationDateTime"] <= datetime.now(UTC)
    again = refused(emr.create_security_configuration, Name="one", SecurityConfiguration="{}")
    assert again == (family, "SecurityConfiguration with name 'one' already exists.", 400)
    for text in ("", "no JSON", "[]", "[" * 100_000):
        bad = refused(emr.create_security_configuration, Name="two", SecurityConfiguration=text)
        assert bad == (family, "The security configuration is not a JSON object.", 400)
    request: Any = {"Name": "secured", **MINIMAL, "SecurityConfiguration": "one"}
    cluster_id = emr.run_job_flow(**request)["JobFlowId"]
    assert emr.describe_cluster(ClusterId=cluster_id)["Cluster"]["SecurityConfiguration"] == "one"
    emr.terminate_job_flows(JobFlowIds=[cluster_id])
    emr.delete_security_configuration(Name="one")
    assert refused(emr.run_job_flow, **request) == ("ValidationException", absent, 400)
    emr.get_waiter("cluster_terminated").wait(ClusterId=cluster_id, WaiterConfig=QUICK)  # type: ignore[arg-type]


def test_security_configurations_in_pages_deleted_on_the_way(endpoint: Endpoint) -> None:
    emr = endpoint.client(region_name="ap-south-2")
    names = [f"c{number:02}" for number in range(60)]
    for name in reversed(names):
        emr.create_security_configuration(Name=name, SecurityConfiguration="{}")
    seen: list[str] = []
    page = emr.list_security_configurations()
    while True:
        for entry in page["SecurityConfigurations"]:
            seen.append(entry["Name"])
            emr.delete_security_configuration(Name=entry["Name"])
        if not page.get("Marker"):
            break
        page = emr.list_security_configurations(Marker=page["Marker"])
    assert seen == names


def test_public_access_is_an_accounts_in_a_region(endpoint: Endpoint) -> None:
    emr, other = (endpoint.client(region_name=name) for name in ("sa-east-1", "sa-west-1"))
    default = emr.get_block_public_access_configuration()
    ranges = default["BlockPublicAccessConfiguration"]["PermittedPublicSecurityGroupRuleRanges"]
    assert ranges == [{"MinRange": 22, "MaxRange": 22}]
    emr.put_block_public_access_configuration(BlockPublicAccessConfiguration=PORTS)
    put = emr.get_block_public_access_configuration()
    assert put["BlockPublicAccessConfiguration"] == PORTS
    metadata = put["BlockPublicAccessConfigurationMetadata"]
    assert metadata["CreatedByArn"] == "arn:aws:iam::111122223333:root"
    assert (
        metadata["CreationDateTime"] > default["BlockPublicAccessConfigurationMetadata"]["CreationDateTime"]
    )
    assert other.get_block_public_access_configuration()["BlockPublicAccessConfiguration"] != PORTS
    wrong: Any = {**PORTS, "PermittedPublicSecurityGroupRuleRanges": [{"MinRange": 2, "MaxRange": 1}]}
    answer = refused(emr.put_block_public_access_configuration, BlockPublicAccessConfiguration=wrong)
    assert answer == ("InvalidRequestException", "MaxRange must not be less than MinRange: 2, 1.", 400)


def test_what_is_recorded_outlives_the_service(s3_url: str, tmp_path: Path) -> None:
    running = start_endpoint(tmp_path, s3_url)
    emr = running.client()
    emr.create_security_configuration(Name="kept", SecurityConfiguration='{"kept": true}')
    emr.put_block_public_access_configuration(BlockPublicAccessConfiguration=PORTS)
    flow = Flow(emr, SecurityConfiguration="kept")
    flow.until("WAITING")
    [core] = add_groups(flow, CORE)
    emr.put_auto_scaling_policy(ClusterId=flow.id, InstanceGroupId=core, AutoScalingPolicy=SCALING)
    emr.put_managed_scaling_policy(ClusterId=flow.id, ManagedScalingPolicy={"ComputeLimits": LIMITS})
    emr.set_visible_to_all_users(JobFlowIds=[flow.id], VisibleToAllUsers=False)
    ids = [instance["Id"] for instance in instances_of(flow)]
    stop(running.process)
    running = start_endpoint(tmp_path, s3_url)
    try:
        flow.emr = emr = running.client()
        assert emr.describe_security_configuration(Name="kept")["SecurityConfiguration"] == '{"kept": true}'
        access = emr.get_block_public_access_configuration()["BlockPublicAccessConfiguration"]
        assert access == PORTS
        policy = emr.get_managed_scaling_policy(ClusterId=flow.id)["ManagedScalingPolicy"]
        assert policy["ComputeLimits"] == LIMITS
        assert groups_of(flow)["CORE"]["AutoScalingPolicy"]["Rules"] == SCALING["Rules"]
        assert [instance["Id"] for instance in instances_of(flow)] == ids
        assert flow.describe()["VisibleToAllUsers"] is False
    finally:
        stop(running.process)
