"""
### Housing prices near London's Underground stations

Loads `key2` of the Variable `london-housing-webapp`, a CSV of sales within 1 km of a station, from the bucket
into `london_schema.housing_prices`. Keyed by source, transaction and station: a rerun updates, never doubles.
A task that fails for good is mailed, if connection `smtp_default` exists.
"""

from datetime import UTC, datetime

from airflow.providers.common.sql.operators.sql import SQLExecuteQueryOperator
from airflow.providers.standard.operators.python import PythonOperator
from airflow.sdk import DAG

from tubepulse import housing
from tubepulse.defaults import DEFAULT_ARGS

with DAG(
    dag_id="housing-prices",
    description="Load sales near the stations into PostgreSQL",
    doc_md=__doc__,
    schedule="0 5 1 * *",
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULT_ARGS,
    tags=["tubepulse"],
) as dag:
    create_schema = SQLExecuteQueryOperator(
        task_id="create_schema",
        conn_id="postgres_default",
        database="{{ var.json.get('london-housing-webapp').db_name }}",
        sql="tubepulse/sql/create_schema.sql",
        split_statements=False,
        do_xcom_push=False,
    )
    load_housing_prices = PythonOperator(
        task_id="load_housing_prices",
        python_callable=housing.load_housing_prices,
        op_kwargs={"loaded_at": "{{ dag_run.run_after.isoformat() }}"},
    )

    create_schema >> load_housing_prices
