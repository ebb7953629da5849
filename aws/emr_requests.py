"""What the pipeline asks of EMR, as the DAG's own builders make it."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from aws.profile import ROOT, Profile

DAGS = str(ROOT / "airflow" / "dags")


def rendered(
    profile: Profile, week: str = "<week>", cluster: str = "<cluster id>"
) -> dict[str, dict[str, Any]]:
    """Operation of EMR -> the request that a run of `week` sends: RunJobFlow, AddJobFlowSteps."""
    if DAGS not in sys.path:
        sys.path.append(DAGS)
    with _quiet_airflow():
        from tubepulse.job_flow import job_flow_overrides, spark_steps
    bucket, prefix = profile.pipeline["bucket_name"], profile.pipeline["output_key"]
    base: dict[str, Any] = profile.connections["emr_default"]["extra"]
    return {
        "RunJobFlow": {**base, **job_flow_overrides(bucket, week)},
        "AddJobFlowSteps": {"JobFlowId": cluster, "Steps": spark_steps(bucket, prefix, week)},
    }


@contextmanager
def _quiet_airflow() -> Iterator[None]:
    """Airflow writes settings where it is imported, and says so; child processes shall not inherit ours."""
    with tempfile.TemporaryDirectory() as home:
        ours = {"AIRFLOW_HOME": home, "AIRFLOW__LOGGING__LOGGING_LEVEL": "ERROR"}
        mine = {name: text for name, text in ours.items() if name not in os.environ}
        os.environ.update(mine)
        try:
            yield
        finally:
            for name in mine:
                del os.environ[name]
