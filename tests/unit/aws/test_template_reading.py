"""How templates are read for a plan, and that profiles and templates agree."""

from pathlib import Path

import pytest
import yaml

from aws.infrastructure import template_text, templates
from aws.profile import BadProfile, Source
from embedded.errors import Unusable

TEXT = """
Parameters: {Name: {Type: String}}
Conditions: {Named: !Not [!Equals [!Ref Name, ""]]}
Resources:
  Topic:
    Type: AWS::SNS::Topic
    Condition: Named
    Properties: {DisplayName: !Sub "${Name}", TopicName: !If [Named, !GetAtt A.B, !Ref AWS::NoValue]}
  Vpc: {Type: AWS::EC2::VPC, Properties: !Transform {Name: x}}
Outputs: {VpcId: {Value: !Ref Vpc}}
"""
GIVEN = {"StackPrefix": "p", "AccountId": "1", "Region": "r"}


def test_a_template(tmp_path: Path) -> None:
    (tmp_path / "t.yaml").write_text(TEXT)
    template = templates.read(tmp_path, "t")
    assert template.body == TEXT
    assert template.resources == {"Topic": "AWS::SNS::Topic", "Vpc": "AWS::EC2::VPC"}
    assert template.conditions == {"Topic": "Named"}
    assert template.parameters == {"Name": {"Type": "String"}}
    assert template.outputs == {"VpcId"}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (None, "there is no template"),
        ("a: [", "is not YAML"),
        ("\x00", "is not YAML"),
        ("Resources: {}\n#" + 51_200 * "x", "is larger than the 51200 bytes"),
        ("", r"/t\.yaml is no template: it has no Resources"),
        ("- Resources", r"/t\.yaml is no template: it has no Resources"),
        ("Resources: {}", r"/t\.yaml is no template: it has no Resources"),
        ("Resources: [Vpc]", r"/t\.yaml is no template: Resources is no mapping"),
        ("Resources: {Vpc: {}}", r"/t\.yaml is no template: Resources\.Vpc has no Type"),
        ("Resources: {Vpc: AWS::EC2::VPC}", r"/t\.yaml is no template: Resources\.Vpc has no Type"),
        (
            "{Resources: {V: {Type: T}}, Parameters: {P: }}",
            r"/t\.yaml is no template: Parameters\.P has no Type",
        ),
    ],
)
def test_a_template_that_cannot_be_used(tmp_path: Path, text: str | None, says: str) -> None:
    if text is not None:
        (tmp_path / "t.yaml").write_text(text)
    with pytest.raises(Unusable, match=says) as obstacle:
        templates.read(tmp_path, "t")
    assert "\n" not in str(obstacle.value)


def test_a_template_that_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "t.yaml").write_bytes(b"\xff")
    with pytest.raises(Unusable, match=r"/t\.yaml is not YAML: 'utf-8' codec"):
        templates.read(tmp_path, "t")


def test_tags_are_read_for_templates_only(tmp_path: Path) -> None:
    with pytest.raises(yaml.YAMLError):
        yaml.safe_load("!Ref x")


@pytest.mark.parametrize("profile", ["aws", "emr"])
def test_each_stack_gets_the_parameters_that_its_template_has(profile: str) -> None:
    source = Source.read(profile)
    for key in source.stack_keys:
        template = templates.read(templates.FOLDER, key)
        given = set(source.parameters(key, {**source.unknown({}), **GIVEN}))
        content = template_text.parsed(template.body)
        needed = {name for name, value in content["Parameters"].items() if "Default" not in value}
        assert given <= set(template.parameters), key
        assert needed <= given, key


@pytest.mark.parametrize("profile", ["aws", "emr"])
def test_what_a_profile_leaves_open_is_what_stacks_before_give(profile: str) -> None:
    source = Source.read(profile)
    known = {*GIVEN, "RequirementsVersion", "StartupVersion"}
    for key in source.stack_keys:
        used = set(source.unknown({})) & {
            name.strip("<>")
            for name in source.parameters(key, source.unknown({})).values()
            if name[:1] == "<"
        }
        assert used <= known, key
        template = templates.read(templates.FOLDER, key)
        known |= set(template_text.parsed(template.body)["Outputs"])
    assert set(source.unknown({})) <= {*known, "PipelinePassword", "RolesVersion"}


@pytest.mark.parametrize("prefix", ["x", "Upper", "ends-", "1st", "a" * 21, "under_score"])
def test_a_prefix_that_aws_would_refuse(prefix: str) -> None:
    with pytest.raises(BadProfile, match="cannot begin names in AWS: give 2 to 20 small letters"):
        Source.read("aws").prefix({"STACK_PREFIX": prefix})


@pytest.mark.parametrize(("given", "prefix"), [("", "tubepulse"), ("mine-2", "mine-2")])
def test_a_prefix(given: str, prefix: str) -> None:
    assert Source.read("aws").prefix({"STACK_PREFIX": given}) == prefix


def test_a_value_that_no_stack_gives_is_named() -> None:
    with pytest.raises(
        BadProfile, match=r"stacks.json, database.VpcId: needs VpcId, which none of the stacks"
    ):
        Source.read("aws").parameters("database", GIVEN)
