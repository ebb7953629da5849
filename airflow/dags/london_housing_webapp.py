"""
### Mood around London's Underground stations, week by week

Fetches posts around every station through the X API, scores them and finds their topics on a transient EMR
cluster (Spark), and loads PostgreSQL, where the website reads them beside housing prices.

* **Run key**: an ISO week (UTC). The param `week`, else the last week complete before the run.
  A rerun of a week replaces it.
* **Settings**: Airflow Variable `london-housing-webapp`; connections `aws_default`, `emr_default`
  (its extra is the RunJobFlow base), `postgres_default`, `x_api`. They come from Secrets Manager, which
  wins over what is edited in this UI.
* **When a step fails**: the cluster is terminated all the same, nothing is loaded, and the log of
  `watch_step` says which step failed, why, and where its log lies in S3 (XCom `failure`).
* **When a task fails** for good, a mail says so, if connection `smtp_default` exists.
"""

import math
from datetime import UTC, datetime

from airflow.providers.amazon.aws.operators.emr import (
    EmrAddStepsOperator,
    EmrCreateJobFlowOperator,
    EmrTerminateJobFlowOperator,
)
from airflow.providers.amazon.aws.sensors.emr import EmrStepSensor
from airflow.providers.common.sql.operators.sql import SQLExecuteQueryOperator
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.providers.standard.operators.python import PythonOperator
from airflow.sdk import DAG, Param

from tubepulse import job_flow, notify, python_tasks, rate_limit, weeks
from tubepulse.defaults import DEFAULT_ARGS, POKE_INTERVAL

RUN = "{{ run_key(params.week, dag_run.run_after) }}"
BUCKET = "{{ var.json.get('london-housing-webapp').bucket_name }}"
OUTPUT_KEY = "{{ var.json.get('london-housing-webapp').output_key }}"
DB_NAME = "{{ var.json.get('london-housing-webapp').db_name }}"
STEPS_TIMEOUT = 6 * 60 * 60  # seconds
CLUSTER_ID = "{{ task_instance.xcom_pull(task_ids='create_emr_cluster') }}"

with DAG(
    dag_id="london-housing-webapp",
    description="Fetch posts via the X API, run sentiment and topic analysis on EMR, load PostgreSQL",
    doc_md=__doc__,
    schedule="5 0 * * 1",  # soon after the week: what the API no longer reaches is lost
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULT_ARGS,
    params={
        "week": Param(None, type=["null", "string"], pattern=r"^\d{4}-W\d{2}$", description="ISO week, UTC"),
        "number_of_stations": Param(None, type=["null", "integer"], minimum=1),
        "number_of_tweets": Param(None, type=["null", "integer"], minimum=1, description="per station"),
    },
    user_defined_macros={"run_key": weeks.run_key},
    tags=["tubepulse"],
) as dag:
    start_data_pipeline = EmptyOperator(task_id="start_data_pipeline")
    create_schema = SQLExecuteQueryOperator(
        task_id="create_schema",
        conn_id="postgres_default",
        database=DB_NAME,
        sql="tubepulse/sql/create_schema.sql",
        split_statements=False,
        do_xcom_push=False,
    )
    get_twitter_data = PythonOperator(
        task_id="get_twitter_data",
        python_callable=python_tasks.get_twitter_data,
        op_kwargs={"run": RUN},
        retry_policy=rate_limit.RetryAfterReset(),
    )
    # No retries here: they would make a second cluster, double the steps or watch a dead one.
    create_emr_cluster = EmrCreateJobFlowOperator(
        task_id="create_emr_cluster",
        emr_conn_id="emr_default",
        job_flow_overrides=job_flow.job_flow_overrides(BUCKET, RUN),
        retries=0,
    )
    add_steps = EmrAddStepsOperator(
        task_id="add_steps",
        job_flow_id=CLUSTER_ID,
        steps=job_flow.spark_steps(BUCKET, OUTPUT_KEY, RUN),
        on_failure_callback=[job_flow.explain_failure, notify.mail_failure],
        deferrable=False,  # would wait for the steps, half a minute at a time: that is watch_step's work
        retries=0,
    )
    watch_step = EmrStepSensor(
        task_id="watch_step",
        job_flow_id=CLUSTER_ID,
        step_id="{{ task_instance.xcom_pull(task_ids='add_steps')[-1] }}",
        poke_interval=POKE_INTERVAL,
        timeout=STEPS_TIMEOUT,
        max_attempts=math.ceil(STEPS_TIMEOUT / POKE_INTERVAL),  # where it is deferred this is its timeout
        on_failure_callback=[job_flow.explain_failure, notify.mail_failure],
        retries=0,
    )
    terminate_emr_cluster = EmrTerminateJobFlowOperator(
        task_id="terminate_emr_cluster",
        job_flow_id=CLUSTER_ID,
        deferrable=False,  # would wait for the end, a minute at a time, and nothing here depends on it
    )
    summarised_data_lineage_spark = PythonOperator(
        task_id="summarised_data_lineage_spark",
        python_callable=python_tasks.summarised_data_lineage_spark,
        op_kwargs={"run": RUN},
    )
    save_result_to_postgres_db = PythonOperator(
        task_id="save_result_to_postgres_db",
        python_callable=python_tasks.save_result_to_postgres_db,
        op_kwargs={"run": RUN},
    )
    end_data_pipeline = EmptyOperator(task_id="end_data_pipeline")

    start_data_pipeline >> create_schema >> get_twitter_data >> create_emr_cluster >> add_steps >> watch_step
    watch_step >> terminate_emr_cluster.as_teardown(setups=create_emr_cluster)
    # A teardown neither passes a failure on nor waits for one: the load must hang on both.
    [watch_step, terminate_emr_cluster] >> summarised_data_lineage_spark
    summarised_data_lineage_spark >> save_result_to_postgres_db >> end_data_pipeline
