#!/bin/bash
# Starts PostgreSQL by the official image's contract.
#   POSTGRES_USER, POSTGRES_PASSWORD, POSTGRES_DB, POSTGRES_INITDB_ARGS   or each as NAME_FILE, a file's path
#   POSTGRES_INITDB_WALDIR, POSTGRES_HOST_AUTH_METHOD, PGDATA
#   /docker-entrypoint-initdb.d/*.sh, *.sql, *.sql.gz   run once, when the data folder is new
# Not in the contract, and ignored by the official image:
#   POSTGRES_RERUN_SCRIPTS=1   run them at every start, and renew the superuser's password: for scripts that
#                              are safe to run again, so that passwords follow the environment
#   SCRIPTS_FOLDER             where the scripts are, for tests
# Scripts run before TCP is open: whoever reaches the server by TCP finds their work done.
set -euo pipefail

SCRIPTS=${SCRIPTS_FOLDER:-/docker-entrypoint-initdb.d}

main() {
    if [[ $# -eq 0 || $1 == -* ]]; then set -- postgres "$@"; fi
    if [[ $1 != postgres ]] || asks_only "$@"; then exec "$@"; fi
    settings
    make_folder
    if [[ -d $incomplete ]]; then
        say "an earlier initialisation was interrupted: starting over"
        find "$PGDATA" -mindepth 1 -delete
    fi
    trap ended EXIT
    trap 'exit 130' INT TERM
    if [[ ! -s $PGDATA/PG_VERSION ]]; then
        initialise "$@"
    else
        check_version
        if [[ -n ${POSTGRES_RERUN_SCRIPTS:-} ]]; then run_again "$@"; fi
    fi
    forget_passwords
    exec "$@"
}

say() { printf 'docker-entrypoint: %s\n' "$*" >&2; }

die() {
    say "$*"
    exit 1
}

# Whether the server is only asked about itself
asks_only() {
    local argument
    for argument in "$@"; do
        case $argument in -\? | --help | --describe-config | -V | --version) return 0 ;; esac
    done
    return 1
}

settings() {
    from_file POSTGRES_USER postgres
    from_file POSTGRES_PASSWORD
    from_file POSTGRES_DB "$POSTGRES_USER"
    from_file POSTGRES_INITDB_ARGS
    : "${POSTGRES_HOST_AUTH_METHOD:=scram-sha-256}" "${PGDATA:?}"
    export PGDATA
    # There from the first file of the data until the last script is done
    incomplete=$PGDATA/.initialisation-incomplete
}

# Give variable $1 the content of the file that $1_FILE names, or else the default $2
from_file() {
    local name=$1 file_name=${1}_FILE
    local file=${!file_name:-}
    if [[ -n ${!name:-} && -n $file ]]; then die "$name and $file_name are both set: one is enough"; fi
    if [[ -n $file ]]; then
        [[ -r $file ]] || die "$file_name: cannot read $file"
        export "$name=$(<"$file")"
    else
        export "$name=${!name:-${2:-}}"
    fi
    unset "$file_name"
}

make_folder() {
    [[ $(id -u) != 0 ]] || die "PostgreSQL does not run as root: leave the user to the image (uid 999)"
    mkdir -p "$PGDATA" 2>/dev/null || die "cannot make $PGDATA as uid $(id -u): give its parent to that uid"
    [[ -O $PGDATA && -w $PGDATA ]] ||
        die "$PGDATA is not uid $(id -u)'s to write: chown it, or use a named volume"
    chmod 700 "$PGDATA"
}

check_version() {
    local found
    found=$(<"$PGDATA/PG_VERSION")
    [[ $found == "$PG_MAJOR" ]] ||
        die "the data in $PGDATA is PostgreSQL $found's, this image is $PG_MAJOR:" \
            "dump it with the old image, or use another volume"
}

initialise() {
    [[ -z $(ls -A "$PGDATA") ]] || die "$PGDATA holds files but no database: use an empty volume"
    if [[ -z $POSTGRES_PASSWORD && $POSTGRES_HOST_AUTH_METHOD != trust ]]; then
        die "a new database needs POSTGRES_PASSWORD" \
            "(or POSTGRES_HOST_AUTH_METHOD=trust, which lets everybody in)"
    fi
    local options=(--username "$POSTGRES_USER" --auth-local trust --auth-host "$POSTGRES_HOST_AUTH_METHOD")
    local more=()
    if [[ -n ${POSTGRES_INITDB_WALDIR:-} ]]; then options+=(--waldir "$POSTGRES_INITDB_WALDIR"); fi
    # xargs splits and unquotes as a shell does, and runs nothing
    mapfile -t more < <(xargs --no-run-if-empty printf '%s\n' <<<"$POSTGRES_INITDB_ARGS")

    # initdb wants an empty folder, and the mark must be there first: so it works inside the mark
    mkdir "$incomplete"
    if [[ -n $POSTGRES_PASSWORD ]]; then
        initdb -D "$incomplete" "${options[@]}" --pwfile <(printf '%s\n' "$POSTGRES_PASSWORD") \
            --no-instructions "${more[@]}"
    else
        initdb -D "$incomplete" "${options[@]}" --no-instructions "${more[@]}"
    fi
    printf '\nhost all all all %s\n' "$POSTGRES_HOST_AUTH_METHOD" >>"$incomplete/pg_hba.conf"
    mv "$incomplete"/* "$PGDATA"

    start_server "$@"
    create_database
    run_scripts
    stop_server
    rmdir "$incomplete"
    sync --file-system "$PGDATA"
    say "initialised"
}

run_again() {
    start_server "$@"
    if [[ -n $POSTGRES_PASSWORD ]]; then
        docker_process_sql --dbname postgres <<'SQL'
\getenv role POSTGRES_USER
\getenv password POSTGRES_PASSWORD
ALTER ROLE :"role" PASSWORD :'password';
SQL
    fi
    run_scripts
    stop_server
}

create_database() {
    docker_process_sql --dbname postgres <<'SQL'
\getenv database POSTGRES_DB
SELECT format('CREATE DATABASE %I', :'database')
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'database') \gexec
SQL
}

run_scripts() {
    local file
    for file in "$SCRIPTS"/*; do
        case $file in
            "$SCRIPTS/*") continue ;;
            *.sh | *.sql | *.sql.gz) say "running $file" ;;
            *) say "ignoring $file"; continue ;;
        esac
        running=$file
        run_script "$file"  # never in a condition: there, a sourced script's `set -e` would mean nothing
        running=
    done
}

run_script() {
    case $1 in
        *.sh) if [[ -x $1 ]]; then "$1"; else (. "$1"); fi ;;
        *.sql) docker_process_sql --file "$1" ;;
        *.sql.gz) gunzip --stdout "$1" | docker_process_sql ;;
    esac
}

# psql as the superuser, by the socket; scripts may call it, as in the official image
docker_process_sql() {
    PGHOST='' PGHOSTADDR='' psql --no-psqlrc --no-password --quiet --set ON_ERROR_STOP=1 \
        --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" "$@"
}

# A server that only the socket reaches; statements stay out of its log, since those of scripts hold passwords
start_server() {
    local arguments=(
        "${@:2}" -c listen_addresses= -c "port=${PGPORT:-5432}"
        -c log_statement=none -c log_min_error_statement=panic -c log_min_duration_statement=-1
    )
    export PGPASSWORD=$POSTGRES_PASSWORD
    # As long as it takes: after a crash the log is read first
    pg_ctl --silent --wait --timeout "${PGCTLTIMEOUT:-3600}" -D "$PGDATA" -o "${arguments[*]@Q}" start
    server_runs=yes
}

ended() {
    if [[ -n ${running:-} ]]; then say "$running failed or was interrupted"; fi
    stop_server
}

stop_server() {
    [[ -n ${server_runs:-} ]] || return 0
    server_runs=
    pg_ctl --silent --wait --mode fast -D "$PGDATA" stop
}

# The server needs none, and who reads its environment shall find none
forget_passwords() {
    local name
    for name in $(compgen -e); do
        if [[ $name == *PASSWORD ]]; then unset "$name"; fi
    done
}

main "$@"
