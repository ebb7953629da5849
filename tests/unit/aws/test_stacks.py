"""CloudFormation's stacks: against moto, and against recorded answers for states that moto cannot have."""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import repeat
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from aws.infrastructure import change_sets
from aws.infrastructure import events as stack_events
from aws.infrastructure.change_sets import Change, Wanted
from aws.infrastructure.stacks import Stacks
from embedded.errors import Unusable
from tests.unit.aws import small
from tests.unit.aws.small import TAGS

NOW = datetime(2026, 11, 23, tzinfo=UTC)
ID = "arn:aws:cloudformation:eu-west-2:123456789012:stack/s/1"
TEMPLATE = "Parameters: {Name: {Type: String}}\nResources: {T: {Type: AWS::SNS::Topic}}\n"


@pytest.fixture(autouse=True)
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with small.account(monkeypatch):
        yield


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def stacks(said: list[str]) -> Stacks:
    return Stacks(boto3.client("cloudformation"), TAGS, said.append, look=0)


def allow(change: Change) -> None:
    pass


def wanted(stacks: Stacks, body: str = TEMPLATE, name: str = "one") -> Wanted:
    return stacks.wanted("s", body, {"Name": name})


def event(number: int, status: str, resource: str = "s", reason: str = "") -> dict[str, Any]:
    return {
        "StackId": ID, "EventId": str(number), "StackName": "s", "Timestamp": NOW,
        "LogicalResourceId": resource,
        "PhysicalResourceId": ID if resource == "s" else f"physical-{resource}", "ResourceStatus": status,
        **({"ResourceStatusReason": reason} if reason else {}),
    }  # fmt: skip


def stack(status: str) -> dict[str, Any]:
    tags = [{"Key": key, "Value": value} for key, value in TAGS.items()]
    return {
        "Stacks": [
            {"StackName": "s", "StackId": ID, "CreationTime": NOW, "StackStatus": status, "Tags": tags}
        ]
    }


def test_a_stack_is_made_updated_and_deleted(stacks: Stacks, said: list[str]) -> None:
    assert stacks.find("s") is None
    assert stacks.settled("s") is None
    assert stacks.apply(wanted(stacks), allow) is True
    made = stacks.find("s")
    assert made
    assert (made.status, dict(made.tags)) == ("CREATE_COMPLETE", TAGS)
    assert said == ["  s  s  CREATE_IN_PROGRESS  [0:00]", "  s  s  CREATE_COMPLETE  [0:00]"]
    assert stacks.apply(wanted(stacks), allow) is False
    assert stacks.changes(wanted(stacks)) is None
    more = wanted(stacks, TEMPLATE + "Outputs: {Arn: {Value: !Ref T}}\n")
    assert stacks.changes(more) is not None
    assert stacks.apply(more, allow) is True
    found = stacks.find("s")
    assert found
    assert "Arn" in found.outputs
    stacks.delete(found)
    assert stacks.find("s") is None
    assert said[-1] == "  s  s  DELETE_COMPLETE  [0:00]"


@pytest.mark.parametrize(("profile", "refused"), [("mine", False), ("other", True)])
def test_a_change_set_of_another_profile_is_left_alone(stacks: Stacks, profile: str, refused: bool) -> None:
    stacks.cfn.create_change_set(
        StackName="s", ChangeSetName="left", ChangeSetType="CREATE", TemplateBody=TEMPLATE,
        Parameters=[{"ParameterKey": "Name", "ParameterValue": "one"}],
        Tags=[{"Key": key, "Value": value} for key, value in (TAGS | {"profile": profile}).items()],
    )  # fmt: skip
    if refused:
        with pytest.raises(Unusable, match="stack s is of profile other"):
            stacks.apply(wanted(stacks), allow)
    else:
        assert stacks.apply(wanted(stacks), allow) is True


def test_looking_for_changes_leaves_no_change_set(stacks: Stacks) -> None:
    stacks.apply(wanted(stacks), allow)
    before = stacks.cfn.list_change_sets(StackName="s")["Summaries"]
    assert stacks.changes(wanted(stacks, TEMPLATE.replace("T:", "U:"))) == (
        Change("Add", "U", "AWS::SNS::Topic"),
        Change("Remove", "T", "AWS::SNS::Topic"),
    )
    assert stacks.cfn.list_change_sets(StackName="s")["Summaries"] == before


