"""Groups and fleets: how many instances they have, which ones go, and what stays listed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from emr_local.state.instance_sets import MAX_LISTED, resized, shares, size, started

NOW = datetime(2026, 11, 23, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)


def group(count: int) -> dict[str, Any]:
    return {"InstanceRole": "TASK", "InstanceType": "m5.xlarge", "InstanceCount": count}


def fleet(on_demand: int, spot: int, *weights: int) -> dict[str, Any]:
    kinds = [{"InstanceType": f"m5.{n}xlarge", "WeightedCapacity": w} for n, w in enumerate(weights)]
    return {
        "InstanceFleetType": "TASK",
        "TargetOnDemandCapacity": on_demand,
        "TargetSpotCapacity": spot,
        "InstanceTypeConfigs": kinds,
    }


@given(counts=st.lists(st.integers(0, 40), min_size=1, max_size=6))
def test_a_group_has_as_many_instances_as_it_was_last_given(counts: list[int]) -> None:
    task = started(group(counts[0]), NOW)
    for count in counts[1:]:
        before = task
        task = resized(task, group(count), LATER)
        kept = min(count, len(before.alive))
        assert task.alive[:kept] == before.alive[:kept], "the oldest stay"
    assert len(task.alive) == counts[-1]
    ids = [i.id for i in task.instances] + [i.ec2_id for i in task.instances]
    assert len(set(ids)) == len(ids)
    assert all(i.ended_at == LATER for i in task.instances if i not in task.alive)


@given(count=st.integers(1, 12), data=st.data())
def test_the_instances_that_are_named_go_first(count: int, data: st.DataObject) -> None:
    task = started(group(count), NOW)
    named = data.draw(st.sets(st.sampled_from([i.ec2_id for i in task.instances])))
    after = resized(task, group(count - len(named)), LATER, named)
    assert [i.ec2_id for i in after.alive] == [i.ec2_id for i in task.alive if i.ec2_id not in named]


@given(
    on_demand=st.integers(0, 30),
    spot=st.integers(0, 30),
    weights=st.lists(st.integers(1, 8), min_size=1, max_size=4),
)
def test_a_fleet_reaches_its_targets_with_the_lightest_type(
    on_demand: int, spot: int, weights: list[int]
) -> None:
    made = started(fleet(on_demand, spot, *weights), NOW)
    for market, target in (("ON_DEMAND", on_demand), ("SPOT", spot)):
        units = min(weights) * sum(i.market == market for i in made.alive)
        assert target <= units < target + min(weights)
    assert {i.type for i in made.instances} <= {f"m5.{weights.index(min(weights))}xlarge"}
    assert size([fleet(on_demand, spot, *weights)]) == len(made.alive)


def test_a_fleets_markets_change_apart() -> None:
    made = started(fleet(2, 2, 1), NOW)
    after = resized(made, fleet(3, 0, 1), LATER)
    assert [i.market for i in after.alive] == ["ON_DEMAND"] * 3
    assert after.alive[:2] == made.alive[:2]


def test_the_primary_has_the_nodes_id() -> None:
    made = started({**group(3), "InstanceRole": "MASTER"}, NOW, "i-0123")
    assert [i.ec2_id == "i-0123" for i in made.instances] == [True, False, False]


def test_a_group_without_a_market_is_on_demand_and_a_fleet_without_types_counts_units() -> None:
    assert shares(group(2)) == (("ON_DEMAND", "m5.xlarge", 2),)
    assert shares(fleet(1, 2)) == (("ON_DEMAND", None, 1), ("SPOT", None, 2))


def test_of_the_ended_instances_the_last_stay_listed() -> None:
    task = started(group(1500), NOW)
    for moment in (LATER, LATER + timedelta(hours=1)):
        task = resized(resized(task, group(1), moment), group(1500), moment)
    assert len(task.instances) == MAX_LISTED
    assert len(task.alive) == 1500
    assert {i.ended_at for i in task.instances} == {None, LATER + timedelta(hours=1)}
