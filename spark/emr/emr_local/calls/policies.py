"""Policies of a cluster: auto-termination acts, managed and automatic scaling are recorded only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from emr_local.api import instance_checks, instance_views, validation
from emr_local.api.errors import mutually_exclusive
from emr_local.calls.changes import change
from emr_local.calls.instances import find, with_set
from emr_local.calls.job_flows import idle_timeout
from emr_local.service import Params, Service
from emr_local.state.model import Cluster, InstanceSet, Owner


def put_auto_termination(service: Service, owner: Owner, params: Params) -> Params:
    """PutAutoTerminationPolicy."""
    policy = params.get("AutoTerminationPolicy", {})

    def put(cluster: Cluster, _: datetime) -> Cluster:
        validation.check_idle_timeout(policy, service.settings.min_idle_timeout_s)
        return replace(cluster, idle_timeout_s=idle_timeout(policy))

    change(service, owner, params["ClusterId"], put)
    return {}


def get_auto_termination(service: Service, owner: Owner, params: Params) -> Params:
    """GetAutoTerminationPolicy: an empty answer when the cluster has none."""
    seconds = service.store.get(params["ClusterId"], owner).idle_timeout_s
    return {} if seconds is None else {"AutoTerminationPolicy": {"IdleTimeout": seconds}}


def remove_auto_termination(service: Service, owner: Owner, params: Params) -> Params:
    """RemoveAutoTerminationPolicy."""
    change(service, owner, params["ClusterId"], lambda cluster, _: replace(cluster, idle_timeout_s=None))
    return {}


def put_managed_scaling(service: Service, owner: Owner, params: Params) -> Params:
    """PutManagedScalingPolicy."""
    policy = params["ManagedScalingPolicy"]

    def put(cluster: Cluster, _: datetime) -> Cluster:
        validation.check_managed_scaling(policy)
        return replace(cluster, managed_scaling=policy)

    change(service, owner, params["ClusterId"], put)
    return {}


def get_managed_scaling(service: Service, owner: Owner, params: Params) -> Params:
    """GetManagedScalingPolicy: an empty answer when the cluster has none."""
    return {"ManagedScalingPolicy": service.store.get(params["ClusterId"], owner).managed_scaling}


def remove_managed_scaling(service: Service, owner: Owner, params: Params) -> Params:
    """RemoveManagedScalingPolicy."""
    change(service, owner, params["ClusterId"], lambda cluster, _: replace(cluster, managed_scaling=None))
    return {}


def put_auto_scaling(service: Service, owner: Owner, params: Params) -> Params:
    """PutAutoScalingPolicy."""
    policy = params["AutoScalingPolicy"]
    instance_checks.check_scaling(policy)
    after = _with_policy(service, owner, params, policy, "PutAutoScalingPolicy")
    group = find(after, params["InstanceGroupId"])
    return {
        "ClusterId": after.id,
        "InstanceGroupId": group.id,
        "AutoScalingPolicy": instance_views.scaling_policy(group),
        "ClusterArn": after.arn,
    }


def remove_auto_scaling(service: Service, owner: Owner, params: Params) -> Params:
    """RemoveAutoScalingPolicy."""
    _with_policy(service, owner, params, None, "RemoveAutoScalingPolicy")
    return {}


def _with_policy(
    service: Service, owner: Owner, params: Params, policy: Mapping[str, Any] | None, operation: str
) -> Cluster:
    def put(cluster: Cluster, _: datetime) -> Cluster:
        if cluster.has_fleets:
            raise mutually_exclusive(operation, "PutManagedScalingPolicy", fleets=True)
        group: InstanceSet = find(cluster, params["InstanceGroupId"])
        return with_set(cluster, replace(group, scaling_policy=policy))

    return change(service, owner, params["ClusterId"], put)
