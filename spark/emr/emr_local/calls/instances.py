"""Operations on instance groups, fleets and instances; there are no machines, so changes are done at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from emr_local.api import errors, instance_checks, instance_views
from emr_local.api.errors import InvalidRequestException, ValidationException, mutually_exclusive
from emr_local.api.views import Document
from emr_local.calls.changes import change
from emr_local.calls.job_flows import find_job_flow
from emr_local.calls.paging import paged
from emr_local.service import Params, Service
from emr_local.state import instance_sets
from emr_local.state.model import Cluster, ClusterState, InstanceSet, Owner


def list_instance_groups(service: Service, owner: Owner, params: Params) -> Params:
    """ListInstanceGroups."""
    cluster = service.store.get(params["ClusterId"], owner)
    if cluster.has_fleets:
        raise mutually_exclusive("ListInstanceGroups", "ListInstanceFleets", fleets=True)
    page, marker = paged(cluster.instance_sets, params.get("Marker"), lambda s: s.id)
    return {"InstanceGroups": [instance_views.group(cluster, group) for group in page], "Marker": marker}


def list_instance_fleets(service: Service, owner: Owner, params: Params) -> Params:
    """ListInstanceFleets."""
    cluster = service.store.get(params["ClusterId"], owner)
    if not cluster.has_fleets:
        raise mutually_exclusive("ListInstanceFleets", "ListInstanceGroups", fleets=False)
    page, marker = paged(cluster.instance_sets, params.get("Marker"), lambda s: s.id)
    return {"InstanceFleets": [instance_views.fleet(cluster, fleet) for fleet in page], "Marker": marker}


def list_instances(service: Service, owner: Owner, params: Params) -> Params:
    """ListInstances: of all groups or fleets, or of those that are asked for."""
    cluster = service.store.get(params["ClusterId"], owner)
    states = params.get("InstanceStates")
    found = [
        instance
        for instance_set in _sets_asked_for(cluster, params)
        for instance in instance_views.instances(cluster, instance_set)
    ]

    def asked_for(instance: Document) -> bool:
        return not states or instance["Status"]["State"] in states

    page, marker = paged(found, params.get("Marker"), lambda i: str(i["Id"]), asked_for)
    return {"Instances": page, "Marker": marker}


def add_instance_groups(service: Service, owner: Owner, params: Params) -> Params:
    """AddInstanceGroups: task groups, and a core group where there is none."""
    configs = params["InstanceGroups"]

    def add(cluster: Cluster, now: datetime) -> Cluster:
        if not cluster.state.modifiable:
            raise ValidationException(errors.NOT_MODIFIABLE)
        if cluster.has_fleets:
            raise mutually_exclusive("AddInstanceGroups", "AddInstanceFleet", fleets=True)
        every = [*(group.config for group in cluster.instance_sets), *configs]
        for config in configs:
            instance_checks.check_group(config)
        instance_checks.check_groups_together(every)
        instance_checks.check_size(every)
        return _with_new(cluster, configs, now)

    cluster = service.store.update(find_job_flow(service, owner, params["JobFlowId"]).id, add)
    added = cluster.instance_sets[len(cluster.instance_sets) - len(configs) :]
    return {
        "JobFlowId": cluster.id,
        "InstanceGroupIds": [group.id for group in added],
        "ClusterArn": cluster.arn,
    }


def add_instance_fleet(service: Service, owner: Owner, params: Params) -> Params:
    """AddInstanceFleet: a task fleet or a core fleet, where there is none."""
    config = params["InstanceFleet"]

    def add(cluster: Cluster, now: datetime) -> Cluster:
        if not cluster.has_fleets:
            raise mutually_exclusive("AddInstanceFleet", "AddInstanceGroups", fleets=False)
        every = [*(fleet.config for fleet in cluster.instance_sets), config]
        instance_checks.check_fleet(config)
        instance_checks.check_fleets_together(every)
        instance_checks.check_size(every)
        return _with_new(cluster, [config], now)

    cluster = change(service, owner, params["ClusterId"], add)
    return {
        "ClusterId": cluster.id,
        "InstanceFleetId": cluster.instance_sets[-1].id,
        "ClusterArn": cluster.arn,
    }


def modify_instance_groups(service: Service, owner: Owner, params: Params) -> Params:
    """ModifyInstanceGroups: counts, which instances go, configurations; all groups of the call, or none."""
    changes = params.get("InstanceGroups", [])
    if not changes:
        return {}

    def modify(cluster: Cluster, now: datetime) -> Cluster:
        if cluster.state not in (ClusterState.RUNNING, ClusterState.WAITING):
            raise ValidationException(errors.GROUPS_OF_ENDED)
        if cluster.has_fleets:
            raise mutually_exclusive("ModifyInstanceGroups", "ModifyInstanceFleet", fleets=True)
        for wanted in changes:
            cluster = with_set(
                cluster, _modified_group(find(cluster, wanted["InstanceGroupId"]), wanted, now)
            )
        instance_checks.check_size(group.config for group in cluster.instance_sets)
        return cluster

    cluster_id = params.get("ClusterId") or _cluster_of(service, owner, changes[0]["InstanceGroupId"])
    service.store.update(service.store.get(cluster_id, owner).id, modify)
    return {}


def modify_instance_fleet(service: Service, owner: Owner, params: Params) -> Params:
    """ModifyInstanceFleet: target capacities, and what else the API takes."""
    wanted = params["InstanceFleet"]

    def modify(cluster: Cluster, now: datetime) -> Cluster:
        if not cluster.has_fleets:
            raise mutually_exclusive("ModifyInstanceFleet", "ModifyInstanceGroups", fleets=False)
        fleet = find(cluster, wanted["InstanceFleetId"])
        if fleet.role == "MASTER":
            raise ValidationException("A master instance fleet cannot be modified.")
        config = {
            **fleet.config,
            **{name: item for name, item in wanted.items() if name != "InstanceFleetId"},
        }
        instance_checks.check_resized_fleet(config)
        after = with_set(cluster, instance_sets.resized(fleet, config, now))
        instance_checks.check_size(each.config for each in after.instance_sets)
        return after

    change(service, owner, params["ClusterId"], modify)
    return {}


def find(cluster: Cluster, set_id: str) -> InstanceSet:
    """The group or fleet of that id; InvalidRequestException when the cluster has none."""
    for instance_set in cluster.instance_sets:
        if instance_set.id == set_id:
            return instance_set
    noun = "fleet" if cluster.has_fleets else "group"
    raise InvalidRequestException(f"Instance {noun} id '{set_id}' is not valid.")


def with_set(cluster: Cluster, changed: InstanceSet) -> Cluster:
    """The cluster with a changed group or fleet in place of the one of its id."""
    sets = tuple(changed if each.id == changed.id else each for each in cluster.instance_sets)
    return replace(cluster, instance_sets=sets)


def _with_new(cluster: Cluster, configs: list[dict[str, Any]], now: datetime) -> Cluster:
    added = (instance_sets.started(config, now) for config in configs)
    return replace(cluster, instance_sets=(*cluster.instance_sets, *added))


def _sets_asked_for(cluster: Cluster, params: Params) -> Iterator[InstanceSet]:
    groups = {"InstanceGroupId", "InstanceGroupTypes"} & params.keys()
    fleets = {"InstanceFleetId", "InstanceFleetType"} & params.keys()
    if groups and cluster.has_fleets:
        raise InvalidRequestException(f"The cluster has instance fleets: {min(groups)} cannot be specified.")
    if fleets and not cluster.has_fleets:
        raise InvalidRequestException(f"The cluster has instance groups: {min(fleets)} cannot be specified.")
    if len(groups) > 1 or len(fleets) > 1:
        raise InvalidRequestException(f"{' and '.join(sorted(groups or fleets))} cannot both be specified.")
    set_id = params.get("InstanceGroupId") or params.get("InstanceFleetId")
    if set_id is not None:
        return iter([find(cluster, set_id)])
    kind = params.get("InstanceFleetType")
    roles = params.get("InstanceGroupTypes") or ([kind] if kind else None)
    return (each for each in cluster.instance_sets if roles is None or each.role in roles)


def _cluster_of(service: Service, owner: Owner, group_id: str) -> str:
    for cluster in service.store.all(owner):
        if any(group.id == group_id for group in cluster.instance_sets):
            return cluster.id
    raise InvalidRequestException(f"Instance group id '{group_id}' is not valid.")


def _modified_group(group: InstanceSet, wanted: Mapping[str, Any], now: datetime) -> InstanceSet:
    going = wanted.get("EC2InstanceIdsToTerminate", [])
    count = instance_checks.resized_group(group, wanted)
    config = {**group.config, "InstanceCount": count}
    version = group.configurations_version
    if "Configurations" in wanted:
        old = group.config.get("Configurations", []) if wanted.get("ReconfigurationType") == "MERGE" else []
        config["Configurations"] = merged(old, wanted["Configurations"])
        version += 1
    after = instance_sets.resized(group, config, now, going)
    policy = wanted.get("ShrinkPolicy", group.shrink_policy)
    return replace(after, shrink_policy=policy, configurations_version=version)


def merged(old: list[Document], new: list[Document]) -> list[Document]:
    """The old configurations with the properties of the new ones, classification by classification."""
    by_name = {entry.get("Classification", ""): entry for entry in old}
    for entry in new:
        before = by_name.get(entry.get("Classification", ""), {})
        properties = {**before.get("Properties", {}), **entry.get("Properties", {})}
        nested = merged(before.get("Configurations", []), entry.get("Configurations", []))
        by_name[entry.get("Classification", "")] = {
            **entry,
            **({"Properties": properties} if properties else {}),
            **({"Configurations": nested} if nested else {}),
        }
    return list(by_name.values())
