"""Single rules of the state machine, each as the documentation states it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from emr_local.api.errors import InvalidRequestException, ValidationException
from emr_local.state import clusters
from emr_local.state.model import Cluster, ClusterState, FailureDetails, Owner, Reason, Step, StepState

NOW = datetime(2026, 1, 1, tzinfo=UTC)
FAILURE = FailureDetails("Unknown Error.", "ValueError: x")


def cluster(*actions: str, keep_alive: bool = True, protected: bool = False) -> Cluster:
    """A ready cluster whose first step runs."""
    made = Cluster("j-1", Owner("1", "r"), "n", {}, NOW, "i-1", keep_alive=keep_alive, protected=protected)
    steps = [Step(f"s-{n}", "n", "command-runner.jar", action, NOW) for n, action in enumerate(actions)]
    running = clusters.ready(clusters.add_steps(clusters.bootstrap(made), steps, NOW), NOW)
    return clusters.start_step(running, "s-0", NOW)


def states(value: Cluster) -> list[str]:
    return [str(step.state) for step in value.steps]


@pytest.mark.parametrize(
    ("action", "keep_alive", "protected", "steps", "state", "code"),
    [
        ("CONTINUE", True, False, ["FAILED", "PENDING"], "RUNNING", None),
        ("CANCEL_AND_WAIT", True, False, ["FAILED", "CANCELLED"], "WAITING", None),
        ("CANCEL_AND_WAIT", False, False, ["FAILED", "CANCELLED"], "TERMINATING", "STEP_FAILURE"),
        ("TERMINATE_CLUSTER", True, False, ["FAILED", "CANCELLED"], "TERMINATING", "STEP_FAILURE"),
        ("TERMINATE_JOB_FLOW", True, False, ["FAILED", "CANCELLED"], "TERMINATING", "STEP_FAILURE"),
        ("TERMINATE_CLUSTER", True, True, ["FAILED", "CANCELLED"], "WAITING", None),
        ("TERMINATE_CLUSTER", False, True, ["FAILED", "CANCELLED"], "TERMINATING", "STEP_FAILURE"),
    ],
)
def test_action_on_failure(
    action: str, keep_alive: bool, protected: bool, steps: list[str], state: str, code: str | None
) -> None:
    before = cluster(action, "CONTINUE", keep_alive=keep_alive, protected=protected)
    after = clusters.finish_step(before, "s-0", FAILURE, NOW)
    assert states(after) == steps
    assert after.state == state
    assert (after.reason and after.reason.code) == code


@pytest.mark.parametrize(
    ("reason", "state"),
    [
        (clusters.USER_REQUEST, "TERMINATED"),
        (clusters.ALL_STEPS_COMPLETED, "TERMINATED"),
        (clusters.STEPS_WITH_ERRORS, "TERMINATED"),
        (clusters.STEP_FAILURE, "TERMINATED_WITH_ERRORS"),
        (Reason("BOOTSTRAP_FAILURE", "x"), "TERMINATED_WITH_ERRORS"),
        (Reason("INTERNAL_ERROR", "x"), "TERMINATED_WITH_ERRORS"),
    ],
)
def test_final_state(reason: Reason, state: str) -> None:
    assert clusters.end(clusters.shut_down(cluster("CONTINUE"), reason, NOW), NOW).state == state


@pytest.mark.parametrize(
    ("reason", "state"), [(clusters.USER_REQUEST, "INTERRUPTED"), (clusters.STEP_FAILURE, "CANCELLED")]
)
def test_step_under_an_ending_cluster(reason: Reason, state: str) -> None:
    ending = clusters.shut_down(cluster("CONTINUE", "CONTINUE"), reason, NOW)
    assert states(ending) == ["RUNNING", "CANCELLED"]
    assert states(clusters.finish_step(ending, "s-0", FAILURE, NOW))[0] == state
    assert states(clusters.end(ending, NOW))[0] == state
    assert states(clusters.finish_step(ending, "s-0", None, NOW))[0] == "COMPLETED"


def test_cancelling_does_not_fire_action_on_failure() -> None:
    pending, answers = clusters.cancel_steps(cluster("TERMINATE_CLUSTER", "CONTINUE"), ["s-0"], NOW)
    assert states(pending) == ["CANCEL_PENDING", "PENDING"]
    assert answers == (("s-0", "SUBMITTED", ""),)
    after = clusters.finish_step(pending, "s-0", FAILURE, NOW)
    assert states(after) == ["CANCELLED", "PENDING"]
    assert after.state is ClusterState.RUNNING
    [[_, status, reason]] = clusters.cancel_steps(after, ["s-0"], NOW)[1]
    assert (status, reason) == ("FAILED", "The step is CANCELLED and cannot be cancelled.")
    with pytest.raises(InvalidRequestException, match=r"^Step id 's-9' is not valid\.$"):
        clusters.cancel_steps(after, ["s-9"], NOW)


def test_several_steps_at_a_time_never_act_on_failure() -> None:
    several = replace(cluster("CONTINUE", "CONTINUE", "CONTINUE"), concurrency=2)
    assert [step.id for step in clusters.startable(several)] == ["s-1"]
    with pytest.raises(ValidationException, match=r"^Action on failure 'TERMINATE_CLUSTER' is invalid\.$"):
        clusters.add_steps(several, [Step("s-3", "n", "j", "TERMINATE_CLUSTER", NOW)], NOW)


def test_at_most_256_active_steps() -> None:
    full = cluster(*["CONTINUE"] * 256)
    with pytest.raises(ValidationException, match=r"^Maximum number of active steps"):
        clusters.add_steps(full, [Step("s-new", "n", "j", "CONTINUE", NOW)], NOW)
    one_done = clusters.finish_step(full, "s-0", None, NOW)
    assert len(clusters.add_steps(one_done, [Step("s-new", "n", "j", "CONTINUE", NOW)], NOW).steps) == 257


def test_idle_time_begins_with_waiting_and_protection_stops_it() -> None:
    idle = clusters.finish_step(replace(cluster("CONTINUE"), idle_timeout_s=60), "s-0", None, NOW)
    assert clusters.idle_deadline(idle) == NOW + timedelta(seconds=60)
    assert clusters.idle_deadline(replace(idle, protected=True)) is None
    assert clusters.expire(idle, NOW + timedelta(seconds=59)) == idle
    assert clusters.expire(idle, NOW + timedelta(seconds=60)).state is ClusterState.TERMINATING
    assert clusters.idle_deadline(replace(cluster("CONTINUE"), idle_timeout_s=60)) is None


def test_transient_cluster_without_steps_ends_when_ready() -> None:
    made = Cluster("j-1", Owner("1", "r"), "n", {}, NOW, "i-1")
    assert clusters.ready(clusters.bootstrap(made), NOW).reason == clusters.ALL_STEPS_COMPLETED


def test_a_late_start_of_a_cancelled_step_changes_nothing() -> None:
    before = cluster("CONTINUE", "CONTINUE")
    cancelled, _ = clusters.cancel_steps(before, ["s-1"], NOW)
    assert clusters.start_step(cancelled, "s-1", NOW) == cancelled
    assert cancelled.steps[1].state is StepState.CANCELLED
