#!/bin/sh
# Role and database of Airflow's own records. Safe to run again.
#   airflow   owns the database `airflow`, and may connect to no other; the other roles may not connect to it
# Reads AIRFLOW_DB_PASSWORD; without it there is nothing to do (the embedded stack's Airflow keeps its records
# elsewhere). Connects as POSTGRES_USER, which must be a superuser.
set -eu
# No `exit`: PostgreSQL's image sources a script that is not executable
if [ -n "${AIRFLOW_DB_PASSWORD:-}" ]; then
    export AIRFLOW_DB_PASSWORD
    psql --no-psqlrc --quiet --no-password --set ON_ERROR_STOP=1 --output /dev/null \
        --username "${POSTGRES_USER:-postgres}" --dbname postgres <<'SQL'
\getenv airflow_password AIRFLOW_DB_PASSWORD
SET client_min_messages = warning;

SELECT 'CREATE ROLE airflow' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'airflow') \gexec
ALTER ROLE airflow LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'airflow_password';

SELECT 'CREATE DATABASE airflow OWNER airflow'
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'airflow') \gexec
ALTER DATABASE airflow OWNER TO airflow;
REVOKE ALL ON DATABASE airflow FROM PUBLIC;

\connect airflow
REVOKE ALL ON SCHEMA public FROM PUBLIC;
SQL
fi
