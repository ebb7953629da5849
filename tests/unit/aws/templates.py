"""CloudFormation templates as CloudFormation would see them: conditions decided, functions computed.

Only what aws/cloudformation/ uses is known; anything else is an error, never a guess.
"""

import re
from pathlib import Path
from typing import Any

from aws.infrastructure import template_text

FOLDER = Path(__file__).parents[3] / "aws" / "cloudformation"
NAMES = sorted(path.stem for path in FOLDER.glob("*.yaml"))

ACCOUNT, REGION = "111122223333", "eu-west-2"
PSEUDO = {
    "AWS::AccountId": ACCOUNT,
    "AWS::Region": REGION,
    "AWS::Partition": "aws",
    "AWS::URLSuffix": "amazonaws.com",
    "AWS::StackName": "a-stack",
}
NOTHING = object()  # AWS::NoValue: the property is not there

# The property that names a resource of a type, and so is what Ref gives
NAMED_BY = {
    "AWS::IAM::Role": "RoleName",
    "AWS::IAM::InstanceProfile": "InstanceProfileName",
    "AWS::IAM::ManagedPolicy": "ManagedPolicyName",
    "AWS::S3::Bucket": "BucketName",
    "AWS::MWAA::Environment": "Name",
    "AWS::RDS::DBInstance": "DBInstanceIdentifier",
}
ARNS = {
    "AWS::IAM::Role": "arn:aws:iam::{account}:role/{name}",
    "AWS::IAM::ManagedPolicy": "arn:aws:iam::{account}:policy/{name}",
    "AWS::S3::Bucket": "arn:aws:s3:::{name}",
}


def load(name: str) -> dict[str, Any]:
    """aws/cloudformation/<name>.yaml, functions in their long forms."""
    template: dict[str, Any] = template_text.parsed((FOLDER / f"{name}.yaml").read_text())
    return template


def render(name: str, parameters: dict[str, str], region: str = REGION) -> dict[str, Any]:
    """The template with `parameters` (else their defaults): only what is made, every function computed.

    A reference to a resource that says its own name gives that name, any other its logical id. Raises
    ValueError for parameters that CloudFormation would refuse.
    """
    refused = refusals(name, parameters)
    if refused:
        raise ValueError("; ".join(refused))
    return _Rendering(load(name), parameters, region).template()


def refusals(name: str, parameters: dict[str, str]) -> list[str]:
    """Why CloudFormation would refuse the parameters, in the template's own words; else nothing."""
    template = load(name)
    declared = template.get("Parameters", {})
    found = [f"{key}: unknown" for key in sorted(set(parameters) - set(declared))]
    found += [
        f"{key}: missing"
        for key, value in declared.items()
        if "Default" not in value and key not in parameters
    ]
    for key in sorted(set(parameters) & set(declared)):
        if not _fits(declared[key], parameters[key]):
            found.append(f"{key}: {declared[key].get('ConstraintDescription', 'not one of its values')}")
    if found:
        return found
    rendering = _Rendering(template, parameters, REGION)
    return [
        assertion["AssertDescription"]
        for rule in template.get("Rules", {}).values()
        if rendering.truth(rule["RuleCondition"])
        for assertion in rule["Assertions"]
        if not rendering.truth(assertion["Assert"])
    ]


def _fits(declared: dict[str, Any], value: str) -> bool:
    if "AllowedValues" in declared and value not in declared["AllowedValues"]:
        return False
    if declared["Type"] == "Number" and not (
        re.fullmatch(r"-?\d+", value)
        and declared.get("MinValue", int(value)) <= int(value) <= declared.get("MaxValue", int(value))
    ):
        return False
    parts = value.split(",") if declared["Type"] == "CommaDelimitedList" else [value]
    return all(re.fullmatch(declared.get("AllowedPattern", ".*"), part) for part in parts)


