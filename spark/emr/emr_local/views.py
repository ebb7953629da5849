"""Clusters and steps as the API's documents, for `shapes.dump`; None where a member is absent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from emr_local.model import Cluster, ClusterState, Step

Document = dict[str, Any]
# Members of Cluster that are RunJobFlow's own
ECHOED = (
    "LogUri",
    "LogEncryptionKmsKeyId",
    "ReleaseLabel",
    "ServiceRole",
    "Configurations",
    "SecurityConfiguration",
    "AutoScalingRole",
    "ScaleDownBehavior",
    "CustomAmiId",
    "EbsRootVolumeSize",
    "OSReleaseLabel",
    "ExtendedSupport",
    "SessionEnabled",
)
SECURITY_GROUPS = (
    "EmrManagedMasterSecurityGroup",
    "EmrManagedSlaveSecurityGroup",
    "ServiceAccessSecurityGroup",
    "AdditionalMasterSecurityGroups",
    "AdditionalSlaveSecurityGroups",
)


def cluster(value: Cluster, spark_version: str) -> Document:
    """DescribeCluster's Cluster."""
    request, instances = value.request, value.request["Instances"]
    return {
        **{name: request.get(name) for name in ECHOED},
        **cluster_summary(value),
        "Status": {**_cluster_status(value), "ErrorDetails": [_error_detail(d) for d in value.error_details]},
        "Ec2InstanceAttributes": {
            "Ec2KeyName": instances.get("Ec2KeyName"),
            "Ec2SubnetId": instances.get("Ec2SubnetId")
            or next(iter(instances.get("Ec2SubnetIds", [])), None),
            "RequestedEc2SubnetIds": instances.get("Ec2SubnetIds") or _listed(instances.get("Ec2SubnetId")),
            "Ec2AvailabilityZone": f"{value.owner.region}a",
            "IamInstanceProfile": request.get("JobFlowRole"),
            **{name: instances.get(name) for name in SECURITY_GROUPS},
        },
        "InstanceCollectionType": "INSTANCE_FLEET" if "InstanceFleets" in instances else "INSTANCE_GROUP",
        "AutoTerminate": not value.keep_alive,
        "TerminationProtected": value.protected,
        "UnhealthyNodeReplacement": instances.get("UnhealthyNodeReplacement"),
        "VisibleToAllUsers": request.get("VisibleToAllUsers", True),
        "Applications": [_application(entry, spark_version) for entry in request.get("Applications", [])],
        "Tags": [{"Key": key, "Value": text} for key, text in value.tags.items()],
        "MasterPublicDnsName": "localhost" if value.ready_at else None,
        "StepConcurrencyLevel": value.concurrency,
    }


def cluster_summary(value: Cluster) -> Document:
    """ListClusters' ClusterSummary."""
    return {
        "Id": value.id,
        "Name": value.name,
        "Status": _cluster_status(value),
        "NormalizedInstanceHours": 0,
        "ClusterArn": value.arn,
    }


def _cluster_status(value: Cluster) -> Document:
    reason = value.reason
    return {
        "State": value.state,
        "StateChangeReason": {"Code": reason.code, "Message": reason.message} if reason else {},
        "Timeline": {
            "CreationDateTime": value.created_at,
            "ReadyDateTime": value.ready_at,
            "EndDateTime": value.ended_at,
        },
    }


def _error_detail(detail: Any) -> Document:
    return {"ErrorCode": detail.code, "ErrorData": [dict(detail.data)], "ErrorMessage": detail.message}


def _application(entry: Mapping[str, Any], spark_version: str) -> Document:
    known = spark_version if entry.get("Name", "").lower() == "spark" else None
    return {"Name": entry.get("Name"), "Version": entry.get("Version") or known}


def _listed(item: Any) -> list[Any]:
    return [] if item is None else [item]


def step(value: Step) -> Document:
    """DescribeStep's Step."""
    return {**step_summary(value), "ExecutionRoleArn": value.execution_role}


