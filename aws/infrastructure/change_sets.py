"""CloudFormation's change sets: what an update would do, known before it is done."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from embedded.errors import Unusable

OURS = "tubepulse-"  # the names of our change sets begin like this
NO_CHANGE = ("didn't contain changes", "No updates are to be performed")
CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"]
HOLDS_DATA = {"AWS::RDS::DBInstance", "AWS::S3::Bucket"}


@dataclass(frozen=True)
class Change:
    """What happens to a resource: Add, Modify, Remove; `replacement`: True, False, Conditional or ''."""

    action: str
    logical_id: str
    type: str
    replacement: str = ""

    @property
    def loses_data(self) -> bool:
        """Whether the database or the bucket goes with what it holds, or may go."""
        gone = self.action == "Remove" or self.replacement in ("True", "Conditional")
        return self.type in HOLDS_DATA and gone


@dataclass(frozen=True)
class ChangeSet:
    """A change set that can be executed. No changes of resources: only outputs or tags change."""

    id: str
    name: str
    stack_id: str
    changes: tuple[Change, ...]


@dataclass(frozen=True)
class Wanted:
    """What a stack shall be."""

    name: str
    body: str
    parameters: Mapping[str, str]
    tags: Mapping[str, str]


def make(cfn: Any, wanted: Wanted, create: bool, wait: Iterator[None]) -> ChangeSet | None:
    """A change set that brings the stack to what is wanted; None if it is that already; raises Unusable."""
    name = f"{OURS}{uuid.uuid4().hex}"
    try:
        made = cfn.create_change_set(
            StackName=wanted.name,
            ChangeSetName=name,
            ChangeSetType="CREATE" if create else "UPDATE",
            TemplateBody=wanted.body,
            Parameters=[
                {"ParameterKey": key, "ParameterValue": value} for key, value in wanted.parameters.items()
            ],
            Tags=[{"Key": key, "Value": value} for key, value in wanted.tags.items()],
            Capabilities=CAPABILITIES,
            Description="make deploy",
        )
    except ClientError as error:
        if _unchanged(str(error.response["Error"].get("Message", ""))):
            return None
        raise
    while True:
        pages = list(cfn.get_paginator("describe_change_set").paginate(ChangeSetName=made["Id"]))
        if pages[0]["Status"] not in ("CREATE_PENDING", "CREATE_IN_PROGRESS"):
            break
        next(wait)
    if pages[0]["Status"] != "CREATE_COMPLETE":
        reason = pages[0].get("StatusReason", "no reason given")
        cfn.delete_change_set(ChangeSetName=made["Id"])
        if _unchanged(reason):
            return None
        why = " ".join(reason.split()).rstrip(".")
        raise Unusable(
            f"CloudFormation does not take stack {wanted.name}: {why}: put that right, then call again"
        )
    changes = tuple(_change(item) for page in pages for item in page.get("Changes", ()))
    return ChangeSet(made["Id"], name, made["StackId"], changes)


def discard(cfn: Any, change_set: ChangeSet) -> None:
    """Delete a change set that is not to be executed."""
    cfn.delete_change_set(ChangeSetName=change_set.id)


def discard_leftovers(cfn: Any, stack: str) -> None:
    """Delete the change sets that an interrupted deployment has left on a stack."""
    for page in cfn.get_paginator("list_change_sets").paginate(StackName=stack):
        for found in page["Summaries"]:
            left = found["ChangeSetName"].startswith(OURS) and found.get("StackName") == stack
            if left and found.get("ExecutionStatus") != "EXECUTE_COMPLETE":
                cfn.delete_change_set(ChangeSetName=found["ChangeSetId"])


def execute(cfn: Any, change_set: ChangeSet) -> None:
    """Let CloudFormation do it; called twice, it is done once."""
    cfn.execute_change_set(ChangeSetName=change_set.id, ClientRequestToken=change_set.name)


def _unchanged(reason: str) -> bool:
    return any(text in reason for text in NO_CHANGE)


def _change(item: dict[str, Any]) -> Change:
    found = item["ResourceChange"]
    return Change(
        found["Action"], found["LogicalResourceId"], found["ResourceType"], found.get("Replacement", "")
    )
