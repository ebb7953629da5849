"""The cluster family of operations, about clusters and their steps; errors are InvalidRequestException."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from emr_local.api import errors, validation, views
from emr_local.api.errors import InvalidRequestException, no_such_step
from emr_local.calls.changes import change
from emr_local.calls.job_flows import tag_values
from emr_local.calls.paging import paged
from emr_local.service import Params, Service
from emr_local.state import clusters
from emr_local.state.model import Cluster, Owner, Step, StepState

MAX_STEP_IDS = 10
MAX_CANCELLED_STEPS = 256
MAX_VISIBLE_STEPS = 1000


def describe_cluster(service: Service, owner: Owner, params: Params) -> Params:
    """DescribeCluster."""
    cluster = service.store.get(params["ClusterId"], owner)
    return {"Cluster": views.cluster(cluster, service.settings.spark_version)}


def list_clusters(service: Service, owner: Owner, params: Params) -> Params:
    """ListClusters: newest first."""
    states = params.get("ClusterStates")

    def asked_for(cluster: Cluster) -> bool:
        return (not states or cluster.state in states) and created_as_asked(cluster, params)

    newest_first = list(reversed(service.store.all(owner)))
    page, marker = paged(newest_first, params.get("Marker"), lambda c: c.id, asked_for)
    return {"Clusters": [views.cluster_summary(cluster) for cluster in page], "Marker": marker}


def created_as_asked(cluster: Cluster, params: Params) -> bool:
    """Whether the cluster is of the time between CreatedAfter and CreatedBefore."""
    after, before = params.get("CreatedAfter"), params.get("CreatedBefore")
    return (after is None or cluster.created_at > after) and (before is None or cluster.created_at < before)


def describe_step(service: Service, owner: Owner, params: Params) -> Params:
    """DescribeStep."""
    step = service.store.get(params["ClusterId"], owner).step(params["StepId"])
    if step is None:
        raise no_such_step(params["StepId"])
    return {"Step": views.step(step)}


def list_steps(service: Service, owner: Owner, params: Params) -> Params:
    """ListSteps: newest first, by ids or by states, of the last thousand."""
    cluster = service.store.get(params["ClusterId"], owner)
    ids, states = params.get("StepIds"), params.get("StepStates")
    if ids and states:
        raise InvalidRequestException(errors.IDS_AND_STATES)
    if ids and len(ids) > MAX_STEP_IDS:
        raise InvalidRequestException(f"At most {MAX_STEP_IDS} StepIds can be specified.")
    visible = cluster.steps[-MAX_VISIBLE_STEPS:][::-1]
    known = {step.id for step in visible}
    for step_id in ids or []:
        if step_id not in known:
            raise no_such_step(step_id)

    def asked_for(step: Step) -> bool:
        return (not ids or step.id in ids) and (not states or step.state in states)

    page, marker = paged(visible, params.get("Marker"), lambda step: step.id, asked_for)
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
    """ListBootstrapActions: at most sixteen, so in one page."""
    cluster = service.store.get(params["ClusterId"], owner)
    if "Marker" in params:
        raise InvalidRequestException(errors.BAD_MARKER.format(params["Marker"]))
    return {"BootstrapActions": views.bootstrap_actions(cluster)}


def modify_cluster(service: Service, owner: Owner, params: Params) -> Params:
    """ModifyCluster."""
    level, support = params.get("StepConcurrencyLevel"), params.get("ExtendedSupport")

    def modify(cluster: Cluster, _: datetime) -> Cluster:
        if support is not None:
            cluster = replace(cluster, extended_support=support)
        if level is None:
            return cluster
        validation.check_concurrency(level)
        return clusters.set_concurrency(cluster, level)

    after = change(service, owner, params["ClusterId"], modify)
    return {"StepConcurrencyLevel": after.concurrency, "ExtendedSupport": after.extended_support}


def add_tags(service: Service, owner: Owner, params: Params) -> Params:
    """AddTags: a tag that exists gets the new value."""
    validation.check_tags(params["Tags"])
    added = tag_values(params["Tags"])
    return _tag(service, owner, params["ResourceId"], lambda c: replace(c, tags={**c.tags, **added}))


def remove_tags(service: Service, owner: Owner, params: Params) -> Params:
    """RemoveTags: keys that are not there are no error."""
    gone = set(params["TagKeys"])

    def without(cluster: Cluster) -> Cluster:
        return replace(cluster, tags={key: value for key, value in cluster.tags.items() if key not in gone})

    return _tag(service, owner, params["ResourceId"], without)


def _tag(service: Service, owner: Owner, cluster_id: str, how: Callable[[Cluster], Cluster]) -> Params:
    def tag(cluster: Cluster, _: datetime) -> Cluster:
        if cluster.state.ended:
            raise InvalidRequestException(errors.TAGS_OF_ENDED)
        return how(cluster)

    service.store.update(service.store.get(cluster_id, owner).id, tag)
    return {}
