#!/bin/sh
# Installs and starts a container engine with Compose v2 and buildx on a Debian or Ubuntu machine, from the
# distribution's packages. What is there already is used as it is: only what is missing is added.
#
#     sh airgap/docker-engine.sh          asks first; FORCE=1 does not
#     sh airgap/docker-engine.sh stop     ends the engine that a call of this script started, and no other
#
# Exit code 0, or 2 with one line: what stands in the way. DESTDIR is put before every absolute path.
set -eu
umask 022
here=$(cd "$(dirname "$0")" && pwd)
root=${DESTDIR:-}
pid_file=$root/var/run/docker.pid
log=$root/var/log/dockerd.log
plugins=$root/usr/local/lib/docker/cli-plugins
started=build/docker-engine.pid  # process id and its start time, if we started it
patience=${ENGINE_PATIENCE:-60} # seconds until the engine must answer
work=
PATH=$PATH:$root/usr/sbin:$root/sbin

fail() {
    echo "$1" >&2
    exit 2
}

main() {
    cd "$here/.."
    case ${1:-start} in
    stop) stop_engine ;;
    start) start ;;
    *) fail "usage: sh airgap/docker-engine.sh [stop]" ;;
    esac
}

start() {
    if complete; then
        echo "Docker Engine $(engine_version) and Compose $(compose_version) answer: nothing to do"
        exit 0
    fi
    check_machine
    ask
    trap 'rm -rf "$work"' EXIT
    trap 'exit 130' INT TERM HUP
    work=$(mktemp -d)
    install_engine
    install_plugins
    if ! answers; then
        start_engine
    fi
    complete || fail "docker does not find what was installed ($plugins): does an older plugin stand in ${DOCKER_CONFIG:-${HOME:-~}/.docker}/cli-plugins? Remove it"
    echo "ready: Docker Engine $(engine_version), Compose $(compose_version)"
    if recorded_process >/dev/null; then
        echo "it runs in the background (log: $log); sh airgap/docker-engine.sh stop ends it"
    fi
}

# --- what is there

engine_version() { docker info --format '{{.ServerVersion}}' 2>/dev/null; }
compose_version() { docker compose version --short 2>/dev/null; }
answers() { command -v docker >/dev/null && [ -n "$(engine_version)" ]; }
has_compose() { at_least "$(compose_version)" 2 20; }
has_dockerd() { command -v dockerd >/dev/null; }
has_buildx() { docker buildx version >/dev/null 2>&1; }
complete() { answers && has_compose && has_buildx; }

# at_least VERSION MAJOR MINOR; a package's epoch ("5:") does not count
at_least() {
    echo "$1" | sed 's/^[0-9]*://; s/^v//' | awk -F '[.+~-]' -v major="$2" -v minor="$3" \
        '{ exit !($1 ~ /^[0-9]+$/ && ($1 + 0 > major || $1 + 0 == major && $2 + 0 >= minor)) }'
}

# candidate PACKAGE: the version that apt would install; empty if it knows none
candidate() { LC_ALL=C apt-cache policy "$1" 2>/dev/null | sed -n 's/^ *Candidate: *//p' | grep -v '(none)' || :; }

check_machine() {
    command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null ||
        fail "this is neither Debian nor Ubuntu: install Docker Engine and Compose as Docker's own manual says (docs.docker.com/engine/install)"
    [ "$(id -u)" = 0 ] || fail "only root can install a container engine: sudo make docker-engine"
    if ! answers; then
        case ${DOCKER_HOST:-} in
        '' | unix:///var/run/docker.sock | unix:///run/docker.sock) ;;
        *) fail "DOCKER_HOST is $DOCKER_HOST, where no engine answers: unset DOCKER_HOST, then call again" ;;
        esac
    fi
}

ask() {
    [ "${FORCE:-}" != 1 ] || return 0
    [ -t 0 ] || fail "this installs and starts Docker Engine on this machine: make docker-engine FORCE=1 does it unasked"
    printf 'Install what is missing of Docker Engine, Compose and buildx from packages, and start the engine? [y/N] '
    read -r answer || answer=
    case $answer in
    [yY] | [yY][eE][sS]) ;;
    *) fail "nothing was changed" ;;
    esac
}

# --- packages

apt() {
    DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 apt-get -q -y -o DPkg::Lock::Timeout=120 "$@"
}

