"""EMR's answers as JSON against botocore's model, and documents of it; boto3 drops what it does not know."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
import botocore.session
from botocore.model import ListShape, MapShape, ServiceModel, Shape, StringShape, StructureShape
from hypothesis import strategies as st

if TYPE_CHECKING:
    from mypy_boto3_emr import EMRClient

MODEL: ServiceModel = botocore.session.get_session().get_service_model("emr")
JSON_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "long": (int,),
    "double": (int, float),
    "float": (int, float),
    "timestamp": (int, float),
}
MAX_NESTING = 5
WORDS = st.text(st.characters(min_codepoint=32, max_codepoint=0x2FF), min_size=1, max_size=12)


def faults(shape: Shape | None, value: Any, path: str = "") -> Iterator[str]:
    """Every place where a JSON document is not of the shape."""
    if shape is None:
        if value != {}:
            yield f"{path}: the operation has no answer"
    elif isinstance(shape, StructureShape):
        yield from _structure_faults(shape, value, path)
    elif isinstance(shape, ListShape):
        if not isinstance(value, list):
            yield f"{path}: {value!r} is no list"
            return
        for n, item in enumerate(value):
            yield from faults(shape.member, item, f"{path}[{n}]")
    elif isinstance(shape, MapShape):
        if not isinstance(value, dict):
            yield f"{path}: {value!r} is no map"
            return
        for key, item in value.items():
            yield from faults(shape.value, item, f"{path}.{key}")
    else:
        yield from _scalar_faults(shape, value, path)


def _structure_faults(shape: StructureShape, value: Any, path: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{path}: {value!r} is no structure"
        return
    for name in shape.required_members:
        if name not in value:
            yield f"{path}.{name}: missing"
    for name, item in value.items():
        if name not in shape.members:
            yield f"{path}.{name}: unknown"
        else:
            yield from faults(shape.members[name], item, f"{path}.{name}")


def _scalar_faults(shape: Shape, value: Any, path: str) -> Iterator[str]:
    kinds = JSON_TYPES[shape.type_name]
    if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
        yield f"{path}: {value!r} is no {shape.type_name}"
    elif isinstance(shape, StringShape):
        text, limits = str(value), shape.metadata
        if shape.enum and text not in shape.enum:
            yield f"{path}: {text!r} is none of {shape.enum}"
        if not limits.get("min", 0) <= len(text) <= limits.get("max", len(text)):
            yield f"{path}: {text!r} has {len(text)} characters"


class CheckedAnswers:
    """Reads along with a boto3 client: what its answers were, and where they are not of the model."""

    def __init__(self, client: EMRClient) -> None:
        self.faults: list[str] = []
        self.seen: dict[str, int] = {}
        client.meta.events.register("before-parse.emr.*", self._read)

    def _read(self, operation_model: Any, response_dict: dict[str, Any], **_: Any) -> None:
        name = operation_model.name
        if response_dict["status_code"] == 200:
            self.seen[name] = self.seen.get(name, 0) + 1
            self.faults += faults(operation_model.output_shape, json.loads(response_dict["body"]), name)


def checked_client(url: str, **credentials: str) -> tuple[EMRClient, CheckedAnswers]:
    """An EMR client and what reads along with it."""
    client: EMRClient = boto3.client("emr", endpoint_url=url, **credentials)  # type: ignore[call-overload]  # keywords from a dictionary
    return client, CheckedAnswers(client)


@cache
def documents(shape: Shape, depth: int = 0) -> st.SearchStrategy[Any]:
    """JSON documents of a shape of the model."""
    if isinstance(shape, StructureShape):
        members = {
            name: documents(member, depth + 1)
            for name, member in shape.members.items()
            if depth < MAX_NESTING or name in shape.required_members
        }
        required = {name: members.pop(name) for name in shape.required_members}
        return st.fixed_dictionaries(required, optional=members)
    if isinstance(shape, ListShape):
        return st.lists(documents(shape.member, depth + 1), max_size=2)
    if isinstance(shape, MapShape):
        return st.dictionaries(WORDS, documents(shape.value, depth + 1), max_size=2)
    if isinstance(shape, StringShape):
        return st.sampled_from(shape.enum) if shape.enum else WORDS
    if shape.type_name == "boolean":
        return st.booleans()
    if shape.type_name == "double":
        return st.floats(0, 1000)
    return st.integers(1, 100)
