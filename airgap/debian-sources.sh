#!/bin/sh
# Prints the lines of a sources.list for a Debian suite, from the mirrors that this machine's apt uses; nothing
# where apt knows no mirror of Debian (debootstrap then takes its own).
#
#     sh airgap/debian-sources.sh bookworm|trixie
#
# apt itself says what it would fetch, so both of its file formats count. A mirror counts if it has the suite and
# says that it is Debian's: other archives have suites of the same names.
set -eu
suite=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP
chmod 755 "$work" # apt fetches as a user of its own
helper=/usr/lib/apt/apt-helper
[ -x "${DESTDIR:-}$helper" ] || exit 0
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
options=
[ ! -f "$keyring" ] || options="[signed-by=$keyring] "

# "base suite" for everything that apt would fetch; an address with a password in it must not get into an image
apt-get update --print-uris 2>/dev/null |
    sed -n "s|^'\(https\{0,1\}://[^'@]*\)/dists/\([^']*\)/InRelease'.*|\1 \2|p" >"$work/sources"

# is_debian BASE SUITE: the mirror has it
is_debian() {
    rm -f "$work/release"
    "${DESTDIR:-}$helper" download-file "$1/dists/$2/InRelease" "$work/release" >/dev/null 2>&1 &&
        grep -qx 'Origin: Debian' "$work/release"
}

# mirror_of PATTERN SUITE: the first base that serves a suite like PATTERN and has SUITE
mirror_of() {
    sed -n "s/^\([^ ]*\) $1\$/\1/p" "$work/sources" | awk '!seen[$0]++' | while read -r base; do
        if is_debian "$base" "$2"; then
            echo "$base"
            break
        fi
    done
}

name='[a-z]*'
base=$(mirror_of "$name" "$suite")
[ -n "$base" ] || exit 0
echo "deb $options$base $suite main"
if grep -q "^[^ ]* $name-updates\$" "$work/sources"; then
    base=$(mirror_of "$name-updates" "$suite-updates")
    [ -z "$base" ] || echo "deb $options$base $suite-updates main"
fi
base=$(mirror_of "$name-security" "$suite-security")
[ -z "$base" ] || echo "deb $options$base $suite-security main"
