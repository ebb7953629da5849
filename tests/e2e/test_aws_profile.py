"""Profile aws's own commands against a real Airflow: this stack's stands for MWAA, EMR, S3 and RDS.

boto3 asks a loopback cloud, whose MWAA forwards InvokeRestApi to the stack's Airflow. What that one asks AWS
for, it asks the stack's own services.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.cloud import DATABASE, MASTER, PREFIX, Cloud, Rds, cloud_before, second_postgres
from tests.e2e.conftest import WEEK
from tests.e2e.harness import BUCKET, LIVE, REGION, ROOT, TWEETS, Stack

ROLES = "database-roles"
ADMIN = "airflow/connections/postgres_admin"
PASSWORDS = {"pipeline": "first-of-pipeline", "webapp": "first-of-webapp"}
MASTER_PASSWORD = "of-the-master"
MAY = (
    "SELECT rolname, rolsuper, rolcreaterole, rolcreatedb, rolcanlogin FROM pg_roles"
    " WHERE rolname IN ('pipeline', 'webapp') ORDER BY 1"
)


@pytest.fixture(scope="module")
def cloud(stack: Stack) -> Iterator[Cloud]:
    with cloud_before(stack) as found:
        yield found


@pytest.fixture(scope="module")
def rds(stack: Stack) -> Iterator[Rds]:
    with second_postgres(stack, MASTER_PASSWORD) as found:
        yield found


def lend(stack: Stack, passwords: dict[str, str]) -> None:
    """The connection that the deployment lends Airflow, where this Airflow reads its connections."""
    extra = {f"{role}_password": password for role, password in passwords.items()}
    connection = {"conn_type": "postgres", "host": "rds", "port": 5432, "login": MASTER, "schema": DATABASE,
                  "password": MASTER_PASSWORD, "extra": extra}  # fmt: skip
    stack.secrets_manager().create_secret(Name=ADMIN, SecretString=json.dumps(connection))


def take_back(stack: Stack) -> None:
    stack.secrets_manager().delete_secret(SecretId=ADMIN, ForceDeleteWithoutRecovery=True)


@pytest.fixture(scope="module")
def deployed(cloud: Cloud, stack: Stack, rds: Rds) -> str:
    """What `make deploy PROFILE=aws` says; its phase `database roles` runs a DAG on the real Airflow."""
    lend(stack, PASSWORDS)
    try:
        return cloud.python("aws.deploy", "aws", "--force")
    finally:
        take_back(stack)


@pytest.fixture(scope="module")
def ran(cloud: Cloud, stack: Stack, deployed: str) -> str:
    """What `make run PROFILE=aws` says."""
    return cloud.python("aws.run", "aws", "--week", WEEK, **cloud.of_stack())


def test_a_deployment_has_airflow_make_the_roles(stack: Stack, deployed: str, rds: Rds) -> None:
    run = stack.newest_run(ROLES)
    assert run["state"] == "success"
    assert run["dag_run_id"] in deployed
    log = stack.task_log(ROLES, run["dag_run_id"], "make_roles")
    assert "role pipeline: made" in log
    for password in [*PASSWORDS.values(), MASTER_PASSWORD]:
        assert password not in log + deployed


def test_the_roles_are_what_the_stacks_own_start_makes(stack: Stack, deployed: str, rds: Rds) -> None:
    here = stack.rows(MAY)
    assert len(here) == 2
    assert rds.as_superuser(MAY) == [
        "|".join([name, *("t" if flag else "f" for flag in flags)]) for name, *flags in here
    ]
    owner = "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()"
    assert rds.query(owner, "webapp", PASSWORDS["webapp"]) == ["pipeline"]
    made = rds.query("CREATE SCHEMA proof", "pipeline", PASSWORDS["pipeline"])
    assert made == ["CREATE SCHEMA"]
    read_only = "SHOW default_transaction_read_only"
    assert rds.query(read_only, "webapp", PASSWORDS["webapp"]) == ["on"]
    with pytest.raises(AssertionError, match="permission denied"):
        rds.query("BEGIN READ WRITE; CREATE SCHEMA mine", "webapp", PASSWORDS["webapp"])


def test_the_accounts_own_checks_of_tls_pass(cloud: Cloud, deployed: str, rds: Rds, tmp_path: Path) -> None:
    """Against a server that insists on TLS, with its certificate verified, as the role that the DAG made."""
    authority = tmp_path / "authority.pem"
    authority.write_text(rds.authority)
    settings = {
        "PGHOST": "127.0.0.1",
        "PGPORT": rds.port,
        "PGDATABASE": DATABASE,
        "PGSSLMODE": "verify-full",
        "PGSSLROOTCERT": str(authority),
        "WEBAPP_PASSWORD": PASSWORDS["webapp"],
    }
    assert "2 passed" in cloud.python("pytest", "tests/aws_account/test_tls.py", **settings)


def test_new_passwords_replace_the_old(stack: Stack, deployed: str, rds: Rds) -> None:
    renewed = {"pipeline": "second-of-pipeline", "webapp": "second-of-webapp"}
    lend(stack, renewed)
    try:
        assert stack.ended(ROLES, stack.trigger(ROLES)) == "success"
    finally:
        take_back(stack)
    for role, password in renewed.items():
        assert rds.query("SELECT 1", role, password) == ["1"]
        with pytest.raises(AssertionError, match="password authentication failed"):
            rds.query("SELECT 1", role, PASSWORDS[role])


def test_make_run_drives_a_real_run_to_its_end(stack: Stack, ran: str) -> None:
    run = stack.newest_run(TWEETS)
    assert (run["state"], run["conf"]["week"]) == ("success", WEEK)
    counts = json.loads((ROOT / "fixtures" / "expected" / "counts.json").read_text())[WEEK]
    for seen in ("get_twitter_data", "run sentiment analysis", "end_data_pipeline"):
        assert seen in ran
    assert f"{counts['sentiment_rows']:,} rows of sentiment" in ran
    assert f"{counts['topic_rows']:,} rows of station_topics" in ran
    assert stack.clusters(*LIVE) == []


def test_the_accounts_own_checks_pass(cloud: Cloud, stack: Stack, ran: str) -> None:
    settings = {
        "PGHOST": "127.0.0.1",
        "PGPORT": stack.env["POSTGRES_PORT"],
        "PGDATABASE": DATABASE,
        "PGSSLMODE": "disable",
        "PIPELINE_PASSWORD": stack.env["PIPELINE_PASSWORD"],
        "WEBAPP_PASSWORD": stack.env["WEBAPP_PASSWORD"],
        "CHECKED_BUCKET": BUCKET,
        "CHECKED_WEEK": WEEK,
    }
    folder = "tests/aws_account"
    # Those of TLS are above; those of what MWAA's Airflow takes from the bucket are below
    others = [f"--ignore={folder}/{name}" for name in ("test_tls.py", "test_airflow_files.py")]
    assert "11 passed" in cloud.python(
        "pytest", folder, "--tb=short", *others, **cloud.of_stack(), **settings
    )


def test_so_do_those_of_what_mwaa_reads(cloud: Cloud, deployed: str) -> None:
    checks = "tests/aws_account/test_airflow_files.py"
    assert "2 passed" in cloud.python("pytest", checks, CHECKED_BUCKET=f"{PREFIX}-123456789012-{REGION}")
