"""Clusters and steps as values: what the state machine in `clusters` transforms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class ClusterState(StrEnum):
    """EMR's cluster states, in the order of a cluster's life."""

    STARTING = "STARTING"
    BOOTSTRAPPING = "BOOTSTRAPPING"
    RUNNING = "RUNNING"
    WAITING = "WAITING"
    TERMINATING = "TERMINATING"
    TERMINATED = "TERMINATED"
    TERMINATED_WITH_ERRORS = "TERMINATED_WITH_ERRORS"

    @property
    def ended(self) -> bool:
        """Whether nothing changes any more."""
        return self in (ClusterState.TERMINATED, ClusterState.TERMINATED_WITH_ERRORS)

    @property
    def modifiable(self) -> bool:
        """Whether steps may be added and settings changed."""
        return not self.ended and self is not ClusterState.TERMINATING


class StepState(StrEnum):
    """EMR's step states."""

    PENDING = "PENDING"
    CANCEL_PENDING = "CANCEL_PENDING"
    RUNNING = "RUNNING"
    COMPLETED = "COMPLETED"
    CANCELLED = "CANCELLED"
    FAILED = "FAILED"
    INTERRUPTED = "INTERRUPTED"

    @property
    def running(self) -> bool:
        """Whether a process may exist for the step."""
        return self in (StepState.RUNNING, StepState.CANCEL_PENDING)

    @property
    def active(self) -> bool:
        """Whether the step is still to run or running."""
        return self is StepState.PENDING or self.running


@dataclass(frozen=True)
class Reason:
    """Why a cluster is in its state: a ClusterStateChangeReasonCode and AWS's sentence."""

    code: str
    message: str


@dataclass(frozen=True)
class FailureDetails:
    """Why a step failed: a known class of failure, the exception's line, the log's address (with LogUri)."""

    reason: str
    message: str
    log_file: str | None = None


@dataclass(frozen=True)
class ErrorDetail:
    """One entry of a cluster's ErrorDetails."""

    code: str
    message: str
    data: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Owner:
    """Whose cluster it is: the account and region of the request's SigV4 scope."""

    account: str
    region: str


@dataclass(frozen=True)
class Step:
    """One step; times are aware datetimes in UTC."""

    id: str
    name: str
    jar: str
    action_on_failure: str
    created_at: datetime
    args: tuple[str, ...] = ()
    properties: Mapping[str, str] = field(default_factory=dict)
    main_class: str | None = None
    execution_role: str | None = None
    state: StepState = StepState.PENDING
    started_at: datetime | None = None
    ended_at: datetime | None = None
    failure: FailureDetails | None = None


@dataclass(frozen=True)
class Instance:
    """One instance of a group or fleet; only the primary node's has something behind it."""

    id: str
    ec2_id: str
    market: str
    type: str | None
    created_at: datetime
    ended_at: datetime | None = None


@dataclass(frozen=True)
class InstanceSet:
    """An instance group or fleet: its API configuration as last changed, and its instances, ended ones too.

    `scaling_policy` and `shrink_policy` are recorded only, as is what is in `config` beyond numbers.
    """

    id: str
    config: Mapping[str, Any]
    created_at: datetime
    instances: tuple[Instance, ...] = ()
    scaling_policy: Mapping[str, Any] | None = None
    shrink_policy: Mapping[str, Any] | None = None
    configurations_version: int = 0

    @property
    def is_fleet(self) -> bool:
        """Whether it is a fleet."""
        return "InstanceFleetType" in self.config

    @property
    def role(self) -> str:
        """MASTER, CORE or TASK."""
        return str(self.config.get("InstanceFleetType") or self.config["InstanceRole"])

    @property
    def alive(self) -> tuple[Instance, ...]:
        """The instances that were not taken away."""
        return tuple(instance for instance in self.instances if instance.ended_at is None)


@dataclass(frozen=True)
class Cluster:
    """One cluster; `request` is RunJobFlow's as given, for what is only echoed.

    `idle_timeout_s` is None without an auto-termination policy. `managed_scaling`, `visible`,
    `unhealthy_node_replacement` and `extended_support` are kept for who asks.
    """

    id: str
    owner: Owner
    name: str
    request: Mapping[str, Any]
    created_at: datetime
    instance_id: str
    instance_sets: tuple[InstanceSet, ...] = ()
    keep_alive: bool = False
    protected: bool = False
    concurrency: int = 1
    idle_timeout_s: int | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    steps: tuple[Step, ...] = ()
    state: ClusterState = ClusterState.STARTING
    reason: Reason | None = None
    error_details: tuple[ErrorDetail, ...] = ()
    ready_at: datetime | None = None
    idle_since: datetime | None = None
    ended_at: datetime | None = None
    managed_scaling: Mapping[str, Any] | None = None
    visible: bool = True
    unhealthy_node_replacement: bool = False
    extended_support: bool | None = None

    @property
    def arn(self) -> str:
        """The cluster's Amazon Resource Name."""
        return f"arn:aws:elasticmapreduce:{self.owner.region}:{self.owner.account}:cluster/{self.id}"

    def step(self, step_id: str) -> Step | None:
        """The step of that id, if the cluster has it."""
        return next((step for step in self.steps if step.id == step_id), None)

    @property
    def has_fleets(self) -> bool:
        """Whether its instances are in fleets, not in groups."""
        return "InstanceFleets" in self.request["Instances"]
