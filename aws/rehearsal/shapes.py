"""Stacks, change sets and events as CloudFormation's answers have them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from aws.rehearsal.stacks import ChangeSet, Design, Event, Stack


def show_scope(names: Iterable[str]) -> list[str]:
    """Which parts of a resource differ."""
    return sorted({"Tags" if name == "Tags" else "Properties" for name in names})


def show_summary(found: ChangeSet) -> dict[str, Any]:
    """A change set as lists have it."""
    return {
        "ChangeSetName": found.name,
        "ChangeSetId": found.id,
        "StackName": found.stack.name,
        "StackId": found.stack.id,
        "Description": found.description,
        "CreationTime": found.created,
        "Status": found.status,
        "ExecutionStatus": found.execution,
        "StatusReason": found.reason,
    }


def show_design(design: Design | None) -> dict[str, Any]:
    """What a stack was asked to be."""
    if not design:
        return {}
    return {
        "Parameters": [
            {"ParameterKey": key, "ParameterValue": text} for key, text in design.parameters.items()
        ],
        "Tags": [{"Key": key, "Value": text} for key, text in design.tags.items()],
        "Capabilities": design.capabilities,
    }


def show_stack(stack: Stack) -> dict[str, Any]:
    """A stack."""
    return {
        "StackName": stack.name,
        "StackId": stack.id,
        "StackStatus": stack.status,
        "StackStatusReason": stack.reason,
        "CreationTime": stack.created,
        "LastUpdatedTime": stack.updated,
        "DisableRollback": False,
        "EnableTerminationProtection": False,
        "Outputs": [
            {"OutputKey": key, "OutputValue": text, "Description": about}
            for key, (text, about) in stack.outputs.items()
        ],
        **show_design(stack.design),
    }


def show_event(stack: Stack, event: Event) -> dict[str, Any]:
    """One line of a stack's history."""
    return {
        "StackName": stack.name,
        "StackId": stack.id,
        "EventId": event.id,
        "LogicalResourceId": event.logical,
        "PhysicalResourceId": event.physical,
        "ResourceType": event.type,
        "ResourceStatus": event.status,
        "ResourceStatusReason": event.reason,
        "Timestamp": event.time,
    }


def show_resources(stack: Stack, when: str) -> Iterable[dict[str, Any]]:
    """A stack's resources; `when` is what the time is called there."""
    for found in stack.resources.values():
        yield {
            "LogicalResourceId": found.logical,
            "PhysicalResourceId": found.made.id,
            "ResourceType": found.type,
            "ResourceStatus": found.status,
            when: found.time,
        }
