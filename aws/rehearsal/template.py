"""A CloudFormation template: read, its parameters checked, its intrinsic functions answered.

Pure: what a resource is called or has comes through two functions that the caller gives.
"""

from __future__ import annotations

import base64
import ipaddress
import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import yaml

from aws.infrastructure.template_text import parsed

NO_VALUE = object()
NAMED_IAM = {"RoleName", "ManagedPolicyName", "InstanceProfileName", "PolicyName", "UserName", "GroupName"}
FUNCTIONS = {"Ref", "Condition"}  # a mapping of this one key is a question, not data
Ask = Callable[[str], Any]  # logical id -> what Ref gives
AskAttribute = Callable[[str, str], Any]  # logical id, attribute -> what Fn::GetAtt gives


class Invalid(Exception):
    """CloudFormation would refuse the template or its parameters; the text is its message."""


def parse(text: str) -> dict[str, Any]:
    """The template; raises Invalid."""
    try:
        template = parsed(text)
    except yaml.YAMLError as error:
        raise Invalid(f"Template format error: YAML not well-formed. ({error})") from None
    if not isinstance(template, dict) or not template.get("Resources"):
        raise Invalid("Template format error: At least one Resources member must be defined.")
    return template


def parameters(template: Mapping[str, Any], given: Mapping[str, str]) -> dict[str, str]:
    """Every parameter's value, defaults included; raises Invalid as CloudFormation words it."""
    declared: dict[str, Any] = template.get("Parameters") or {}
    if strange := sorted(set(given) - set(declared)):
        raise Invalid(f"Parameters: [{', '.join(strange)}] do not exist in the template")
    values = {name: given.get(name, slot.get("Default")) for name, slot in declared.items()}
    if lacking := sorted(name for name, value in values.items() if value is None):
        raise Invalid(f"Parameters: [{', '.join(lacking)}] must have values")
    for name, slot in declared.items():
        _check(name, str(values[name]), slot)
    return {name: str(value) for name, value in values.items()}


def _check(name: str, value: str, slot: Mapping[str, Any]) -> None:
    because = slot.get("ConstraintDescription")
    allowed = [str(item) for item in slot.get("AllowedValues", [])]
    if allowed and value not in allowed:
        raise Invalid(f"Parameter '{name}' must be one of AllowedValues")
    pattern = slot.get("AllowedPattern")
    many = "List" in str(slot.get("Type"))  # each part of a list is matched
    parts = [part.strip() for part in value.split(",")] if many else [value]
    if pattern is not None and not all(re.fullmatch(str(pattern), part) for part in parts):
        raise Invalid(f"Parameter {name} failed to satisfy constraint: {because or f'must match {pattern}'}")
    if slot.get("Type") == "Number" and not re.fullmatch(r"-?\d+(\.\d+)?", value):
        raise Invalid(f"Parameter '{name}' must be a number.")
    size = float(value) if slot.get("Type") == "Number" else len(value)
    low, high = slot.get("MinValue", slot.get("MinLength")), slot.get("MaxValue", slot.get("MaxLength"))
    if (low is not None and size < float(low)) or (high is not None and size > float(high)):
        raise Invalid(f"Parameter {name} failed to satisfy constraint: {because or f'{low} to {high}'}")


def capabilities(template: Mapping[str, Any]) -> set[str]:
    """The capabilities that the template's caller must grant."""
    needed = set()
    for resource in template["Resources"].values():
        if str(resource["Type"]).startswith("AWS::IAM::"):
            named = NAMED_IAM & set(resource.get("Properties", {}))
            needed.add("CAPABILITY_NAMED_IAM" if named else "CAPABILITY_IAM")
    return {"CAPABILITY_NAMED_IAM"} if "CAPABILITY_NAMED_IAM" in needed else needed


