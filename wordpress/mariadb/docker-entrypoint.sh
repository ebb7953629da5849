#!/bin/bash
# Starts MariaDB by the official image's contract, as far as a site's own database needs it.
#   MARIADB_ROOT_PASSWORD, MARIADB_DATABASE, MARIADB_USER, MARIADB_PASSWORD   or each as NAME_FILE, a file's path
# Otherwise than there:
#   these hold at every start, not only when the data folder is new, so that passwords follow the environment;
#   root logs in by the socket only; nothing is run from /docker-entrypoint-initdb.d
# Folders, for tests: DATA_FOLDER, RUN_FOLDER.
set -euo pipefail

DATA=${DATA_FOLDER:-/var/lib/mysql}
RUN=${RUN_FOLDER:-/run/mysqld}

main() {
    if [[ $# -eq 0 || $1 == -* ]]; then set -- mariadbd "$@"; fi
    if [[ $1 != mariadbd ]] || asks_only "$@"; then exec "$@"; fi
    settings
    check_folder
    if [[ -d $incomplete ]]; then
        say "an earlier initialisation was interrupted: starting over"
        find "$DATA" -mindepth 1 -delete
    fi
    if [[ ! -d $DATA/mysql ]]; then initialise; else check_version; fi
    write_statements
    forget_passwords
    # Read before the first connection is answered: whoever reaches the server finds them done
    exec "$1" "--pid-file=$RUN/mariadbd.pid" "${@:2}" "--init-file=$statements"
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
        case $argument in -\? | --help | --print-defaults | -V | --version) return 0 ;; esac
    done
    return 1
}

settings() {
    local name
    for name in MARIADB_ROOT_PASSWORD MARIADB_DATABASE MARIADB_USER MARIADB_PASSWORD; do from_file "$name"; done
    if [[ -n $MARIADB_USER && -z $MARIADB_PASSWORD ]]; then die "MARIADB_USER needs MARIADB_PASSWORD"; fi
    # There from the first file of the data until all are in place
    incomplete=$DATA/.initialisation-incomplete
    statements=$RUN/at-start.sql
}

# Give variable $1 the content of the file that $1_FILE names, if it names one
from_file() {
    local name=$1 file_name=${1}_FILE
    local file=${!file_name:-}
    if [[ -n ${!name:-} && -n $file ]]; then die "$name and $file_name are both set: one is enough"; fi
    if [[ -n $file ]]; then
        [[ -r $file ]] || die "$file_name: cannot read $file"
        export "$name=$(<"$file")"
    else
        export "$name=${!name:-}"
    fi
    # MariaDB takes a file of statements line by line
    if [[ ${!name} == *[[:cntrl:]]* ]]; then die "$name holds a line's end or another control character"; fi
    unset "$file_name"
}

check_folder() {
    [[ $(id -u) != 0 ]] || die "MariaDB does not run as root: leave the user to the image (uid 999)"
    local folder
    for folder in "$DATA" "$RUN"; do
        [[ -w $folder ]] || die "$folder is not uid $(id -u)'s to write: chown it, or use a named volume"
    done
}

check_version() {
    local found ours
    found=$(head -c 64 "$DATA/mariadb_upgrade_info" 2>/dev/null | tr -d '\0') || return 0
    ours=$(mariadbd --version | sed 's/.*Ver \([0-9.]*\).*/\1/')
    [[ ${found%.*} == "${ours%.*}" ]] ||
        die "the data in $DATA are MariaDB ${found%%-*}'s, this image is $ours:" \
            "dump them with the old image, or use another volume"
}

initialise() {
    [[ -z $(ls -A "$DATA") ]] || die "$DATA holds files but no database: use an empty volume"
    [[ -n $MARIADB_ROOT_PASSWORD ]] || die "a new database needs MARIADB_ROOT_PASSWORD"
    # Until the server sets its password, root is who owns the files. Cross-bootstrap: no account for this host's name
    mkdir "$incomplete"
    if ! mariadb-install-db --no-defaults --cross-bootstrap --skip-test-db --datadir="$incomplete" \
        --auth-root-authentication-method=socket --auth-root-socket-user=mysql \
        --innodb-log-file-size=16M --innodb-buffer-pool-size=16M >"$RUN/install.log" 2>&1; then
        cat "$RUN/install.log" >&2
        die "mariadb-install-db failed: its lines above say why"
    fi
    # The folder by which a database is known is the last to be in place
    find "$incomplete" -mindepth 1 -maxdepth 1 ! -name mysql -exec mv --target-directory "$DATA" {} +
    sync --file-system "$DATA"
    mv "$incomplete/mysql" "$DATA"
    rmdir "$incomplete"
    say "initialised"
}

write_statements() {
    rm -f "$statements"
    (umask 077 && print_statements >"$statements")
}

# One statement a line
print_statements() {
    local name account
    if [[ -n $MARIADB_ROOT_PASSWORD ]]; then
        echo "ALTER USER 'root'@'localhost' IDENTIFIED BY $(text "$MARIADB_ROOT_PASSWORD");"
        echo "ALTER USER IF EXISTS 'root'@'%' IDENTIFIED BY $(text "$MARIADB_ROOT_PASSWORD");" # the official image's
    fi
    if [[ -n $MARIADB_DATABASE ]]; then
        echo "CREATE DATABASE IF NOT EXISTS $(identifier "$MARIADB_DATABASE") CHARACTER SET utf8mb4;"
    fi
    if [[ -n $MARIADB_USER ]]; then
        account="$(text "$MARIADB_USER")@'%'"
        echo "CREATE USER IF NOT EXISTS $account IDENTIFIED BY $(text "$MARIADB_PASSWORD");"
        echo "ALTER USER $account IDENTIFIED BY $(text "$MARIADB_PASSWORD");"
        if [[ -n $MARIADB_DATABASE ]]; then
            name=$(identifier "$MARIADB_DATABASE")
            name=${name//_/\\_} # here, _ and % stand for any letters
            echo "GRANT ALL ON ${name//%/\\%}.* TO $account;"
        fi
    fi
}

text() {
    local value=${1//\\/\\\\}
    printf "'%s'" "${value//\'/\'\'}"
}

identifier() { printf '`%s`' "${1//\`/\`\`}"; }

# The server needs none, and who reads its environment shall find none
forget_passwords() { unset MARIADB_ROOT_PASSWORD MARIADB_PASSWORD; }

main "$@"
