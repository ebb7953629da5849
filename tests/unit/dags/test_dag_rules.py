"""Rules that hold for every DAG, and the exact shape of the tweet DAG."""

import itertools
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from airflow.dag_processing.dagbag import BundleDagBag
from airflow.sdk import DAG

from tubepulse import notify

DAGS = Path(__file__).parents[3] / "airflow" / "dags"
BAG = BundleDagBag(dag_folder=DAGS, bundle_path=DAGS, bundle_name="dags-folder")

EDGES = {
    ("start_data_pipeline", "create_schema"),
    ("create_schema", "get_twitter_data"),
    ("get_twitter_data", "create_emr_cluster"),
    ("create_emr_cluster", "add_steps"),
    ("create_emr_cluster", "terminate_emr_cluster"),
    ("add_steps", "watch_step"),
    ("watch_step", "terminate_emr_cluster"),
    ("watch_step", "summarised_data_lineage_spark"),
    ("terminate_emr_cluster", "summarised_data_lineage_spark"),
    ("summarised_data_lineage_spark", "save_result_to_postgres_db"),
    ("save_result_to_postgres_db", "end_data_pipeline"),
}


def test_the_files_import() -> None:
    assert BAG.import_errors == {}
    assert set(BAG.dags) == {"london-housing-webapp", "housing-prices", "database-roles"}


@pytest.mark.parametrize("dag", BAG.dags.values(), ids=lambda dag: dag.dag_id)
def test_rules(dag: DAG) -> None:
    source = Path(dag.fileloc)
    assert source.stem == dag.dag_id.replace("-", "_")
    assert len(source.read_text().splitlines()) < 150
    assert dag.doc_md
    assert dag.catchup is False
    assert dag.max_active_runs == 1
    for task in dag.tasks:
        assert task.retries == (0 if task.task_id in {"create_emr_cluster", "add_steps", "watch_step"} else 3)
        # Last: it tells what the callbacks before it have found
        callbacks: Any = task.on_failure_callback
        assert callbacks[-1] is notify.mail_failure


def test_the_tweet_dag_has_the_same_shape_everywhere() -> None:
    dag = BAG.dags["london-housing-webapp"]
    assert {(task.task_id, below) for task in dag.tasks for below in task.downstream_task_ids} == EDGES
    assert dag.task_dict["terminate_emr_cluster"].is_teardown
    assert dag.task_dict["create_emr_cluster"].is_setup


def test_how_the_steps_are_waited_for() -> None:
    """A deferred sensor does not know its time-out, only its attempts."""
    tasks: dict[str, Any] = BAG.dags["london-housing-webapp"].task_dict
    watch = tasks["watch_step"]
    assert (watch.poke_interval, watch.timeout) == (5, 6 * 60 * 60)
    assert watch.max_attempts * watch.poke_interval == watch.timeout


READ = """
import sys
from airflow.dag_processing.dagbag import BundleDagBag

bag = BundleDagBag(dag_folder=sys.argv[1], bundle_path=sys.argv[1], bundle_name="dags-folder")
tasks = bag.dags["london-housing-webapp"].task_dict
print([name for name in ("watch_step", "add_steps", "terminate_emr_cluster") if tasks[name].deferrable])
print(tasks["watch_step"].poke_interval, tasks["watch_step"].max_attempts)
print(sorted({"lxml", "psycopg", "pyarrow", "tweepy"} & set(sys.modules)))
"""


def test_settings_say_how_it_waits_and_reading_the_files_is_light() -> None:
    settings = {"AIRFLOW__OPERATORS__DEFAULT_DEFERRABLE": "True", "AIRFLOW__TUBEPULSE__POKE_INTERVAL": "2"}
    done = subprocess.run(
        [sys.executable, "-c", READ, DAGS],
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[-3:] == ["['watch_step']", "2.0 10800", "[]"]


def test_the_housing_dag_is_a_line() -> None:
    dag = BAG.dags["housing-prices"]
    line = ["create_schema", "fetch_prices", "match_stations", "save_result_to_postgres_db"]
    edges = {(task.task_id, below) for task in dag.tasks for below in task.downstream_task_ids}
    assert edges == set(itertools.pairwise(line))
    assert {name: dag.params[name] for name in dag.params} == {"month": None, "source": None}


def test_it_runs_on_mondays() -> None:
    schedule: object = BAG.dags["london-housing-webapp"].schedule
    assert schedule == "5 0 * * 1"
