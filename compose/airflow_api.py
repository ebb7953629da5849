"""Airflow's REST API (v2), as far as a run is triggered, followed and explained.

`Airflow` holds what is asked; how the answer comes is a transport: a function of method, path below /api/v2
(with its query) and JSON body, such as airflow_http.Http.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode

from compose.airflow_http import Refused
from embedded.watch import Task

Transport = Callable[[str, str, dict[str, Any] | None], Any]
ACTIVE = ("queued", "running")
COMPONENTS = ("scheduler", "dag_processor", "triggerer")
LAST = "9999"  # sorts behind every date


@dataclass(frozen=True)
class Dag:
    """A DAG as Airflow has it. `stale`: its file no longer has it, or can no longer be read."""

    dag_id: str
    paused: bool
    stale: bool


@dataclass(frozen=True)
class Run:
    """A DAG run; `state` is queued, running, success or failed; `seconds` once it has ended."""

    dag_id: str
    run_id: str
    state: str
    seconds: float | None = None

    @property
    def active(self) -> bool:
        """Is it still to end?"""
        return self.state in ACTIVE


@dataclass(frozen=True)
class ImportFailure:
    """A DAG file that Airflow could not import; `line` is the file's, 0 where it is not known."""

    file: str
    line: int
    error: str


class Airflow:
    """What this project asks of Airflow. Every method may raise Unreachable and Refused."""

    def __init__(self, transport: Transport) -> None:
        self._ask = transport

    def dag(self, dag_id: str) -> Dag | None:
        """The DAG; None where Airflow does not know it (yet)."""
        found = self._find(f"/dags/{dag_id}")
        return Dag(dag_id, found["is_paused"], found["is_stale"]) if found else None

    def unpause(self, dag_id: str) -> None:
        """Let runs of the DAG run."""
        self._ask("PATCH", f"/dags/{dag_id}?update_mask=is_paused", {"is_paused": False})

    def import_failures(self) -> list[ImportFailure]:
        """The DAG files that Airflow cannot import at the moment."""
        return [import_failure(found) for found in self._ask("GET", "/importErrors", None)["import_errors"]]

    def unhealthy(self) -> list[str]:
        """Which of scheduler, dag_processor and triggerer do not run."""
        health = self._ask("GET", "/monitor/health", None)
        states = {name: (health.get(name) or {}).get("status") for name in COMPONENTS}
        # A status of null: it has never run, which only the scheduler must have
        return [
            name
            for name, state in states.items()
            if state == "unhealthy" or (name == "scheduler" and state != "healthy")
        ]

    def trigger(self, dag_id: str, conf: dict[str, Any]) -> Run:
        """A new run, which has no logical date."""
        return _run(self._ask("POST", f"/dags/{dag_id}/dagRuns", {"logical_date": None, "conf": conf}))

    def run(self, dag_id: str, run_id: str) -> Run:
        """A run as it is now."""
        return _run(self._ask("GET", _run_path(dag_id, run_id), None))

    def active_runs(self, dag_id: str) -> list[Run]:
        """The runs that are running, and then those that are queued, each oldest first."""
        # A question for each state: MWAA's API does not say how it takes a key that comes twice
        queries = [urlencode({"state": state, "order_by": "run_after"}) for state in reversed(ACTIVE)]
        answers = [self._ask("GET", f"/dags/{dag_id}/dagRuns?{query}", None) for query in queries]
        return [_run(found) for answer in answers for found in answer["dag_runs"]]

    def has_succeeded(self, dag_id: str) -> bool:
        """Is there a run of the DAG that succeeded?"""
        return bool(self._ask("GET", f"/dags/{dag_id}/dagRuns?state=success&limit=1", None)["dag_runs"])

    def tasks(self, dag_id: str, run_id: str) -> list[Task]:
        """The run's tasks in the order in which they began."""
        answer = self._ask("GET", f"{_run_path(dag_id, run_id)}/taskInstances", None)
        found = sorted(answer["task_instances"], key=lambda item: item["start_date"] or LAST)
        return [
            Task(
                item["dag_run_id"],
                item["dag_id"],
                item["task_id"],
                item["state"],
                begun=_moment(item["start_date"]),
                ended=_moment(item["end_date"]),
                try_number=item["try_number"],
                tries=item["max_tries"] + 1,
            )
            for item in found
        ]

    def rendered(self, dag_id: str, run_id: str, task_id: str) -> dict[str, Any]:
        """A task's templated fields with their values, once it has begun."""
        found = self._ask("GET", f"{_run_path(dag_id, run_id)}/taskInstances/{task_id}", None)
        return dict(found["rendered_fields"])

    def xcom(self, dag_id: str, run_id: str, task_id: str, key: str = "return_value") -> Any:
        """What a task has pushed; None where it has not."""
        found = self._find(f"{_run_path(dag_id, run_id)}/taskInstances/{task_id}/xcomEntries/{key}")
        return found["value"] if found else None

    def last_error(self, task: Task) -> str:
        """The last exception in the log of a task's last try; else its last error, or its last line."""
        path = f"{_run_path(task.dag_id, task.run_id)}/taskInstances/{task.task_id}/logs/{task.try_number}"
        found = self._find(path)
        return last_error(found["content"] if found else [])

    def _find(self, path: str) -> Any:
        try:
            return self._ask("GET", path, None)
        except Refused as error:
            if error.status == 404:
                return None
            raise


def import_failure(found: dict[str, Any]) -> ImportFailure:
    """An import error of Airflow's: the last line of ours that its traceback names, and the exception."""
    trace: str = found["stack_trace"]
    frames = re.findall(r'File "[^"]*/dags/([^"]+)", line (\d+)', trace)
    lines = [line.strip() for line in trace.splitlines() if line.strip()]
    file, line = frames[-1] if frames else (found["filename"] or "?", 0)
    return ImportFailure(f"airflow/dags/{file}", int(line), lines[-1] if lines else "no reason given")


def last_error(content: list[Any]) -> str:
    """The last exception in the lines of a task's log, as one line."""
    errors, events = [], []
    for line in content:
        if isinstance(line, str):  # Airflow could not parse it
            events.append(line)
            continue
        event = str(line.get("event", ""))
        for detail in (line.get("error_detail") or [])[:1]:  # the causes of an exception follow it
            value = " ".join(str(detail["exc_value"]).split())
            errors.append(f"{detail['exc_type']}: {value}" if value else str(detail["exc_type"]))
        if not event.startswith("::"):
            events.append(event)
            if line.get("level") in ("error", "critical") and not errors:
                errors.append(event)
    return (errors or events or ["its log says nothing"])[-1]


def _run(found: dict[str, Any]) -> Run:
    return Run(found["dag_id"], found["dag_run_id"], found["state"], found["duration"])


def _run_path(dag_id: str, run_id: str) -> str:
    return f"/dags/{dag_id}/dagRuns/{quote(run_id, safe='')}"


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
