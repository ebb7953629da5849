#!/bin/sh
# Start an Airflow command. The api-server's login file is written here, from AIRFLOW_ADMIN_PASSWORD: it must be in
# no image layer and on no command line, and without it Airflow would make up a password and log it.
set -eu
if [ "$*" = "airflow api-server" ]; then
    : "${AIRFLOW_ADMIN_PASSWORD:?}" "${AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE:?}"
    umask 077
    /usr/bin/python3 -I -c 'import json, os; print(json.dumps({"admin": os.environ["AIRFLOW_ADMIN_PASSWORD"]}))' \
        >"$AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE"
    umask 022
    unset AIRFLOW_ADMIN_PASSWORD
fi
exec "$@"