# install_packages NAME...: those of them that this machine's apt knows
install_packages() {
    known=
    for name; do
        [ -z "$(candidate "$name")" ] || known="$known $name"
    done
    echo "installing$known"
    # shellcheck disable=SC2086 # a list of names
    apt install --no-remove --no-install-recommends $known >"$work/apt.log" 2>&1 || {
        tail -n 15 "$work/apt.log" >&2
        fail "apt could not install$known: its lines above say why"
    }
}

install_engine() {
    if answers; then
        return 0
    fi
    if has_dockerd && ! has_docker_package; then # of another origin: such packages and Debian's exclude each other
        command -v docker >/dev/null || fail "there is a dockerd, but no docker command: install the client of its origin"
        return 0
    fi
    echo "reading the package lists"
    apt update >"$work/apt.log" 2>&1 || echo "apt-get update had errors; going on with the lists that are here" >&2
    [ -n "$(candidate docker.io)" ] ||
        fail "apt knows no package docker.io: is a Debian or Ubuntu mirror among its sources (apt-get update says)?"
    set -- docker.io docker-cli iptables debootstrap debian-archive-keyring ca-certificates
    [ "$(cat "$root/sys/module/apparmor/parameters/enabled" 2>/dev/null)" != Y ] || set -- "$@" apparmor
    grep -qs cgroup "$root/proc/mounts" || set -- "$@" cgroupfs-mount
    install_packages "$@"
}

install_plugins() {
    if has_compose && has_buildx; then
        return 0
    fi
    [ -n "$(candidate docker.io)" ] || apt update >"$work/apt.log" 2>&1 || :
    set --
    for name in docker-compose-v2 docker-compose; do # Ubuntu's name, Debian's name
        if at_least "$(candidate $name)" 2 20; then
            set -- "$name" docker-buildx
            break
        fi
    done
    if [ $# -gt 0 ]; then
        has_docker_package && install_packages "$@" && return 0
    fi
    plugins_from_trixie
}

# Debian's plugins want Debian's client: with Docker's own packages they are not installed beside it
has_docker_package() { dpkg-query -W -f '${Status}' docker.io 2>/dev/null | grep -q 'install ok installed'; }

# Debian 12 has Compose 1 only; the programs of Debian 13's packages run there, without being installed
plugins_from_trixie() {
    echo "fetching Compose and buildx from Debian 13's packages"
    sh "$here/debian-sources.sh" trixie | sed -n 1p >"$work/sources.list"
    [ -s "$work/sources.list" ] || fail "apt knows no Debian mirror for Compose 2: install Docker's Compose plugin (docs.docker.com/compose/install)"
    chmod 755 "$work"
    mkdir -p "$work/state/lists/partial" "$work/cache/archives/partial" "$work/packages" "$work/files"
    set -- -q -o "Dir::State=$work/state" -o Dir::State::status=/var/lib/dpkg/status -o "Dir::Cache=$work/cache" \
        -o "Dir::Etc::sourcelist=$work/sources.list" -o Dir::Etc::sourceparts=- -o APT::Sandbox::User=root
    {
        apt-get "$@" update &&
            (cd "$work/packages" && apt-get "$@" download docker-compose/trixie docker-buildx/trixie)
    } >"$work/apt.log" 2>&1 || {
        tail -n 15 "$work/apt.log" >&2
        fail "Compose and buildx cannot be fetched: the lines above say why"
    }
    for package in "$work/packages"/*.deb; do
        dpkg-deb -x "$package" "$work/files"
    done
    mkdir -p "$plugins"
    for name in docker-compose docker-buildx; do
        cp "$work/files/usr/libexec/docker/cli-plugins/$name" "$plugins/.$name.new"
        chmod 755 "$plugins/.$name.new"
        mv "$plugins/.$name.new" "$plugins/$name"
    done
}

# --- the engine's process

# is_process PID NAME: it runs; one that has ended and waits for its parent does not
is_process() {
    [ -n "$1" ] && [ "$(cat "$root/proc/$1/comm" 2>/dev/null)" = "$2" ] &&
        ! grep -qs ') Z ' "$root/proc/$1/stat"
}

# running_engine: the process id of an engine in our network; a second one there would break the first one's
running_engine() {
    ours=$(readlink "$root/proc/self/ns/net" 2>/dev/null) || ours=
    for folder in "$root"/proc/[0-9]*; do
        if is_process "${folder##*/}" dockerd; then
            theirs=$(readlink "$folder/ns/net" 2>/dev/null) || theirs=
            if [ -z "$ours" ] || [ -z "$theirs" ] || [ "$ours" = "$theirs" ]; then
                echo "${folder##*/}"
                return 0
            fi
        fi
    done
    return 1
}

