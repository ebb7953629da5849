#!/bin/sh
# Makes the image tubepulse/debian:SUITE-slim from Debian's packages, for where no container registry can be
# reached: what debian:SUITE-slim is (minimal, without documentation and package lists), for this architecture.
#
#     sh airgap/base-image.sh bookworm|trixie        exit code 0, or 2 with one line: what stands in the way
#
# Packages come from the mirror that this machine's apt uses, else from debootstrap's own. If the machine has
# certificate authorities of its own, the image gets them: a build meets the same proxy or mirror. Nothing
# remains of a run that fails, and the image has its name only when it is complete.
set -eu
umask 022
here=$(cd "$(dirname "$0")" && pwd)
root=${DESTDIR:-}
suite=${1:-}
work=

fail() {
    echo "$1" >&2
    exit 2
}

clean() {
    if [ -n "$work" ]; then
        for mounted in proc sys dev/pts dev; do
            umount -l "$work/root/$mounted" 2>/dev/null || true
        done
        rm -rf --one-file-system "$work"
    fi
}

check_machine() {
    case $suite in
    bookworm | trixie) ;;
    *) fail "there is no suite “$suite” here: sh airgap/base-image.sh bookworm, or trixie" ;;
    esac
    [ "$(id -u)" = 0 ] || fail "only root can make a base image: sudo sh airgap/base-image.sh $suite"
    theirs=$(docker info --format '{{.Architecture}}' 2>/dev/null) && [ -n "$theirs" ] ||
        fail "no Docker engine answers: make doctor says why"
    [ "$theirs" = "$(uname -m)" ] ||
        fail "Docker's engine is $theirs, this machine $(uname -m): set BOOKWORM_IMAGE and TRIXIE_IMAGE in .env"
    if ! command -v debootstrap >/dev/null; then
        command -v apt-get >/dev/null ||
            fail "there is no debootstrap, which makes Debian's base system: install it with your package manager"
        echo "installing debootstrap"
        install_packages debootstrap || fail "debootstrap cannot be installed: apt-get install debootstrap says why"
    fi
    # Elsewhere than on Debian the keys are a package of their own; unchecked packages are not taken
    if [ ! -f "$root/usr/share/keyrings/debian-archive-keyring.gpg" ] && command -v apt-get >/dev/null; then
        install_packages debian-archive-keyring ||
            fail "Debian's keys cannot be installed: apt-get install debian-archive-keyring says why"
    fi
}

install_packages() (
    export DEBIAN_FRONTEND=noninteractive
    install="apt-get -q -y -o DPkg::Lock::Timeout=120 install --no-install-recommends $1"
    $install || { apt-get -q update && $install; }
)

# bootstrap: Debian's base system in $work/root
bootstrap() {
    sh "$here/debian-sources.sh" "$suite" >"$work/sources.list" || :
    mirror=$(sed -n '1s/.* \(https\{0,1\}:[^ ]*\) .*/\1/p' "$work/sources.list")
    script=
    [ -e "$root/usr/share/debootstrap/scripts/$suite" ] || script=sid # an older debootstrap: Debian's are all alike
    if [ -z "${http_proxy:-}" ] && command -v apt-config >/dev/null; then
        eval "$(apt-config shell http_proxy Acquire::http::Proxy)"
        [ -z "${http_proxy:-}" ] || export http_proxy
    fi
    debootstrap --variant=minbase --force-check-gpg "$suite" "$work/root" "$mirror" $script ||
        fail "debootstrap could not make $suite: its lines above say why; is Debian's mirror ${mirror:-(its own)} reachable?"
    if [ -s "$work/sources.list" ]; then
        sed 's/\[[^]]*\] //' "$work/sources.list" >"$work/root/etc/apt/sources.list"
    fi
}

# slim: what an image does not need, now and in later installations
slim() {
    cd "$work/root"
    rm -rf var/lib/apt/lists/* var/cache/apt/*.bin var/cache/apt/archives/*.deb var/log/*.log var/log/apt/* \
        var/cache/debconf/*-old var/cache/ldconfig/aux-cache usr/share/man/* usr/share/info/* usr/share/groff/* \
        usr/share/lintian/* usr/share/linda/* usr/share/locale/*
    find usr/share/doc -depth -type f ! -name copyright -delete
    find usr/share/doc -depth -type d -empty -delete
    find usr/share/doc -type l -delete
    mkdir -p usr/share/doc usr/share/man usr/share/locale
    cat >etc/dpkg/dpkg.cfg.d/slim <<'END'
path-exclude=/usr/share/doc/*
path-include=/usr/share/doc/*/copyright
path-exclude=/usr/share/man/*
path-exclude=/usr/share/info/*
path-exclude=/usr/share/groff/*
path-exclude=/usr/share/lintian/*
path-exclude=/usr/share/linda/*
path-exclude=/usr/share/locale/*
path-include=/usr/share/locale/locale.alias
END
    cat >etc/apt/apt.conf.d/90slim <<'END'
Acquire::Languages "none";
APT::Keep-Downloaded-Packages "false";
END
    # No package starts a service while an image is built
    printf '#!/bin/sh\nexit 101\n' >usr/sbin/policy-rc.d
    chmod 755 usr/sbin/policy-rc.d
    # debootstrap copies these from this machine
    : >etc/resolv.conf
    echo localhost >etc/hostname
    : >etc/machine-id
    cd - >/dev/null
}

# certificates: this machine's authorities, if it has its own, or reaches its mirror by https
certificates() {
    own=$root/usr/local/share/ca-certificates bundle=$root/etc/ssl/certs/ca-certificates.crt
    set -- "$own"/*.crt
    [ -s "$bundle" ] || return 0
    [ -e "$1" ] || grep -q 'https:' "$work/root/etc/apt/sources.list" || return 0
    mkdir -p "$work/root/etc/ssl/certs" "$work/root/usr/local/share/ca-certificates"
    cp -L "$bundle" "$work/root/etc/ssl/certs/ca-certificates.crt"
    chmod 644 "$work/root/etc/ssl/certs/ca-certificates.crt"
    if [ -e "$1" ]; then
        cp -L "$@" "$work/root/usr/local/share/ca-certificates/"
        chmod 644 "$work/root/usr/local/share/ca-certificates/"*.crt
    fi
    with_certificates=yes
}

import_image() {
    set -- --change 'CMD ["bash"]' --change "LABEL org.opencontainers.image.title=debian-$suite-slim"
    if [ -n "$with_certificates" ]; then
        for variable in SSL_CERT_FILE PIP_CERT REQUESTS_CA_BUNDLE NODE_EXTRA_CA_CERTS AWS_CA_BUNDLE; do
            set -- "$@" --change "ENV $variable=/etc/ssl/certs/ca-certificates.crt"
        done
    fi
    # A file, and not a pipe: a tar that fails must not become an image
    tar --numeric-owner --exclude='./dev/*' --exclude='./proc/*' --exclude='./sys/*' \
        -C "$work/root" -cf "$work/root.tar" .
    docker import "$@" "$work/root.tar" "tubepulse/debian:$suite-slim"
}

check_machine
trap clean EXIT
trap 'exit 143' TERM
trap 'exit 130' INT
trap 'exit 129' HUP
work=$(mktemp -d "${TMPDIR:-/var/tmp}/tubepulse-$suite.XXXXXX")
mkdir "$work/root"
with_certificates=
bootstrap
slim
certificates
import_image
echo "made tubepulse/debian:$suite-slim"
