"""Instance groups, fleets and instances: listed, added, changed, refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from tests.contract.harness import (
    Flow,
)
from tests.contract.samples import (
    CORE,
    TASK,
    TASK_FLEET,
    add_groups,
    fleets_of,
    groups_of,
    instances_of,
    refused,
)
from tests.contract.test_clusters import FLEETS

if TYPE_CHECKING:
    pass


@pytest.fixture
def fleets(start: Callable[..., Flow]) -> Flow:
    """A cluster of fleets that is WAITING."""
    flow = start(Instances=FLEETS)
    flow.until("WAITING")
    return flow


def test_instances_are_listed_with_stable_ids_at_loopback(flow: Flow) -> None:
    [primary] = instances_of(flow)
    assert primary["Id"].startswith("ci-")
    assert primary["Ec2InstanceId"].startswith("i-")
    assert (primary["PublicDnsName"], primary["PrivateIpAddress"]) == ("localhost", "127.0.0.1")
    assert (primary["Status"]["State"], primary["Market"]) == ("RUNNING", "ON_DEMAND")
    assert primary["InstanceGroupId"] == groups_of(flow)["MASTER"]["Id"]
    assert instances_of(flow)[0] == primary
    flow.end()
    [ended] = instances_of(flow)
    assert ended["Ec2InstanceId"] == primary["Ec2InstanceId"]
    assert ended["Status"]["State"] == "TERMINATED"
    assert ended["Status"]["StateChangeReason"]["Code"] == "CLUSTER_TERMINATED"


def test_instances_by_group_role_and_state_in_pages(flow: Flow) -> None:
    core, task = add_groups(flow, CORE, {**TASK, "InstanceCount": 60})
    assert len(instances_of(flow)) == 63
    assert len(instances_of(flow, InstanceGroupId=task)) == 60
    assert {i["InstanceGroupId"] for i in instances_of(flow, InstanceGroupTypes=["CORE"])} == {core}
    assert len(instances_of(flow, InstanceGroupTypes=["MASTER", "CORE"])) == 3
    resize: Any = {"InstanceGroupId": task, "InstanceCount": 55}
    flow.emr.modify_instance_groups(ClusterId=flow.id, InstanceGroups=[resize])
    assert len(instances_of(flow, InstanceStates=["RUNNING"])) == 58
    assert len(instances_of(flow, InstanceStates=["TERMINATED"])) == 5
    first = flow.emr.list_instances(ClusterId=flow.id)
    assert len(first["Instances"]) == 50
    second = flow.emr.list_instances(ClusterId=flow.id, Marker=first["Marker"])
    ids = [i["Id"] for i in [*first["Instances"], *second["Instances"]]]
    assert len(set(ids)) == 63
    assert "Marker" not in dict(second)


def test_groups_are_added_resized_and_reconfigured(flow: Flow) -> None:
    add_groups(flow, CORE)
    [task] = add_groups(flow, TASK)
    assert (groups_of(flow)["TASK"]["Id"], groups_of(flow)["TASK"]["RunningInstanceCount"]) == (task, 2)
    doomed = instances_of(flow, InstanceGroupId=task)[0]["Ec2InstanceId"]
    settings: Any = [{"Classification": "core-site", "Properties": {"a": "1", "b": "1"}}]
    change: Any = {
        "InstanceGroupId": task,
        "EC2InstanceIdsToTerminate": [doomed],
        "Configurations": settings,
        "ShrinkPolicy": {"DecommissionTimeout": 60},
    }
    flow.emr.modify_instance_groups(ClusterId=flow.id, InstanceGroups=[change])
    group = groups_of(flow)["TASK"]
    assert (group["RequestedInstanceCount"], group["RunningInstanceCount"]) == (1, 1)
    assert (group["Configurations"], group["ConfigurationsVersion"]) == (settings, 1)
    assert group["ShrinkPolicy"] == {"DecommissionTimeout": 60}
    running = instances_of(flow, InstanceGroupId=task, InstanceStates=["RUNNING"])
    assert doomed not in [instance["Ec2InstanceId"] for instance in running]
    more: Any = [{"Classification": "core-site", "Properties": {"b": "2"}}]
    merge: Any = {"InstanceGroupId": task, "ReconfigurationType": "MERGE", "Configurations": more}
    flow.emr.modify_instance_groups(InstanceGroups=[merge])
    assert groups_of(flow)["TASK"]["Configurations"][0]["Properties"] == {"a": "1", "b": "2"}
    flow.emr.modify_instance_groups(InstanceGroups=[{"InstanceGroupId": task, "InstanceCount": 0}])
    assert groups_of(flow)["TASK"]["RunningInstanceCount"] == 0


def test_a_change_of_groups_is_made_whole_or_not_at_all(flow: Flow) -> None:
    [core] = add_groups(flow, CORE)
    primary = groups_of(flow)["MASTER"]["Id"]

    def modified(*changes: dict[str, Any]) -> tuple[str, str]:
        return refused(flow.emr.modify_instance_groups, ClusterId=flow.id, InstanceGroups=list(changes))[:2]

    grow = {"InstanceGroupId": core, "InstanceCount": 5}
    family = "ValidationException"
    assert modified(grow, {"InstanceGroupId": primary, "InstanceCount": 3}) == (
        family, "A master instance group cannot be resized.",
    )  # fmt: skip
    assert modified({"InstanceGroupId": core, "InstanceCount": 0}) == (
        family, "An instance group must have at least one instance.",
    )  # fmt: skip
    assert modified(grow, {"InstanceGroupId": "ig-0"}) == (
        "InvalidRequestException", "Instance group id 'ig-0' is not valid.",
    )  # fmt: skip
    assert modified(grow, {"InstanceGroupId": core, "EC2InstanceIdsToTerminate": ["i-0"]}) == (
        family, f"Instance 'i-0' is not a running instance of group '{core}'.",
    )  # fmt: skip
    assert modified({**grow, "EC2InstanceIdsToTerminate": ["i-0"]}) == (
        family, "InstanceCount and EC2InstanceIdsToTerminate cannot both be specified.",
    )  # fmt: skip
    assert modified({**grow, "InstanceCount": 2000}) == (
        family, "This EMR endpoint keeps at most 2000 instances of a cluster, not 2001.",
    )  # fmt: skip
    assert groups_of(flow)["CORE"]["RequestedInstanceCount"] == 2
    flow.end()
    assert modified(grow) == (
        family, "An instance group may only be modified when the cluster is running or waiting",
    )  # fmt: skip


def test_groups_that_a_cluster_cannot_have_are_not_added(flow: Flow) -> None:
    for groups, message in (
        ([TASK], "Clusters with task nodes must also define core nodes."),
        (
            [CORE, CORE],
            "Multiple core instance groups supplied, you must specify exactly one core instance group",
        ),
        ([{**CORE, "InstanceCount": 0}], "An instance group must have at least one instance."),
        ([{**CORE, "BidPrice": "1"}], "Attempted to set bid price for on demand instance group."),
    ):
        answer = refused(flow.emr.add_instance_groups, JobFlowId=flow.id, InstanceGroups=groups)
        assert answer == ("ValidationException", message, 400)
    assert list(groups_of(flow)) == ["MASTER"]


def test_fleets_are_added_and_modified(fleets: Flow) -> None:
    answer = fleets.emr.add_instance_fleet(ClusterId=fleets.id, InstanceFleet=TASK_FLEET)
    assert answer["InstanceFleetId"].startswith("if-")
    core = fleets_of(fleets)["CORE"]["Id"]
    grow: Any = {"InstanceFleetId": core, "TargetOnDemandCapacity": 1, "TargetSpotCapacity": 4}
    fleets.emr.modify_instance_fleet(ClusterId=fleets.id, InstanceFleet=grow)
    fleet = fleets_of(fleets)["CORE"]
    assert (fleet["ProvisionedOnDemandCapacity"], fleet["ProvisionedSpotCapacity"]) == (1, 4)
    markets = [instance["Market"] for instance in instances_of(fleets, InstanceFleetId=core)]
    assert sorted(markets) == ["ON_DEMAND", *["SPOT"] * 4]
    assert len(instances_of(fleets, InstanceFleetType="TASK")) == 1
    empty: Any = {"InstanceFleetId": answer["InstanceFleetId"], "TargetSpotCapacity": 0}
    fleets.emr.modify_instance_fleet(ClusterId=fleets.id, InstanceFleet=empty)
    assert instances_of(fleets, InstanceFleetType="TASK", InstanceStates=["RUNNING"]) == []


def test_fleets_that_a_cluster_cannot_have_are_refused(fleets: Flow) -> None:
    family, emr = "InvalidRequestException", fleets.emr
    primary, core = (fleets_of(fleets)[role]["Id"] for role in ("MASTER", "CORE"))
    for fleet, message in (
        ({"InstanceFleetId": primary}, "A master instance fleet cannot be modified."),
        (
            {"InstanceFleetId": core, "TargetSpotCapacity": 0},
            "A core instance fleet needs a target capacity of at least 1.",
        ),
        ({"InstanceFleetId": "if-0"}, "Instance fleet id 'if-0' is not valid."),
    ):
        answer = refused(emr.modify_instance_fleet, ClusterId=fleets.id, InstanceFleet=fleet)
        assert answer == (family, message, 400)
    again = refused(
        emr.add_instance_fleet, ClusterId=fleets.id, InstanceFleet={**TASK_FLEET, "InstanceFleetType": "CORE"}
    )
    assert again[1].startswith("Multiple core instance fleets supplied")


def test_groups_and_fleets_exclude_each_other_in_every_operation(flow: Flow, fleets: Flow) -> None:
    emr = flow.emr
    calls: list[tuple[Flow, str, str, dict[str, Any]]] = [
        (fleets, "ListInstanceGroups", "ListInstanceFleets", {"ClusterId": fleets.id}),
        (flow, "ListInstanceFleets", "ListInstanceGroups", {"ClusterId": flow.id}),
        (
            fleets,
            "AddInstanceGroups",
            "AddInstanceFleet",
            {"JobFlowId": fleets.id, "InstanceGroups": [TASK]},
        ),
        (flow, "AddInstanceFleet", "AddInstanceGroups", {"ClusterId": flow.id, "InstanceFleet": TASK_FLEET}),
        (
            fleets,
            "ModifyInstanceGroups",
            "ModifyInstanceFleet",
            {"ClusterId": fleets.id, "InstanceGroups": [{"InstanceGroupId": "ig-0"}]},
        ),
        (
            flow,
            "ModifyInstanceFleet",
            "ModifyInstanceGroups",
            {"ClusterId": flow.id, "InstanceFleet": {"InstanceFleetId": "if-0"}},
        ),
    ]
    for cluster, operation, instead, params in calls:
        has = "fleets" if cluster is fleets else "groups"
        with pytest.raises(emr.exceptions.InvalidRequestException) as caught:
            emr._make_api_call(operation, params)  # type: ignore[attr-defined]  # by its name in the API
        response: Any = caught.value.response
        assert response["Error"]["Message"] == (
            f"Instance fleets and instance groups are mutually exclusive. The EMR cluster specified in the "
            f"request uses instance {has}. The {operation} operation does not support clusters that use "
            f"instance {has}. Use the {instead} operation instead."
        )
        assert response["ErrorCode"] == f"API_DOES_NOT_SUPPORT_INSTANCE_{has[:-1].upper()}_CLUSTERS"


def test_instance_filters_of_the_other_kind_or_of_both_kinds_are_refused(flow: Flow, fleets: Flow) -> None:
    for cluster, filters, message in (
        (fleets, {"InstanceGroupTypes": ["CORE"]}, "InstanceGroupTypes cannot be specified."),
        (flow, {"InstanceFleetType": "CORE"}, "InstanceFleetType cannot be specified."),
        (flow, {"InstanceGroupId": "ig-0"}, "Instance group id 'ig-0' is not valid."),
        (
            flow,
            {"InstanceGroupId": "ig-0", "InstanceGroupTypes": ["CORE"]},
            "InstanceGroupId and InstanceGroupTypes cannot both be specified.",
        ),
    ):
        code, text, _ = refused(flow.emr.list_instances, ClusterId=cluster.id, **filters)
        assert code == "InvalidRequestException"
        assert text.endswith(message)
