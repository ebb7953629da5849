"""
### The logins of the results database

Makes the roles `pipeline` (owns and writes) and `webapp` (reads what it is granted) through connection
`postgres_admin`, which is there only while `make deploy PROFILE=aws` triggers this DAG: a database in a
private network is reached from inside. Safe to run again; new passwords replace the old. On one machine
PostgreSQL's own start makes the roles, and this DAG is not needed.
"""

from datetime import UTC, datetime

from airflow.providers.standard.operators.python import PythonOperator
from airflow.sdk import DAG

from tubepulse import python_tasks
from tubepulse.defaults import DEFAULT_ARGS

with DAG(
    dag_id="database-roles",
    description="Make the logins of the results database (make deploy PROFILE=aws runs it)",
    doc_md=__doc__,
    schedule=None,
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULT_ARGS,
    tags=["tubepulse"],
) as dag:
    PythonOperator(task_id="make_roles", python_callable=python_tasks.make_roles)
