"""What CloudFormation knows, by account and region."""

from __future__ import annotations

from dataclasses import dataclass, field

from moto.cloudformation.exceptions import CloudFormationError

from aws.rehearsal.engine import Engine, Faults
from aws.rehearsal.stacks import ChangeSet, Stack


def invalid(message: str) -> CloudFormationError:
    """The error that CloudFormation has for nearly everything."""
    return CloudFormationError("ValidationError", message)


@dataclass
class Region:
    """Everything that CloudFormation knows in one account and region."""

    engine: Engine
    stacks: list[Stack] = field(default_factory=list)  # those that are deleted too
    change_sets: list[ChangeSet] = field(default_factory=list)

    def find(self, name: str) -> Stack:
        """By name, or by id, which finds a deleted one too; raises ValidationError."""
        for stack in self.stacks:
            if name == stack.id or (name == stack.name and stack.status != "DELETE_COMPLETE"):
                return stack
        raise invalid(f"Stack with id {name} does not exist")

    def there(self) -> list[Stack]:
        """The stacks that are not deleted."""
        return [stack for stack in self.stacks if stack.status != "DELETE_COMPLETE"]

    def change_set(self, name: str, stack: str | None) -> ChangeSet:
        """By id, or by its name and its stack's."""
        for found in self.change_sets:
            if name == found.id or (name == found.name and stack in (found.stack.name, found.stack.id)):
                return found
        raise CloudFormationError("ChangeSetNotFound", f"ChangeSet [{name}] does not exist")


class World:
    """All accounts and regions of the cloud."""

    def __init__(self) -> None:
        self.url, self.faults = "", Faults()
        self._regions: dict[tuple[str, str], Region] = {}

    def region(self, account: str, region: str) -> Region:
        """One of them."""
        engine = Engine(self.url, region, account, self.faults)
        return self._regions.setdefault((account, region), Region(engine))

    def set_status(self, name: str, status: str) -> None:
        """Put every stack of that name into a status, as if something had gone wrong before."""
        for region in self._regions.values():
            for stack in region.there():
                if stack.name == name:
                    stack.say(status)


WORLD = World()
