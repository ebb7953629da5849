"""The job flow family of operations: start, change and end clusters; errors are ValidationException."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from emr_local import clusters, errors, validation, views
from emr_local.errors import InvalidRequestException, ValidationException
from emr_local.model import Cluster, Owner, Step
from emr_local.service import Params, Service, new_id, new_instance_id
from emr_local.store import utc_now

DEFAULT_ACTION_ON_FAILURE = "TERMINATE_CLUSTER"
DEFAULT_IDLE_TIMEOUT_S = 3600
MAX_IDS = 10


def run_job_flow(service: Service, owner: Owner, params: Params) -> Params:
    """RunJobFlow."""
    validation.check_job_flow(params, service.settings.min_idle_timeout_s)
    now = utc_now()
    cluster = clusters.add_steps(
        _new_cluster(owner, params, now), _new_steps(params.get("Steps", []), now), now
    )
    service.store.add(cluster)
    service.runner.launch(cluster.id)
    return {"JobFlowId": cluster.id, "ClusterArn": cluster.arn}


def add_job_flow_steps(service: Service, owner: Owner, params: Params) -> Params:
    """AddJobFlowSteps."""
    cluster = _job_flow(service, owner, params["JobFlowId"])
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


def _terminate(cluster: Cluster, now: datetime) -> Cluster:
    if clusters.protection_holds(cluster):
        return cluster
    return clusters.shut_down(cluster, clusters.USER_REQUEST, now)


def _change_all(
    service: Service, owner: Owner, params: Params, change: Callable[[Cluster, datetime], Cluster]
) -> Params:
    for cluster in _job_flows(service, owner, params):
        service.store.update(cluster.id, change)
    return {}


def _job_flows(service: Service, owner: Owner, params: Params) -> list[Cluster]:
    """The clusters of a call with a list of ids: all of them exist, or none is touched."""
    ids = params["JobFlowIds"]
    if not ids:
        raise ValidationException(errors.EMPTY_ID_LIST)
    if len(ids) > MAX_IDS:
        raise ValidationException(f"At most {MAX_IDS} job flow IDs can be specified.")
    return [_job_flow(service, owner, cluster_id) for cluster_id in ids]


def _job_flow(service: Service, owner: Owner, cluster_id: str) -> Cluster:
    if not re.fullmatch(r"j-[0-9A-Z]+", cluster_id):
        raise ValidationException(errors.MALFORMED_JOB_FLOW)
    try:
        return service.store.get(cluster_id, owner)
    except InvalidRequestException:
        raise ValidationException(errors.NO_SUCH_JOB_FLOW) from None


def _new_cluster(owner: Owner, params: Params, now: datetime) -> Cluster:
    instances = params["Instances"]
    kind = "if" if "InstanceFleets" in instances else "ig"
    configs = views.instance_configs(instances)
    highly_available = any(
        config.get("InstanceRole") == "MASTER" and config["InstanceCount"] > 1 for config in configs
    )
    policy = params.get("AutoTerminationPolicy")
    return Cluster(
        id=new_id("j"),
        owner=owner,
        name=params["Name"],
        request=params,
        created_at=now,
        instance_id=new_instance_id(),
        collection_ids=tuple(new_id(kind) for _ in configs),
        keep_alive=instances.get("KeepJobFlowAliveWhenNoSteps", False),
        protected=instances.get("TerminationProtected", False) or highly_available,
        concurrency=params.get("StepConcurrencyLevel", 1),
        idle_timeout_s=None if policy is None else policy.get("IdleTimeout", DEFAULT_IDLE_TIMEOUT_S),
        tags={tag["Key"]: tag.get("Value", "") for tag in params.get("Tags", [])},
    )


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
        properties={entry["Key"]: entry.get("Value", "") for entry in jar.get("Properties", [])},
        main_class=jar.get("MainClass"),
        execution_role=role,
    )