def test_change_sets_that_were_left_are_removed(stacks: Stacks) -> None:
    stacks.apply(wanted(stacks), allow)
    for name in ("tubepulse-left", "somebodys"):
        stacks.cfn.create_change_set(
            StackName="s", ChangeSetName=name, TemplateBody=TEMPLATE, ChangeSetType="UPDATE",
            Parameters=[{"ParameterKey": "Name", "ParameterValue": "two"}],
        )  # fmt: skip
    assert stacks.apply(wanted(stacks), allow) is False
    left = [one["ChangeSetName"] for one in stacks.cfn.list_change_sets(StackName="s")["Summaries"]]
    assert "tubepulse-left" not in left
    assert "somebodys" in left


def test_a_change_that_is_not_allowed_is_not_made(stacks: Stacks) -> None:
    def refuse(change: Change) -> None:
        raise Unusable(f"not {change.logical_id}")

    stacks.apply(wanted(stacks), allow)
    with pytest.raises(Unusable, match="not U"):
        stacks.apply(wanted(stacks, TEMPLATE.replace("T:", "U:")), refuse)
    names = [
        one["LogicalResourceId"]
        for one in stacks.cfn.describe_stack_resources(StackName="s")["StackResources"]
    ]
    assert names == ["T"]


@pytest.mark.parametrize(
    ("change", "loses"),
    [
        (Change("Modify", "D", "AWS::RDS::DBInstance", "True"), True),
        (Change("Modify", "D", "AWS::RDS::DBInstance", "Conditional"), True),
        (Change("Modify", "D", "AWS::RDS::DBInstance", "False"), False),
        (Change("Remove", "B", "AWS::S3::Bucket"), True),
        (Change("Add", "B", "AWS::S3::Bucket"), False),
        (Change("Modify", "R", "AWS::IAM::Role", "True"), False),
    ],
)
def test_what_loses_data(change: Change, loses: bool) -> None:
    assert change.loses_data is loses


def test_a_replacement_is_read_from_the_change_set(stacks: Stacks) -> None:
    found = {
        "Action": "Modify",
        "LogicalResourceId": "D",
        "ResourceType": "AWS::RDS::DBInstance",
        "Replacement": "True",
    }
    with Stubber(stacks.cfn) as stub:
        stub.add_response("create_change_set", {"Id": "change-set", "StackId": ID})
        stub.add_response("describe_change_set", {"Status": "CREATE_IN_PROGRESS"})
        stub.add_response(
            "describe_change_set",
            {"Status": "CREATE_COMPLETE", "Changes": [{"Type": "Resource", "ResourceChange": found}]},
        )
        stub.add_response("delete_change_set", {})
        assert stacks.changes(wanted(stacks)) == (Change("Modify", "D", "AWS::RDS::DBInstance", "True"),)


@pytest.mark.parametrize(
    ("reason", "raises"),
    [
        ("The submitted information didn't contain changes. Submit different information.", False),
        ("No updates are to be performed.", False),
        ("Template error: resource X\n does not exist", True),
    ],
)
def test_a_change_set_that_fails(stacks: Stacks, reason: str, raises: bool) -> None:
    with Stubber(stacks.cfn) as stub:
        stub.add_response("create_change_set", {"Id": "change-set", "StackId": ID})
        stub.add_response("describe_change_set", {"Status": "FAILED", "StatusReason": reason})
        stub.add_response("delete_change_set", {}, {"ChangeSetName": "change-set"})
        if raises:
            with pytest.raises(Unusable, match="does not take stack s: Template error: resource X does not"):
                change_sets.make(stacks.cfn, wanted(stacks), create=False, wait=repeat(None))
        else:
            assert change_sets.make(stacks.cfn, wanted(stacks), create=False, wait=repeat(None)) is None
        stub.assert_no_pending_responses()