class _Rendering:
    def __init__(self, template: dict[str, Any], parameters: dict[str, str], region: str) -> None:
        declared = template.get("Parameters", {})
        self.source = template
        values = {key: str(parameters.get(key, value.get("Default"))) for key, value in declared.items()}
        self.values: dict[str, Any] = {**PSEUDO, "AWS::Region": region, **values}
        for key, value in declared.items():
            if value["Type"] == "CommaDelimitedList" or value["Type"].startswith("List<"):
                self.values[key] = [part for part in values[key].split(",") if part]

    def template(self) -> dict[str, Any]:
        resources = {
            key: self.value(value) for key, value in self.source["Resources"].items() if self._made(value)
        }
        outputs = {
            key: self.value(value)
            for key, value in self.source.get("Outputs", {}).items()
            if self._made(value)
        }
        return {"Resources": resources, "Outputs": outputs}

    def _made(self, part: dict[str, Any]) -> bool:
        return "Condition" not in part or self.condition(part["Condition"])

    def condition(self, name: str) -> bool:
        return self.truth(self.source["Conditions"][name])

    def truth(self, node: dict[str, Any]) -> bool:
        ((function, value),) = node.items()
        match function:
            case "Condition":
                return self.condition(value)
            case "Fn::Equals":
                left, right = (self.value(side) for side in value)
                return bool(left == right)
            case "Fn::Not":
                return not self.truth(value[0])
            case "Fn::And":
                return all(self.truth(item) for item in value)
            case "Fn::Or":
                return any(self.truth(item) for item in value)
        raise NotImplementedError(function)

    def value(self, node: Any) -> Any:
        if isinstance(node, list):
            return [item for item in map(self.value, node) if item is not NOTHING]
        if not isinstance(node, dict):
            return node
        if len(node) == 1:
            ((function, argument),) = node.items()
            if function == "Ref" or function.startswith("Fn::"):
                return self.computed(function, argument)
        rendered = {key: self.value(item) for key, item in node.items()}
        return {key: item for key, item in rendered.items() if item is not NOTHING}

    def computed(self, function: str, argument: Any) -> Any:
        match function:
            case "Ref":
                return self.reference(argument)
            case "Fn::GetAtt":
                return self.attribute(*argument)
            case "Fn::Sub":
                return self.substituted(argument)
            case "Fn::If":
                return self.value(argument[1] if self.condition(argument[0]) else argument[2])
            case "Fn::Join":
                return argument[0].join(self.value(argument[1]))
            case "Fn::Split":
                return self.value(argument[1]).split(argument[0])
            case "Fn::Select":
                return self.value(argument[1])[int(argument[0])]
            case "Fn::GetAZs":
                return [f"{self.values['AWS::Region']}{letter}" for letter in "abc"]
            case "Fn::Cidr":
                block, count, _ = (self.value(item) for item in argument)
                return [f"{block}#{number}" for number in range(int(count))]
        raise NotImplementedError(function)

    def reference(self, name: str) -> Any:
        if name == "AWS::NoValue":
            return NOTHING
        if name in self.values:
            return self.values[name]
        return self.physical_name(name)

    def physical_name(self, logical_id: str) -> str:
        resource = self.source["Resources"][logical_id]
        own = resource.get("Properties", {}).get(NAMED_BY.get(resource["Type"], ""))
        return str(self.value(own)) if own is not None else logical_id

    def attribute(self, logical_id: str, attribute: str) -> str:
        resource = self.source["Resources"][logical_id]
        if attribute == "Arn" and resource["Type"] in ARNS:
            return ARNS[resource["Type"]].format(account=ACCOUNT, name=self.physical_name(logical_id))
        return f"{logical_id}.{attribute}"

    def substituted(self, argument: Any) -> str:
        text, own = argument if isinstance(argument, list) else (argument, {})

        def given(match: re.Match[str]) -> str:
            name = match[1]
            if name.startswith("!"):
                return "${" + name[1:] + "}"
            if name in own:
                return str(self.value(own[name]))
            if "." in name:
                return self.attribute(*name.split(".", 1))
            return str(self.reference(name))

        return re.sub(r"\$\{([^}]+)\}", given, text)
