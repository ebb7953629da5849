#!/bin/sh
# Roles and database; tables and views belong to the DAG's create_schema. Safe to run again.
#   pipeline   owns the database and all in it
#   webapp     may connect; what it may read is granted view by view, by the DAG
# Reads PIPELINE_PASSWORD, WEBAPP_PASSWORD and POSTGRES_DB; connects as POSTGRES_USER, which must be a superuser.
# PostgreSQL's image runs it once when a volume is new, the embedded stack at each start.
set -eu
: "${PIPELINE_PASSWORD:?}" "${WEBAPP_PASSWORD:?}" "${POSTGRES_DB:?}"
export PIPELINE_PASSWORD WEBAPP_PASSWORD POSTGRES_DB
# Passwords go through the environment: a command line is everybody's to read
psql --no-psqlrc --quiet --no-password --set ON_ERROR_STOP=1 --output /dev/null \
    --username "${POSTGRES_USER:-postgres}" --dbname postgres <<'SQL'
\getenv pipeline_password PIPELINE_PASSWORD
\getenv webapp_password WEBAPP_PASSWORD
\getenv database POSTGRES_DB
SET client_min_messages = warning;

SELECT format('CREATE ROLE %I', name) FROM (VALUES ('pipeline'), ('webapp')) AS wanted (name)
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) \gexec
ALTER ROLE pipeline LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'pipeline_password';
ALTER ROLE webapp LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOINHERIT PASSWORD :'webapp_password';
ALTER ROLE webapp SET default_transaction_read_only = on;

SELECT format('CREATE DATABASE %I OWNER pipeline', :'database')
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'database') \gexec
ALTER DATABASE :"database" OWNER TO pipeline;
-- By default everybody may connect to every database and make temporary tables there
REVOKE ALL ON DATABASE :"database", postgres, template1 FROM PUBLIC;
GRANT CONNECT ON DATABASE :"database" TO webapp;

\connect :"database"
REVOKE ALL ON SCHEMA public FROM PUBLIC;
ALTER DEFAULT PRIVILEGES FOR ROLE pipeline REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
-- Large objects can be made without any schema
REVOKE EXECUTE ON FUNCTION lo_creat(integer), lo_create(oid), lo_from_bytea(oid, bytea) FROM PUBLIC;
SQL
