"""Requests and answers against botocore's model of the EMR API (JSON 1.1, times as epoch seconds)."""

from __future__ import annotations

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
from botocore.validate import ParamValidator

from emr_local.errors import failed_constraints

# No program can be handed these, and no file can be written with them.
_UNPRINTABLE = re.compile("[\0\ud800-\udfff]")


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
    report = ParamValidator().validate(params, shape).generate_report()
    problems += [_aws_sentence(line) for line in report.splitlines()]
    if problems:
        raise failed_constraints(problems)
    return params


def load(shape: Shape, value: Any, problems: list[str], path: str = "") -> Any:
    """`value` as Python types; a value of the wrong type is left as it is, for the validator to report."""
    if isinstance(shape, StructureShape) and isinstance(value, Mapping):
        return {
            name: load(member, value[name], problems, f"{path}.{name}" if path else name)
            for name, member in shape.members.items()
            if value.get(name) is not None
        }
    if isinstance(shape, ListShape) and isinstance(value, list):
        return [load(shape.member, item, problems, f"{path}[{n}]") for n, item in enumerate(value)]
    if isinstance(shape, MapShape) and isinstance(value, Mapping):
        return {key: load(shape.value, item, problems, f"{path}.{key}") for key, item in value.items()}
    if shape.type_name == "timestamp":
        return _moment(value, problems, path)
    if isinstance(shape, StringShape) and isinstance(value, str) and _UNPRINTABLE.search(value):
        problems.append(
            f"Value at '{_aws_path(path)}' failed to satisfy constraint: "
            "Member must satisfy regular expression pattern: no NUL, no lone surrogate"
        )
    if isinstance(shape, StringShape) and shape.enum and isinstance(value, str) and value not in shape.enum:
        allowed = ", ".join(shape.enum)
        problems.append(
            f"Value '{value}' at '{_aws_path(path)}' failed to satisfy constraint: "
            f"Member must satisfy enum value set: [{allowed}]"
        )
    return value


def _moment(value: Any, problems: list[str], path: str) -> datetime | None:
    try:
        return datetime.fromtimestamp(float(value), UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        problems.append(f"Value '{value}' at '{_aws_path(path)}' failed to satisfy constraint: epoch seconds")
        return None


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


_MISSING = re.compile(r'Missing required parameter in (?P<where>\S+): "(?P<member>\w+)"')


def _aws_sentence(line: str) -> str:
    """botocore's report of a missing member in AWS's words; other reports as they are."""
    missing = _MISSING.fullmatch(line.strip())
    if not missing:
        return line.strip()
    where = "" if missing["where"] == "input" else missing["where"] + "."
    path = _aws_path(where + missing["member"])
    return f"Value null at '{path}' failed to satisfy constraint: Member must not be null"


def _aws_path(path: str) -> str:
    """`Steps[0].HadoopJarStep.Jar` as AWS writes it: `steps.1.member.hadoopJarStep.jar`."""
    counted = re.sub(r"\[(\d+)\]", lambda index: f".{int(index[1]) + 1}.member", path)
    return ".".join(part[:1].lower() + part[1:] for part in counted.split("."))
