"""The state machine under random histories: whatever happens in whatever order, its promises hold."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from emr_local.api.errors import ValidationException
from emr_local.state import clusters
from emr_local.state.database import Database
from emr_local.state.model import Cluster, ClusterState, FailureDetails, Owner, Step, StepState

ACTIONS = ("TERMINATE_CLUSTER", "TERMINATE_JOB_FLOW", "CANCEL_AND_WAIT", "CONTINUE")
FAILURE = FailureDetails("Unknown Error.", "ValueError: x")
FINISHED = (StepState.COMPLETED, StepState.CANCELLED, StepState.FAILED, StepState.INTERRUPTED)
ORDER = list(ClusterState)


class ClusterLife(RuleBasedStateMachine):
    """One cluster, driven by everything that an API or a worker may do to it."""

    @initialize(
        keep_alive=st.booleans(),
        protected=st.booleans(),
        concurrency=st.sampled_from([1, 1, 3]),
        idle=st.none() | st.just(60),
        actions=st.lists(st.sampled_from(ACTIONS), min_size=1, max_size=4),
    )
    def create(
        self, keep_alive: bool, protected: bool, concurrency: int, idle: int | None, actions: list[str]
    ) -> None:
        self.now = datetime(2026, 1, 1, tzinfo=UTC)
        self.cluster = Cluster(
            "j-1",
            Owner("000000000000", "eu-central-1"),
            "name",
            {},
            self.now,
            "i-1",
            keep_alive=keep_alive,
            protected=protected,
            concurrency=concurrency,
            idle_timeout_s=idle,
        )
        self.before = self.cluster
        self.most_at_a_time = concurrency
        self.database = Database(None)
        self.database.save(None, self.cluster)
        if concurrency == 1:
            self.add_steps(actions)

    def becomes(self, cluster: Cluster) -> None:
        self.before, self.cluster = self.cluster, cluster
        self.database.save(self.before, cluster)
        self.now += timedelta(seconds=1)

    def ids(self, *states: StepState) -> list[str]:
        return [step.id for step in self.cluster.steps if step.state in states]

    @rule()
    def bootstrap(self) -> None:
        self.becomes(clusters.bootstrap(self.cluster))

    @rule()
    def ready(self) -> None:
        self.becomes(clusters.ready(self.cluster, self.now))

    @rule(actions=st.lists(st.sampled_from(ACTIONS), min_size=1, max_size=3))
    def add_steps(self, actions: list[str]) -> None:
        count = len(self.cluster.steps)
        steps = [
            Step(f"s-{count + n}", "n", "command-runner.jar", a, self.now) for n, a in enumerate(actions)
        ]
        allowed = self.cluster.state.modifiable and (
            self.cluster.concurrency == 1 or set(actions) == {"CONTINUE"}
        )
        if allowed:
            self.becomes(clusters.add_steps(self.cluster, steps, self.now))
        else:
            with pytest.raises(ValidationException):
                clusters.add_steps(self.cluster, steps, self.now)

    @rule()
    def start_steps(self) -> None:
        for step in clusters.startable(self.cluster):
            self.becomes(clusters.start_step(self.cluster, step.id, self.now))
            started = self.cluster.step(step.id)
            assert started is not None
            assert started.state is StepState.RUNNING

    @precondition(lambda self: self.ids(StepState.RUNNING, StepState.CANCEL_PENDING))
    @rule(data=st.data(), fails=st.booleans())
    def finish_step(self, data: st.DataObject, fails: bool) -> None:
        step_id = data.draw(st.sampled_from(self.ids(StepState.RUNNING, StepState.CANCEL_PENDING)))
        ran = self.cluster.step(step_id)
        assert ran is not None
        self.becomes(clusters.finish_step(self.cluster, step_id, FAILURE if fails else None, self.now))
        ended = self.cluster.step(step_id)
        assert ended is not None
        assert ended.state in FINISHED
        assert (ended.state is StepState.COMPLETED) is not fails
        if not fails or ran.state is StepState.CANCEL_PENDING:
            return
        acts = self.before.state is ClusterState.RUNNING and self.cluster.concurrency == 1
        if acts and ran.action_on_failure != "CONTINUE":
            assert not self.ids(StepState.PENDING)
        if acts and ran.action_on_failure == "CANCEL_AND_WAIT" and self.cluster.keep_alive:
            assert self.cluster.state is ClusterState.WAITING
        if (
            acts
            and ran.action_on_failure.startswith("TERMINATE")
            and not clusters.protection_holds(self.before)
        ):
            assert self.cluster.reason == clusters.STEP_FAILURE

    @precondition(lambda self: self.cluster.steps)
    @rule(data=st.data())
    def finish_any_step(self, data: st.DataObject) -> None:
        step = data.draw(st.sampled_from(self.cluster.steps))
        if not step.state.running:
            self.becomes(clusters.finish_step(self.cluster, step.id, FAILURE, self.now))
            assert self.cluster == self.before

    @precondition(lambda self: self.cluster.steps)
    @rule(data=st.data())
    def cancel_steps(self, data: st.DataObject) -> None:
        ids = data.draw(
            st.lists(st.sampled_from([s.id for s in self.cluster.steps]), min_size=1, unique=True)
        )
        after, answers = clusters.cancel_steps(self.cluster, ids, self.now)
        for step_id, status, _ in answers:
            step = self.cluster.step(step_id)
            assert step is not None
            assert (status == "SUBMITTED") == step.state.active
        self.becomes(after)

    @precondition(lambda self: len(self.cluster.steps) > 6)
    @rule()
    def user_terminates(self) -> None:
        if not clusters.protection_holds(self.cluster):
            self.becomes(clusters.shut_down(self.cluster, clusters.USER_REQUEST, self.now))

    @precondition(lambda self: not self.cluster.state.modifiable)
    @rule()
    def end(self) -> None:
        self.becomes(clusters.end(self.cluster, self.now))

    @rule(seconds=st.integers(1, 200))
    def time_passes(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)
        self.becomes(clusters.expire(self.cluster, self.now))

    @precondition(lambda self: self.cluster.state.modifiable and len(self.cluster.steps) > 6)
    @rule(keep_alive=st.booleans())
    def change_keep_alive(self, keep_alive: bool) -> None:
        self.becomes(clusters.set_keep_alive(self.cluster, keep_alive, self.now))

    @precondition(lambda self: self.cluster.state.modifiable)
    @rule(protected=st.booleans())
    def change_protection(self, protected: bool) -> None:
        self.becomes(clusters.set_protection(self.cluster, protected))

    @precondition(lambda self: self.cluster.state.modifiable)
    @rule(level=st.integers(1, 3))
    def change_concurrency(self, level: int) -> None:
        self.becomes(clusters.set_concurrency(self.cluster, level))

    @precondition(lambda self: len(self.cluster.steps) > 6)
    @rule()
    def the_service_stops(self) -> None:
        self.becomes(clusters.lost(self.cluster, self.now))
        assert self.cluster.state.ended

    @invariant()
    def a_restart_finds_it_as_it_is(self) -> None:
        assert list(self.database.clusters()) == [self.cluster]

    @invariant()
    def a_finished_step_never_changes(self) -> None:
        for step in self.before.steps:
            if step.state in FINISHED:
                assert self.cluster.step(step.id) == step

    @invariant()
    def an_ended_cluster_never_changes(self) -> None:
        if self.before.state.ended:
            assert self.cluster == self.before

    @invariant()
    def no_step_is_left_or_startable_on_a_cluster_that_ends(self) -> None:
        if not self.cluster.state.modifiable:
            assert not self.ids(StepState.PENDING)
            assert not clusters.startable(self.cluster)
        if self.cluster.state.ended:
            assert all(step.state in FINISHED for step in self.cluster.steps)
            assert self.cluster.reason is not None
            assert self.cluster.ended_at is not None

    @invariant()
    def no_step_runs_before_the_cluster_is_ready(self) -> None:
        if self.cluster.state in clusters.BEFORE_STEPS:
            assert not self.ids(StepState.RUNNING, StepState.CANCEL_PENDING)
            assert self.cluster.ready_at is None

    @invariant()
    def the_concurrency_level_holds(self) -> None:
        running = len(self.ids(StepState.RUNNING, StepState.CANCEL_PENDING))
        # A lower level lets go on what runs already
        self.most_at_a_time = max(self.cluster.concurrency, min(self.most_at_a_time, running))
        assert running <= self.most_at_a_time

    @invariant()
    def waiting_means_idle(self) -> None:
        waiting = self.cluster.state is ClusterState.WAITING
        assert waiting == (self.cluster.idle_since is not None)
        if waiting:
            assert not any(step.state.active for step in self.cluster.steps)
            assert self.cluster.keep_alive

    @invariant()
    def states_only_go_forward_except_between_running_and_waiting(self) -> None:
        back = ORDER.index(self.cluster.state) < ORDER.index(self.before.state)
        assert not back or (self.before.state, self.cluster.state) == (
            ClusterState.WAITING,
            ClusterState.RUNNING,
        )

    @invariant()
    def times_are_in_order(self) -> None:
        for step in self.cluster.steps:
            times = [t for t in (step.created_at, step.started_at, step.ended_at) if t is not None]
            assert times == sorted(times)
            assert (step.ended_at is not None) == (step.state in FINISHED)


TestClusterLife = ClusterLife.TestCase
TestClusterLife.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
