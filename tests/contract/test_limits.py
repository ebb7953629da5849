"""How much a call may hold, how far back lists reach, and what an ended cluster still takes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from tests.contract.harness import (
    NAP,
    Flow,
    bash,
)
from tests.contract.samples import (
    ABSENT,
    refused,
)
from tests.contract.test_errors import ours

if TYPE_CHECKING:
    from mypy_boto3_emr import EMRClient

STEP: Any = bash("true")
CLUSTER_FAMILY = {"ClusterId", "ResourceId"}


@pytest.mark.aws
def test_lists_of_ids_have_their_limits(shared: Flow, emr: EMRClient) -> None:
    eleven = ["s-0123456789ABC"] * 11
    cluster, job_flow = "InvalidRequestException", "ValidationException"
    one: dict[str, Any] = {"ClusterId": shared.id}
    calls: list[tuple[Callable[..., Any], dict[str, Any], str, str]] = [
        (emr.list_steps, {**one, "StepIds": eleven}, cluster, "At most 10 StepIds can be specified."),
        (emr.cancel_steps, {**one, "StepIds": eleven * 24}, cluster, "At most 256 StepIds can be specified."),
        (
            emr.terminate_job_flows,
            {"JobFlowIds": [shared.id] * 11},
            job_flow,
            "At most 10 job flow IDs can be specified.",
        ),
        (
            emr.add_job_flow_steps,
            {"JobFlowId": shared.id, "Steps": [STEP] * 257},
            job_flow,
            "At most 256 steps can be added in one request.",
        ),
    ]
    for call, params, family, sentence in calls:
        code, message, _ = refused(call, **params)
        assert code == family
        assert message.startswith(ours(sentence))
    assert shared.states() == []


@pytest.mark.parametrize(
    "operation",
    ["list_steps", "list_clusters", "list_instances", "list_instance_groups", "list_bootstrap_actions"],
)
def test_a_marker_that_no_page_gave_is_refused(shared: Flow, emr: EMRClient, operation: str) -> None:
    which = {} if operation == "list_clusters" else {"ClusterId": shared.id}
    answer = refused(getattr(emr, operation), Marker="c3RlcA==", **which)
    assert answer == ("InvalidRequestException", "Marker 'c3RlcA==' is not valid.", 400)


def test_all_clusters_of_a_call_change_or_none(
    shared: Flow, start: Callable[..., Flow], emr: EMRClient
) -> None:
    ended = start()
    ended.end()
    for ids in ([shared.id, ABSENT], [shared.id, ended.id]):
        refused(emr.set_termination_protection, JobFlowIds=ids, TerminationProtected=True)
        assert shared.describe()["TerminationProtected"] is False


CLOSED = "A job flow that is shutting down, terminated, or finished may not be modified."
CALLS_TO_AN_ENDED_CLUSTER: list[tuple[str, dict[str, Any], str]] = [
    ("add_job_flow_steps", {"JobFlowId": ABSENT, "Steps": [STEP]}, CLOSED),
    ("set_visible_to_all_users", {"JobFlowIds": [ABSENT], "VisibleToAllUsers": True}, CLOSED),
    ("set_unhealthy_node_replacement", {"JobFlowIds": [ABSENT], "UnhealthyNodeReplacement": True}, CLOSED),
    (
        "set_keep_job_flow_alive_when_no_steps",
        {"JobFlowIds": [ABSENT], "KeepJobFlowAliveWhenNoSteps": True},
        CLOSED,
    ),
    ("add_instance_groups", {"JobFlowId": ABSENT, "InstanceGroups": []}, CLOSED),
    ("modify_cluster", {"ClusterId": ABSENT, "StepConcurrencyLevel": 2}, CLOSED),
    (
        "put_auto_termination_policy",
        {"ClusterId": ABSENT, "AutoTerminationPolicy": {"IdleTimeout": 60}},
        CLOSED,
    ),
    ("remove_auto_termination_policy", {"ClusterId": ABSENT}, CLOSED),
    ("put_managed_scaling_policy", {"ClusterId": ABSENT, "ManagedScalingPolicy": {}}, CLOSED),
    ("add_tags", {"ResourceId": ABSENT, "Tags": []}, "Tags cannot be modified on terminated clusters."),
    ("remove_tags", {"ResourceId": ABSENT, "TagKeys": []}, "Tags cannot be modified on terminated clusters."),
]


def test_ended_cluster_is_closed_to_every_change(flow: Flow, emr: EMRClient) -> None:
    flow.end()
    for operation, params, message in CALLS_TO_AN_ENDED_CLUSTER:
        there = {
            n: {str(ABSENT): flow.id}.get(str(v), [flow.id] if v == [ABSENT] else v)
            for n, v in params.items()
        }
        family = "InvalidRequestException" if CLUSTER_FAMILY & params.keys() else "ValidationException"
        assert refused(getattr(emr, operation), **there) == (family, message, 400), operation


def test_only_the_last_thousand_steps_are_listed(start: Callable[..., Flow], emr: EMRClient) -> None:
    flow = start()
    ids: list[str] = []
    for _ in range(5):
        ids += flow.add(bash(NAP), *[STEP] * 204)
        emr.cancel_steps(ClusterId=flow.id, StepIds=ids[-204:])
        emr.cancel_steps(
            ClusterId=flow.id, StepIds=ids[-205:-204], StepCancellationOption="TERMINATE_PROCESS"
        )
    pages = emr.get_paginator("list_steps").paginate(ClusterId=flow.id)
    assert [step["Id"] for page in pages for step in page["Steps"]] == ids[:-1001:-1]
    assert (
        refused(emr.list_steps, ClusterId=flow.id, StepIds=[ids[0]])[1] == f"Step id '{ids[0]}' is not valid."
    )
    assert flow.step(ids[0])["Id"] == ids[0]


def test_tags_have_lengths(shared: Flow, emr: EMRClient) -> None:
    key, value = "k" * 129, "v" * 257
    for tag, message in (
        ({"Value": "x"}, "Invalid tag key: 'null'. Tag keys must be between 1 and 128 characters in length."),
        ({"Key": key}, f"Invalid tag key: '{key}'. Tag keys must be between 1 and 128 characters in length."),
        (
            {"Key": "k", "Value": value},
            f"Invalid tag value: '{value}'. Tag values must be between 1 and 128 characters in length.",
        ),
    ):
        answer = refused(emr.add_tags, ResourceId=shared.id, Tags=[tag])
        assert answer == ("InvalidRequestException", message, 400)
