"""Run DAGs once each, one after the other, in this process with dag.test(), and report the outcomes.

    python -m embedded.run_dags --outcomes FILE housing-prices london-housing-webapp='{"week": "2026-W46"}'

A DAG id may be followed by `=` and the run's conf (JSON), whose keys override the DAG's params. Without any,
they are read from stdin, a line each, as they come. For each run one JSON line is appended to FILE: dag_id,
run_id, state, seconds (of dag.test()), tasks (task id -> state), results (task id -> return value), errors
(task id -> its last exception) and failure (what tubepulse.job_flow.explain_failure found, or null). Task
logs go to stdout. Exit code 0 if every run succeeded, 1 if one failed.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

from airflow.dag_processing.dagbag import BundleDagBag
from airflow.listeners import hookimpl
from airflow.models.dagrun import DagRun
from airflow.models.xcom import XComModel
from airflow.sdk import DAG, SecretCache
from airflow.sdk.listener import get_listener_manager
from airflow.utils.session import create_session

from embedded.airflow_home import DAGS


class Errors:
    """Airflow listener: the last exception of each task of a run."""

    def __init__(self) -> None:
        self.by_task: dict[str, str] = {}

    @hookimpl
    def on_task_instance_failed(self, task_instance: Any, error: object) -> None:
        """A try of a task has failed."""
        self.by_task[task_instance.task_id] = f"{type(error).__name__}: {error}"


def main() -> int:
    """Run what the command line asks for."""
    cli = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cli.add_argument("--outcomes", type=Path, required=True)
    cli.add_argument("runs", nargs="*", metavar="DAG_ID[=CONF]")
    args = cli.parse_args()
    errors, listeners = Errors(), get_listener_manager()
    listeners.add_listener(errors)  # type: ignore[no-untyped-call]
    succeeded = True
    for request in args.runs or (line.strip() for line in sys.stdin):
        dag_id, _, conf = request.partition("=")
        outcome = run(parsed(dag_id), json.loads(conf or "{}"), errors)
        with args.outcomes.open("a") as file:
            file.write(json.dumps(outcome) + "\n")
        succeeded = succeeded and outcome["state"] == "success"
    return 0 if succeeded else 1


def parsed(dag_id: str) -> DAG:
    """The DAG, parsed anew: a run's conf stays in the params of the DAG object that it ran with."""
    bag = BundleDagBag(dag_folder=DAGS, bundle_path=DAGS, bundle_name="dags-folder")
    for path, error in bag.import_errors.items():
        raise SystemExit(f"{path}: {error}")
    return bag.dags[dag_id]


def run(dag: DAG, conf: dict[str, Any], errors: Errors) -> dict[str, Any]:
    """One run without a logical date, as a trigger from outside makes it."""
    errors.by_task.clear()
    # A run sees what was changed before it
    SecretCache.reset()  # type: ignore[no-untyped-call]
    SecretCache.init()  # type: ignore[no-untyped-call]
    begun = time.monotonic()
    dag_run = dag.test(logical_date=None, run_conf=conf)
    seconds = time.monotonic() - begun
    with create_session() as session:
        tasks = {task.task_id: str(task.state) for task in dag_run.get_task_instances(session=session)}
        results = _xcoms(dag_run, "return_value")
        failures = _xcoms(dag_run, "failure")
    return {
        "dag_id": dag.dag_id,
        "run_id": dag_run.run_id,
        "state": str(dag_run.state),
        "seconds": round(seconds, 2),
        "tasks": tasks,
        "results": results,
        "errors": {task: text for task, text in errors.by_task.items() if tasks[task] == "failed"},
        "failure": next(iter(failures.values()), None),
    }


def _xcoms(dag_run: DagRun, key: str) -> dict[str, Any]:
    with create_session() as session:
        query = XComModel.get_many(run_id=dag_run.run_id, key=key, dag_ids=dag_run.dag_id)
        return {row.task_id: XComModel.deserialize_value(row) for row in session.scalars(query)}


if __name__ == "__main__":
    sys.exit(main())
