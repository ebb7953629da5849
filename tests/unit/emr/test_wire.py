"""Requests and answers against the API's model, and who is asking."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emr_local.api import owner_of
from emr_local.errors import (
    AwsError,
    InvalidRequestException,
    MissingAuthenticationTokenException,
    UnsupportedOperationException,
    ValidationException,
    no_such_cluster,
)
from emr_local.model import Owner
from emr_local.operations import OPERATIONS
from emr_local.shapes import dump, emr_model, load, parse_request


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


@pytest.mark.parametrize("wrong", [{"ClusterId": 5}, {"ClusterId": ["a"]}, {"ClusterId": {}}])
def test_wrong_types_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationException, match="ClusterId"):
        parse("DescribeCluster", wrong)


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
                "emr_local/operations.py would gain it.",
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
