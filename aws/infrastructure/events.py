"""What happens to a CloudFormation stack: its events as they come, and the one that made it fail."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from aws.refusals import one_line

Event = dict[str, Any]
GONE = "does not exist"


@dataclass
class Tail:
    """The events of one stack (`stack_id`, or its name) behind the last one seen."""

    cfn: Any
    stack_id: str
    last: str = ""  # the id of the newest event that was seen
    ended: bool = False  # one of the events was the stack's own last one

    def skip(self) -> None:
        """Take what has happened so far as seen."""
        newest = next(newest_first(self.cfn, self.stack_id), None)
        self.last = newest["EventId"] if newest else ""

    def new(self) -> list[Event]:
        """What has happened since the last look, oldest first."""
        found = list(
            itertools.takewhile(
                lambda event: event["EventId"] != self.last, newest_first(self.cfn, self.stack_id)
            )
        )
        if found:
            self.last = found[0]["EventId"]
        self.ended |= any(
            is_stack(event) and not event["ResourceStatus"].endswith("_IN_PROGRESS") for event in found
        )
        return found[::-1]


def newest_first(cfn: Any, stack: str) -> Iterator[Event]:
    """A stack's events, newest first; none where there is no such stack."""
    try:
        for page in cfn.get_paginator("describe_stack_events").paginate(StackName=stack):
            yield from page["StackEvents"]
    except ClientError as error:
        if GONE not in str(error):
            raise


def last_operation(cfn: Any, stack: str) -> list[Event]:
    """The events since somebody last began something with the stack, oldest first."""
    found: list[Event] = []
    for event in newest_first(cfn, stack):
        found.append(event)
        begun = event["ResourceStatus"] in ("CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "DELETE_IN_PROGRESS")
        if is_stack(event) and begun:
            break
    return found[::-1]


def is_stack(event: Event) -> bool:
    """Whether it is an event of the stack itself, not of one of its resources."""
    return bool(event.get("PhysicalResourceId") == event["StackId"])


def first_failure(events: Iterable[Event]) -> str:
    """Why it failed: the first failure that is none's consequence. `events` come oldest first."""
    failed = [event for event in events if event["ResourceStatus"].endswith("_FAILED")]
    causes = [event for event in failed if "cancelled" not in event.get("ResourceStatusReason", "")]
    for event in [*causes, *failed]:
        return f"{event['LogicalResourceId']}: {reason(event).rstrip('.') or event['ResourceStatus']}"
    return "CloudFormation gives no reason"


def line(stack: str, event: Event, seconds: float) -> str:
    """An event as it is printed: stack, resource, status, reason, and the time since the beginning."""
    parts = [stack, event["LogicalResourceId"], event["ResourceStatus"], reason(event), elapsed(seconds)]
    return "  " + "  ".join(part for part in parts if part)


def reason(event: Event) -> str:
    """Why something happened, if there is more to say than that somebody wanted it."""
    said = one_line(event.get("ResourceStatusReason") or "")
    return "" if said == "User Initiated" else said


def elapsed(seconds: float) -> str:
    """Minutes and seconds."""
    return f"[{int(seconds) // 60}:{int(seconds) % 60:02d}]"
