"""CloudFormation templates: their text, what a plan shows of them, and what parameters they take."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from aws.infrastructure import template_text
from aws.profile import ROOT
from embedded.errors import Unusable

FOLDER = ROOT / "aws" / "cloudformation"
LARGEST = 51_200  # bytes that CloudFormation takes in a request
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)


@dataclass(frozen=True)
class Template:
    """A template: its text, the types of its resources by logical id, its parameters, its outputs' names.

    `conditions` holds the condition of those resources that have one.
    """

    body: str
    resources: dict[str, str]
    parameters: dict[str, dict[str, Any]]
    conditions: dict[str, str]
    outputs: frozenset[str]


def read(folder: Path, name: str) -> Template:
    """The template <folder>/<name>.yaml; raises Unusable."""
    path = folder / f"{name}.yaml"
    try:
        body = path.read_text(encoding="utf-8")
        content = template_text.parsed(body)
    except FileNotFoundError:
        raise Unusable(f"there is no template {path}: take the whole checkout") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise Unusable(f"{path} is not YAML: {' '.join(str(error).split())}") from None
    if len(body.encode()) > LARGEST:
        raise Unusable(f"{path} is larger than the {LARGEST} bytes that CloudFormation takes: shorten it")
    if not isinstance(content, dict) or not content.get("Resources"):
        raise Unusable(f"{path} is no template: it has no Resources")
    resources = _section(path, content, "Resources", "Type")
    return Template(
        body,
        {logical_id: resource["Type"] for logical_id, resource in resources.items()},
        _section(path, content, "Parameters", "Type"),
        {key: resource["Condition"] for key, resource in resources.items() if "Condition" in resource},
        frozenset(_section(path, content, "Outputs", "Value")),
    )


def _section(path: Path, content: dict[str, Any], name: str, needed: str) -> dict[str, dict[str, Any]]:
    """A part of a template, whose items all have the key `needed`; empty where there is no such part."""
    items = content.get(name) or {}
    if not isinstance(items, dict):
        raise Unusable(f"{path} is no template: {name} is no mapping")
    for key, item in items.items():
        if not isinstance(item, dict) or needed not in item:
            raise Unusable(f"{path} is no template: {name}.{key} has no {needed}")
    return items


def check(template: Template, given: Mapping[str, str | None], place: Callable[[str], str]) -> None:
    """Raise Unusable for parameters that CloudFormation would refuse, as far as a template says it.

    `given` holds None for what is not known yet; `place` says where a person sets a parameter, and with ''
    where all of the stack's are. CloudFormation itself looks at a stack only once those before it are made.
    """
    for name, value in given.items():
        if name not in template.parameters:
            known = ", ".join(template.parameters)
            raise Unusable(f"{place('')}: its template has no parameter {name}; it has: {known}")
        wrong = None if value is None else _wrong(template.parameters[name], value)
        if wrong:
            raise Unusable(f"{place(name)}: {value!r} cannot be used as {name}: must be: {wrong}")
    for name, definition in template.parameters.items():
        if "Default" not in definition and name not in given:
            raise Unusable(f"{place('')}: lacks the parameter {name}, which its template needs")


def _wrong(definition: Mapping[str, Any], value: str) -> str | None:
    """What a value must be if it is not, None where it can be used."""
    kind = str(definition["Type"])
    is_list = kind == "CommaDelimitedList" or kind.startswith("List<")
    for item in [part.strip() for part in value.split(",")] if is_list else [value]:
        if kind in ("Number", "List<Number>") and not _is_number(definition, item):
            return str(definition.get("ConstraintDescription", _range(definition)))
        allowed = [_text(one) for one in definition.get("AllowedValues", ())]
        if allowed and item not in allowed:
            return str(definition.get("ConstraintDescription", f"one of {', '.join(allowed)}"))
        pattern = definition.get("AllowedPattern")
        # ASCII: \d means 0 to 9 to CloudFormation
        if pattern and not re.fullmatch(pattern, item, re.ASCII):
            return str(definition.get("ConstraintDescription", f"as {pattern} describes it"))
    return None


def _is_number(definition: Mapping[str, Any], text: str) -> bool:
    if not NUMBER.fullmatch(text):
        return False
    least, most = definition.get("MinValue", "-inf"), definition.get("MaxValue", "inf")
    return float(least) <= float(text) <= float(most)


def _range(definition: Mapping[str, Any]) -> str:
    least, most = definition.get("MinValue"), definition.get("MaxValue")
    bounds = [f"{word} {bound}" for word, bound in (("from", least), ("to", most)) if bound is not None]
    return " ".join(["a number", *bounds])


def _text(value: Any) -> str:
    """A value of YAML as CloudFormation compares it: true, not True."""
    return str(value).lower() if isinstance(value, bool) else str(value)
