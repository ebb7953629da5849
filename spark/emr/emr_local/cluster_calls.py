"""The cluster family of operations, about clusters and their steps; errors are InvalidRequestException."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from emr_local import clusters, errors, validation, views
from emr_local.errors import InvalidRequestException, no_such_step
from emr_local.job_flows import DEFAULT_IDLE_TIMEOUT_S
from emr_local.model import Cluster, Owner, Step, StepState
from emr_local.service import Params, Service

PAGE_SIZE = 50
MAX_STEP_IDS = 10
MAX_CANCELLED_STEPS = 256

Item = TypeVar("Item", Cluster, Step)


def describe_cluster(service: Service, owner: Owner, params: Params) -> Params:
    """DescribeCluster."""
    cluster = service.store.get(params["ClusterId"], owner)
    return {"Cluster": views.cluster(cluster, service.settings.spark_version)}


def list_clusters(service: Service, owner: Owner, params: Params) -> Params:
    """ListClusters: newest first."""
    states = params.get("ClusterStates")
    after, before = params.get("CreatedAfter"), params.get("CreatedBefore")

    def asked_for(cluster: Cluster) -> bool:
        return (
            (not states or cluster.state in states)
            and (after is None or cluster.created_at > after)
            and (before is None or cluster.created_at < before)
        )

    newest_first = list(reversed(service.store.all(owner)))
    page, marker = paged(newest_first, params.get("Marker"), asked_for)
    return {"Clusters": [views.cluster_summary(cluster) for cluster in page], "Marker": marker}


def describe_step(service: Service, owner: Owner, params: Params) -> Params:
    """DescribeStep."""
    step = service.store.get(params["ClusterId"], owner).step(params["StepId"])
    if step is None:
        raise no_such_step(params["StepId"])
    return {"Step": views.step(step)}


def list_steps(service: Service, owner: Owner, params: Params) -> Params:
    """ListSteps: newest first, by ids or by states."""
    cluster = service.store.get(params["ClusterId"], owner)
    ids, states = params.get("StepIds"), params.get("StepStates")
    if ids and states:
        raise InvalidRequestException(errors.IDS_AND_STATES)
    if ids and len(ids) > MAX_STEP_IDS:
        raise InvalidRequestException(f"At most {MAX_STEP_IDS} StepIds can be specified.")
    for step_id in ids or []:
        if cluster.step(step_id) is None:
            raise no_such_step(step_id)

    def asked_for(step: Step) -> bool:
        return (not ids or step.id in ids) and (not states or step.state in states)

    page, marker = paged(list(reversed(cluster.steps)), params.get("Marker"), asked_for)
    return {"Steps": [views.step_summary(step) for step in page], "Marker": marker}


def cancel_steps(service: Service, owner: Owner, params: Params) -> Params:
    """CancelSteps: pending steps at once, running ones when their process has ended."""
    cluster = service.store.get(params["ClusterId"], owner)
    if len(params["StepIds"]) > MAX_CANCELLED_STEPS:
        raise InvalidRequestException(f"At most {MAX_CANCELLED_STEPS} StepIds can be specified.")
    answers: tuple[tuple[str, str, str], ...] = ()

    def cancel(before: Cluster, now: datetime) -> Cluster:
        nonlocal answers
        after, answers = clusters.cancel_steps(before, params["StepIds"], now)
        return after

    after = service.store.update(cluster.id, cancel)
    running = [
        step.id
        for step in after.steps
        if step.state is StepState.CANCEL_PENDING and step.id in params["StepIds"]
    ]
    kill = params.get("StepCancellationOption") == "TERMINATE_PROCESS"
    if running:
        service.runner.cancel(cluster.id, running, kill)
    infos = [{"StepId": step_id, "Status": status, "Reason": reason} for step_id, status, reason in answers]
    return {"CancelStepsInfoList": infos}


def list_bootstrap_actions(service: Service, owner: Owner, params: Params) -> Params:
    """ListBootstrapActions."""
    actions = service.store.get(params["ClusterId"], owner).request.get("BootstrapActions", [])
    return {
        "BootstrapActions": [
            {
                "Name": action["Name"],
                "ScriptPath": action["ScriptBootstrapAction"]["Path"],
                "Args": action["ScriptBootstrapAction"].get("Args", []),
            }
            for action in actions
        ]
    }


def list_instance_groups(service: Service, owner: Owner, params: Params) -> Params:
    """ListInstanceGroups."""
    return {"InstanceGroups": views.instance_groups(_with_collection(service, owner, params, fleets=False))}


def list_instance_fleets(service: Service, owner: Owner, params: Params) -> Params:
    """ListInstanceFleets."""
    return {"InstanceFleets": views.instance_fleets(_with_collection(service, owner, params, fleets=True))}


def add_tags(service: Service, owner: Owner, params: Params) -> Params:
    """AddTags: a tag that exists gets the new value."""
    added = {tag["Key"]: tag.get("Value", "") for tag in params["Tags"]}
    return _change(service, owner, params["ResourceId"], lambda c: replace(c, tags={**c.tags, **added}))


def remove_tags(service: Service, owner: Owner, params: Params) -> Params:
    """RemoveTags: keys that are not there are no error."""

    def without(cluster: Cluster) -> Cluster:
        kept = {key: value for key, value in cluster.tags.items() if key not in params["TagKeys"]}
        return replace(cluster, tags=kept)

    return _change(service, owner, params["ResourceId"], without)


def put_auto_termination_policy(service: Service, owner: Owner, params: Params) -> Params:
    """PutAutoTerminationPolicy."""
    policy = params.get("AutoTerminationPolicy", {})
    validation.check_idle_timeout(policy, service.settings.min_idle_timeout_s)
    timeout = policy.get("IdleTimeout", DEFAULT_IDLE_TIMEOUT_S)
    return _change(service, owner, params["ClusterId"], lambda c: replace(c, idle_timeout_s=timeout))


def get_auto_termination_policy(service: Service, owner: Owner, params: Params) -> Params:
    """GetAutoTerminationPolicy: an empty answer when the cluster has none."""
    timeout = service.store.get(params["ClusterId"], owner).idle_timeout_s
    return {} if timeout is None else {"AutoTerminationPolicy": {"IdleTimeout": timeout}}


def remove_auto_termination_policy(service: Service, owner: Owner, params: Params) -> Params:
    """RemoveAutoTerminationPolicy."""
    return _change(service, owner, params["ClusterId"], lambda c: replace(c, idle_timeout_s=None))


def paged(
    items: Sequence[Item], marker: str | None, asked_for: Callable[[Item], bool]
) -> tuple[Sequence[Item], str | None]:
    """One page of what is asked for after `marker`, and the marker of the next.

    A marker holds the id of a page's last item, looked up among all: its state may have changed since.
    """
    first = 0
    if marker is not None:
        try:
            last = base64.urlsafe_b64decode(marker.encode()).decode()
            first = [item.id for item in items].index(last) + 1
        except (ValueError, binascii.Error):
            raise InvalidRequestException(f"Marker '{marker}' is not valid.") from None
    rest = [item for item in items[first:] if asked_for(item)]
    page = rest[:PAGE_SIZE]
    more = len(rest) > PAGE_SIZE
    return page, base64.urlsafe_b64encode(page[-1].id.encode()).decode() if more else None


def _with_collection(service: Service, owner: Owner, params: Params, *, fleets: bool) -> Cluster:
    cluster = service.store.get(params["ClusterId"], owner)
    if ("InstanceFleets" in cluster.request["Instances"]) is not fleets:
        has, lacks = ("groups", "fleets") if fleets else ("fleets", "groups")
        raise InvalidRequestException(
            "Instance fleets and instance groups are mutually exclusive. "
            f"The cluster has instance {has}, not instance {lacks}."
        )
    return cluster


def _change(service: Service, owner: Owner, cluster_id: str, change: Callable[[Cluster], Cluster]) -> Params:
    cluster = service.store.get(cluster_id, owner)
    service.store.update(cluster.id, lambda c, _: change(c))
    return {}
