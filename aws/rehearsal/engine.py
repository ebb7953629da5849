"""CloudFormation's work: what a change set would change, making it so, rolling back, deleting.

Unlike moto's, it takes time and happens after the call has been answered, so that a deployment that is killed
leaves a stack that is still at work; it makes an event for every resource, and undoes what fails half-way.
"""

from __future__ import annotations

import copy
import random
import string
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from aws.rehearsal import template
from aws.rehearsal.resources.base import Failed, Made, Owner, Properties, reason
from aws.rehearsal.resources.types import KINDS
from aws.rehearsal.stacks import Change, ChangeSet, Design, Resource, Stack, differing

PAUSE = 0.08  # seconds that each resource takes beyond its own calls: time enough to be caught at it
UNKNOWN = "{{%s: known after it is made}}"


class Faults:
    """Failures that were ordered: the next resource of a type cannot be made, for a reason."""

    def __init__(self) -> None:
        self._ordered: dict[str, str] = {}

    def order(self, kind: str, why: str) -> None:
        """Let the next one fail."""
        self._ordered[kind] = why

    def check(self, kind: str) -> None:
        """Raise Failed if one was ordered; it is spent then."""
        if kind in self._ordered:
            raise Failed(self._ordered.pop(kind))


class Engine:
    """Works for one account and region of the cloud at `url`."""

    def __init__(self, url: str, region: str, account: str, faults: Faults) -> None:
        self._url, self._region, self._account, self._faults = url, region, account, faults

    def plan(self, stack: Stack, design: Design) -> list[Change]:
        """What the design would change; raises template.Invalid."""
        answers = self._answers(stack, design, known=False)
        answers.check_rules()
        wanted = template.in_order(design.template, list(answers.wanted()))
        before = stack.design
        retag = before is not None and before.tags != design.tags
        changes = []
        for name in wanted:
            declared, had = design.template["Resources"][name], stack.resources.get(name)
            if declared["Type"] not in KINDS:
                raise template.Invalid(
                    f"Template format error: Unrecognized resource types: [{declared['Type']}]"
                )
            if had is None:
                changes.append(Change("Add", name, declared["Type"]))
                continue
            names = differing(had.properties, answers.value(declared.get("Properties", {})))
            if names or (retag and KINDS[had.type].tagged):
                replaced = str(bool(KINDS[had.type].fixed & set(names)))
                changes.append(Change("Modify", name, had.type, had.made.id, replaced, names or ("Tags",)))
        gone = [had for name, had in stack.resources.items() if name not in wanted]
        return changes + [Change("Remove", had.logical, had.type, had.made.id) for had in gone]

    def execute(self, change_set: ChangeSet) -> None:
        """Begin; the rest happens in a thread of its own."""
        stack = change_set.stack
        stack.say(f"{change_set.kind}_IN_PROGRESS", "User Initiated")
        self._begin(
            lambda: self._create(change_set) if change_set.kind == "CREATE" else self._update(change_set)
        )

    def delete(self, stack: Stack) -> None:
        """Begin to delete everything, last made first."""
        stack.say("DELETE_IN_PROGRESS", "User Initiated")

        def work() -> None:
            if failed := self._remove_all(stack, last_snapshot=True):
                stack.say(
                    "DELETE_FAILED", f"The following resource(s) failed to delete: [{', '.join(failed)}]. "
                )
            else:
                stack.say("DELETE_COMPLETE")

        self._begin(work)

    def _begin(self, work: Callable[[], None]) -> None:
        threading.Thread(target=work, daemon=True).start()

    def _create(self, change_set: ChangeSet) -> None:
        stack = change_set.stack
        stack.design = change_set.design
        failed = ""
        try:
            for name in self._order(stack, change_set.design):
                failed = name
                self._make(stack, change_set.design, name)
            failed = ""
            stack.outputs = self.outputs(stack, change_set.design)
        except Exception as error:  # whatever it is, CloudFormation rolls back
            if not failed:
                stack.note(stack.name, stack.id, "Outputs", "CREATE_FAILED", reason(error))
            self._undo_create(change_set, failed)
        else:
            stack.say("CREATE_COMPLETE")

    def _undo_create(self, change_set: ChangeSet, failed: str) -> None:
        stack, delete = change_set.stack, change_set.on_failure == "DELETE"
        why = f"The following resource(s) failed to create: [{failed}]. "
        if change_set.on_failure == "DO_NOTHING":
            return stack.say("CREATE_FAILED", why)
        stack.say(
            "DELETE_IN_PROGRESS" if delete else "ROLLBACK_IN_PROGRESS",
            why + ("Delete" if delete else "Rollback") + " requested by user.",
        )
        stuck = self._remove_all(stack)
        ending = f"{'DELETE' if delete else 'ROLLBACK'}_{'FAILED' if stuck else 'COMPLETE'}"
        stack.say(ending, f"The following resource(s) failed to delete: {stuck}" if stuck else None)
        return None

    def _update(self, change_set: ChangeSet) -> None:
        stack, design = change_set.stack, change_set.design
        before = copy.copy(stack.resources)
        touched: list[str] = []
        replaced: list[Resource] = []
        try:
            for name in self._order(stack, design):
                touched.append(name)
                if name not in stack.resources:
                    self._make(stack, design, name)
                elif old := self._change(stack, design, name):
                    replaced.append(old)
            touched.append("")
            stack.outputs = self.outputs(stack, design)
        except Exception as error:
            if touched[-1:] == [""]:
                stack.note(stack.name, stack.id, "Outputs", "UPDATE_FAILED", reason(error))
            return self._undo_update(stack, before, touched)
        stack.say("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
        kept = set(self._order(stack, design))
        for name in [name for name in reversed(stack.resources) if name not in kept]:
            self._remove(stack, stack.resources[name], last_snapshot=True)
        for old in replaced:
            self._remove(stack, old, last_snapshot=True, forget=False)
        stack.design = design
        stack.say("UPDATE_COMPLETE")
        return None

    def _undo_update(self, stack: Stack, before: dict[str, Resource], touched: list[str]) -> None:
        failed = touched[-1]
        stack.say("UPDATE_ROLLBACK_IN_PROGRESS", f"The following resource(s) failed to update: [{failed}]. ")
        for name in reversed(touched):
            now, old = stack.resources.get(name), before.get(name)
            if now and not old:
                self._remove(stack, now)
            elif now and old and now.properties != old.properties:
                kind, owner = KINDS[old.type], self._owner(stack)
                kind.change(owner, now.made, now.properties, Properties(owner, copy.deepcopy(old.properties)))
                stack.resources[name] = old
                stack.note(name, old.made.id, old.type, "UPDATE_COMPLETE")
        stack.say("UPDATE_ROLLBACK_COMPLETE")

    def _order(self, stack: Stack, design: Design) -> list[str]:
        wanted = list(self._answers(stack, design, known=False).wanted())
        return template.in_order(design.template, wanted)

    def _make(self, stack: Stack, design: Design, name: str) -> None:
        declared = design.template["Resources"][name]
        kind = declared["Type"]
        stack.note(name, "", kind, "CREATE_IN_PROGRESS")
        time.sleep(PAUSE)
        try:
            self._faults.check(kind)
            properties = self._answers(stack, design).value(declared.get("Properties", {}))
            owner = self._owner(stack, design)
            generated = f"{stack.name}-{name}-{_suffix()}"
            made = KINDS[kind].make(owner, generated, Properties(owner, copy.deepcopy(properties)))
        except Exception as error:
            stack.note(name, "", kind, "CREATE_FAILED", reason(error))
            raise
        stack.resources[name] = Resource(name, kind, made, properties)
        stack.note(name, made.id, kind, "CREATE_COMPLETE")

    def _change(self, stack: Stack, design: Design, name: str) -> Resource | None:
        """Change it where it differs; where that made a new one, the old one is given back."""
        declared, had = design.template["Resources"][name], stack.resources[name]
        properties = self._answers(stack, design).value(declared.get("Properties", {}))
        names = differing(had.properties, properties)
        retag = KINDS[had.type].tagged and stack.design and stack.design.tags != design.tags
        if not names and not retag:
            return None
        stack.note(name, had.made.id, had.type, "UPDATE_IN_PROGRESS")
        time.sleep(PAUSE)
        owner = self._owner(stack, design)
        given = Properties(owner, copy.deepcopy(properties))
        try:
            self._faults.check(had.type)
            if replaced := bool(KINDS[had.type].fixed & set(names)):
                made = KINDS[had.type].make(owner, f"{stack.name}-{name}-{_suffix()}", given)
            else:
                made = KINDS[had.type].change(owner, had.made, had.properties, given)
        except Exception as error:
            stack.note(name, had.made.id, had.type, "UPDATE_FAILED", reason(error))
            raise
        stack.resources[name] = Resource(name, had.type, made, properties, "UPDATE_COMPLETE")
        stack.note(name, made.id, had.type, "UPDATE_COMPLETE")
        return had if replaced else None

    def _remove_all(self, stack: Stack, last_snapshot: bool = False) -> list[str]:
        """Delete every resource, last made first; gives the names of those that could not be deleted."""
        return [
            name
            for name in reversed(list(stack.resources))
            if not self._remove(stack, stack.resources[name], last_snapshot)
        ]

    def _remove(
        self, stack: Stack, resource: Resource, last_snapshot: bool = False, forget: bool = True
    ) -> bool:
        kind, made, name = KINDS[resource.type], resource.made, resource.logical
        policies = stack.design.template["Resources"].get(name, {}) if stack.design else {}
        policy = policies.get("DeletionPolicy", "Delete") if last_snapshot else "Delete"
        if policy == "Retain":
            stack.note(name, made.id, resource.type, "DELETE_SKIPPED")
            return True
        stack.note(name, made.id, resource.type, "DELETE_IN_PROGRESS")
        time.sleep(PAUSE)
        try:
            if policy == "Snapshot":
                kind.keep(self._owner(stack), made, f"{stack.name}-snapshot-{name}-{_suffix()}")
            else:
                kind.remove(self._owner(stack), made, resource.properties)
        except Exception as error:
            resource.status = "DELETE_FAILED"
            stack.note(name, made.id, resource.type, "DELETE_FAILED", reason(error))
            return False
        if forget:
            del stack.resources[name]
        stack.note(name, made.id, resource.type, "DELETE_COMPLETE")
        return True

    def outputs(self, stack: Stack, design: Design) -> dict[str, tuple[str, str | None]]:
        """Value and description of each output that the design has, as the stack is now."""
        answers = self._answers(stack, design)
        outputs: Mapping[str, Any] = design.template.get("Outputs") or {}
        return {
            name: (str(answers.value(output["Value"])), output.get("Description"))
            for name, output in outputs.items()
            if "Condition" not in output or answers.condition(output["Condition"])
        }

    def _owner(self, stack: Stack, design: Design | None = None) -> Owner:
        used = design or stack.design
        return Owner(self._url, self._region, self._account, used.tags if used else {})

    def _answers(self, stack: Stack, design: Design, known: bool = True) -> template.Answers:
        """Answers from the stack's resources; `known`: one that is not there yet is an error."""

        def made(logical: str) -> Made | None:
            found = stack.resources.get(logical)
            if known and not found:
                raise Failed(f"Template error: there is no resource {logical}")
            return found.made if found else None

        def ref(logical: str) -> Any:
            if logical not in design.template["Resources"]:
                raise template.Invalid(f"Template format error: Unresolved resource dependencies [{logical}]")
            found = made(logical)
            return found.id if found else UNKNOWN % logical

        def attribute(logical: str, name: str) -> Any:
            found = made(logical)
            if found and name not in found.attributes:
                raise Failed(f"Template error: resource {logical} does not support attribute type {name}")
            return found.attributes[name] if found else UNKNOWN % f"{logical}.{name}"

        pseudo = {
            "AWS::AccountId": self._account, "AWS::Region": self._region, "AWS::Partition": "aws",
            "AWS::StackName": stack.name, "AWS::StackId": stack.id, "AWS::URLSuffix": "amazonaws.com",
        }  # fmt: skip
        return template.Answers(design.template, design.parameters, pseudo, ref, attribute)


def _suffix() -> str:
    return "".join(random.choices(string.ascii_uppercase + string.digits, k=12))  # noqa: S311 - a name, no secret
