"""CloudFormation's API, as far as a deployment uses it; moto reads the requests and writes the answers.

Every other operation is refused by name.
"""

from __future__ import annotations

from moto.cloudformation import urls
from moto.cloudformation.exceptions import CloudFormationError
from moto.core.responses import ActionResult, BaseResponse, EmptyResult

from aws.rehearsal import template
from aws.rehearsal.registry import WORLD, Region, invalid
from aws.rehearsal.shapes import (
    show_design,
    show_event,
    show_resources,
    show_scope,
    show_stack,
    show_summary,
)
from aws.rehearsal.stacks import ChangeSet, Design, Stack, identity

EVENTS_A_PAGE = 25  # AWS answers up to a megabyte; a small page shows whether the caller turns it
SETTLED = {"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "IMPORT_COMPLETE"}
UNCHANGED = (
    "The submitted information didn't contain changes. Submit different information to create a change set."
)


class CloudFormation(BaseResponse):
    """One request."""

    def __init__(self) -> None:
        super().__init__(service_name="cloudformation")
        self.automated_parameter_parsing = True

    def _here(self) -> Region:
        return WORLD.region(self.current_account, self.region)

    def create_change_set(self) -> ActionResult:
        """CreateChangeSet."""
        here, name, kind = (
            self._here(),
            self._get_param("StackName"),
            self._get_param("ChangeSetType", "UPDATE"),
        )
        try:
            stack = here.find(name)
        except CloudFormationError:
            if kind != "CREATE":
                raise
            stack = Stack(name, identity("stack", name, self.region, self.current_account))
        change_set = self._get_param("ChangeSetName")
        _admit(here, stack, kind, change_set)
        try:
            design = self._design(stack)
            changes = here.engine.plan(stack, design)
        except template.Invalid as error:
            raise invalid(str(error)) from None
        if stack not in here.stacks:
            here.stacks.append(stack)
            stack.say("REVIEW_IN_PROGRESS", "User Initiated")
        empty = kind == "UPDATE" and not changes and here.engine.outputs(stack, design) == stack.outputs
        made = ChangeSet(
            change_set, identity("changeSet", change_set, self.region, self.current_account), stack, kind,
            design, changes, self._get_param("Description"), self._get_param("OnStackFailure", "ROLLBACK"),
            *(("FAILED", "UNAVAILABLE", UNCHANGED) if empty else ("CREATE_COMPLETE", "AVAILABLE", None)),
        )  # fmt: skip
        here.change_sets.append(made)
        return ActionResult({"Id": made.id, "StackId": stack.id})

    def _design(self, stack: Stack) -> Design:
        previous = stack.design
        if self._get_param("UsePreviousTemplate", False):
            if not previous:
                raise template.Invalid("Previous template does not exist")
            text = previous.text
        else:
            text = self._get_param("TemplateBody")
            if not text:
                raise template.Invalid("Either Template URL or Template Body must be specified.")
        if len(text.encode()) > 51_200:
            raise template.Invalid(
                "1 validation error detected: Value at 'templateBody' failed to satisfy constraint: "
                "Member must have length less than or equal to 51200"
            )
        parsed = template.parse(text)
        given = {}
        for item in self._get_param("Parameters", []):
            key = item["ParameterKey"]
            keep = item.get("UsePreviousValue")
            given[key] = previous.parameters[key] if keep and previous else item["ParameterValue"]
        granted = list(self._get_param("Capabilities", []))
        if (needed := template.capabilities(parsed)) - set(granted):
            lacking = needed - set(granted)
            if lacking != {"CAPABILITY_IAM"} or "CAPABILITY_NAMED_IAM" not in granted:
                raise CloudFormationError(
                    "InsufficientCapabilitiesException", f"Requires capabilities : [{', '.join(needed)}]"
                )
        tags = {tag["Key"]: tag["Value"] for tag in self._get_param("Tags", [])}
        return Design(text, parsed, template.parameters(parsed, given), tags, granted)

    def describe_change_set(self) -> ActionResult:
        """DescribeChangeSet."""
        found = self._here().change_set(self._get_param("ChangeSetName"), self._get_param("StackName"))
        changes = [
            {
                "Type": "Resource",
                "ResourceChange": {
                    "Action": change.action,
                    "LogicalResourceId": change.logical,
                    "PhysicalResourceId": change.physical,
                    "ResourceType": change.type,
                    "Replacement": change.replacement,
                    "Scope": show_scope(change.properties),
                    "Details": [
                        {"Target": {"Attribute": "Properties", "Name": name}} for name in change.properties
                    ],
                },
            }
            for change in found.changes
        ]
        return ActionResult({**show_summary(found), "Changes": changes, **show_design(found.design)})

    def list_change_sets(self) -> ActionResult:
        """ListChangeSets."""
        here = self._here()
        stack = here.find(self._get_param("StackName"))
        return ActionResult(
            {"Summaries": [show_summary(one) for one in here.change_sets if one.stack is stack]}
        )

    def delete_change_set(self) -> EmptyResult:
        """DeleteChangeSet; of one that is not there, too."""
        here, name, stack = self._here(), self._get_param("ChangeSetName"), self._get_param("StackName")
        if stack:
            here.find(stack)
        here.change_sets = [
            one
            for one in here.change_sets
            if not (name == one.id or (name == one.name and stack in (one.stack.name, one.stack.id)))
        ]
        return EmptyResult()

    def execute_change_set(self) -> EmptyResult:
        """ExecuteChangeSet: the stack's other change sets go with it."""
        here = self._here()
        found = here.change_set(self._get_param("ChangeSetName"), self._get_param("StackName"))
        if found.execution != "AVAILABLE":
            raise CloudFormationError(
                "InvalidChangeSetStatus",
                f"ChangeSet [{found.id}] cannot be executed in its current status of [{found.status}]",
            )
        here.change_sets = [one for one in here.change_sets if one.stack is not found.stack]
        here.engine.execute(found)
        return EmptyResult()

    def describe_stacks(self) -> ActionResult:
        """DescribeStacks."""
        here, name = self._here(), self._get_param("StackName")
        found = [here.find(name)] if name else here.there()
        return ActionResult({"Stacks": [show_stack(stack) for stack in found]})

    def list_stacks(self) -> ActionResult:
        """ListStacks."""
        wanted = self._get_param("StackStatusFilter", [])
        found = [stack for stack in self._here().stacks if not wanted or stack.status in wanted]
        return ActionResult({"StackSummaries": [show_stack(stack) for stack in found]})

    def describe_stack_events(self) -> ActionResult:
        """DescribeStackEvents, newest first."""
        stack = self._here().find(self._get_param("StackName"))
        events, token = stack.events[::-1], self._get_param("NextToken")
        ids = [event.id for event in events]
        begin = ids.index(token) if token in ids else 0
        end = begin + EVENTS_A_PAGE
        more = {"NextToken": ids[end]} if end < len(ids) else {}
        return ActionResult({"StackEvents": [show_event(stack, one) for one in events[begin:end]], **more})

    def list_stack_resources(self) -> ActionResult:
        """ListStackResources."""
        stack = self._here().find(self._get_param("StackName"))
        return ActionResult({"StackResourceSummaries": list(show_resources(stack, "LastUpdatedTimestamp"))})

    def describe_stack_resources(self) -> ActionResult:
        """DescribeStackResources."""
        stack = self._here().find(self._get_param("StackName"))
        whose = {"StackName": stack.name, "StackId": stack.id}
        return ActionResult(
            {"StackResources": [{**whose, **one} for one in show_resources(stack, "Timestamp")]}
        )

    def get_template(self) -> ActionResult:
        """GetTemplate."""
        stack = self._here().find(self._get_param("StackName"))
        return ActionResult({"TemplateBody": stack.design.text if stack.design else ""})

    def delete_stack(self) -> EmptyResult:
        """DeleteStack; of one that is not there, too."""
        here = self._here()
        try:
            stack = here.find(self._get_param("StackName"))
        except CloudFormationError:
            return EmptyResult()
        if stack.status == "DELETE_IN_PROGRESS":
            return EmptyResult()
        if stack.status.endswith("_IN_PROGRESS") and stack.status != "REVIEW_IN_PROGRESS":
            raise invalid(f"Stack [{stack.name}] cannot be deleted while in status {stack.status}")
        here.change_sets = [one for one in here.change_sets if one.stack is not stack]
        here.engine.delete(stack)
        return EmptyResult()


def _admit(here: Region, stack: Stack, kind: str, change_set: str) -> None:
    """Raise what CloudFormation raises where the stack's status does not allow a change set."""
    if any(one.stack is stack and one.name == change_set for one in here.change_sets):
        raise CloudFormationError("AlreadyExistsException", f"ChangeSet {change_set} cannot be created twice")
    if kind == "CREATE" and stack.status != "REVIEW_IN_PROGRESS":
        raise invalid(
            f"Stack [{stack.name}] already exists and cannot be created again with the changeSet "
            f"[{change_set}]."
        )
    if kind == "UPDATE" and stack.status not in SETTLED:
        raise invalid(f"Stack:{stack.id} is in {stack.status} state and can not be updated.")


def install() -> None:
    """Let moto's server answer CloudFormation through this."""
    urls.url_paths["{0}/$"] = CloudFormation.dispatch
