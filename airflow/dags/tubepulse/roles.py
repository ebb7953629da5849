"""The logins of the results database, made once by its administrator: `pipeline` and `webapp`.

The same as postgres/initdb.d/10-roles.sh makes in the stacks on one machine, with what RDS leaves to its
master user: that is no superuser, so it must be a member of a role to hand a database over to it, may not
even mention SUPERUSER, and cannot take the right to make large objects from webapp.
"""

from __future__ import annotations

import logging

import psycopg
from airflow.sdk import Connection
from airflow.sdk.exceptions import AirflowFailException, AirflowNotFoundException
from psycopg import sql

log = logging.getLogger(__name__)

CONNECTION = "postgres_admin"
PASSWORDS = {"pipeline": "pipeline_password", "webapp": "webapp_password"}  # role -> key of the extra

# {database} is the connection's; every statement may run again.
GRANTS = (
    "GRANT pipeline TO CURRENT_USER",  # who makes a role may grant it, and is not yet a member
    "ALTER ROLE webapp NOINHERIT",
    "ALTER ROLE webapp SET default_transaction_read_only = on",
    "ALTER DATABASE {database} OWNER TO pipeline",
    # By default everybody may connect to every database and make temporary tables there
    "REVOKE ALL ON DATABASE {database} FROM PUBLIC",
    "GRANT CONNECT ON DATABASE {database} TO webapp",
    # The schema is pg_database_owner's, whose only member now is pipeline
    "SET ROLE pipeline",
    "REVOKE ALL ON SCHEMA public FROM PUBLIC",
    "ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC",
)


class NoAdministrator(AirflowFailException):
    """Connection `postgres_admin` is not there, or lacks a password; a retry can't help."""


def make_roles() -> None:
    """Make or renew both roles through connection `postgres_admin`, in one transaction.

    The connection's extra holds `pipeline_password` and `webapp_password`; what else stands there goes to
    libpq (sslmode, sslrootcert). Raises NoAdministrator.
    """
    try:
        connection = Connection.get(CONNECTION)
    except AirflowNotFoundException:
        raise NoAdministrator(
            f"connection {CONNECTION} is only there while make deploy PROFILE=aws has this DAG run; "
            "elsewhere PostgreSQL's own start makes the roles"
        ) from None
    extra = connection.extra_dejson
    if lacking := [key for key in PASSWORDS.values() if not extra.get(key)]:
        raise NoAdministrator(f"connection {CONNECTION}: its extra lacks {', '.join(lacking)}")
    options = {key: value for key, value in extra.items() if key not in PASSWORDS.values()}
    with psycopg.connect(
        host=connection.host, port=connection.port, dbname=connection.schema, user=connection.login,
        password=connection.password, **options,
    ) as database:  # fmt: skip
        apply(database, {role: extra[key] for role, key in PASSWORDS.items()})


def apply(database: psycopg.Connection, passwords: dict[str, str]) -> None:
    """Make the roles with these passwords, and what they may do, on an administrator's connection."""
    for role, password in passwords.items():
        known = database.execute("SELECT FROM pg_roles WHERE rolname = %s", (role,)).rowcount
        statement = "ALTER ROLE {} LOGIN NOCREATEDB NOCREATEROLE PASSWORD {}"
        if not known:
            statement = statement.replace("ALTER", "CREATE")
        # A utility statement takes no parameters: psycopg quotes the password itself
        database.execute(sql.SQL(statement).format(sql.Identifier(role), sql.Literal(password)))
        log.info("role %s: %s", role, "renewed" if known else "made")
    for grant in GRANTS:
        database.execute(sql.SQL(grant).format(database=sql.Identifier(database.info.dbname)))
