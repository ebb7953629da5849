"""How a plan is shown, and what the pipeline would ask of EMR."""

from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore.validate import ParamValidator

from aws import emr_requests
from aws.artifacts import Difference
from aws.infrastructure.change_sets import Change
from aws.infrastructure.templates import Template
from aws.plan import CHANGED, LATER, NEW, SAME, Plan, StackPlan
from aws.profile import Source
from tests.unit.aws.emr_requests import CLUSTER, requests_of

GIVEN = {"StackPrefix": "p", "POSTGRES_HOST": "h", "POSTGRES_PORT": "1", "PIPELINE_PASSWORD": "x"}


def plan(*stacks: StackPlan, **more: Any) -> Plan:
    return Plan(stacks, "b", more.get("objects", ()), more.get("secrets", {}), more.get("roles", False))


def test_nothing_to_do() -> None:
    same = StackPlan("s", SAME)
    assert plan(same).empty
    assert not plan(same, StackPlan("t", CHANGED)).empty
    assert not plan(same, StackPlan("t", LATER)).empty
    assert not plan(same, roles=True).empty
    assert not plan(same, secrets={"name": "new"}).empty
    assert not plan(same, objects=(Difference("k", None),)).empty


def test_a_plan_as_text() -> None:
    database = StackPlan(
        "p-database",
        CHANGED,
        (
            Change("Modify", "Database", "AWS::RDS::DBInstance", "True"),
            Change("Modify", "Other", "AWS::RDS::DBInstance", "Conditional"),
            Change("Modify", "Group", "AWS::EC2::SecurityGroup", "True"),
            Change("Remove", "Rule", "AWS::EC2::SecurityGroupIngress"),
        ),
    )
    network = StackPlan("p-network", NEW, (Change("Add", "Vpc", "AWS::EC2::VPC"),), {"Vpc": "MakesVpc"})
    shown = plan(
        network,
        database,
        StackPlan("p-roles", CHANGED),
        objects=(Difference("new", Path(), True), Difference("changed", Path()), Difference("gone", None)),
        secrets={"one": "new", "two": "changed"},
        roles=True,
    )
    assert shown.lines() == [
        "stacks",
        "  p-network is made",
        "    + Vpc  AWS::EC2::VPC  (only if MakesVpc)",
        "  p-database changes",
        "    ~ Database  AWS::RDS::DBInstance  IS REPLACED",
        "    ~ Other  AWS::RDS::DBInstance  MAY BE REPLACED",
        "    ~ Group  AWS::EC2::SecurityGroup  IS REPLACED",
        "    - Rule  AWS::EC2::SecurityGroupIngress",
        "  p-roles changes: outputs or tags only",
        "objects in s3://b",
        "  + new",
        "  ~ changed",
        "  - gone",
        "secrets",
        "  + one  new",
        "  ~ two  changed",
        "database roles",
        "  ~ pipeline and webapp, made by Airflow's DAG database-roles",
        "!! DATA WOULD BE LOST: Database (AWS::RDS::DBInstance) of stack p-database  IS REPLACED",
        "!! DATA WOULD BE LOST: Other (AWS::RDS::DBInstance) of stack p-database  MAY BE REPLACED",
    ]
    assert [change.logical_id for _, change in shown.dangers] == ["Database", "Other"]


def test_a_new_stack_with_its_parameters() -> None:
    template = Template("", {"Vpc": "AWS::EC2::VPC"}, {}, {"Vpc": "MakesVpc"}, frozenset())
    assert StackPlan.of_new("p-network", template, {"Prefix": "p", "ExistingVpcId": ""}).lines() == [
        "  p-network is made",
        "    Prefix = p",
        "    ExistingVpcId = (empty)",
        "    + Vpc  AWS::EC2::VPC  (only if MakesVpc)",
    ]
    assert StackPlan.of_new("p-network", template).lines() == [
        "  p-network is made",
        "    + Vpc  AWS::EC2::VPC  (only if MakesVpc)",
    ]


@pytest.mark.parametrize("name", ["aws", "emr"])
def test_what_is_shown_of_emr_is_what_the_dag_sends(name: str) -> None:
    source = Source.read(name)
    profile = source.filled({**source.unknown({}), **GIVEN})
    shown = emr_requests.rendered(profile, "2026-W46", CLUSTER)
    assert shown == requests_of(profile)
    service: Any = botocore.session.get_session().get_service_model("emr")
    for operation, request in emr_requests.rendered(profile).items():
        shape = service.operation_model(operation).input_shape
        assert ParamValidator().validate(request, shape).generate_report() == ""
