"""The job flow family of operations: start, change and end clusters; errors are ValidationException."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from emr_local.api import errors, validation, views
from emr_local.api.errors import InvalidRequestException, ValidationException
from emr_local.service import Params, Service
from emr_local.state import clusters
from emr_local.state.ids import new_id, new_instance_id
from emr_local.state.instance_sets import instance_configs, is_primary, started
from emr_local.state.model import Cluster, Owner, Step
from emr_local.state.store import utc_now

DEFAULT_ACTION_ON_FAILURE = "TERMINATE_CLUSTER"
DEFAULT_IDLE_TIMEOUT_S = 3600
CONFIGURATIONS = "security-configuration"  # the kind of these records
MAX_IDS = 10


def run_job_flow(service: Service, owner: Owner, params: Params) -> Params:
    """RunJobFlow."""
    validation.check_job_flow(params, service.settings.min_idle_timeout_s)
    configuration = params.get("SecurityConfiguration")
    if configuration and configuration not in service.store.records(owner, CONFIGURATIONS):
        raise ValidationException(errors.NO_SUCH_CONFIGURATION.format(configuration))
    cluster = new_job_flow(owner, params, utc_now())
    service.store.add(cluster)
    service.runner.launch(cluster.id)
    return {"JobFlowId": cluster.id, "ClusterArn": cluster.arn}


def add_job_flow_steps(service: Service, owner: Owner, params: Params) -> Params:
    """AddJobFlowSteps."""
    cluster = find_job_flow(service, owner, params["JobFlowId"])
    validation.check_steps(params["Steps"])
    steps = _new_steps(params["Steps"], utc_now(), params.get("ExecutionRoleArn"))
    service.store.update(cluster.id, lambda c, now: clusters.add_steps(c, steps, now))
    return {"StepIds": [step.id for step in steps]}


def terminate_job_flows(service: Service, owner: Owner, params: Params) -> Params:
    """TerminateJobFlows: protected clusters are refused, the others of the same call end all the same."""
    found = _job_flows(service, owner, params)
    for cluster in found:
        service.store.update(cluster.id, _terminate)
    if any(clusters.protection_holds(service.store.get(cluster.id)) for cluster in found):
        raise ValidationException(errors.PROTECTED)
    return {}


def set_termination_protection(service: Service, owner: Owner, params: Params) -> Params:
    """SetTerminationProtection."""
    protected = params["TerminationProtected"]
    return _change_all(service, owner, params, lambda c, _: clusters.set_protection(c, protected))


def set_keep_alive(service: Service, owner: Owner, params: Params) -> Params:
    """SetKeepJobFlowAliveWhenNoSteps."""
    keep_alive = params["KeepJobFlowAliveWhenNoSteps"]
    return _change_all(service, owner, params, lambda c, now: clusters.set_keep_alive(c, keep_alive, now))


def set_visible_to_all_users(service: Service, owner: Owner, params: Params) -> Params:
    """SetVisibleToAllUsers: kept; everyone who reaches this endpoint sees all clusters."""
    visible = params["VisibleToAllUsers"]
    return _change_all(service, owner, params, lambda c, _: replace(c, visible=visible))


def set_unhealthy_node_replacement(service: Service, owner: Owner, params: Params) -> Params:
    """SetUnhealthyNodeReplacement: kept; there are no nodes to replace."""
    wanted = params["UnhealthyNodeReplacement"]
    return _change_all(service, owner, params, lambda c, _: replace(c, unhealthy_node_replacement=wanted))


def idle_timeout(policy: Mapping[str, Any] | None) -> int | None:
    """The seconds of an AutoTerminationPolicy; None without one."""
    return None if policy is None else int(policy.get("IdleTimeout", DEFAULT_IDLE_TIMEOUT_S))


def find_job_flow(service: Service, owner: Owner, cluster_id: str) -> Cluster:
    """The owner's cluster; this family's errors when there is none of that id."""
    if not re.fullmatch(r"j-[0-9A-Z]+", cluster_id):
        raise ValidationException(errors.MALFORMED_JOB_FLOW)
    try:
        return service.store.get(cluster_id, owner)
    except InvalidRequestException:
        raise ValidationException(errors.NO_SUCH_JOB_FLOW) from None


def _terminate(cluster: Cluster, now: datetime) -> Cluster:
    if clusters.protection_holds(cluster):
        return cluster
    return clusters.shut_down(cluster, clusters.USER_REQUEST, now)


def _change_all(
    service: Service, owner: Owner, params: Params, change: Callable[[Cluster, datetime], Cluster]
) -> Params:
    """Changes every cluster of the call, or none when one of them is ending or has ended."""
    found = _job_flows(service, owner, params)
    if not all(cluster.state.modifiable for cluster in found):
        raise ValidationException(errors.NOT_MODIFIABLE)
    for cluster in found:
        service.store.update(cluster.id, change)
    return {}


def _job_flows(service: Service, owner: Owner, params: Params) -> list[Cluster]:
    """The clusters of a call with a list of ids: all of them exist, or none is touched."""
    ids = params["JobFlowIds"]
    if not ids:
        raise ValidationException(errors.EMPTY_ID_LIST)
    if len(ids) > MAX_IDS:
        raise ValidationException(f"At most {MAX_IDS} job flow IDs can be specified.")
    return [find_job_flow(service, owner, cluster_id) for cluster_id in ids]


def new_job_flow(owner: Owner, params: Params, now: datetime) -> Cluster:
    """The cluster that a RunJobFlow request makes, not started yet; the request has passed the checks."""
    instances = params["Instances"]
    instance_id = new_instance_id()
    configs = instance_configs(instances)
    sets = (started(config, now, instance_id if is_primary(config) else None) for config in configs)
    # With three primary nodes EMR forces both.
    highly_available = any(is_primary(config) and config.get("InstanceCount", 1) > 1 for config in configs)
    cluster = Cluster(
        id=new_id("j"),
        owner=owner,
        name=params["Name"],
        request=_without_passwords(params),
        created_at=now,
        instance_id=instance_id,
        instance_sets=tuple(sets),
        keep_alive=instances.get("KeepJobFlowAliveWhenNoSteps", False) or highly_available,
        protected=instances.get("TerminationProtected", False) or highly_available,
        concurrency=params.get("StepConcurrencyLevel", 1),
        idle_timeout_s=idle_timeout(params.get("AutoTerminationPolicy")),
        tags=tag_values(params.get("Tags", [])),
        managed_scaling=params.get("ManagedScalingPolicy"),
        visible=params.get("VisibleToAllUsers", True),
        unhealthy_node_replacement=instances.get("UnhealthyNodeReplacement", False),
        extended_support=params.get("ExtendedSupport"),
    )
    steps = _new_steps(params.get("Steps", []), now, params.get("StepExecutionRoleArn"))
    return clusters.add_steps(cluster, steps, now)


def _without_passwords(request: Params) -> Params:
    """The request as it is kept: nothing here asks a Kerberos server."""
    kerberos = request.get("KerberosAttributes")
    if not kerberos:
        return request
    hidden = {name: "****" if name in views.PASSWORDS else text for name, text in kerberos.items()}
    return {**request, "KerberosAttributes": hidden}


def tag_values(tags: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """Tags by key; a tag without a value has an empty one."""
    return {tag["Key"]: tag.get("Value", "") for tag in tags}


def _new_steps(configs: list[dict[str, Any]], now: datetime, role: str | None = None) -> tuple[Step, ...]:
    return tuple(_new_step(config, now, role) for config in configs)


def _new_step(config: dict[str, Any], now: datetime, role: str | None) -> Step:
    jar = config["HadoopJarStep"]
    return Step(
        id=new_id("s"),
        name=config["Name"],
        jar=jar["Jar"],
        action_on_failure=config.get("ActionOnFailure", DEFAULT_ACTION_ON_FAILURE),
        created_at=now,
        args=tuple(jar.get("Args", [])),
        properties={entry.get("Key", ""): entry.get("Value", "") for entry in jar.get("Properties", [])},
        main_class=jar.get("MainClass"),
        execution_role=role,
    )
