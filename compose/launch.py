"""Trigger a run: what must be so before, and one line for each thing that is not."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from compose.airflow_api import Airflow, Dag, ImportFailure, Run
from compose.airflow_http import Refused
from compose.site import Helps
from embedded.errors import Unusable

HERE = Helps()


def launch(
    airflow: Airflow, dag_id: str, conf: dict[str, Any], say: Callable[[str], None], helps: Helps = HERE
) -> Run:
    """A new run of the DAG, which is unpaused where it must be; raises Unusable."""
    dag = known(airflow, dag_id, say, helps)
    if dag.paused:
        airflow.unpause(dag_id)
        say(f"{dag_id} was paused: unpaused it")
    try:
        return airflow.trigger(dag_id, conf)
    except Refused as error:
        if broken := airflow.import_failures():
            raise Unusable(_broken(dag_id, broken)) from None
        reason = error.detail.strip().splitlines() or ["no reason given"]
        raise Unusable(f"Airflow does not run {dag_id}: {reason[0]}") from None


def known(airflow: Airflow, dag_id: str, say: Callable[[str], None], helps: Helps = HERE) -> Dag:
    """The DAG, once Airflow has read its file; raises Unusable if it cannot."""
    deadline = time.monotonic() + helps.reading
    said = False
    while True:
        dag = airflow.dag(dag_id)
        if dag and not dag.stale:
            return dag
        if broken := airflow.import_failures():
            raise Unusable(_broken(dag_id, broken))
        if time.monotonic() > deadline:
            raise Unusable(
                f"Airflow does not know the DAG {dag_id} after {helps.reading:.0f} seconds: {helps.unread}"
            )
        if not said:
            say(f"Airflow has yet to read {dag_id}")
            said = True
        time.sleep(helps.pause)


def _broken(dag_id: str, broken: list[ImportFailure]) -> str:
    where = "\n".join(f"  {one.file}:{one.line}: {one.error}" for one in broken)
    return f"Airflow cannot run {dag_id} before this is put right in its files:\n{where}"
