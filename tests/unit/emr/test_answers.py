"""Answers about any cluster, in every state, are of the shapes in botocore's model: looked at as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from emr_local.api import instance_views, views
from emr_local.api.errors import AwsError
from emr_local.api.shapes import dump, emr_model, parse_request
from emr_local.api.validation import check_job_flow
from emr_local.calls import job_flow_details
from emr_local.calls.job_flows import new_job_flow
from emr_local.state import clusters
from emr_local.state.model import Cluster, ErrorDetail, FailureDetails, Owner
from tests.contract.answers import documents, faults

NOW = datetime(2026, 11, 23, tzinfo=UTC)
OWNER = Owner("111122223333", "eu-central-1")
GROUPS: dict[str, Any] = {
    "InstanceGroups": [
        {"InstanceRole": "MASTER", "InstanceType": "m5.xlarge", "InstanceCount": 1},
        {"InstanceRole": "CORE", "InstanceType": "m5.xlarge", "InstanceCount": 2},
    ]
}
FLEETS: dict[str, Any] = {
    "InstanceFleets": [
        {
            "InstanceFleetType": "MASTER",
            "TargetOnDemandCapacity": 1,
            "InstanceTypeConfigs": [{"InstanceType": "m5.xlarge"}],
        },
        {"InstanceFleetType": "CORE", "TargetSpotCapacity": 3},
    ]
}
FLAT: dict[str, Any] = {"MasterInstanceType": "m5.xlarge", "InstanceCount": 3}


REQUESTS = documents(emr_model().shape_for("RunJobFlowInput"))


def made_of(document: dict[str, Any]) -> Cluster:
    """The cluster of a RunJobFlow document, without a process; AwsError when it is refused."""
    params = parse_request(emr_model().operation_model("RunJobFlow"), json.loads(json.dumps(document)))
    check_job_flow(params, 60)
    return new_job_flow(OWNER, params, NOW)


def lives(cluster: Cluster) -> list[Cluster]:
    """The cluster from its start to two kinds of end."""
    later = NOW + timedelta(minutes=1)
    states = [cluster, clusters.bootstrap(cluster)]
    states.append(clusters.ready(states[-1], later))
    for step in states[-1].steps[:1]:
        states.append(clusters.start_step(states[-1], step.id, later))
        states.append(clusters.finish_step(states[-1], step.id, FailureDetails("r", "m", "s3://l"), later))
    details = (ErrorDetail("code", "message", {"a": "b"}),)
    states.append(clusters.shut_down(states[-1], clusters.USER_REQUEST, later, details))
    return [*states, clusters.end(states[-1], later)]


def answers(cluster: Cluster) -> dict[str, Any]:
    """What the operations that only look answer about a cluster."""
    sets = cluster.instance_sets
    first, steps = (sets[0], cluster.steps)
    found: dict[str, Any] = {
        "DescribeCluster": {"Cluster": views.cluster(cluster, "3.5.6")},
        "ListClusters": {"Clusters": [views.cluster_summary(cluster)]},
        "ListSteps": {"Steps": [views.step_summary(step) for step in steps]},
        "ListBootstrapActions": {"BootstrapActions": views.bootstrap_actions(cluster)},
        "DescribeJobFlows": {"JobFlows": [job_flow_details.job_flow(cluster)]},
        "ListInstances": {"Instances": [i for each in sets for i in instance_views.instances(cluster, each)]},
        "GetManagedScalingPolicy": {"ManagedScalingPolicy": cluster.managed_scaling},
    }
    if steps:
        found["DescribeStep"] = {"Step": views.step(steps[0])}
    if first.is_fleet:
        found["ListInstanceFleets"] = {"InstanceFleets": [instance_views.fleet(cluster, f) for f in sets]}
    else:
        found["ListInstanceGroups"] = {"InstanceGroups": [instance_views.group(cluster, g) for g in sets]}
    return found


@settings(deadline=None)
@given(document=REQUESTS, instances=st.sampled_from([GROUPS, FLEETS, FLAT]), data=st.data())
def test_whatever_a_cluster_was_asked_for_its_answers_are_of_the_model(
    document: dict[str, Any], instances: dict[str, Any], data: st.DataObject
) -> None:
    general = {n: v for n, v in document["Instances"].items() if n not in (*GROUPS, *FLEETS)}
    for name in ("MasterInstanceType", "SlaveInstanceType", "InstanceCount", "Ec2SubnetIds"):
        general.pop(name, None)
    fixed = {"ReleaseLabel": "emr-7.13.0", "ServiceRole": "r", "JobFlowRole": "r", "Name": "n", "LogUri": ""}
    document = {**document, **fixed, "Instances": {**general, **instances}}
    for name in ("AmiVersion", "SupportedProducts", "NewSupportedProducts", "ManagedScalingPolicy"):
        document.pop(name, None)
    if data.draw(st.booleans(), "many steps at a time"):
        document["Steps"] = [{**step, "ActionOnFailure": "CONTINUE"} for step in document.get("Steps", [])]
    else:
        document["StepConcurrencyLevel"] = 1
    document["AutoTerminationPolicy"] = {"IdleTimeout": 900}
    try:
        cluster = made_of(document)
    except AwsError:
        assume(False)
    for state in lives(cluster):
        saved = msgspec.json.decode(msgspec.json.encode(state), type=Cluster)
        for operation, answer in answers(saved).items():
            shape = emr_model().operation_model(operation).output_shape
            assert list(faults(shape, json.loads(json.dumps(dump(shape, answer))))) == [], operation


@settings(deadline=None)
@given(document=REQUESTS)
def test_a_request_of_the_model_makes_a_cluster_or_an_error_of_the_api(document: dict[str, Any]) -> None:
    try:
        cluster = made_of(document)
    except AwsError as refused:
        assert str(refused)
    else:
        assert answers(cluster)


@pytest.mark.parametrize("instances", [GROUPS, FLEETS, FLAT], ids=["groups", "fleets", "flat"])
def test_instances_live_as_long_as_their_cluster(instances: dict[str, Any]) -> None:
    request = {"Name": "n", "ReleaseLabel": "emr-7.13.0", "ServiceRole": "r", "JobFlowRole": "r"}
    keep = {**instances, "KeepJobFlowAliveWhenNoSteps": True}
    seen = []
    for cluster in lives(made_of({**request, "Instances": keep})):
        every = [i for each in cluster.instance_sets for i in instance_views.instances(cluster, each)]
        [state] = {i["Status"]["State"] for i in every}
        seen.append((state, every[0]["Ec2InstanceId"] == cluster.instance_id, len(every)))
    number = 4 if instances is FLEETS else 3
    assert seen == [
        ("PROVISIONING", True, number),
        ("BOOTSTRAPPING", True, number),
        ("RUNNING", True, number),
        ("RUNNING", True, number),
        ("TERMINATED", True, number),
    ]


def test_three_primary_nodes_force_protection_and_keep_alive() -> None:
    primary = {"InstanceRole": "MASTER", "InstanceType": "m5.xlarge", "InstanceCount": 3}
    request = {"Name": "n", "ReleaseLabel": "emr-7.13.0", "ServiceRole": "r", "JobFlowRole": "r"}
    cluster = made_of({**request, "Instances": {"InstanceGroups": [primary]}})
    assert (cluster.protected, cluster.keep_alive) == (True, True)


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        ({"Cluster": {"Colour": "red"}}, ".Cluster.Colour: unknown"),
        ({"Cluster": []}, ".Cluster: [] is no structure"),
        ({"Cluster": {"Name": 5}}, ".Cluster.Name: 5 is no string"),
        ({"Cluster": {"StepConcurrencyLevel": True}}, ".Cluster.StepConcurrencyLevel: True is no integer"),
        (
            {"Cluster": {"Status": {"Timeline": {"CreationDateTime": "1970"}}}},
            ".Cluster.Status.Timeline.CreationDateTime: '1970' is no timestamp",
        ),
        ({"Cluster": {"PlacementGroups": [{}]}}, ".Cluster.PlacementGroups[0].InstanceRole: missing"),
        ({"Cluster": {"ClusterArn": "short"}}, ".Cluster.ClusterArn: 'short' has 5 characters"),
        ({"Cluster": {"Applications": {}}}, ".Cluster.Applications: {} is no list"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_an_answer_that_is_not_of_the_model_is_found_out(answer: dict[str, Any], fault: str) -> None:
    assert list(faults(emr_model().shape_for("DescribeClusterOutput"), answer)) == [fault]


STATES: list[tuple[Callable[[Cluster], Cluster], str]] = [
    (lambda c: c, "STARTING"),
    (lambda c: clusters.ready(c, NOW), "SHUTTING_DOWN"),
    (lambda c: clusters.end(clusters.ready(c, NOW), NOW), "COMPLETED"),
    (lambda c: clusters.end(clusters.shut_down(c, clusters.USER_REQUEST, NOW), NOW), "TERMINATED"),
    (lambda c: clusters.end(clusters.shut_down(c, clusters.STEP_FAILURE, NOW), NOW), "FAILED"),
]


@pytest.mark.parametrize(("life", "state"), STATES, ids=lambda value: str(value)[:20])
def test_job_flows_have_states_of_their_own(life: Callable[[Cluster], Cluster], state: str) -> None:
    request = {"Name": "n", "ReleaseLabel": "emr-7.13.0", "ServiceRole": "r", "JobFlowRole": "r"}
    cluster = life(made_of({**request, "Instances": FLAT}))
    assert job_flow_details.state(cluster) == state
    assert job_flow_details.job_flow(replace(cluster, visible=False))["VisibleToAllUsers"] is False
