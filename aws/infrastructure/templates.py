"""CloudFormation templates: their text, and what a plan shows of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from aws.profile import ROOT
from embedded.errors import Unusable

FOLDER = ROOT / "aws" / "cloudformation"
LARGEST = 51_200  # bytes that CloudFormation takes in a request


@dataclass(frozen=True)
class Template:
    """A template: its text, the types of its resources by logical id, the names of its parameters.

    `conditions` holds the condition of those resources that have one.
    """

    body: str
    resources: dict[str, str]
    parameters: tuple[str, ...]
    conditions: dict[str, str]


class _Loader(yaml.SafeLoader):
    """YAML with CloudFormation's short forms, !Ref and the like."""


def _short_form(loader: _Loader, name: str, node: yaml.Node) -> dict[str, Any]:
    key = name if name in ("Ref", "Condition") else f"Fn::{name}"
    if isinstance(node, yaml.ScalarNode):
        return {key: loader.construct_scalar(node)}
    if isinstance(node, yaml.SequenceNode):
        return {key: loader.construct_sequence(node, deep=True)}
    if isinstance(node, yaml.MappingNode):
        return {key: loader.construct_mapping(node, deep=True)}
    raise yaml.YAMLError(f"!{name} holds nothing")


_Loader.add_multi_constructor("!", _short_form)


def read(folder: Path, name: str) -> Template:
    """The template <folder>/<name>.yaml; raises Unusable."""
    path = folder / f"{name}.yaml"
    try:
        body = path.read_text(encoding="utf-8")
        content = yaml.load(body, Loader=_Loader)  # noqa: S506  # a SafeLoader of ours
    except FileNotFoundError:
        raise Unusable(f"there is no template {path}: take the whole checkout") from None
    except yaml.YAMLError as error:
        raise Unusable(f"{path} is not YAML: {' '.join(str(error).split())}") from None
    if len(body.encode()) > LARGEST:
        raise Unusable(f"{path} is larger than the {LARGEST} bytes that CloudFormation takes: shorten it")
    resources: dict[str, Any] = content["Resources"]
    return Template(
        body,
        {logical_id: resource["Type"] for logical_id, resource in resources.items()},
        tuple(content.get("Parameters") or ()),
        {key: resource["Condition"] for key, resource in resources.items() if "Condition" in resource},
    )