start_engine() {
    if process=$(running_engine); then
        wait_for_engine "" ||
            fail "an engine runs (process $process) and does not answer: see its log, end it (kill $process), then call again"
        return 0
    fi
    if [ -d "$root/run/systemd/system" ]; then
        systemctl start docker || fail "systemd could not start Docker: journalctl -u docker says why"
        wait_for_engine "" || fail "Docker does not answer after $patience s: journalctl -u docker says why"
    elif [ "$(cat "$root/proc/1/comm" 2>/dev/null)" = init ] && [ -x "$root/etc/init.d/docker" ]; then
        service docker start || fail "Docker could not be started as a service: service docker start says why"
        wait_for_engine "" || fail "Docker does not answer after $patience s: see /var/log/docker.log"
    else
        start_in_background
    fi
}

start_in_background() {
    has_dockerd || fail "there is no dockerd: was docker.io installed (apt-get install docker.io)?"
    clear_stale "$pid_file" dockerd
    clear_stale "$root/var/run/docker/containerd/containerd.pid" containerd
    if ! grep -qs cgroup "$root/proc/mounts" && command -v cgroupfs-mount >/dev/null; then
        cgroupfs-mount || :
    fi
    mkdir -p "$(dirname "$started")" "$(dirname "$log")" "$(dirname "$pid_file")"
    rm -f "$started"
    # A session of its own, and none of our pipes: it outlives the terminal and this script, and holds up neither
    setsid sh -c 'echo $$ >"$1"; exec dockerd --pidfile "$2"' sh "$work/pid" "$pid_file" </dev/null >>"$log" 2>&1 \
        3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&- &
    tries=50
    until [ -s "$work/pid" ] || [ $tries = 0 ]; do
        sleep 0.1
        tries=$((tries - 1))
    done
    process=$(cat "$work/pid")
    echo "$process $(start_time "$process")" >"$started"
    chown --reference=. "$(dirname "$started")" "$started" 2>/dev/null || :
    wait_for_engine "$process" || {
        reason=$(grep -v '^$' "$log" | tail -n 1 | cut -c 1-300)
        if kill -0 "$process" 2>/dev/null; then
            stop_engine >/dev/null
            fail "dockerd does not answer after $patience s: $reason (log: $log)"
        fi
        rm -f "$started"
        fail "dockerd ended at once: $reason (log: $log)"
    }
}

# clear_stale FILE NAME: the record of a process that is gone, or whose number is another program's now
clear_stale() {
    if [ -e "$1" ] && ! is_process "$(cat "$1")" "$2"; then
        echo "removing $1, left by an engine that was killed"
        rm -f "$1"
    fi
}

# wait_for_engine PROCESS: until it answers; fails at the deadline, or when the process (if given) has ended
wait_for_engine() {
    begun=$(date +%s) told=0
    until answers; do
        waited=$(($(date +%s) - begun))
        [ "$waited" -lt "$patience" ] || return 1
        [ -z "$1" ] || kill -0 "$1" 2>/dev/null || return 1
        if [ $((waited - told)) -ge 5 ]; then
            told=$waited
            echo "waiting for the engine ($waited s)"
        fi
        sleep 0.3
    done
}

# start_time PID: in ticks since the machine's start; tells two processes of one number apart
start_time() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | awk '$1 != "Z" { print $20 }'; }

# recorded_process: the process id of the engine that we started, if it still is that one
recorded_process() {
    [ -s "$started" ] || return 1
    read -r process ticks <"$started"
    [ -n "$ticks" ] && [ "$(start_time "$process")" = "$ticks" ] || return 1
    echo "$process"
}

stop_engine() {
    if ! process=$(recorded_process); then
        rm -f "$started"
        echo "no engine runs that this script has started here: nothing to do"
        return 0
    fi
    kill "$process" 2>/dev/null || fail "only root can stop the engine: sudo sh airgap/docker-engine.sh stop"
    tries=60
    while recorded_process >/dev/null; do
        [ $tries -gt 0 ] || fail "the engine (process $process) does not end: see $log"
        tries=$((tries - 1))
        sleep 0.5
    done
    rm -f "$started"
    echo "stopped the engine (process $process)"
}

main "$@"
