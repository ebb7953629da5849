"""What is known of stacks, change sets and events; no calls, no threads."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from aws.rehearsal.resources.base import Made

STACK = "AWS::CloudFormation::Stack"


@dataclass(frozen=True)
class Event:
    """One line of a stack's history."""

    id: str
    logical: str
    physical: str
    type: str
    status: str
    reason: str | None
    time: datetime


@dataclass
class Resource:
    """A resource of a stack that was made: its answered properties as they were then."""

    logical: str
    type: str
    made: Made
    properties: dict[str, Any]
    status: str = "CREATE_COMPLETE"
    time: datetime = field(default_factory=lambda: datetime.now(UTC))


@dataclass(frozen=True)
class Design:
    """What a stack is to be: its template with everything that goes with it."""

    text: str
    template: dict[str, Any]
    parameters: dict[str, str]
    tags: dict[str, str]
    capabilities: list[str]


@dataclass
class Stack:
    """A stack; `design` is None until its first change set is executed."""

    name: str
    id: str
    status: str = "REVIEW_IN_PROGRESS"
    reason: str | None = None
    design: Design | None = None
    resources: dict[str, Resource] = field(default_factory=dict)  # in the order in which they were made
    outputs: dict[str, tuple[str, str | None]] = field(default_factory=dict)  # value, description
    events: list[Event] = field(default_factory=list)  # oldest first
    created: datetime = field(default_factory=lambda: datetime.now(UTC))
    updated: datetime | None = None
    deleted: datetime | None = None

    def say(self, status: str, reason: str | None = None) -> None:
        """The stack's own status changes."""
        self.status, self.reason = status, reason
        self.note(self.name, self.id, STACK, status, reason)

    def note(self, logical: str, physical: str, kind: str, status: str, reason: str | None = None) -> None:
        """Something happens to one of its resources."""
        now = datetime.now(UTC)
        self.events.append(Event(str(uuid.uuid4()), logical, physical, kind, status, reason, now))


@dataclass(frozen=True)
class Change:
    """What a change set would do to one resource: `action` is Add, Modify or Remove."""

    action: str
    logical: str
    type: str
    physical: str | None = None
    replacement: str | None = None  # of a Modify: True or False
    properties: tuple[str, ...] = ()  # of a Modify: the names that differ


@dataclass
class ChangeSet:
    """A proposal for a stack."""

    name: str
    id: str
    stack: Stack
    kind: str  # CREATE or UPDATE
    design: Design
    changes: list[Change]
    description: str | None
    on_failure: str
    status: str
    execution: str
    reason: str | None
    created: datetime = field(default_factory=lambda: datetime.now(UTC))


def identity(kind: str, name: str, region: str, account: str) -> str:
    """A new stack's or change set's ARN."""
    return f"arn:aws:cloudformation:{region}:{account}:{kind}/{name}/{uuid.uuid4()}"


def differing(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[str, ...]:
    """The names of properties that differ."""
    return tuple(sorted(name for name in {*old, *new} if old.get(name) != new.get(name)))
