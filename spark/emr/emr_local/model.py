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
class Cluster:
    """One cluster; `request` is RunJobFlow's as given, for what is only echoed.

    `collection_ids` are the ids of its instance groups or fleets, in the order of the request.
    `idle_timeout_s` is None without an auto-termination policy.
    """

    id: str
    owner: Owner
    name: str
    request: Mapping[str, Any]
    created_at: datetime
    instance_id: str
    collection_ids: tuple[str, ...] = ()
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

    @property
    def arn(self) -> str:
        """The cluster's Amazon Resource Name."""
        return f"arn:aws:elasticmapreduce:{self.owner.region}:{self.owner.account}:cluster/{self.id}"

    def step(self, step_id: str) -> Step | None:
        """The step of that id, if the cluster has it."""
        return next((step for step in self.steps if step.id == step_id), None)
