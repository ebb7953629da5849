"""DescribeJobFlows, which EMR keeps for old clients: whole job flows with their groups, steps and actions."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from emr_local.api import instance_views, views
from emr_local.api.views import Document
from emr_local.calls.cluster_calls import created_as_asked
from emr_local.service import Params, Service
from emr_local.state.model import Cluster, ClusterState, InstanceSet, Owner, Step, StepState
from emr_local.state.store import utc_now

MAX_JOB_FLOWS = 512
SHOWN = timedelta(days=61)
ENDED_SHOWN = timedelta(weeks=2)
FILTERS = ("JobFlowIds", "JobFlowStates", "CreatedAfter", "CreatedBefore")
ECHOED = (
    "LogUri",
    "LogEncryptionKmsKeyId",
    "AmiVersion",
    "SupportedProducts",
    "JobFlowRole",
    "ServiceRole",
    "AutoScalingRole",
    "ScaleDownBehavior",
)


def describe_job_flows(service: Service, owner: Owner, params: Params) -> Params:
    """DescribeJobFlows: newest first; ids that are not there are left out."""
    now = utc_now()
    found = [c for c in reversed(service.store.all(owner)) if _asked_for(c, params, now)]
    return {"JobFlows": [job_flow(cluster) for cluster in found[:MAX_JOB_FLOWS]]}


def _asked_for(cluster: Cluster, params: Params, now: datetime) -> bool:
    if cluster.created_at < now - SHOWN:
        return False
    if not any(name in params for name in FILTERS):
        return cluster.ended_at is None or cluster.created_at > now - ENDED_SHOWN
    ids, states = params.get("JobFlowIds"), params.get("JobFlowStates")
    return (
        (not ids or cluster.id in ids)
        and (not states or state(cluster) in states)
        and created_as_asked(cluster, params)
    )


def state(cluster: Cluster) -> str:
    """The cluster's state in this operation's words."""
    if cluster.state is ClusterState.TERMINATING:
        return "SHUTTING_DOWN"
    if cluster.state is ClusterState.TERMINATED_WITH_ERRORS:
        return "FAILED"
    if cluster.state is ClusterState.TERMINATED and cluster.reason and cluster.reason.code != "USER_REQUEST":
        return "COMPLETED"
    return str(cluster.state)


def job_flow(cluster: Cluster) -> Document:
    """A JobFlowDetail."""
    request = cluster.request
    return {
        **{name: request.get(name) for name in ECHOED},
        "JobFlowId": cluster.id,
        "Name": cluster.name,
        "ExecutionStatusDetail": {
            "State": state(cluster),
            "CreationDateTime": cluster.created_at,
            "StartDateTime": cluster.ready_at,
            "ReadyDateTime": cluster.ready_at,
            "EndDateTime": cluster.ended_at,
            "LastStateChangeReason": cluster.reason.message if cluster.reason else None,
        },
        "Instances": _instances(cluster),
        "Steps": [_step(step) for step in cluster.steps],
        "BootstrapActions": [
            {"BootstrapActionConfig": action} for action in request.get("BootstrapActions", [])
        ],
        "VisibleToAllUsers": cluster.visible,
    }


def _instances(cluster: Cluster) -> Document:
    instances = cluster.request["Instances"]
    types = {each.role: each.alive[0].type for each in reversed(cluster.instance_sets) if each.alive}
    primary = types.get("MASTER") or "unknown"
    groups = () if cluster.has_fleets else cluster.instance_sets
    return {
        "MasterInstanceType": primary,
        "MasterPublicDnsName": "localhost" if cluster.ready_at else None,
        "MasterInstanceId": cluster.instance_id,
        "SlaveInstanceType": types.get("CORE") or primary,
        "InstanceCount": sum(len(each.alive) for each in cluster.instance_sets),
        "InstanceGroups": [_group(cluster, group) for group in groups],
        "NormalizedInstanceHours": 0,
        "Ec2KeyName": instances.get("Ec2KeyName"),
        "Ec2SubnetId": instances.get("Ec2SubnetId"),
        "Placement": instances.get("Placement") or {"AvailabilityZone": f"{cluster.owner.region}a"},
        "KeepJobFlowAliveWhenNoSteps": cluster.keep_alive,
        "TerminationProtected": cluster.protected,
        "UnhealthyNodeReplacement": cluster.unhealthy_node_replacement,
        "HadoopVersion": instances.get("HadoopVersion"),
    }


def _group(cluster: Cluster, group: InstanceSet) -> Document:
    now = instance_views.group(cluster, group)
    timeline = now["Status"]["Timeline"]
    return {
        **{name: now[name] for name in ("Name", "Market", "BidPrice", "CustomAmiId")},
        "InstanceGroupId": group.id,
        "InstanceRole": group.role,
        "InstanceType": now["InstanceType"] or "unknown",
        "InstanceRequestCount": now["RequestedInstanceCount"],
        "InstanceRunningCount": now["RunningInstanceCount"],
        "State": now["Status"]["State"],
        **timeline,
        "StartDateTime": timeline["ReadyDateTime"],
    }


def _step(step: Step) -> Document:
    summary: dict[str, Any] = views.step_summary(step)
    config = summary["Config"]
    properties = [{"Key": key, "Value": value} for key, value in config["Properties"].items()]
    return {
        "StepConfig": {
            "Name": step.name,
            "ActionOnFailure": step.action_on_failure,
            "HadoopJarStep": {**config, "Properties": properties},
        },
        "ExecutionStatusDetail": {
            "State": StepState.RUNNING if step.state is StepState.CANCEL_PENDING else step.state,
            **summary["Status"]["Timeline"],
            "LastStateChangeReason": step.failure.message if step.failure else None,
        },
    }
