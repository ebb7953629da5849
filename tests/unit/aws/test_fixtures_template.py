"""The stack of the recordings: what it may, who may call it, what its parameters take."""

from typing import Any

import pytest
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER  # type: ignore[import-untyped]

from tests.unit.aws.templates import REGION, load, refusals

GIVEN = {
    "Prefix": "tubepulse-e2e", "CodeBucket": "tubepulse-e2e-111122223333-eu-west-2",
    "CodeKey": "e2e/fixtures.zip", "CodeVersion": "v.1_a", "TokenSha256": "0" * 64,
}  # fmt: skip


@pytest.fixture
def resources() -> dict[str, Any]:
    found: dict[str, Any] = load("fixtures")["Resources"]
    return found


def test_its_role_writes_its_own_log_and_nothing_else(resources: dict[str, Any]) -> None:
    role = resources["Role"]["Properties"]
    assert "ManagedPolicyArns" not in role
    (policy,) = role["Policies"]
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert statement == {
        "Effect": "Allow",
        "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
        "Resource": {"Fn::GetAtt": ["Log", "Arn"]},
    }


def test_only_its_address_can_be_called_by_everybody(resources: dict[str, Any]) -> None:
    calls = [one["Properties"] for one in resources.values() if one["Type"] == "AWS::Lambda::Permission"]
    assert [(call["Action"], call["Principal"]) for call in calls] == [
        ("lambda:InvokeFunctionUrl", "*"),
        ("lambda:InvokeFunction", "*"),
    ]
    assert calls[0]["FunctionUrlAuthType"] == "NONE"
    assert calls[1]["InvokedViaFunctionUrl"] is True


def test_the_function_is_told_no_secret(resources: dict[str, Any]) -> None:
    variables = resources["Function"]["Properties"]["Environment"]["Variables"]
    assert variables == {"TOKEN_SHA256": {"Ref": "TokenSha256"}}


def test_what_can_be_tagged_is_tagged(resources: dict[str, Any]) -> None:
    tagged = 0
    for name, resource in resources.items():
        schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema(REGION, resource["Type"]).schema
        if not schema.get("tagging", {}).get("taggable"):
            continue
        tags = {tag["Key"]: tag["Value"] for tag in resource["Properties"]["Tags"]}
        assert tags == {"project": "tubepulse", "prefix": {"Ref": "Prefix"}}, name
        tagged += 1
    assert tagged == 3


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("Prefix", "Tubepulse"), ("Prefix", "a" * 21), ("CodeBucket", "a_b"), ("CodeKey", "a b"),
        ("CodeVersion", ""),
        ("TokenSha256", "0" * 63), ("TokenSha256", "G" * 64), ("ReservedConcurrency", "0"),
    ],
)  # fmt: skip
def test_parameters_explain_themselves(name: str, wrong: str) -> None:
    assert refusals("fixtures", GIVEN) == []
    declared = load("fixtures")["Parameters"][name]
    assert declared["Description"]
    (said,) = refusals("fixtures", GIVEN | {name: wrong})
    assert declared["ConstraintDescription"] in said
