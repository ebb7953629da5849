"""A template's text as data: YAML with CloudFormation's short forms read as their long ones."""

from __future__ import annotations

from typing import Any

import yaml

BARE = {"Ref", "Condition"}  # the others are Fn::


class _Loader(yaml.SafeLoader):
    """YAML with !Ref and the others."""


def _short_form(loader: _Loader, name: str, node: yaml.Node) -> dict[str, Any]:
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    elif isinstance(node, yaml.MappingNode):
        value = loader.construct_mapping(node, deep=True)
    else:
        raise yaml.YAMLError(f"!{name} holds nothing")
    if name == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {name if name in BARE else f"Fn::{name}": value}


_Loader.add_multi_constructor("!", _short_form)
# Dates stay text: "2012-10-17" is a policy's version
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def parsed(text: str) -> Any:
    """What the text holds; raises yaml.YAMLError."""
    return yaml.load(text, Loader=_Loader)  # noqa: S506  # a SafeLoader of ours