def test_what_is_under_way_is_waited_for(stacks: Stacks, said: list[str]) -> None:
    begun = event(1, "UPDATE_IN_PROGRESS", reason="User Initiated")
    done = event(2, "UPDATE_COMPLETE")
    with Stubber(stacks.cfn) as stub:
        stub.add_response("describe_stack_events", {"StackEvents": [begun]})
        stub.add_response("describe_stacks", stack("UPDATE_IN_PROGRESS"))
        stub.add_response("describe_stacks", stack("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"))
        stub.add_response("describe_stack_events", {"StackEvents": [begun]})
        stub.add_response("describe_stacks", stack("UPDATE_COMPLETE"))
        stub.add_response("describe_stack_events", {"StackEvents": [done, begun]})
        state = stacks.settled("s")
    assert state
    assert state.status == "UPDATE_COMPLETE"
    assert said[0].startswith("  s  UPDATE_IN_PROGRESS: something is under way")
    assert said[1] == "  s  s  UPDATE_COMPLETE  [0:00]"


FAILED = [
    event(9, "ROLLBACK_COMPLETE"),
    event(8, "DELETE_COMPLETE", "Vpc"),
    event(7, "ROLLBACK_IN_PROGRESS", reason="The following resource(s) failed to create: [Vpc, Topic]."),
    event(6, "CREATE_FAILED", "Vpc", "The maximum number of VPCs\nhas been reached."),
    event(5, "CREATE_FAILED", "Topic", "Resource creation cancelled"),
    event(4, "CREATE_IN_PROGRESS", "Topic"),
    event(3, "CREATE_IN_PROGRESS", "Vpc"),
    event(2, "CREATE_IN_PROGRESS", reason="User Initiated"),
]


def test_a_stack_that_cannot_be_updated_is_one_line_with_its_reason(stacks: Stacks) -> None:
    with Stubber(stacks.cfn) as stub:
        stub.add_response("describe_stacks", stack("ROLLBACK_COMPLETE"))
        state = stacks.find("s")
        assert state
        stub.add_response("describe_stack_events", {"StackEvents": FAILED})
        with pytest.raises(Unusable) as obstacle:
            stacks.check(state)
    assert str(obstacle.value) == (
        "stack s is in ROLLBACK_COMPLETE: Vpc: The maximum number of VPCs has been reached: put that right, "
        "then `aws cloudformation delete-stack --stack-name s`, then call again"
    )


@pytest.mark.parametrize(
    ("status", "cure"),
    [
        ("UPDATE_ROLLBACK_FAILED", "continue-update-rollback"), ("UPDATE_FAILED", "rollback-stack"),
        ("ROLLBACK_FAILED", "delete-stack"), ("CREATE_FAILED", "delete-stack"),
        ("DELETE_FAILED", "delete-stack"),
    ],
)  # fmt: skip
def test_each_broken_state_has_its_cure(stacks: Stacks, status: str, cure: str) -> None:
    with Stubber(stacks.cfn) as stub:
        stub.add_response("describe_stacks", stack(status))
        state = stacks.find("s")
        assert state
        stub.add_response("describe_stack_events", {"StackEvents": []})
        with pytest.raises(Unusable, match=f"is in {status}: CloudFormation gives no reason.*{cure} --stack"):
            stacks.check(state)


def test_a_failure_is_said_as_it_happens_and_then_with_its_cause(stacks: Stacks, said: list[str]) -> None:
    review = event(1, "REVIEW_IN_PROGRESS")
    with Stubber(stacks.cfn) as stub:
        stub.add_client_error("describe_stacks", "ValidationError", "Stack with id s does not exist")
        stub.add_response("create_change_set", {"Id": "change-set", "StackId": ID})
        stub.add_response("describe_change_set", {"Status": "CREATE_COMPLETE", "Changes": []})
        stub.add_response("describe_stack_events", {"StackEvents": [review]})
        stub.add_response("execute_change_set", {})
        stub.add_response("describe_stacks", stack("REVIEW_IN_PROGRESS"))  # not begun yet
        stub.add_response("describe_stack_events", {"StackEvents": [review]})
        stub.add_response("describe_stacks", stack("ROLLBACK_COMPLETE"))
        stub.add_response("describe_stack_events", {"StackEvents": [*FAILED, review]})
        stub.add_response("describe_stack_events", {"StackEvents": [*FAILED, review]})
        with pytest.raises(
            Unusable, match=r"^stack s failed \(ROLLBACK_COMPLETE\): Vpc: The maximum .*delete-stack"
        ):
            stacks.apply(wanted(stacks), allow)
    assert said[0] == "  s  s  CREATE_IN_PROGRESS  [0:00]"
    assert said[4] == "  s  Vpc  CREATE_FAILED  The maximum number of VPCs has been reached.  [0:00]"
    assert len(said) == len(FAILED)


