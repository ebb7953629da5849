"""What a deployment would change, and how that is shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from aws.artifacts import Difference
from aws.infrastructure.change_sets import Change
from aws.infrastructure.templates import Template

MARKS = {"Add": "+", "Remove": "-", "Modify": "~"}
NEW, CHANGED, SAME = "is made", "changes", "stays as it is"
LATER = "is compared once the stacks before it are there"


@dataclass(frozen=True)
class StackPlan:
    """What happens to a stack: NEW, CHANGED, SAME or LATER, and to which of its resources."""

    name: str
    what: str
    changes: tuple[Change, ...] = ()
    conditions: Mapping[str, str] | None = None  # of a new stack's resources
    parameters: Mapping[str, str] | None = None  # where they are to be shown

    @classmethod
    def of_new(cls, name: str, template: Template, parameters: Mapping[str, str] | None = None) -> StackPlan:
        """A stack that is yet to be made: all that its template has."""
        changes = tuple(Change("Add", logical_id, kind) for logical_id, kind in template.resources.items())
        return cls(name, NEW, changes, template.conditions, parameters)

    def lines(self) -> list[str]:
        """As text."""
        empty = self.what == CHANGED and not self.changes
        head = f"  {self.name} {self.what}{': outputs or tags only' if empty else ''}"
        given = [f"    {name} = {value or '(empty)'}" for name, value in (self.parameters or {}).items()]
        return [head, *given, *map(self._line, self.changes)]

    def _line(self, change: Change) -> str:
        condition = (self.conditions or {}).get(change.logical_id)
        only = f"  (only if {condition})" if condition else ""
        return (
            f"    {MARKS.get(change.action, '~')} {change.logical_id}  {change.type}{only}{_danger(change)}"
        )


@dataclass(frozen=True)
class Plan:
    """What would change: stacks, objects of the bucket, secrets (what happens, by name), logins."""

    stacks: tuple[StackPlan, ...]
    bucket: str
    objects: tuple[Difference, ...]
    secrets: Mapping[str, str]
    roles: bool

    @property
    def empty(self) -> bool:
        """Whether there is nothing to do."""
        return not (self.objects or self.secrets or self.roles) and all(
            stack.what == SAME for stack in self.stacks
        )

    @property
    def dangers(self) -> list[tuple[str, Change]]:
        """Stack and change wherever the database or the bucket would go, or might."""
        return [
            (stack.name, change) for stack in self.stacks for change in stack.changes if change.loses_data
        ]

    def what(self, stack: str) -> str:
        """What happens to a stack."""
        return next((one.what for one in self.stacks if one.name == stack), SAME)

    def lines(self) -> list[str]:
        """As text, a line each."""
        lines = ["stacks", *(line for stack in self.stacks for line in stack.lines())]
        if self.objects:
            lines += [f"objects in s3://{self.bucket}", *map(_object, self.objects)]
        if self.secrets:
            lines += ["secrets", *(f"  {_mark(what)} {name}  {what}" for name, what in self.secrets.items())]
        if self.roles:
            lines += ["database roles", "  ~ pipeline and webapp, made by Airflow's DAG database-roles"]
        for stack, change in self.dangers:
            what = f"{change.logical_id} ({change.type}) of stack {stack}{_danger(change)}"
            lines.append(f"!! DATA WOULD BE LOST: {what}")
        return lines


def _danger(change: Change) -> str:
    if not change.loses_data and change.replacement != "True":
        return ""
    how = {"True": "IS REPLACED", "Conditional": "MAY BE REPLACED"}.get(change.replacement, "IS REMOVED")
    return f"  {how}"


def _object(one: Difference) -> str:
    return f"  {'-' if one.path is None else '+' if one.new else '~'} {one.key}"


def _mark(what: str) -> str:
    return "+" if what == "new" else "~"
