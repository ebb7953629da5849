"""
### Housing prices near London's Underground stations

Reads prices from a source, gives each home the stations within a kilometre, and loads PostgreSQL, where the
website reads them beside the mood.

* **Run key**: a month (UTC). The param `month`, else the month of the run. A run asks for twelve complete
  months, which end three months before: newer sales are still being registered.
* **Source**: the param `source`, else `housing.source` of the Variable `london-housing-webapp`:
  `land_registry` (Price Paid Data, connections `land_registry` and `postcode_directory`) or a listing site
  (its connection has its name). The views show the source that was loaded last.
* **A run** replaces the source's prices, corrections and withdrawals included, never doubles them. Until it
  has succeeded, the earlier prices stay.
* **What cannot be used** is in `london_schema.housing_rejects`, with file, line and reason.
* **When a task fails** for good, a mail says so, if connection `smtp_default` exists.
"""

from datetime import UTC, datetime

from airflow.providers.common.sql.operators.sql import SQLExecuteQueryOperator
from airflow.providers.standard.operators.python import PythonOperator
from airflow.sdk import DAG, Param

from tubepulse import python_tasks
from tubepulse.defaults import DEFAULT_ARGS
from tubepulse.housing import months

MONTH = "{{ month(params.month, dag_run.run_after) }}"

with DAG(
    dag_id="housing-prices",
    description="Fetch housing prices, match them with the stations, load PostgreSQL",
    doc_md=__doc__,
    schedule="0 5 1 * *",  # the Land Registry publishes around the 20th working day of a month
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULT_ARGS,
    params={
        "month": Param(None, type=["null", "string"], pattern=r"^\d{4}-\d{2}$", description="UTC"),
        "source": Param(None, type=["null", "string"], minLength=1, description="default: the Variable's"),
    },
    user_defined_macros={"month": months.run_key},
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
    fetch_prices = PythonOperator(
        task_id="fetch_prices", python_callable=python_tasks.fetch_prices, op_kwargs={"month": MONTH}
    )
    match_stations = PythonOperator(
        task_id="match_stations", python_callable=python_tasks.match_stations, op_kwargs={"month": MONTH}
    )
    save_result_to_postgres_db = PythonOperator(
        task_id="save_result_to_postgres_db",
        python_callable=python_tasks.save_prices_to_postgres_db,
        op_kwargs={"month": MONTH},
    )

    create_schema >> fetch_prices >> match_stations >> save_result_to_postgres_db
