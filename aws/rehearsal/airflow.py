"""Airflow's REST API behind InvokeRestApi: a stand-in that runs no task, or the road to a real one.

The stand-in knows a DAG when its file lies in the bucket, and its runs succeed after two looks. What the DAG
`database-roles` needs at that moment it checks: the secret that gives it the database's administrator.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol
from urllib.parse import urlencode

from botocore.exceptions import ClientError

from aws.rehearsal.resources.base import Owner
from compose.airflow_http import Http, Refused

DAGS = {
    "database-roles": ("dags/database_roles.py", ["make_roles"]),
    "housing-prices": (
        "dags/housing_prices.py",
        ["create_schema", "fetch_prices", "match_stations", "save_result_to_postgres_db"],
    ),
    "london-housing-webapp": ("dags/london_housing_webapp.py", ["start_data_pipeline", "end_data_pipeline"]),
}
ADMINISTRATOR = "airflow/connections/postgres_admin"
NEEDED = ("conn_type", "host", "port", "login", "password", "schema", "extra")
PASSWORDS = ("pipeline_password", "webapp_password")
LOOKS = 2  # at a run until it has ended


class Answerer(Protocol):
    """Gives status and JSON for a request below /api/v2."""

    def __call__(self, method: str, path: str, query: dict[str, Any], body: Any) -> tuple[int, Any]:
        """One request."""
        ...


@dataclass
class Run:
    """A DAG run of the stand-in; `error` is what its task has said, if it fails."""

    dag_id: str
    run_id: str
    conf: dict[str, Any]
    error: str = ""
    looks: int = LOOKS
    begun: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def state(self) -> str:
        """As Airflow calls it."""
        return ("queued" if self.looks >= LOOKS else "running") if self.looks > 0 else self.ended

    @property
    def ended(self) -> str:
        """How it ends."""
        return "failed" if self.error else "success"

    def shown(self) -> dict[str, Any]:
        """The run as the API has it."""
        return {
            "dag_run_id": self.run_id, "dag_id": self.dag_id, "logical_date": None, "conf": self.conf,
            "run_after": self.begun.isoformat(), "run_type": "manual", "state": self.state,
            "duration": 2.5 if self.looks <= 0 else None,
        }  # fmt: skip

    def task(self, task_id: str) -> dict[str, Any]:
        """One of its tasks; all of them begin and end with it."""
        ended = (self.begun + timedelta(seconds=2)).isoformat() if self.looks <= 0 else None
        return {
            "task_id": task_id, "dag_id": self.dag_id, "dag_run_id": self.run_id, "map_index": -1,
            "start_date": self.begun.isoformat(), "end_date": ended, "duration": 2.0 if ended else None,
            "state": self.state, "try_number": 1, "max_tries": 0, "rendered_fields": {},
        }  # fmt: skip


class StandIn:
    """Airflow without Airflow, for one environment."""

    def __init__(self, owner: Callable[[], Owner], bucket: Callable[[], str]) -> None:
        self._owner, self._bucket = owner, bucket
        self._runs: list[Run] = []
        self._running: set[str] = set()  # DAGs that are not paused

    def __call__(self, method: str, path: str, query: dict[str, Any], body: Any) -> tuple[int, Any]:
        """The answer to a request."""
        match (method, path.strip("/").split("/")):
            case ("GET", ["monitor", "health"]):
                names = ("metadatabase", "scheduler", "triggerer", "dag_processor")
                return 200, {name: {"status": "healthy"} for name in names}
            case ("GET", ["importErrors"]):
                return 200, {"import_errors": [], "total_entries": 0}
            case (_, ["dags", dag_id, *_]) if not self._known(dag_id):
                return 404, {"detail": f"Dag with dag_id: '{dag_id}' not found"}
            case ("GET", ["dags", dag_id]):
                return 200, self._dag(dag_id)
            case ("PATCH", ["dags", dag_id]):
                (self._running.discard if body["is_paused"] else self._running.add)(dag_id)
                return 200, self._dag(dag_id)
            case ("POST", ["dags", dag_id, "dagRuns"]):
                return 200, self._trigger(dag_id, body).shown()
            case ("GET", ["dags", dag_id, "dagRuns"]):
                states = query.get("state", [])
                states = [states] if isinstance(states, str) else states
                found = [run for run in self._runs if run.dag_id == dag_id]
                shown = [run.shown() for run in found if not states or run.state in states]
                return 200, {"dag_runs": shown, "total_entries": len(shown)}
            case ("GET", ["dags", dag_id, "dagRuns", run_id, *rest]):
                runs = [run for run in self._runs if (run.dag_id, run.run_id) == (dag_id, run_id)]
                if not runs:
                    return 404, {"detail": f"The DagRun with run_id: `{run_id}` was not found"}
                return self._of_run(runs[0], rest)
        return 404, {"detail": "Not Found"}

    def _of_run(self, run: Run, rest: list[str]) -> tuple[int, Any]:
        tasks = DAGS[run.dag_id][1]
        match rest:
            case []:
                if run.dag_id in self._running:  # a paused DAG's runs stay queued
                    run.looks -= 1
                return 200, run.shown()
            case ["taskInstances"]:
                return 200, {
                    "task_instances": [run.task(task) for task in tasks],
                    "total_entries": len(tasks),
                }
            case ["taskInstances", task_id] if task_id in tasks:
                return 200, run.task(task_id)
            case ["taskInstances", task_id, "logs", "1"] if task_id in tasks and run.error:
                detail = {"exc_type": "AirflowException", "exc_value": run.error}
                event = {"event": "Task failed with exception", "level": "error", "error_detail": [detail]}
                return 200, {"content": [event], "continuation_token": None}
            case ["taskInstances", task_id, "logs", "1"] if task_id in tasks:
                return 200, {"content": [{"event": "done", "level": "info"}], "continuation_token": None}
            case ["taskInstances", _, "xcomEntries", key]:
                return 404, {"detail": f"XCom entry with key: `{key}` not found"}
        return 404, {"detail": "Not Found"}

    def _known(self, dag_id: str) -> bool:
        if dag_id not in DAGS:
            return False
        try:
            self._owner().client("s3").head_object(Bucket=self._bucket(), Key=DAGS[dag_id][0])
        except ClientError:
            return False
        return True

    def _dag(self, dag_id: str) -> dict[str, Any]:
        paused = dag_id not in self._running
        return {"dag_id": dag_id, "is_paused": paused, "is_stale": False, "has_import_errors": False}

    def _trigger(self, dag_id: str, body: Any) -> Run:
        now = datetime.now(UTC)
        error = self._administrator() if dag_id == "database-roles" else ""
        run = Run(dag_id, f"manual__{now.isoformat()}", (body or {}).get("conf") or {}, error)
        self._runs.append(run)
        return run

    def _administrator(self) -> str:
        """What the DAG would say of the administrator's secret; nothing where it is complete."""
        secrets = self._owner().client("secretsmanager")
        try:
            value = json.loads(secrets.get_secret_value(SecretId=ADMINISTRATOR)["SecretString"])
        except (ClientError, ValueError):
            return f"there is no usable secret {ADMINISTRATOR}"
        extra = value.get("extra") or {}
        extra = json.loads(extra) if isinstance(extra, str) else extra
        lacking = [name for name in NEEDED if not value.get(name)]
        lacking += [name for name in PASSWORDS if not extra.get(name)]
        return f"the secret {ADMINISTRATOR} lacks {', '.join(lacking)}" if lacking else ""


class Real:
    """A real Airflow, as MWAA would stand before it."""

    def __init__(self, url: str, password: str) -> None:
        self._ask = Http(url, "admin", password)

    def __call__(self, method: str, path: str, query: dict[str, Any], body: Any) -> tuple[int, Any]:
        """Its answer."""
        asked = urlencode(query, doseq=True)
        try:
            return 200, self._ask(method, f"{path}?{asked}" if asked else path, body)
        except Refused as refused:
            return refused.status, {"detail": refused.detail}