def step_summary(value: Step) -> Document:
    """ListSteps' StepSummary."""
    failure = value.failure
    return {
        "Id": value.id,
        "Name": value.name,
        "Config": {
            "Jar": value.jar,
            "Properties": dict(value.properties),
            "MainClass": value.main_class,
            "Args": list(value.args),
        },
        "ActionOnFailure": value.action_on_failure,
        "Status": {
            "State": value.state,
            "StateChangeReason": {},
            "FailureDetails": failure
            and {"Reason": failure.reason, "Message": failure.message, "LogFile": failure.log_file},
            "Timeline": {
                "CreationDateTime": value.created_at,
                "StartDateTime": value.started_at,
                "EndDateTime": value.ended_at,
            },
        },
    }


def instance_configs(instances: Mapping[str, Any]) -> list[Document]:
    """The instance groups or fleets that RunJobFlow asked for; the flat form as the groups that it means."""
    given: list[Document] = instances.get("InstanceGroups") or instances.get("InstanceFleets") or []
    if given:
        return given
    master = instances.get("MasterInstanceType") or instances.get("SlaveInstanceType")
    groups = [{"InstanceRole": "MASTER", "InstanceType": master, "InstanceCount": 1}]
    workers = instances.get("InstanceCount", 1) - 1
    if workers:
        kind = instances.get("SlaveInstanceType") or master
        groups.append({"InstanceRole": "CORE", "InstanceType": kind, "InstanceCount": workers})
    return groups


def instance_groups(value: Cluster) -> list[Document]:
    """ListInstanceGroups' answer."""
    configs = instance_configs(value.request["Instances"])
    return [_group(value, *pair) for pair in zip(value.collection_ids, configs, strict=True)]


def _group(value: Cluster, group_id: str, config: Mapping[str, Any]) -> Document:
    return {
        "Id": group_id,
        "Name": config.get("Name"),
        "Market": config.get("Market", "ON_DEMAND"),
        "InstanceGroupType": config["InstanceRole"],
        "BidPrice": config.get("BidPrice"),
        "InstanceType": config.get("InstanceType"),
        "RequestedInstanceCount": config["InstanceCount"],
        "RunningInstanceCount": config["InstanceCount"] if _has_instances(value) else 0,
        "Status": _collection_status(value),
        "Configurations": config.get("Configurations", []),
    }


def instance_fleets(value: Cluster) -> list[Document]:
    """ListInstanceFleets' answer."""
    configs = instance_configs(value.request["Instances"])
    return [_fleet(value, *pair) for pair in zip(value.collection_ids, configs, strict=True)]


def _fleet(value: Cluster, fleet_id: str, config: Mapping[str, Any]) -> Document:
    on_demand, spot = config.get("TargetOnDemandCapacity", 0), config.get("TargetSpotCapacity", 0)
    types = [
        {name: item for name, item in kind.items() if name != "EbsConfiguration"}
        for kind in config.get("InstanceTypeConfigs", [])
    ]
    return {
        "Id": fleet_id,
        "Name": config.get("Name"),
        "Status": _collection_status(value),
        "InstanceFleetType": config["InstanceFleetType"],
        "TargetOnDemandCapacity": on_demand,
        "TargetSpotCapacity": spot,
        "ProvisionedOnDemandCapacity": on_demand if _has_instances(value) else 0,
        "ProvisionedSpotCapacity": spot if _has_instances(value) else 0,
        "InstanceTypeSpecifications": types,
        "LaunchSpecifications": config.get("LaunchSpecifications"),
    }


def _has_instances(value: Cluster) -> bool:
    return value.state in (ClusterState.BOOTSTRAPPING, ClusterState.RUNNING, ClusterState.WAITING)


def _collection_status(value: Cluster) -> Document:
    state = {
        ClusterState.STARTING: "PROVISIONING",
        ClusterState.BOOTSTRAPPING: "BOOTSTRAPPING",
        ClusterState.RUNNING: "RUNNING",
        ClusterState.WAITING: "RUNNING",
        ClusterState.TERMINATING: "TERMINATING",
    }.get(value.state, "TERMINATED")
    timeline = {
        "CreationDateTime": value.created_at,
        "ReadyDateTime": value.ready_at,
        "EndDateTime": value.ended_at,
    }
    return {"State": state, "StateChangeReason": {}, "Timeline": timeline}
