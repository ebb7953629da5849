"""Requests and answers against the API's model, and who is asking."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emr_local.api.errors import (
    AwsError,
    InvalidRequestException,
    MissingAuthenticationTokenException,
    UnsupportedOperationException,
    ValidationException,
    no_such_cluster,
)
from emr_local.api.operations import OPERATIONS
from emr_local.api.shapes import dump, emr_model, load, parse_request
from emr_local.api.wire import owner_of
from emr_local.state.model import Owner


def parse(operation: str, document: Any) -> dict[str, Any]:
    return parse_request(emr_model().operation_model(operation), document)


def test_every_operation_is_one_of_emrs() -> None:
    assert set(OPERATIONS) <= set(emr_model().operation_names)


def test_times_come_as_seconds_and_unknown_or_null_members_are_dropped() -> None:
    params = parse("ListClusters", {"CreatedAfter": 86400, "Marker": None, "Unknown": 1})
    assert params == {"CreatedAfter": datetime(1970, 1, 2, tzinfo=UTC)}


@pytest.mark.parametrize(
    ("operation", "document", "message"),
    [
        (
            "DescribeCluster",
            {},
            "1 validation error detected: Value null at 'clusterId' failed to satisfy constraint: "
            "Member must not be null",
        ),
        (
            "AddJobFlowSteps",
            {"JobFlowId": "j-1", "Steps": [{"Name": "n", "HadoopJarStep": {"Jar": "x"}}, {"Name": "n"}]},
            "1 validation error detected: Value null at 'steps.2.member.hadoopJarStep' failed to satisfy "
            "constraint: Member must not be null",
        ),
        (
            "CancelSteps",
            {"ClusterId": "j-1", "StepIds": [], "StepCancellationOption": "X"},
            "1 validation error detected: Value 'X' at 'stepCancellationOption' failed to satisfy "
            "constraint: Member must satisfy enum value set: [SEND_INTERRUPT, TERMINATE_PROCESS]",
        ),
    ],
)
def test_broken_requests_in_awss_words(operation: str, document: Any, message: str) -> None:
    with pytest.raises(ValidationException) as caught:
        parse(operation, document)
    assert str(caught.value) == message


@pytest.mark.parametrize("moment", [1e20, float("nan"), "2024-01-01", [1]])
def test_what_is_no_time_is_refused(moment: Any) -> None:
    with pytest.raises(ValidationException, match="createdAfter"):
        parse("ListClusters", {"CreatedAfter": moment})


@pytest.mark.parametrize("text", ["a\0b", "\ud800"])
def test_text_that_no_program_can_be_given_is_refused(text: str) -> None:
    step = {"Name": "n", "HadoopJarStep": {"Jar": "command-runner.jar", "Args": ["echo", text]}}
    with pytest.raises(ValidationException, match=r"steps\.1\.member\.hadoopJarStep\.args\.2\.member"):
        parse("AddJobFlowSteps", {"JobFlowId": "j-1", "Steps": [step]})


@pytest.mark.parametrize(
    ("operation", "wrong", "message"),
    [
        ("DescribeCluster", {"ClusterId": 5}, "Value '5' at 'clusterId' %s Member must be a string"),
        ("DescribeCluster", {"ClusterId": ["a"]}, "Value at 'clusterId' %s Member must be a string"),
        ("DescribeCluster", {"ClusterId": {}}, "Value at 'clusterId' %s Member must be a string"),
        ("ListClusters", {"ClusterStates": "x"}, "Value 'x' at 'clusterStates' %s Member must be a list"),
        (
            "ModifyCluster",
            {"ClusterId": "j-1", "StepConcurrencyLevel": True},
            "Value 'True' at 'stepConcurrencyLevel' %s Member must be a integer",
        ),
        (
            "ModifyCluster",
            {"ClusterId": "j-1", "StepConcurrencyLevel": 2.0},
            "Value '2.0' at 'stepConcurrencyLevel' %s Member must be a integer",
        ),
        (
            "SetTerminationProtection",
            {"JobFlowIds": [], "TerminationProtected": "true"},
            "Value 'true' at 'terminationProtected' %s Member must be a boolean",
        ),
    ],
)
def test_wrong_types_are_refused(operation: str, wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationException) as caught:
        parse(operation, wrong)
    told = message % "failed to satisfy constraint:"
    assert str(caught.value) == f"1 validation error detected: {told}"


@pytest.mark.parametrize(
    ("operation", "document", "where", "constraint"),
    [
        ("RunJobFlow", {"Name": "x" * 257, "Instances": {}}, "name", "have length less than or equal to 256"),
        (
            "RunJobFlow",
            {"Name": "x", "Instances": {}, "LogUri": "x" * 10_281},
            "logUri",
            "have length less than or equal to 10280",
        ),
        (
            "RunJobFlow",
            {"Name": "x", "Instances": {"MasterInstanceType": ""}},
            "instances.masterInstanceType",
            "have length greater than or equal to 1",
        ),
        (
            "AddJobFlowSteps",
            {
                "JobFlowId": "j-1",
                "Steps": [{"Name": "n", "HadoopJarStep": {"Jar": "x", "Args": ["a", "x" * 10_281]}}],
            },
            "steps.1.member.hadoopJarStep.args.2.member",
            "have length less than or equal to 10280",
        ),
        (
            "ModifyCluster",
            {"ClusterId": "j-1", "StepConcurrencyLevel": 2**31},
            "stepConcurrencyLevel",
            "have value less than or equal to 2147483647",
        ),
        (
            "PutAutoTerminationPolicy",
            {"ClusterId": "j-1", "AutoTerminationPolicy": {"IdleTimeout": -(2**63) - 1}},
            "autoTerminationPolicy.idleTimeout",
            "have value greater than or equal to -9223372036854775808",
        ),
        ("ListReleaseLabels", {"MaxResults": 101}, "maxResults", "have value less than or equal to 100"),
        (
            "RunJobFlow",
            {"Name": "bell\a", "Instances": {}},
            "name",
            "satisfy regular expression pattern: [\\u0020-\\uD7FF\\uE000-\\uFFFD\\uD800\\uDC00-"
            "\\uDBFF\\uDFFF\\r\\n\\t]*",
        ),
    ],
    ids=lambda value: str(value)[:40],
)
def test_lengths_numbers_and_characters_have_the_models_limits(
    operation: str, document: dict[str, Any], where: str, constraint: str
) -> None:
    with pytest.raises(ValidationException) as caught:
        parse(operation, document)
    assert str(caught.value).endswith(f" at '{where}' failed to satisfy constraint: Member must {constraint}")
    assert len(str(caught.value)) < 500, "long values are cut short"


def test_names_in_any_script_are_taken() -> None:
    assert parse("RunJobFlow", {"Name": "Übung \U0001f600\t\n", "Instances": {}})["Name"].startswith("Übung")


def nested(levels: int) -> dict[str, Any]:
    document: dict[str, Any] = {"Classification": "spark"}
    for _ in range(levels):
        document = {"Classification": "spark", "Configurations": [document]}
    return {"Name": "n", "Instances": {}, "Configurations": [document]}


def test_configurations_nest_but_not_without_end() -> None:
    parse("RunJobFlow", nested(20))
    for levels in (100, 400):
        with pytest.raises(ValidationException, match="Member must not be nested deeper than 64 levels"):
            parse("RunJobFlow", nested(levels))


def test_of_many_mistakes_some_are_told() -> None:
    with pytest.raises(ValidationException) as caught:
        parse("ListClusters", {"ClusterStates": ["X"] * 30})
    assert str(caught.value).startswith(
        "30 validation errors detected: Value 'X' at 'clusterStates.1.member'"
    )
    assert str(caught.value).count("Value 'X'") == 10
    with pytest.raises(ValidationException, match=r"^1000 validation errors detected"):
        parse("ListClusters", {"ClusterStates": ["X"] * 1_000_000})


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-1000, 1000)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(
    document=st.fixed_dictionaries(
        {}, optional={"Name": JSON, "Instances": JSON, "Steps": JSON, "Tags": JSON}
    )
)
def test_no_document_breaks_the_parser(document: dict[str, Any]) -> None:
    try:
        parse("RunJobFlow", document)
    except ValidationException as refused:
        assert "validation error" in str(refused)


@given(seconds=st.integers(0, 4_000_000_000))
def test_a_time_survives_the_way_there_and_back(seconds: int) -> None:
    shape = emr_model().shape_for("ClusterTimeline")
    document = dump(shape, {"CreationDateTime": datetime.fromtimestamp(seconds, UTC), "EndDateTime": None})
    assert document == {"CreationDateTime": float(seconds)}
    assert load(shape, document, []) == {"CreationDateTime": datetime.fromtimestamp(seconds, UTC)}


def test_dump_refuses_members_that_the_api_does_not_have() -> None:
    with pytest.raises(KeyError):
        dump(emr_model().shape_for("ClusterTimeline"), {"Created": 1})


@pytest.mark.parametrize(
    ("error", "body"),
    [
        (ValidationException("m"), {"__type": "ValidationException", "message": "m"}),
        (
            no_such_cluster("j-1"),
            {
                "__type": "InvalidRequestException",
                "ErrorCode": "NoSuchCluster",
                "Message": "Cluster id 'j-1' is not valid.",
            },
        ),
        (
            InvalidRequestException("m"),
            {"__type": "InvalidRequestException", "ErrorCode": "InvalidRequest", "Message": "m"},
        ),
        (
            UnsupportedOperationException("CreateStudio"),
            {
                "__type": "UnsupportedOperationException",
                "message": "CreateStudio is not supported by this EMR endpoint. "
                "emr_local/api/operations.py would gain it.",
            },
        ),
    ],
)
def test_error_bodies(error: AwsError, body: dict[str, str]) -> None:
    assert (error.status, error.body()) == (400, body)


def test_owner_comes_from_the_signatures_scope() -> None:
    header = (
        "AWS4-HMAC-SHA256 Credential={}/20261122/eu-west-3/elasticmapreduce/aws4_request, SignedHeaders=host"
    )
    assert owner_of(header.format("AKIAEXAMPLE")) == Owner("000000000000", "eu-west-3")
    assert owner_of(header.format("123412341234")) == Owner("123412341234", "eu-west-3")
    with pytest.raises(MissingAuthenticationTokenException):
        owner_of("Bearer x")
