"""MWAA's API as botocore describes it: which operation a request is, whether it fits the model.

botocore's own validator looks at types, required members and the low end of ranges; the service looks at
patterns, enumerations and the high end too, and so does this.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote

from botocore.loaders import Loader
from botocore.model import ListShape, MapShape, OperationModel, ServiceModel, Shape, StructureShape
from botocore.validate import ParamValidator

# The model lets a path of InvokeRestApi have 64 characters. Airflow's own sensors for MWAA send longer ones
# (…/dagRuns/<run id>/taskInstances/<task id>), so the service cannot hold to it: not refused here either.
LENIENT = {("Path", "max")}


class Misfit(Exception):
    """A request that the service would refuse: HTTP status, the error's name, its members."""

    def __init__(self, status: int, code: str, message: str = "", **members: Any) -> None:
        super().__init__(message)
        self.status, self.code, self.members = status, code, members or {"message": message}


@dataclass(frozen=True)
class Call:
    """An operation with its parameters."""

    operation: str
    parameters: dict[str, Any]


class Model:
    """The operations of MWAA."""

    def __init__(self) -> None:
        self.service = ServiceModel(Loader().load_service_model("mwaa", "service-2"), "mwaa")
        self._routes = [
            (operation.http["method"], _pattern(operation.http["requestUri"]), operation)
            for operation in map(self.service.operation_model, self.service.operation_names)
        ]

    def call(self, method: str, path: str, query: str, body: dict[str, Any]) -> Call:
        """What the request asks for; raises Misfit."""
        for wanted, pattern, operation in self._routes:
            if wanted == method and (match := pattern.fullmatch(path)):
                parameters = _parameters(operation, match.groupdict(), query, body)
                self._check(operation, parameters)
                return Call(operation.name, parameters)
        raise Misfit(404, "UnknownOperationException", f"MWAA has no operation {method} {path}")

    def status(self, error: str) -> int:
        """The HTTP status of an error of the model."""
        shape = self.service.shape_for(error)
        return int(shape.metadata["error"]["httpStatusCode"])

    def _check(self, operation: OperationModel, parameters: dict[str, Any]) -> None:
        shape = operation.input_shape
        if shape is None:
            return
        report = ParamValidator().validate(parameters, shape)
        strange = sorted(set(parameters) - set(shape.members))
        found = [report.generate_report()] if report.has_errors() else []
        found += [f"unknown parameter {name}" for name in strange]
        found += [] if found else misfits(shape, parameters, "")
        if found:
            raise Misfit(400, "ValidationException", f"{operation.name}: {'; '.join(found)}")


def misfits(shape: Shape, value: Any, place: str) -> list[str]:
    """What of a value's shape botocore does not look at: patterns, enumerations, upper ends, strange keys."""
    if isinstance(shape, StructureShape):
        if shape.is_document_type:
            return []
        found = [f"{place or shape.name}: unknown member {name}" for name in set(value) - set(shape.members)]
        for name in set(value) & set(shape.members):
            found += misfits(shape.members[name], value[name], f"{place}.{name}".strip("."))
        return found
    found = _limits(shape, value, place)
    if isinstance(shape, ListShape):
        for item in value:
            found += misfits(shape.member, item, place)
    elif isinstance(shape, MapShape):
        for key, item in value.items():
            found += misfits(shape.key, key, f"{place} key") + misfits(shape.value, item, f"{place}.{key}")
    return found


def _limits(shape: Shape, value: Any, place: str) -> list[str]:
    limits, found = shape.metadata, []
    size = value if isinstance(value, int) else len(value) if hasattr(value, "__len__") else 0
    if "max" in limits and size > limits["max"] and (place, "max") not in LENIENT:
        found.append(f"{place}: {size} is more than {limits['max']}")
    if "min" in limits and size < limits["min"]:
        found.append(f"{place}: {size} is less than {limits['min']}")
    if "pattern" in limits and not re.fullmatch(python(limits["pattern"]), value):
        found.append(f"{place}: does not match {limits['pattern']}")
    if "enum" in limits and value not in limits["enum"]:
        found.append(f"{place}: not one of {', '.join(limits['enum'])}")
    return found


def python(pattern: str) -> str:
    """A pattern of the model's kind: Python has no \\p{L}; its \\w lets the underscore in besides."""
    return pattern.replace(r"\p{L}", r"\w").replace(r"\p{N}", r"\d").replace(r"\p{Z}", r"\s")


def _pattern(uri: str) -> re.Pattern[str]:
    # A label stands for one segment; an ARN in it comes with its slashes encoded
    return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", uri))


def _parameters(
    operation: OperationModel, labels: dict[str, str], query: str, body: dict[str, Any]
) -> dict[str, Any]:
    """All members of the input, wherever the model puts them: path, query or body."""
    shape = operation.input_shape
    if not isinstance(shape, StructureShape):
        return {}
    asked: dict[str, list[str]] = {}
    for key, text in parse_qsl(query, keep_blank_values=True):
        asked.setdefault(key, []).append(text)
    found = dict(body)
    for name, member in shape.members.items():
        place, wire = member.serialization.get("location"), member.serialization.get("name", name)
        if place == "uri":
            found[name] = unquote(labels[wire])
        elif place == "querystring" and wire in asked:
            texts = asked[wire]
            found[name] = texts if isinstance(member, ListShape) else _typed(member, texts[0])
    return found


def _typed(shape: Shape, text: str) -> Any:
    return int(text) if shape.type_name in ("integer", "long") else text
