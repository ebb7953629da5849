"""How the rehearsal reads CloudFormation templates; the wording of errors is CloudFormation's."""

from typing import Any

import pytest

from aws.rehearsal import template

TEXT = """
Parameters:
  Name: {Type: String, AllowedPattern: "^[a-z]+$", ConstraintDescription: small letters}
  Size: {Type: Number, Default: 3, MinValue: 1, MaxValue: 5}
  Zones: {Type: CommaDelimitedList, Default: "x, y", AllowedPattern: "^[a-z]$"}
  Kind: {Type: String, Default: one, AllowedValues: [one, two]}
Mappings: {Sizes: {one: {cpu: "2"}}}
Conditions:
  Big: !Not [!Equals [!Ref Size, 1]]
  Never: !And [!Condition Big, !Equals [a, b]]
Rules:
  NotBoth:
    RuleCondition: !Equals [!Ref Kind, two]
    Assertions: [{Assert: !Equals [!Ref Size, 1], AssertDescription: two is always small}]
Resources:
  Last:
    Type: T
    DependsOn: [First]
    Properties: {Of: !Sub "${Middle.Arn}/${!kept}"}
  Middle: {Type: T, Properties: {Of: !Ref First}}
  First: {Type: T}
  Absent: {Type: T, Condition: Never}
"""


def answer(node: str, **given: str) -> Any:
    parsed = template.parse(TEXT)
    values = template.parameters(parsed, {"Name": "abc", **given})
    answers = template.Answers(
        parsed, values, {"AWS::Region": "eu-west-2"}, lambda name: f"id-of-{name}", lambda *of: "/".join(of)
    )
    return answers.value(template.parse(f"Resources: {{x: {node}}}")["Resources"]["x"])


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        ("!Ref Name", "abc"),
        ("!Ref First", "id-of-First"),
        ("!Ref Zones", ["x", "y"]),
        ("!GetAtt First.A.B", "First/A.B"),
        ('!Sub "${Name}-${First}-${AWS::Region}"', "abc-id-of-First-eu-west-2"),
        ('!Sub "${First.Arn}-${!Left}"', "First/Arn-${Left}"),
        ('!Sub ["${a}-${Name}", {a: !Ref Kind}]', "one-abc"),
        ("!If [Big, 1, 2]", 1),
        ("{a: !If [Never, 1, !Ref AWS::NoValue], b: [!Ref AWS::NoValue, 2]}", {"b": [2]}),
        ("!Select [1, !Split [',', 'p,q']]", "q"),
        ("!Join ['-', [a, !Ref Size]]", "a-3"),
        ("!Select [1, !GetAZs '']", "eu-west-2b"),
        ("!Select [1, !Cidr [10.0.0.0/16, 4, 12]]", "10.0.16.0/20"),
        ("!FindInMap [Sizes, !Ref Kind, cpu]", "2"),
        ("{Version: 2012-10-17}", {"Version": "2012-10-17"}),
    ],
)  # fmt: skip
def test_functions_are_answered(node: str, expected: object) -> None:
    assert answer(node) == expected


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "Parameters: [Name] must have values"),
        ({"Name": "a", "Odd": "1"}, "Parameters: [Odd] do not exist in the template"),
        ({"Name": "A1"}, "Parameter Name failed to satisfy constraint: small letters"),
        ({"Name": "a", "Kind": "three"}, "Parameter 'Kind' must be one of AllowedValues"),
        ({"Name": "a", "Size": "many"}, "Parameter 'Size' must be a number."),
        ({"Name": "a", "Size": "6"}, "Parameter Size failed to satisfy constraint: 1 to 5"),
        ({"Name": "a", "Zones": "a,Bad"}, "Parameter Zones failed to satisfy constraint: must match ^[a-z]$"),
    ],
)  # fmt: skip
def test_parameters_are_checked(given: dict[str, str], message: str) -> None:
    with pytest.raises(template.Invalid) as error:
        template.parameters(template.parse(TEXT), given)
    assert str(error.value) == message


def test_a_rule_that_does_not_hold_is_named() -> None:
    parsed = template.parse(TEXT)
    values = template.parameters(parsed, {"Name": "a", "Kind": "two"})
    answers = template.Answers(parsed, values, {}, str, lambda *of: "")
    with pytest.raises(template.Invalid, match="two is always small"):
        answers.check_rules()


def test_resources_come_behind_what_they_need() -> None:
    parsed = template.parse(TEXT)
    assert template.in_order(parsed, ["Last", "Middle", "First"]) == ["First", "Middle", "Last"]


def test_a_circle_is_refused() -> None:
    parsed = template.parse("Resources: {A: {Type: T, DependsOn: B}, B: {Type: T, Properties: {x: !Ref A}}}")
    with pytest.raises(template.Invalid, match="Circular dependency"):
        template.in_order(parsed, ["A", "B"])


def test_named_roles_need_the_capability_for_names() -> None:
    role = "Resources: {R: {Type: AWS::IAM::Role, Properties: {%s}}}"
    assert template.capabilities(template.parse(role % "")) == {"CAPABILITY_IAM"}
    assert template.capabilities(template.parse(role % "RoleName: r")) == {"CAPABILITY_NAMED_IAM"}
