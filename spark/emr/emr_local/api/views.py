"""Clusters and steps as the API's documents, for `shapes.dump`; None where a member is absent."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from emr_local.state.model import Cluster, Step

Document = dict[str, Any]
# Members of Cluster that are RunJobFlow's own
ECHOED = (
    "LogUri",
    "LogEncryptionKmsKeyId",
    "ReleaseLabel",
    "ServiceRole",
    "SecurityConfiguration",
    "AutoScalingRole",
    "CustomAmiId",
    "EbsRootVolumeSize",
    "EbsRootVolumeIops",
    "EbsRootVolumeThroughput",
    "RepoUpgradeOnBoot",
    "OSReleaseLabel",
    "MonitoringConfiguration",
    "SessionEnabled",
)
PASSWORDS = ("KdcAdminPassword", "CrossRealmTrustPrincipalPassword", "ADDomainJoinPassword")


def cluster(value: Cluster, spark_version: str) -> Document:
    """DescribeCluster's Cluster."""
    request = value.request
    return {
        **{name: request.get(name) for name in ECHOED},
        **cluster_summary(value),
        "Status": {**_cluster_status(value), "ErrorDetails": [_error_detail(d) for d in value.error_details]},
        "Ec2InstanceAttributes": _ec2_attributes(value),
        "InstanceCollectionType": "INSTANCE_FLEET" if value.has_fleets else "INSTANCE_GROUP",
        "RequestedAmiVersion": request.get("AmiVersion"),
        "RunningAmiVersion": request.get("AmiVersion"),
        "AutoTerminate": not value.keep_alive,
        "TerminationProtected": value.protected,
        "UnhealthyNodeReplacement": value.unhealthy_node_replacement,
        "VisibleToAllUsers": value.visible,
        "Applications": [_application(entry, spark_version) for entry in request.get("Applications", [])],
        "Tags": [{"Key": key, "Value": text} for key, text in value.tags.items()],
        "MasterPublicDnsName": "localhost" if value.ready_at else None,
        "Configurations": request.get("Configurations", []),
        "ScaleDownBehavior": request.get("ScaleDownBehavior", "TERMINATE_AT_TASK_COMPLETION"),
        "KerberosAttributes": _without_passwords(request.get("KerberosAttributes")),
        "StepConcurrencyLevel": value.concurrency,
        "PlacementGroups": request.get("PlacementGroupConfigs", []),
        "ExtendedSupport": value.extended_support,
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
        "Timeline": timeline(value),
    }


def timeline(value: Cluster) -> Document:
    """When the cluster was made, was ready, ended."""
    return {
        "CreationDateTime": value.created_at,
        "ReadyDateTime": value.ready_at,
        "EndDateTime": value.ended_at,
    }


def _ec2_attributes(value: Cluster) -> Document:
    """Where its instances would be; what EMR would choose is made up, and stays the same."""
    instances = value.request["Instances"]
    subnets = instances.get("Ec2SubnetIds") or _listed(instances.get("Ec2SubnetId"))
    placement = instances.get("Placement", {})
    zones = placement.get("AvailabilityZones") or _listed(placement.get("AvailabilityZone"))
    return {
        "Ec2KeyName": instances.get("Ec2KeyName"),
        "Ec2SubnetId": next(iter(subnets), None),
        "RequestedEc2SubnetIds": subnets,
        "Ec2AvailabilityZone": next(iter(zones), f"{value.owner.region}a"),
        "RequestedEc2AvailabilityZones": placement.get("AvailabilityZones", []),
        "IamInstanceProfile": value.request.get("JobFlowRole"),
        "EmrManagedMasterSecurityGroup": instances.get("EmrManagedMasterSecurityGroup")
        or _security_group(value, "primary"),
        "EmrManagedSlaveSecurityGroup": instances.get("EmrManagedSlaveSecurityGroup")
        or _security_group(value, "core"),
        "ServiceAccessSecurityGroup": instances.get("ServiceAccessSecurityGroup"),
        "AdditionalMasterSecurityGroups": instances.get("AdditionalMasterSecurityGroups", []),
        "AdditionalSlaveSecurityGroups": instances.get("AdditionalSlaveSecurityGroups", []),
    }


def _security_group(value: Cluster, role: str) -> str:
    return (
        f"sg-{hashlib.sha256(f'{value.owner.account} {value.owner.region} {role}'.encode()).hexdigest()[:17]}"
    )


def _without_passwords(kerberos: Mapping[str, Any] | None) -> Document | None:
    if kerberos is None:
        return None
    return {name: "****" if name in PASSWORDS else text for name, text in kerberos.items()}


def _error_detail(detail: Any) -> Document:
    return {"ErrorCode": detail.code, "ErrorData": [dict(detail.data)], "ErrorMessage": detail.message}


def _application(entry: Mapping[str, Any], spark_version: str) -> Document:
    known = spark_version if entry.get("Name", "").lower() == "spark" else None
    return {**entry, "Version": entry.get("Version") or known}


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


def bootstrap_actions(value: Cluster) -> list[Document]:
    """ListBootstrapActions' answer."""
    return [
        {
            "Name": action["Name"],
            "ScriptPath": action["ScriptBootstrapAction"]["Path"],
            "Args": action["ScriptBootstrapAction"].get("Args", []),
        }
        for action in value.request.get("BootstrapActions", [])
    ]
