"""What a profile's run asks of EMR: the DAG's own tasks, rendered, sent through Airflow's own hook."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

import botocore.session
from airflow.dag_processing.dagbag import BundleDagBag
from airflow.sdk import Context
from botocore.validate import ParamValidator

from aws.profile import Profile

DAG = Path(__file__).parents[3] / "airflow" / "dags" / "london_housing_webapp.py"
CLUSTER = "j-0123456789ABC"
MONDAY = datetime(2026, 11, 16, 0, 5, tzinfo=UTC)  # so the week is 2026-W46
EMR: Any = botocore.session.get_session().get_service_model("emr")
ANSWERS: dict[str, dict[str, Any]] = {
    "RunJobFlow": {"JobFlowId": CLUSTER, "ClusterArn": "arn"},
    "AddJobFlowSteps": {"StepIds": ["s-1"]},
}


def requests_of(profile: Profile) -> dict[str, dict[str, Any]]:
    """The requests RunJobFlow and AddJobFlowSteps of a scheduled run on Monday, 16 November 2026."""
    bag = BundleDagBag(dag_folder=DAG, bundle_path=DAG.parent, bundle_name="dags-folder")
    dag = bag.dags["london-housing-webapp"]
    sent: dict[str, dict[str, Any]] = {}
    pulled = {"create_emr_cluster": CLUSTER}
    context: Any = {
        "params": {"week": None},
        "dag_run": SimpleNamespace(run_after=MONDAY),
        "var": {"json": profile.variables},
        "task_instance": SimpleNamespace(xcom_pull=lambda task_ids: pulled[task_ids]),
    }

    def answered(_: Any, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        sent[operation] = request
        return {**ANSWERS[operation], "ResponseMetadata": {"HTTPStatusCode": 200}}

    connections = {
        "AIRFLOW_CONN_AWS_DEFAULT": "aws://",
        "AIRFLOW_CONN_EMR_DEFAULT": json.dumps(profile.connections["emr_default"]),
        "AWS_DEFAULT_REGION": "eu-west-2",
    }
    with (
        mock.patch.dict("os.environ", connections),
        mock.patch("botocore.client.BaseClient._make_api_call", answered),
    ):
        create, add = _rendered(dag, "create_emr_cluster", context), _rendered(dag, "add_steps", context)
        create.hook.create_job_flow(create.job_flow_overrides)
        add.hook.add_job_flow_steps(job_flow_id=add.job_flow_id, steps=add.steps)
    return sent


def report(operation: str, request: dict[str, Any]) -> str:
    """What botocore finds wrong with a request; '' for nothing."""
    shape = EMR.operation_model(operation).input_shape
    return str(ParamValidator().validate(request, shape).generate_report())


def _rendered(dag: Any, task_id: str, context: Context | Any) -> Any:
    task = dag.task_dict[task_id]
    task.render_template_fields(context)
    return task
