"""The evaluator of tests/unit/aws/policies.py, against what IAM's documentation says of each element."""

from typing import Any

import pytest

from tests.unit.aws.policies import allowed, documents, together, trust


def policy(*statements: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"Version": "2012-10-17", "Statement": list(statements)}]


def allow(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def test_what_no_statement_names_is_not_allowed() -> None:
    assert not allowed(
        policy(allow("s3:GetObject", "arn:aws:s3:::b/*")), "s3:PutObject", "arn:aws:s3:::b/k", {}
    )
    assert not allowed(
        policy(allow("s3:GetObject", "arn:aws:s3:::b/*")), "s3:GetObject", "arn:aws:s3:::c/k", {}
    )
    assert not allowed([], "s3:GetObject", "*", {})


def test_a_deny_wins_wherever_it_stands() -> None:
    deny = {"Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::b/secret/*"}
    for several in (policy(allow("s3:GetObject"), deny), policy(deny) + policy(allow("s3:GetObject"))):
        assert allowed(several, "s3:GetObject", "arn:aws:s3:::b/k", {})
        assert not allowed(several, "s3:GetObject", "arn:aws:s3:::b/secret/k", {})


@pytest.mark.parametrize(
    ("pattern", "text", "fits"),
    [
        ("arn:aws:s3:::b/*", "arn:aws:s3:::b/a/b/c", True),
        ("arn:aws:s3:::b/*", "arn:aws:s3:::b/", True),
        ("arn:aws:s3:::b/*", "arn:aws:s3:::b", False),
        ("arn:aws:s3:::b/?", "arn:aws:s3:::b/a", True),
        ("arn:aws:s3:::b/?", "arn:aws:s3:::b/*", True),
        ("arn:aws:s3:::b/?", "arn:aws:s3:::b/aa", False),
        ("arn:aws:s3:::b.c", "arn:aws:s3:::bxc", False),
        ("arn:aws:s3:::B", "arn:aws:s3:::b", False),
    ],
)
def test_wildcards_of_resources(pattern: str, text: str, fits: bool) -> None:
    assert allowed(policy(allow("s3:GetObject", pattern)), "s3:GetObject", text, {}) is fits


def test_actions_are_not_case_sensitive_and_may_have_wildcards() -> None:
    assert allowed(policy(allow("S3:get*")), "s3:GetObject", "*", {})
    assert allowed(policy(allow(["ec2:RunInstances", "s3:GetObject"])), "s3:GetObject", "*", {})


def test_not_resource_is_all_others() -> None:
    documents = policy(
        {"Effect": "Allow", "Action": "kms:Decrypt", "NotResource": "arn:aws:kms:*:111122223333:key/*"}
    )
    assert allowed(documents, "kms:Decrypt", "arn:aws:kms:eu-west-2:999988887777:key/k", {})
    assert not allowed(documents, "kms:Decrypt", "arn:aws:kms:eu-west-2:111122223333:key/k", {})


@pytest.mark.parametrize(
    ("operator", "expected", "context", "holds"),
    [
        ("StringEquals", "a", {"k": "a"}, True),
        ("StringEquals", "a", {"K": "a"}, True),  # names of keys are not case-sensitive
        ("StringEquals", "a", {"k": "A"}, False),
        ("StringEquals", "a*", {"k": "ab"}, False),
        ("StringEquals", ["a", "b"], {"k": "b"}, True),
        ("StringEquals", "a", {}, False),
        ("StringEqualsIfExists", "a", {}, True),
        ("StringEqualsIfExists", "a", {"k": "b"}, False),
        ("StringNotEquals", "a", {"k": "a"}, False),
        ("StringNotEquals", "a", {"k": "b"}, True),
        ("StringNotEquals", "a", {}, True),
        ("StringLike", "a*", {"k": "ab"}, True),
        ("StringLike", "a*", {"k": "ba"}, False),
        ("ArnLike", "arn:aws:s3:::b*", {"k": "arn:aws:s3:::bc"}, True),
        ("ArnEquals", "arn:aws:s3:::b", {"k": "arn:aws:s3:::c"}, False),
        ("Bool", "true", {"k": "true"}, True),
        ("Bool", "false", {"k": "true"}, False),
        ("Null", "true", {}, True),
        ("Null", "false", {}, False),
        ("Null", "false", {"k": "a"}, True),
        ("ForAllValues:StringEquals", ["a", "b"], {"k": ["a"]}, True),
        ("ForAllValues:StringEquals", ["a", "b"], {"k": ["a", "c"]}, False),
        ("ForAllValues:StringEquals", ["a"], {}, True),
        ("ForAnyValue:StringEquals", ["a", "b"], {"k": ["c", "a"]}, True),
        ("ForAnyValue:StringEquals", ["a"], {"k": ["c"]}, False),
        ("ForAnyValue:StringEquals", ["a"], {}, False),
    ],
)
def test_conditions(operator: str, expected: Any, context: dict[str, Any], holds: bool) -> None:
    statement = allow("s3:GetObject", Condition={operator: {"k": expected}})
    assert allowed(policy(statement), "s3:GetObject", "*", context) is holds


def test_every_condition_must_hold() -> None:
    condition = {"StringEquals": {"a": "1", "b": "2"}, "Bool": {"c": "true"}}
    documents = policy(allow("s3:GetObject", Condition=condition))
    assert allowed(documents, "s3:GetObject", "*", {"a": "1", "b": "2", "c": "true"})
    for missing in "abc":
        context = {key: value for key, value in {"a": "1", "b": "2", "c": "true"}.items() if key != missing}
        assert not allowed(documents, "s3:GetObject", "*", context)


@pytest.mark.parametrize(
    "statement",
    [
        allow("s3:GetObject", Condition={"NumericLessThan": {"k": "1"}}),
        allow("s3:GetObject", Condition={"ForNoValue:StringEquals": {"k": "a"}}),
        {"Effect": "Allow", "NotAction": "s3:GetObject", "Resource": "*"},
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*", "Principal": "*"},
    ],
)
def test_what_it_does_not_know_is_an_error(statement: dict[str, Any]) -> None:
    with pytest.raises(NotImplementedError):
        allowed(policy(statement), "s3:GetObject", "*", {"k": ["a"]})


def test_documents_of_a_template() -> None:
    parameters = {"Prefix": "tubepulse", "BucketName": "bucket", "EnvironmentName": "tubepulse"}
    assert set(documents("roles", parameters)) == {"EmrServiceRole", "EmrInstanceRole", "AirflowRole"}
    assert set(documents("roles", parameters | {"EnvironmentName": ""})) == {
        "EmrServiceRole", "EmrInstanceRole",
    }  # fmt: skip
    assert set(trust("roles", parameters)) == set(documents("roles", parameters))
    deployer = documents("deployer", {})
    assert len(together(deployer)) == len(deployer) == 4
    passed = [
        statement["Resource"]
        for statement in documents("roles", parameters)["AirflowRole"][1]["Statement"]
        if statement["Action"] == "iam:PassRole"
    ]
    assert passed == [
        "arn:aws:iam::111122223333:role/tubepulse-eu-west-2-emr",
        "arn:aws:iam::111122223333:role/tubepulse-eu-west-2-emr-nodes",
    ]
