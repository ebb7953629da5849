"""What a run does right now, as lines: Airflow's tasks and EMR's steps, each with its state and time."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from embedded.plain import shown
from embedded.report.data import StepTime

TASKS = """
    SELECT run_id, dag_id, task_id, state, start_date, end_date FROM task_instance ORDER BY start_date
"""
SILENCE = 10.0  # seconds until a sign of life
MARKS = {
    "success": "[green]✔[/]",
    "COMPLETED": "[green]✔[/]",
    "failed": "[red]✘[/]",
    "FAILED": "[red]✘[/]",
    "up_for_retry": "[yellow]↻[/]",
}
UNDER_WAY = {"running", "deferred", "up_for_reschedule"}
UNSAID = {"scheduled", "queued", "restarting", *UNDER_WAY}
GOOD = {"success", "COMPLETED", "RUNNING"}


@dataclass(frozen=True)
class Task:
    """A task of a run as Airflow has it; `state` is None before it is scheduled."""

    run_id: str
    dag_id: str
    task_id: str
    state: str | None
    begun: datetime | None = None  # of its last try, as is `ended`
    ended: datetime | None = None
    try_number: int = 1  # counts from 1
    tries: int = 1  # that it may have; 1 also where that is not known


@dataclass
class Watch:
    """Says each change once; call `look` as often as you like.

    `read_tasks` gives all tasks in the order in which they began; `read_steps` pairs of a cluster's id and
    one of its steps as ListSteps shows it, oldest first. Either gives nothing where it finds out nothing.
    """

    read_tasks: Callable[[], Iterable[Task]]
    read_steps: Callable[[], Iterable[tuple[str, dict[str, Any]]]]
    say: Callable[[str], None]
    brief: bool = False  # says only what goes wrong, and the signs of life
    idle: str = "Airflow is getting ready"  # what it says while nothing runs
    note: str = ""  # stands behind each sign of life
    tasks: dict[tuple[str, str], Task] = field(default_factory=dict)
    steps: dict[str, StepTime] = field(default_factory=dict)
    _spoke: float = field(default_factory=time.monotonic)

    def look(self) -> None:
        """Say what has changed since the last look, or after ten silent seconds what is under way."""
        changes = [*self._task_changes(), *self._step_changes()]
        lines = [line for state, line in changes if not (self.brief and state in GOOD)]
        for line in lines:
            self.say(line)
        if lines:
            self._spoke = time.monotonic()
        self.sign_of_life()

    def sign_of_life(self) -> None:
        """Say what is under way, if nothing has been said for ten seconds."""
        if time.monotonic() - self._spoke > SILENCE:
            self.say(f"  [dim]… {shown(self.under_way() + self.note)}[/]")
            self._spoke = time.monotonic()

    def under_way(self) -> str:
        """The tasks and steps that run, in words."""
        running = [task.task_id for task in self.tasks.values() if task.state in UNDER_WAY]
        steps = [f"step {step.name!r}" for step in self.steps.values() if step.state == "RUNNING"]
        return ", ".join(running + steps) or self.idle

    def _task_changes(self) -> Iterator[tuple[str, str]]:
        for task in self.read_tasks():
            known = self.tasks.get((task.run_id, task.task_id))
            if not task.state or (known and (known.state, known.try_number) == (task.state, task.try_number)):
                continue
            self.tasks[task.run_id, task.task_id] = task
            name = f"{task.dag_id}.[bold]{task.task_id}[/]"
            if task.state not in UNSAID:
                yield (
                    task.state,
                    f"{MARKS.get(task.state, '·')} {name} {task.state}{_took(task)}{_tries(task)}",
                )
            elif known and known.try_number < task.try_number and known.state != "up_for_retry":
                yield (
                    "up_for_retry",
                    f"{MARKS['up_for_retry']} {name} again{_tries(task)}",
                )  # between two looks

    def _step_changes(self) -> Iterator[tuple[str, str]]:
        for cluster, step in self.read_steps():
            state, timeline = step["Status"]["State"], step["Status"]["Timeline"]
            known = self.steps.get(step["Id"])
            if known and known.state == state:
                continue
            begun, ended = timeline.get("StartDateTime"), timeline.get("EndDateTime")
            seconds = (ended - begun).total_seconds() if begun and ended else None
            self.steps[step["Id"]] = StepTime(step["Name"], state, seconds)
            if state != "PENDING":
                took = f"  {seconds:.1f} s" if seconds is not None else ""
                name = shown(step["Name"])
                yield state, f"    {MARKS.get(state, '▸')} {cluster} {name} [dim]{state}{took}[/]"


def database_tasks(database: Path) -> Callable[[], list[Task]]:
    """The tasks in Airflow's SQLite database; none while it is not there or locked: look again."""

    def read() -> list[Task]:
        try:
            with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=5)) as connection:
                rows = connection.execute(TASKS).fetchall()
        except sqlite3.OperationalError:
            return []
        return [
            Task(run_id, dag_id, task_id, state, _moment(begun), _moment(ended))
            for run_id, dag_id, task_id, state, begun, ended in rows
        ]

    return read


def all_steps(emr: Any) -> Callable[[], Iterator[tuple[str, dict[str, Any]]]]:
    """The steps of all clusters that this EMR (a boto3 client) knows: for an endpoint that serves one run."""

    def read() -> Iterator[tuple[str, dict[str, Any]]]:
        for cluster in emr.list_clusters()["Clusters"]:
            for step in reversed(emr.list_steps(ClusterId=cluster["Id"])["Steps"]):
                yield cluster["Id"], step

    return read


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text).replace(tzinfo=UTC) if text else None


def _took(task: Task) -> str:
    if not task.begun or not task.ended:
        return ""
    return f"  [dim]{(task.ended - task.begun).total_seconds():.1f} s[/]"


def _tries(task: Task) -> str:
    if task.try_number < 2 and task.state != "up_for_retry":
        return ""
    return f"  [dim]try {task.try_number} of {task.tries}[/]" if task.tries > 1 else ""
