"""CloudFormation's stacks: looked at, brought to what is wanted, deleted, with progress as it happens."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from aws.infrastructure import change_sets
from aws.infrastructure import events as stack_events
from aws.infrastructure.change_sets import Change, Wanted
from aws.infrastructure.events import Tail
from aws.pauses import pauses
from embedded.errors import Unusable

LOOK = 5.0  # seconds between two looks
SILENCE = 30.0  # seconds until a sign of life
NOT_YET = "REVIEW_IN_PROGRESS"  # it has a change set, and nothing else
SOUND = {
    "CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "IMPORT_COMPLETE",
    "IMPORT_ROLLBACK_COMPLETE",
}  # fmt: skip
CURES = {"UPDATE_ROLLBACK_FAILED": "continue-update-rollback", "UPDATE_FAILED": "rollback-stack"}
AGAIN = "put that right, then call again"
DONE = {"CREATE_COMPLETE", "UPDATE_COMPLETE"}


@dataclass(frozen=True)
class State:
    """A stack as it is."""

    name: str
    id: str
    status: str
    outputs: Mapping[str, str]
    tags: Mapping[str, str]

    @property
    def busy(self) -> bool:
        """Whether CloudFormation works on it."""
        return self.status.endswith("_IN_PROGRESS") and self.status != NOT_YET


@dataclass
class Stacks:
    """The stacks of one account and region. `look`: seconds between two looks at one that changes."""

    cfn: Any
    tags: Mapping[str, str]  # of every stack, and through it of its resources
    say: Callable[[str], None]
    look: float = LOOK

    def find(self, name: str) -> State | None:
        """A stack by its name, or by its id also after it was deleted; None where there is none."""
        try:
            found = self.cfn.describe_stacks(StackName=name)["Stacks"][0]
        except ClientError as error:
            if stack_events.GONE in str(error):
                return None
            raise
        outputs = {item["OutputKey"]: item["OutputValue"] for item in found.get("Outputs", ())}
        tags = {item["Key"]: item["Value"] for item in found.get("Tags", ())}
        return State(found["StackName"], found["StackId"], found["StackStatus"], outputs, tags)

    def settled(self, name: str) -> State | None:
        """The stack once nothing happens to it any more, None where there is none (yet)."""
        tail = Tail(self.cfn, name)
        tail.skip()
        state = self.find(name)
        if state and state.busy:
            self.say(f"  {name}  {state.status}: something is under way with it, which comes first")
            tail.stack_id = state.id
            state = self._follow(name, tail)
        return None if state is None or state.status in ("DELETE_COMPLETE", NOT_YET) else state

    def check_owner(self, state: State) -> None:
        """Raise Unusable for a stack of another profile, or of something else."""
        owner = {key: state.tags.get(key) for key in self.tags}
        fresh = state.status == NOT_YET and not state.tags  # they are the stack's once it is made
        if owner != dict(self.tags) and not fresh:
            whose = f"of profile {owner.get('profile')}" if owner.get("profile") else "not of this project"
            raise Unusable(
                f"stack {state.name} is {whose}: export STACK_PREFIX with another beginning for stack names"
            )

    def check(self, state: State) -> None:
        """Raise Unusable for a stack that is another's, or that an update cannot mend, with the reason."""
        self.check_owner(state)
        if state.status in SOUND:
            return
        failure = stack_events.first_failure(stack_events.last_operation(self.cfn, state.id))
        raise Unusable(
            f"stack {state.name} is in {state.status}: {failure}: {cure(state.name, state.status)}"
        )

    def wanted(self, name: str, body: str, parameters: Mapping[str, str]) -> Wanted:
        """What a stack shall be, with the tags of all."""
        return Wanted(name, body, parameters, self.tags)

    def changes(self, wanted: Wanted) -> tuple[Change, ...] | None:
        """What an update of a stack would do; None for nothing. Leaves no trace."""
        change_set = change_sets.make(self.cfn, wanted, create=False, wait=pauses(self.look))
        if change_set is None:
            return None
        change_sets.discard(self.cfn, change_set)
        return change_set.changes

    def apply(self, wanted: Wanted, check: Callable[[Change], None]) -> bool:
        """Make or update a stack, and follow it to its end; whether anything was to be done.

        `check` may raise Unusable for a change, before anything is done. Raises Unusable with the first
        failure if CloudFormation fails.
        """
        state = self.find(wanted.name)
        if state and state.status == NOT_YET:  # a deployment was killed between making and executing
            self.check_owner(state)
            self.delete(state)
            state = None
        if state:
            change_sets.discard_leftovers(self.cfn, wanted.name)
        change_set = change_sets.make(self.cfn, wanted, create=state is None, wait=pauses(self.look))
        if change_set is None:
            return False
        try:
            for change in change_set.changes:
                check(change)
        except Unusable:
            change_sets.discard(self.cfn, change_set)
            raise
        tail = Tail(self.cfn, change_set.stack_id)
        tail.skip()
        since = tail.last
        change_sets.execute(self.cfn, change_set)
        end = self._follow(wanted.name, tail)
        if end is None or end.status not in DONE:
            tail.last = since
            failure = stack_events.first_failure(tail.new())
            status = end.status if end else "DELETE_COMPLETE"
            raise Unusable(f"stack {wanted.name} failed ({status}): {failure}: {cure(wanted.name, status)}")
        return True

    def delete(self, state: State) -> None:
        """Delete a stack and follow it to its end; raises Unusable with the first failure."""
        tail = Tail(self.cfn, state.id)
        tail.skip()
        since = tail.last
        self.cfn.delete_stack(StackName=state.id)
        end = self._follow(state.name, tail)
        if end and end.status != "DELETE_COMPLETE":
            tail.last = since
            failure = stack_events.first_failure(tail.new())
            raise Unusable(f"stack {state.name} cannot be deleted ({end.status}): {failure}: {AGAIN}")

    def physical(self, name: str, kind: str) -> str:
        """The id of a stack's first resource of a type (AWS::S3::Bucket); '' where there is none."""
        try:
            found = self.cfn.describe_stack_resources(StackName=name)["StackResources"]
        except ClientError as error:
            if stack_events.GONE in str(error):
                return ""
            raise
        ids = [
            str(item.get("PhysicalResourceId") or "")
            for item in found
            if item["ResourceType"] == kind and item.get("ResourceStatus") != "DELETE_COMPLETE"
        ]
        return ids[0] if ids else ""

    def _follow(self, name: str, tail: Tail) -> State | None:
        """Print a stack's events until it stands still; returns how it then is."""
        begun = spoke = time.monotonic()
        wait = pauses(self.look)
        while True:
            state = self.find(tail.stack_id)
            for event in tail.new():
                self.say(stack_events.line(name, event, time.monotonic() - begun))
                spoke = time.monotonic()
            if state is None or state.status == "DELETE_COMPLETE":
                return state
            # Right after the call a stack may still show how it was before
            if tail.ended and not state.status.endswith("_IN_PROGRESS"):
                return state
            if time.monotonic() - spoke >= SILENCE:
                took = stack_events.elapsed(time.monotonic() - begun)
                self.say(f"  {name}  {state.status}, still under way  {took}")
                spoke = time.monotonic()
            next(wait)


def cure(name: str, status: str) -> str:
    """What to do about a stack that failed."""
    if status in SOUND or status == "DELETE_COMPLETE":
        return AGAIN
    command = f"aws cloudformation {CURES.get(status, 'delete-stack')} --stack-name {name}"
    return f"put that right, then `{command}`, then call again"
