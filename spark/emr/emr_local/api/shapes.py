"""Requests and answers against botocore's model of the EMR API (JSON 1.1, times as epoch seconds)."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

import botocore.session
from botocore.model import (
    ListShape,
    MapShape,
    OperationModel,
    ServiceModel,
    Shape,
    StringShape,
    StructureShape,
)

from emr_local.api.errors import failed_constraints

# Deeper than any request that means something; beyond it Python's own stack would end first.
MAX_DEPTH = 64
MAX_SHOWN = 200
MAX_PROBLEMS = 1000
RANGES = {"integer": (-(2**31), 2**31 - 1), "long": (-(2**63), 2**63 - 1)}
# No program can be handed these, and no file can be written with them.
_UNPRINTABLE = re.compile("[\0\ud800-\udfff]")
# What the model's pattern for XML strings leaves out; the model writes it for Java's regular expressions.
_NOT_XML = re.compile("[^\t\r\n\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@cache
def emr_model() -> ServiceModel:
    """Every operation, shape and required member of the EMR API."""
    return botocore.session.get_session().get_service_model("emr")


def parse_request(operation: OperationModel, document: Mapping[str, Any]) -> dict[str, Any]:
    """The operation's parameters in Python types; ValidationException names every member that is wrong.

    Members that the model does not know are dropped, as AWS does. Nulls count as absent.
    """
    shape = operation.input_shape
    if shape is None:
        return {}
    problems: list[str] = []
    params: dict[str, Any] = load(shape, document, problems)
    if problems:
        raise failed_constraints(problems)
    return params


def load(shape: Shape, value: Any, problems: list[str], path: str = "", depth: int = 0) -> Any:
    """`value` as Python types; what the model does not allow goes to `problems`, in AWS's words."""
    if depth > MAX_DEPTH:
        _report(
            problems, f"{path[:MAX_SHOWN]}...", f"Member must not be nested deeper than {MAX_DEPTH} levels"
        )
        return None
    if isinstance(shape, StructureShape) and isinstance(value, Mapping):
        return _load_structure(shape, value, problems, path, depth)
    if isinstance(shape, ListShape) and isinstance(value, list):
        _check_bounds(shape, len(value), "length", value, problems, path)
        return [
            load(shape.member, item, problems, f"{path}.{n}.member", depth + 1)
            for n, item in enumerate(value, start=1)
        ]
    if isinstance(shape, MapShape) and isinstance(value, Mapping):
        return {
            load(shape.key, key, problems, path, depth + 1): load(
                shape.value, item, problems, f"{path}.{key}", depth + 1
            )
            for key, item in value.items()
        }
    return _load_scalar(shape, value, problems, path)


def _load_structure(
    shape: StructureShape, value: Mapping[str, Any], problems: list[str], path: str, depth: int
) -> dict[str, Any]:
    loaded = {}
    for name, member in shape.members.items():
        where = name[:1].lower() + name[1:]
        where = f"{path}.{where}" if path else where
        if value.get(name) is not None:
            loaded[name] = load(member, value[name], problems, where, depth + 1)
        elif name in shape.required_members:
            _report(problems, where, "Member must not be null", " null")
    return loaded


def _load_scalar(shape: Shape, value: Any, problems: list[str], path: str) -> Any:
    kind = shape.type_name
    if kind == "timestamp":
        return _moment(value, problems, path)
    if isinstance(shape, StringShape) and isinstance(value, str):
        _check_text(shape, value, problems, path)
        return value
    if kind == "boolean" and isinstance(value, bool):
        return value
    if kind in RANGES and type(value) is int:
        _check_bounds(shape, value, "value", value, problems, path)
        return value
    if kind in ("double", "float") and type(value) in (int, float) and _is_finite(value):
        _check_bounds(shape, value, "value", value, problems, path)
        return float(value)
    _report(problems, path, f"Member must be a {kind}", _shown(value))
    return None


def _moment(value: Any, problems: list[str], path: str) -> datetime | None:
    try:
        return datetime.fromtimestamp(float(value), UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        _report(problems, path, "epoch seconds", _shown(value))
        return None


def _check_text(shape: StringShape, value: str, problems: list[str], path: str) -> None:
    pattern = shape.metadata.get("pattern")
    bad = _NOT_XML if pattern and pattern.startswith(r"[\u0020-") else _UNPRINTABLE
    if bad.search(value):
        said = pattern or "no NUL, no lone surrogate"
        _report(problems, path, f"Member must satisfy regular expression pattern: {said}")
    if shape.enum and value not in shape.enum:
        allowed = ", ".join(shape.enum)
        _report(problems, path, f"Member must satisfy enum value set: [{allowed}]", _shown(value))
    _check_bounds(shape, len(value), "length", value, problems, path)


def _check_bounds(
    shape: Shape, measure: float, noun: str, value: Any, problems: list[str], path: str
) -> None:
    """Reports a number, or the length of a text or list, outside the model's range."""
    least, most = RANGES.get(shape.type_name, (-math.inf, math.inf))
    least, most = shape.metadata.get("min", least), shape.metadata.get("max", most)
    if not least <= measure <= most:
        bound = f"greater than or equal to {least}" if measure < least else f"less than or equal to {most}"
        _report(problems, path, f"Member must have {noun} {bound}", _shown(value))


def _report(problems: list[str], path: str, constraint: str, shown: str = "") -> None:
    """Keeps a problem; a document that has too many of them is read no further."""
    problems.append(f"Value{shown} at '{path}' failed to satisfy constraint: {constraint}")
    if len(problems) == MAX_PROBLEMS:
        raise failed_constraints(problems)


def _is_finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # an integer beyond any float
        return False


def _shown(value: Any) -> str:
    """A scalar between apostrophes, cut short; nothing of what holds others."""
    if isinstance(value, (list, Mapping)):
        return ""
    text = _UNPRINTABLE.sub("\ufffd", str(value))
    return f" '{text[:MAX_SHOWN]}...'" if len(text) > MAX_SHOWN else f" '{text}'"


def dump(shape: Shape | None, value: Any) -> Any:
    """`value` as a JSON document of `shape`; None members are left out, an unknown member is a KeyError."""
    if shape is None:
        return {}
    if isinstance(shape, StructureShape):
        return {name: dump(shape.members[name], item) for name, item in value.items() if item is not None}
    if isinstance(shape, ListShape):
        return [dump(shape.member, item) for item in value]
    if isinstance(shape, MapShape):
        return {key: dump(shape.value, item) for key, item in value.items()}
    if shape.type_name == "timestamp":
        return round(value.timestamp(), 3)
    return value