def test_a_stack_that_still_shows_its_former_state_is_not_done(stacks: Stacks, said: list[str]) -> None:
    before, begun, done = (
        event(1, "CREATE_COMPLETE"),
        event(2, "UPDATE_IN_PROGRESS"),
        event(3, "UPDATE_COMPLETE"),
    )
    with Stubber(stacks.cfn) as stub:
        stub.add_response("describe_stacks", stack("CREATE_COMPLETE"))
        stub.add_response("list_change_sets", {"Summaries": []})
        stub.add_response("create_change_set", {"Id": "change-set", "StackId": ID})
        stub.add_response("describe_change_set", {"Status": "CREATE_COMPLETE", "Changes": []})
        stub.add_response("describe_stack_events", {"StackEvents": [before]})
        stub.add_response("execute_change_set", {})
        stub.add_response("describe_stacks", stack("CREATE_COMPLETE"))  # as it was
        stub.add_response("describe_stack_events", {"StackEvents": [before]})
        stub.add_response("describe_stacks", stack("UPDATE_COMPLETE"))
        stub.add_response("describe_stack_events", {"StackEvents": [done, begun, before]})
        assert stacks.apply(wanted(stacks), allow) is True
    assert len(said) == 2


def test_a_long_silence_is_broken(stacks: Stacks, said: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aws.infrastructure.stacks.SILENCE", 0.0)
    begun = event(1, "CREATE_IN_PROGRESS")
    with Stubber(stacks.cfn) as stub:
        stub.add_response("describe_stack_events", {"StackEvents": [begun]})
        stub.add_response("describe_stacks", stack("CREATE_IN_PROGRESS"))
        stub.add_response("describe_stacks", stack("CREATE_IN_PROGRESS"))
        stub.add_response("describe_stack_events", {"StackEvents": [begun]})
        stub.add_client_error("describe_stacks", "ValidationError", "Stack with id s does not exist")
        stub.add_client_error("describe_stack_events", "ValidationError", "Stack [s] does not exist")
        assert stacks.settled("s") is None
    assert said[1:] == ["  s  CREATE_IN_PROGRESS, still under way  [0:00]"]


def test_a_deletion_that_fails_says_why(stacks: Stacks) -> None:
    events = [
        event(3, "DELETE_FAILED", reason="The following resource(s) failed to delete: [Vpc]."),
        event(2, "DELETE_FAILED", "Vpc", "The vpc has dependencies and cannot be deleted."),
        event(1, "DELETE_IN_PROGRESS"),
    ]
    with Stubber(stacks.cfn) as stub:
        stub.add_response("describe_stacks", stack("CREATE_COMPLETE"))
        state = stacks.find("s")
        assert state
        stub.add_response("describe_stack_events", {"StackEvents": []})
        stub.add_response("delete_stack", {})
        stub.add_response("describe_stacks", stack("DELETE_FAILED"))
        stub.add_response("describe_stack_events", {"StackEvents": events})
        stub.add_response("describe_stack_events", {"StackEvents": events})
        with pytest.raises(Unusable, match=r"cannot be deleted \(DELETE_FAILED\): Vpc: The vpc has depend"):
            stacks.delete(state)


def test_only_new_events_are_given_also_over_pages(stacks: Stacks) -> None:
    with Stubber(stacks.cfn) as stub:
        stub.add_response(
            "describe_stack_events", {"StackEvents": [event(3, "CREATE_COMPLETE", "B")], "NextToken": "more"}
        )
        stub.add_response(
            "describe_stack_events",
            {"StackEvents": [event(2, "CREATE_COMPLETE", "A"), event(1, "CREATE_IN_PROGRESS")]},
        )
        tail = stack_events.Tail(stacks.cfn, ID, last="1")
        assert [one["EventId"] for one in tail.new()] == ["2", "3"]
        stub.assert_no_pending_responses()
