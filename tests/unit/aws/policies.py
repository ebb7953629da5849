"""What IAM policies of our templates allow: a small evaluator of identity policies.

    roles = documents("roles", {"Prefix": "tubepulse", "BucketName": "b", "EnvironmentName": "tubepulse"})
    assert allowed(roles["AirflowRole"], "s3:PutObject", "arn:aws:s3:::b/api_output/x", {})

Knows what the templates use; an operator or element it does not know is an error, never a silent yes or no.
The policies that AWS itself manages (AmazonEMRServicePolicy_v2) are not part of the answer.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from tests.unit.aws.templates import render

Document = dict[str, Any]
Context = Mapping[str, str | list[str]]

ELEMENTS = {"Sid", "Effect", "Action", "Resource", "NotResource", "Condition"}


def documents(template: str, parameters: dict[str, str]) -> dict[str, list[Document]]:
    """Logical id -> policy documents, of the template's roles (inline ones) and managed policies."""
    found: dict[str, list[Document]] = {}
    for logical_id, resource in render(template, parameters)["Resources"].items():
        properties = resource.get("Properties", {})
        if resource["Type"] == "AWS::IAM::Role":
            found[logical_id] = [policy["PolicyDocument"] for policy in properties.get("Policies", ())]
        if resource["Type"] == "AWS::IAM::ManagedPolicy":
            found[logical_id] = [properties["PolicyDocument"]]
    return found


def trust(template: str, parameters: dict[str, str]) -> dict[str, Document]:
    """Logical id -> trust policy, of the template's roles."""
    return {
        logical_id: resource["Properties"]["AssumeRolePolicyDocument"]
        for logical_id, resource in render(template, parameters)["Resources"].items()
        if resource["Type"] == "AWS::IAM::Role"
    }


def together(found: Mapping[str, list[Document]]) -> list[Document]:
    """The documents of all roles or managed policies, as those of one identity that has them all."""
    return [document for several in found.values() for document in several]


def allowed(documents: Iterable[Document], action: str, resource: str, context: Context) -> bool:
    """Whether the policies allow `action` ("s3:GetObject") on `resource` (an ARN, or "*" for none).

    `context` has the request's condition keys. A Deny wins over every Allow.
    """
    effects = {
        statement["Effect"]
        for document in documents
        for statement in statements(document)
        if _applies(statement, action, resource, context)
    }
    return effects == {"Allow"}


def statements(document: Document) -> list[dict[str, Any]]:
    """The document's statements; raises on an element that the evaluator does not know."""
    found: list[dict[str, Any]] = _listed(document["Statement"])
    for statement in found:
        unknown = set(statement) - ELEMENTS
        if unknown:
            raise NotImplementedError(f"policy element {', '.join(sorted(unknown))}")
    return found


def actions(statement: Mapping[str, Any]) -> list[str]:
    return _listed(statement["Action"])


def resources(statement: Mapping[str, Any]) -> list[str]:
    return _listed(statement.get("Resource", []))


def _applies(statement: dict[str, Any], action: str, resource: str, context: Context) -> bool:
    if not any(_like(pattern.lower(), action.lower()) for pattern in actions(statement)):
        return False
    if "NotResource" in statement:
        if any(_like(pattern, resource) for pattern in _listed(statement["NotResource"])):
            return False
    elif not any(_like(pattern, resource) for pattern in resources(statement)):
        return False
    return all(
        _holds(operator, key, _listed(expected), context)
        for operator, tests in statement.get("Condition", {}).items()
        for key, expected in tests.items()
    )


def _holds(operator: str, key: str, expected: list[Any], context: Context) -> bool:
    quantifier, _, name = operator.rpartition(":")
    if_exists = name.endswith("IfExists")
    name = name.removesuffix("IfExists")
    folded = {known.lower(): value for known, value in context.items()}  # key names are not case-sensitive
    given = _listed(folded[key.lower()]) if key.lower() in folded else []
    if name == "Null":
        return (not given) == (str(expected[0]).lower() == "true")
    negated = name in ("StringNotEquals", "StringNotLike", "ArnNotLike")
    if not given:
        # A key that is not there fits no value: so a negated operator holds, and ForAllValues does
        return if_exists or negated or quantifier == "ForAllValues"
    fits = [any(_compare(name, str(want), value) for want in expected) != negated for value in given]
    match quantifier:
        case "ForAllValues":
            return all(fits)
        case "ForAnyValue":
            return any(fits)
        case "":
            assert len(given) == 1, f"{key} has several values: {operator} needs ForAllValues or ForAnyValue"
            return fits[0]
    raise NotImplementedError(operator)


def _compare(operator: str, want: str, value: str) -> bool:
    match operator:
        case "StringEquals" | "StringNotEquals":
            return want == value
        case "StringLike" | "StringNotLike" | "ArnLike" | "ArnEquals" | "ArnNotLike":
            return _like(want, value)
        case "Bool":
            return want.lower() == value.lower()
    raise NotImplementedError(operator)


def _like(pattern: str, text: str) -> bool:
    """IAM's wildcards: * for any number of characters, ? for one; everything else is itself."""
    expression = "".join({"*": ".*", "?": "."}.get(char, re.escape(char)) for char in pattern)
    return re.fullmatch(expression, text, re.DOTALL) is not None


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
