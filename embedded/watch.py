"""What a run does right now, as lines: Airflow's tasks and EMR's steps, each with its state and time."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.markup import escape

from embedded.report.data import StepTime

TASKS = """
    SELECT run_id, dag_id, task_id, state, start_date, end_date FROM task_instance ORDER BY start_date
"""
SILENCE = 10.0  # seconds until a sign of life
MARKS = {"success": "[green]✔[/]", "COMPLETED": "[green]✔[/]", "failed": "[red]✘[/]", "FAILED": "[red]✘[/]"}


@dataclass
class Watch:
    """Says each change once; call `look` as often as you like."""

    database: Path  # of Airflow
    emr: Any  # boto3 client
    say: Callable[[str], None]
    tasks: dict[tuple[str, str], str] = field(default_factory=dict)
    steps: dict[str, StepTime] = field(default_factory=dict)
    _spoke: float = field(default_factory=time.monotonic)

    def look(self) -> None:
        """Say what has changed since the last look, or after ten silent seconds what is under way."""
        lines = [*self._task_changes(), *self._step_changes()]
        for line in lines:
            self.say(line)
        if lines:
            self._spoke = time.monotonic()
        elif time.monotonic() - self._spoke > SILENCE:
            self.say(f"  [dim]… {escape(self.under_way())}[/]")
            self._spoke = time.monotonic()

    def under_way(self) -> str:
        """The tasks and steps that run, in words."""
        running = [task for (_, task), state in self.tasks.items() if state == "running"]
        steps = [f"step {step.name!r}" for step in self.steps.values() if step.state == "RUNNING"]
        return ", ".join(running + steps) or "Airflow is getting ready"

    def _task_changes(self) -> Iterator[str]:
        try:
            with closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=5)) as connection:
                rows = connection.execute(TASKS).fetchall()
        except sqlite3.OperationalError:  # Airflow holds its lock: the next look will tell
            return
        for run_id, dag_id, task_id, state, begun, ended in rows:
            if state and self.tasks.get((run_id, task_id)) != state:
                self.tasks[run_id, task_id] = state
                if state not in {"scheduled", "queued", "running"}:
                    yield f"{MARKS.get(state, '·')} {dag_id}.[bold]{task_id}[/] {state}{_took(begun, ended)}"

    def _step_changes(self) -> Iterator[str]:
        for cluster in self.emr.list_clusters()["Clusters"]:
            for step in reversed(self.emr.list_steps(ClusterId=cluster["Id"])["Steps"]):
                state, timeline = step["Status"]["State"], step["Status"]["Timeline"]
                known = self.steps.get(step["Id"])
                if known and known.state == state:
                    continue
                begun, ended = timeline.get("StartDateTime"), timeline.get("EndDateTime")
                seconds = (ended - begun).total_seconds() if begun and ended else None
                self.steps[step["Id"]] = StepTime(step["Name"], state, seconds)
                if state != "PENDING":
                    took = f"  {seconds:.1f} s" if seconds is not None else ""
                    name = escape(step["Name"])
                    yield f"    {MARKS.get(state, '▸')} {cluster['Id']} {name} [dim]{state}{took}[/]"


def _took(begun: str | None, ended: str | None) -> str:
    if not begun or not ended:
        return ""
    first, last = (datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (begun, ended))
    return f"  [dim]{(last - first).total_seconds():.1f} s[/]"