class Answers:
    """Answers a template's functions. `pseudo` are the values of AWS::Region and the like."""

    def __init__(self, template: Mapping[str, Any], values: Mapping[str, str], pseudo: Mapping[str, str],
                 ref: Ask, attribute: AskAttribute) -> None:  # fmt: skip
        self._template, self._ref, self._attribute = template, ref, attribute
        self._known: dict[str, Any] = {**pseudo, "AWS::NoValue": NO_VALUE}
        for name, value in values.items():
            kind = str(template["Parameters"][name].get("Type", "String"))
            many = kind == "CommaDelimitedList" or kind.startswith("List<")
            self._known[name] = [part.strip() for part in value.split(",")] if many else value

    def condition(self, name: str) -> bool:
        """Does the condition hold?"""
        return bool(self.value(self._template["Conditions"][name]))

    def check_rules(self) -> None:
        """Raise Invalid for an assertion of the template's rules that its parameters do not meet."""
        for rule in (self._template.get("Rules") or {}).values():
            if "RuleCondition" in rule and not self.value(rule["RuleCondition"]):
                continue
            for assertion in rule["Assertions"]:
                if not self.value(assertion["Assert"]):
                    said = assertion.get("AssertDescription", "")
                    raise Invalid(f"Template error: Rule failed: {said}")

    def wanted(self) -> Iterator[str]:
        """The logical ids whose condition holds."""
        for name, resource in self._template["Resources"].items():
            if "Condition" not in resource or self.condition(resource["Condition"]):
                yield name

    def value(self, node: Any) -> Any:
        """`node` with every function replaced by its answer; AWS::NoValue takes its key or item away."""
        if isinstance(node, list):
            return [item for item in map(self.value, node) if item is not NO_VALUE]
        if not isinstance(node, dict):
            return node
        if len(node) == 1:
            ((key, argument),) = node.items()
            if key == "Ref":
                return self._known[argument] if argument in self._known else self._ref(argument)
            if key == "Condition" and isinstance(argument, str):
                return self.condition(argument)
            if key.startswith("Fn::"):
                return self._function(key[4:], argument)
        values = {key: self.value(item) for key, item in node.items()}
        return {key: item for key, item in values.items() if item is not NO_VALUE}

    def _function(self, name: str, argument: Any) -> Any:
        if name == "If":
            condition, yes, no = argument
            return self.value(yes if self.condition(condition) else no)
        if name == "Sub":
            return self._sub(argument)
        if name == "GetAtt":
            logical, *path = argument
            return self._attribute(logical, ".".join(path))
        given = self.value(argument)
        match name, given:
            case "Equals", [left, right]:
                return str(left) == str(right)
            case "Not", [single]:
                return not single
            case "And", [*several]:
                return all(several)
            case "Or", [*several]:
                return any(several)
            case "Join", [between, several]:
                return str(between).join(map(str, several))
            case "Split", [between, text]:
                return str(text).split(str(between))
            case "Select", [index, several]:
                return several[int(index)]
            case "GetAZs", region:
                return [f"{region or self._known['AWS::Region']}{zone}" for zone in "abc"]
            case "Base64", str(text):
                return base64.b64encode(text.encode()).decode()
            case "FindInMap", [mapping, first, second]:
                return self._template["Mappings"][mapping][first][second]
            case "Cidr", [block, count, bits]:
                subnets = ipaddress.ip_network(block).subnets(new_prefix=32 - int(bits))
                return [str(subnet) for subnet, _ in zip(subnets, range(int(count)), strict=False)]
            case "ToJsonString", structure:
                return json.dumps(structure)
        raise Invalid(f"Template error: the rehearsal does not know Fn::{name} with {given!r}")

    def _sub(self, argument: Any) -> str:
        text, extra = argument if isinstance(argument, list) else (argument, {})
        extra = self.value(extra)

        def answer(match: re.Match[str]) -> str:
            name = match[1]
            if name.startswith("!"):
                return "${" + name[1:] + "}"
            if name in extra:
                return str(extra[name])
            logical, _, attribute = name.partition(".")
            found = self._attribute(logical, attribute) if attribute else self.value({"Ref": name})
            return ",".join(found) if isinstance(found, list) else str(found)

        return re.sub(r"\$\{([^}]+)\}", answer, text)


def mentioned(node: Any) -> set[str]:
    """The logical names that `node` refers to, parameters and pseudo parameters included."""
    if isinstance(node, list):
        return set().union(*map(mentioned, node))
    if not isinstance(node, dict):
        return set()
    found: set[str] = set()
    for key, argument in node.items():
        if key == "Ref":
            found.add(argument)
        elif key == "Fn::GetAtt":
            found.add(argument[0])
        elif key == "Fn::Sub":
            text, extra = argument if isinstance(argument, list) else (argument, {})
            names = re.findall(r"\$\{([^!}]+)\}", text)
            found |= {name.partition(".")[0] for name in names if name not in extra} | mentioned(extra)
        else:
            found |= mentioned(argument)
    return found


def in_order(template: Mapping[str, Any], wanted: list[str]) -> list[str]:
    """The resources, each behind those it depends on; raises Invalid for a circle."""
    needs = {}
    for name in wanted:
        resource = template["Resources"][name]
        explicit = resource.get("DependsOn", [])
        named = {explicit} if isinstance(explicit, str) else set(explicit)
        needs[name] = (named | mentioned(resource.get("Properties", {}))) & set(wanted) - {name}
    order: list[str] = []
    while len(order) < len(wanted):
        ready = [name for name in wanted if name not in order and needs[name] <= set(order)]
        if not ready:
            raise Invalid(f"Circular dependency between resources: [{', '.join(set(wanted) - set(order))}]")
        order += ready
    return order
