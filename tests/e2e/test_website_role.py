"""PostgreSQL's role webapp, the website's: it reads the views, and that is all that it can."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import psycopg2
import pytest
from psycopg2 import sql
from psycopg2.errors import InsufficientPrivilege

from tests.e2e.conftest import FirstRun
from tests.e2e.harness import Stack

VIEWS = {"station_overview", "vsentiment", "topics", "mood_by_week", "latest_lineage", "price_source"}
RELATIONS = """
    SELECT format('%%I.%%I', nspname, relname)
    FROM pg_class AS relation JOIN pg_namespace AS namespace ON namespace.oid = relation.relnamespace
    WHERE relkind IN ('r', 'v', 'm', 'f', 'p') AND nspname <> ALL (%s)
      AND (has_table_privilege('webapp', relation.oid, %s)
           OR has_any_column_privilege('webapp', relation.oid, %s))
"""
CATALOGUES = ["pg_catalog", "information_schema"]


@pytest.fixture
def webapp(stack: Stack, first_run: FirstRun) -> Iterator[Any]:
    """A cursor of the role's, in a transaction that begins with READ WRITE."""
    with closing(stack.postgres("webapp")) as connection:
        connection.set_session(readonly=False)
        with connection.cursor() as cursor:
            yield cursor


def relations(stack: Stack, may: str, columns_may: str, outside: list[str]) -> set[str]:
    return {name for (name,) in stack.rows(RELATIONS, outside, may, columns_may)}


def test_the_views_are_all_that_it_reads(stack: Stack, webapp: Any) -> None:
    wanted = {f"london_schema.{view}" for view in VIEWS}
    assert relations(stack, "SELECT", "SELECT", CATALOGUES) == wanted
    for view in VIEWS:
        webapp.execute(sql.SQL("SELECT count(*) FROM london_schema.{}").format(sql.Identifier(view)))
        assert webapp.fetchone()[0] > 0, view


def test_it_changes_no_relation_at_all(stack: Stack, first_run: FirstRun) -> None:
    changes = "INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER, MAINTAIN"
    # An update of this one is everybody's other way to say SET, for their own session
    assert relations(stack, changes, "INSERT, UPDATE, REFERENCES", []) == {"pg_catalog.pg_settings"}


def test_no_table_opens(stack: Stack, webapp: Any) -> None:
    tables = stack.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'london_schema'")
    assert {"housing_prices", "housing_loads", "housing_rejects"} < {table for (table,) in tables}
    for (table,) in tables:
        with pytest.raises(InsufficientPrivilege):
            webapp.execute(sql.SQL("SELECT FROM london_schema.{}").format(sql.Identifier(table)))
        webapp.connection.rollback()


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO london_schema.stations VALUES ('x', 0, 0, 1)",
        "UPDATE london_schema.station_topics SET topic = 'x'",
        "DELETE FROM london_schema.sentiment",
        "TRUNCATE london_schema.housing_prices",
        "SELECT FROM london_schema.housing_loads",
        "SELECT FROM london_schema.housing_rejects",
        "LOCK TABLE london_schema.sentiment IN ACCESS SHARE MODE",
        "SELECT station FROM london_schema.station_overview FOR UPDATE",
        "CREATE OR REPLACE VIEW london_schema.topics AS SELECT now()::timestamp AS date, 'x' AS topics",
        "DROP VIEW london_schema.topics",
        "CREATE TABLE london_schema.t (n int)",
        "CREATE TABLE public.t (n int)",
        "CREATE TEMPORARY TABLE t (n int)",
        "CREATE SCHEMA s",
        "CREATE FUNCTION london_schema.f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE FUNCTION pg_temp.f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "SELECT lo_create(0)",
        "SELECT lo_creat(-1)",
        "SELECT lo_from_bytea(0, 'x')",
        "SELECT lo_import('/etc/passwd')",
        "SELECT pg_read_file('/etc/passwd')",
        "SELECT pg_read_binary_file('postgresql.conf')",
        "SELECT pg_ls_dir('/')",
        "SELECT pg_stat_file('/etc/passwd')",
        "COPY london_schema.topics TO PROGRAM 'id'",
        "COPY london_schema.topics TO '/tmp/topics'",
        "COPY london_schema.stations FROM PROGRAM 'id'",
        "SELECT rolpassword FROM pg_authid",
        "SELECT passwd FROM pg_shadow",
        "SELECT * FROM pg_hba_file_rules",
        "SELECT * FROM pg_user_mapping",
        "SET ROLE pipeline",
        "SET ROLE postgres",
        "SET ROLE pg_read_all_data",
        "SET SESSION AUTHORIZATION pipeline",
        "GRANT pipeline TO webapp",
        "ALTER ROLE webapp SUPERUSER",
        "ALTER ROLE pipeline PASSWORD 'x'",
        "CREATE ROLE mine",
        "SET log_statement = 'none'",
        "SELECT pg_reload_conf()",
        "SELECT pg_create_physical_replication_slot('mine')",
    ],
)
def test_the_rest_is_forbidden_not_just_read_only(webapp: Any, statement: str) -> None:
    with pytest.raises(InsufficientPrivilege):
        webapp.execute(statement)


def test_no_function_of_ours_is_open(stack: Stack, first_run: FirstRun) -> None:
    ours = """SELECT pg_proc.oid::regprocedure::text FROM pg_proc
              JOIN pg_namespace ON pg_namespace.oid = pronamespace WHERE nspname <> ALL (%s)
              AND has_function_privilege('webapp', pg_proc.oid, 'EXECUTE')"""
    assert stack.rows(ours, CATALOGUES) == []


def test_it_has_no_roles_of_others_and_no_rights(stack: Stack) -> None:
    rights = """SELECT rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls,
                (SELECT count(*) FROM pg_auth_members WHERE member = pg_roles.oid)
                FROM pg_roles WHERE rolname = 'webapp'"""
    assert stack.rows(rights) == [(False, 0)]


@pytest.mark.parametrize("database", ["airflow", "postgres", "template1"])
def test_no_other_database_lets_it_in(stack: Stack, database: str) -> None:
    with pytest.raises(psycopg2.OperationalError, match="permission denied for database"):
        stack.postgres("webapp", database)
