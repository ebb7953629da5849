"""Instance groups, fleets and instances as the API's documents; None where a member is absent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from emr_local.api.views import Document
from emr_local.state.instance_sets import lightest
from emr_local.state.model import Cluster, ClusterState, Instance, InstanceSet

SET_STATES = {
    ClusterState.STARTING: "PROVISIONING",
    ClusterState.BOOTSTRAPPING: "BOOTSTRAPPING",
    ClusterState.RUNNING: "RUNNING",
    ClusterState.WAITING: "RUNNING",
    ClusterState.TERMINATING: "TERMINATING",
}
LOOPBACK = {
    "PublicDnsName": "localhost",
    "PublicIpAddress": "127.0.0.1",
    "PrivateDnsName": "localhost",
    "PrivateIpAddress": "127.0.0.1",
}
FLEET_MEMBERS = ("Name", "InstanceFleetType", "LaunchSpecifications", "ResizeSpecifications", "Context")
CLUSTER_TERMINATED = {"Code": "CLUSTER_TERMINATED", "Message": "Job flow terminated"}


def group(cluster: Cluster, value: InstanceSet) -> Document:
    """ListInstanceGroups' InstanceGroup."""
    config = value.config
    running = len(value.alive) if has_instances(cluster) else 0
    configurations = config.get("Configurations", [])
    return {
        "Id": value.id,
        "Name": config.get("Name"),
        "Market": config.get("Market", "ON_DEMAND"),
        "InstanceGroupType": value.role,
        "BidPrice": config.get("BidPrice"),
        "InstanceType": config.get("InstanceType"),
        "RequestedInstanceCount": config["InstanceCount"],
        "RunningInstanceCount": running,
        "Status": set_status(cluster, value),
        "Configurations": configurations,
        "ConfigurationsVersion": value.configurations_version,
        "LastSuccessfullyAppliedConfigurations": configurations,
        "LastSuccessfullyAppliedConfigurationsVersion": value.configurations_version,
        **_disks(config),
        "ShrinkPolicy": value.shrink_policy or {},
        "AutoScalingPolicy": scaling_policy(value),
        "CustomAmiId": config.get("CustomAmiId"),
    }


def scaling_policy(value: InstanceSet) -> Document | None:
    """The group's AutoScalingPolicyDescription, if it has a policy."""
    if value.scaling_policy is None:
        return None
    return {"Status": {"State": "ATTACHED", "StateChangeReason": {}}, **value.scaling_policy}


def fleet(cluster: Cluster, value: InstanceSet) -> Document:
    """ListInstanceFleets' InstanceFleet."""
    config = value.config
    weight = lightest(config).get("WeightedCapacity", 1)
    markets = [i.market for i in value.alive] if has_instances(cluster) else []
    return {
        **{name: config.get(name) for name in FLEET_MEMBERS},
        "Id": value.id,
        "Status": set_status(cluster, value),
        "TargetOnDemandCapacity": config.get("TargetOnDemandCapacity", 0),
        "TargetSpotCapacity": config.get("TargetSpotCapacity", 0),
        "ProvisionedOnDemandCapacity": weight * markets.count("ON_DEMAND"),
        "ProvisionedSpotCapacity": weight * markets.count("SPOT"),
        "InstanceTypeSpecifications": [
            _specification(kind) for kind in config.get("InstanceTypeConfigs", [])
        ],
    }


def _specification(kind: Mapping[str, Any]) -> Document:
    """An InstanceTypeConfig as an InstanceTypeSpecification."""
    given = {name: item for name, item in kind.items() if name != "EbsConfiguration"}
    return {"WeightedCapacity": 1, "Configurations": [], **given, **_disks(kind)}


def _disks(config: Mapping[str, Any]) -> Document:
    ebs = config.get("EbsConfiguration", {})
    devices = [
        block["VolumeSpecification"]
        for block in ebs.get("EbsBlockDeviceConfigs", [])
        for _ in range(block.get("VolumesPerInstance", 1))
    ]
    return {
        "EbsBlockDevices": [
            {"VolumeSpecification": volume, "Device": f"/dev/sd{chr(ord('b') + n)}"}
            for n, volume in enumerate(devices)
        ],
        "EbsOptimized": ebs.get("EbsOptimized"),
    }


def has_instances(cluster: Cluster) -> bool:
    """Whether instances are there: fully provisioned, and not yet ending."""
    return cluster.state in (ClusterState.BOOTSTRAPPING, ClusterState.RUNNING, ClusterState.WAITING)


def set_status(cluster: Cluster, value: InstanceSet) -> Document:
    """The status of a group or fleet: its cluster's, as far as there is one for it."""
    state = SET_STATES.get(cluster.state, "TERMINATED")
    reason = CLUSTER_TERMINATED if state == "TERMINATED" else {}
    return {"State": state, "StateChangeReason": reason, "Timeline": _timeline(cluster, value.created_at)}


def instances(cluster: Cluster, value: InstanceSet) -> Iterator[Document]:
    """The set's instances, oldest first."""
    owner = "InstanceFleetId" if value.is_fleet else "InstanceGroupId"
    for instance in value.instances:
        yield {
            **LOOPBACK,
            "Id": instance.id,
            "Ec2InstanceId": instance.ec2_id,
            "Status": _instance_status(cluster, instance),
            owner: value.id,
            "Market": instance.market,
            "InstanceType": instance.type,
            "EbsVolumes": [],
        }


def _instance_status(cluster: Cluster, instance: Instance) -> Document:
    if instance.ended_at is not None:
        state, reason = "TERMINATED", {}
    elif cluster.state.ended:
        state, reason = "TERMINATED", CLUSTER_TERMINATED
    else:
        state, reason = SET_STATES[cluster.state].replace("TERMINATING", "RUNNING"), {}
    timeline = _timeline(cluster, instance.created_at)
    return {
        "State": state,
        "StateChangeReason": reason,
        "Timeline": {**timeline, "EndDateTime": instance.ended_at or cluster.ended_at},
    }


def _timeline(cluster: Cluster, created_at: datetime) -> Document:
    ready = cluster.ready_at and max(cluster.ready_at, created_at)
    return {"CreationDateTime": created_at, "ReadyDateTime": ready, "EndDateTime": cluster.ended_at}
