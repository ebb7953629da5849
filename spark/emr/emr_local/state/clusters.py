"""The life of a cluster as pure functions: no threads, no clock, no disk; the time is handed in.

Rules from the EMR management guide (life cycle, ActionOnFailure, cancelling, auto-termination). Every
function takes a cluster and returns the cluster that follows; what is not allowed raises the AWS error of
the operation it serves.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from emr_local.api.errors import NOT_MODIFIABLE, TOO_MANY_STEPS, ValidationException, no_such_step
from emr_local.state.model import Cluster, ClusterState, ErrorDetail, FailureDetails, Reason, Step, StepState

MAX_ACTIVE_STEPS = 256
USER_REQUEST = Reason("USER_REQUEST", "Terminated by user request")
ALL_STEPS_COMPLETED = Reason("ALL_STEPS_COMPLETED", "Steps Completed")
STEPS_WITH_ERRORS = Reason("STEP_FAILURE", "Steps completed with errors")
STEP_FAILURE = Reason("STEP_FAILURE", "Shut down as step failed")
# The nearest that EMR has: the primary node is gone, and what ran on it
SERVICE_STOPPED = Reason("INSTANCE_FAILURE", "The master node was terminated: the EMR endpoint was stopped")
BEFORE_STEPS = (ClusterState.STARTING, ClusterState.BOOTSTRAPPING)


def bootstrap(cluster: Cluster) -> Cluster:
    """The node exists: bootstrap actions begin."""
    return (
        replace(cluster, state=ClusterState.BOOTSTRAPPING)
        if cluster.state is ClusterState.STARTING
        else cluster
    )


def ready(cluster: Cluster, now: datetime) -> Cluster:
    """Bootstrap actions are done: steps may run."""
    if cluster.state not in BEFORE_STEPS:
        return cluster
    return _settle(replace(cluster, state=ClusterState.RUNNING, ready_at=now), now)


def add_steps(cluster: Cluster, steps: Iterable[Step], now: datetime) -> Cluster:
    """The cluster with more pending steps at its end."""
    _must_be_modifiable(cluster)
    new = tuple(steps)
    added = replace(cluster, steps=(*cluster.steps, *new))
    if sum(step.state.active for step in added.steps) > MAX_ACTIVE_STEPS:
        raise ValidationException(TOO_MANY_STEPS)
    for step in new:
        if added.concurrency > 1 and step.action_on_failure != "CONTINUE":
            raise ValidationException(f"Action on failure '{step.action_on_failure}' is invalid.")
    return _settle(added, now)


def startable(cluster: Cluster) -> tuple[Step, ...]:
    """The pending steps that may start now, oldest first, within the step concurrency level."""
    if cluster.state is not ClusterState.RUNNING:
        return ()
    free = cluster.concurrency - sum(step.state.running for step in cluster.steps)
    return tuple(step for step in cluster.steps if step.state is StepState.PENDING)[: max(free, 0)]


def start_step(cluster: Cluster, step_id: str, now: datetime) -> Cluster:
    """The step runs, if it is one of the startable ones."""
    if step_id not in {step.id for step in startable(cluster)}:
        return cluster
    return _change(cluster, step_id, state=StepState.RUNNING, started_at=now)


def finish_step(cluster: Cluster, step_id: str, failure: FailureDetails | None, now: datetime) -> Cluster:
    """The step's process is gone: with `failure` None it did its work.

    A failure is a cancellation when one was asked for, an interruption when the cluster is going away, and
    else calls for the step's ActionOnFailure, unless several steps may run at a time.
    """
    step = cluster.step(step_id)
    if step is None or not step.state.running:
        return cluster
    if failure is None:
        return _settle(_change(cluster, step_id, state=StepState.COMPLETED, ended_at=now), now)
    if step.state is StepState.CANCEL_PENDING:
        return _settle(_change(cluster, step_id, state=StepState.CANCELLED, ended_at=now), now)
    if not cluster.state.modifiable:
        return _change(cluster, step_id, state=_cut_short(cluster), ended_at=now)
    failed = _change(cluster, step_id, state=StepState.FAILED, ended_at=now, failure=failure)
    return (
        _act_on_failure(failed, step.action_on_failure, now)
        if cluster.concurrency == 1
        else _settle(failed, now)
    )


def cancel_steps(
    cluster: Cluster, step_ids: Iterable[str], now: datetime
) -> tuple[Cluster, tuple[tuple[str, str, str], ...]]:
    """The cluster without those steps, and an answer a step: (id, SUBMITTED or FAILED, reason)."""
    answers = []
    for step_id in step_ids:
        step = cluster.step(step_id)
        if step is None:
            raise no_such_step(step_id)
        if not step.state.active:
            answers.append((step_id, "FAILED", f"The step is {step.state} and cannot be cancelled."))
            continue
        if step.state is StepState.PENDING:
            cluster = _change(cluster, step_id, state=StepState.CANCELLED, ended_at=now)
        elif step.state is StepState.RUNNING:
            cluster = _change(cluster, step_id, state=StepState.CANCEL_PENDING)
        answers.append((step_id, "SUBMITTED", ""))
    return _settle(cluster, now), tuple(answers)


def shut_down(
    cluster: Cluster, reason: Reason, now: datetime, details: tuple[ErrorDetail, ...] = ()
) -> Cluster:
    """The cluster begins to end: nothing pending stays; what runs is ended by its worker."""
    if not cluster.state.modifiable:
        return cluster
    ending = replace(
        cluster, state=ClusterState.TERMINATING, reason=reason, error_details=details, idle_since=None
    )
    return _cancel_pending(ending, now)


def end(cluster: Cluster, now: datetime) -> Cluster:
    """Nothing of the cluster is left."""
    if cluster.state is not ClusterState.TERMINATING:
        return cluster
    for step in cluster.steps:
        if step.state.active:
            cluster = _change(cluster, step.id, state=_cut_short(cluster), ended_at=now)
    final = ClusterState.TERMINATED_WITH_ERRORS if _with_errors(cluster) else ClusterState.TERMINATED
    return replace(cluster, state=final, ended_at=now)


def lost(cluster: Cluster, now: datetime) -> Cluster:
    """The cluster after the service that ran it is gone, and all its processes."""
    return end(shut_down(cluster, SERVICE_STOPPED, now), now)


def protection_holds(cluster: Cluster) -> bool:
    """Whether a request to terminate is refused; EMR ignores protection of a cluster that need not live."""
    return cluster.protected and cluster.keep_alive and cluster.state.modifiable


def set_keep_alive(cluster: Cluster, keep_alive: bool, now: datetime) -> Cluster:
    """Changes KeepJobFlowAliveWhenNoSteps; an idle cluster that need not live ends."""
    _must_be_modifiable(cluster)
    return _settle(replace(cluster, keep_alive=keep_alive), now)


def set_concurrency(cluster: Cluster, level: int) -> Cluster:
    """Changes StepConcurrencyLevel; what runs already goes on."""
    _must_be_modifiable(cluster)
    return replace(cluster, concurrency=level)


def set_protection(cluster: Cluster, protected: bool) -> Cluster:
    """Changes TerminationProtected."""
    _must_be_modifiable(cluster)
    return replace(cluster, protected=protected)


def idle_deadline(cluster: Cluster) -> datetime | None:
    """When the auto-termination policy ends the cluster, if it stays idle."""
    if cluster.idle_since is None or cluster.idle_timeout_s is None or protection_holds(cluster):
        return None
    return cluster.idle_since + timedelta(seconds=cluster.idle_timeout_s)


def expire(cluster: Cluster, now: datetime) -> Cluster:
    """Ends the cluster when its idle time is over."""
    deadline = idle_deadline(cluster)
    if deadline is None or now < deadline:
        return cluster
    text = f"Terminated by the auto-termination policy after {cluster.idle_timeout_s} idle seconds"
    return shut_down(cluster, Reason("USER_REQUEST", text), now)


def _act_on_failure(cluster: Cluster, action: str, now: datetime) -> Cluster:
    """What a FAILED step does to its cluster."""
    if action in ("TERMINATE_CLUSTER", "TERMINATE_JOB_FLOW") and not protection_holds(cluster):
        return shut_down(cluster, STEP_FAILURE, now)
    if action != "CONTINUE":
        cluster = _cancel_pending(cluster, now)
    return _settle(cluster, now)


def _settle(cluster: Cluster, now: datetime) -> Cluster:
    """A ready cluster is RUNNING with active steps, WAITING without; or ends, when it need not stay alive."""
    if cluster.state not in (ClusterState.RUNNING, ClusterState.WAITING):
        return cluster
    if any(step.state.active for step in cluster.steps):
        return replace(cluster, state=ClusterState.RUNNING, idle_since=None)
    if not cluster.keep_alive:
        failed = any(step.state is StepState.FAILED for step in cluster.steps)
        return shut_down(cluster, STEPS_WITH_ERRORS if failed else ALL_STEPS_COMPLETED, now)
    return replace(cluster, state=ClusterState.WAITING, idle_since=cluster.idle_since or now)


def _cancel_pending(cluster: Cluster, now: datetime) -> Cluster:
    for step in cluster.steps:
        if step.state is StepState.PENDING:
            cluster = _change(cluster, step.id, state=StepState.CANCELLED, ended_at=now)
    return cluster


def _cut_short(cluster: Cluster) -> StepState:
    """The state of a step that ran when its cluster was taken away."""
    return (
        StepState.INTERRUPTED
        if cluster.reason and cluster.reason.code == "USER_REQUEST"
        else StepState.CANCELLED
    )


def _with_errors(cluster: Cluster) -> bool:
    """Every failure makes the end an error, except of steps after which the others were to go on."""
    reason = cluster.reason
    return reason is not None and reason != STEPS_WITH_ERRORS and reason.code.endswith(("_FAILURE", "_ERROR"))


def _must_be_modifiable(cluster: Cluster) -> None:
    if not cluster.state.modifiable:
        raise ValidationException(NOT_MODIFIABLE)


def _change(
    cluster: Cluster,
    step_id: str,
    *,
    state: StepState,
    started_at: datetime | None = None,
    ended_at: datetime | None = None,
    failure: FailureDetails | None = None,
) -> Cluster:
    """The cluster with one step in another state; a time that is not given stays as it was."""

    def changed(step: Step) -> Step:
        started, ended = started_at or step.started_at, ended_at or step.ended_at
        return replace(step, state=state, started_at=started, ended_at=ended, failure=failure)

    return replace(cluster, steps=tuple(changed(s) if s.id == step_id else s for s in cluster.steps))
