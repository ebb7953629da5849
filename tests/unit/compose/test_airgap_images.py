import os
import signal
import subprocess
import sys
import tarfile
import time
from pathlib import Path

import pytest

from tests.unit.compose.fake_programs import Programs

AIRGAP = Path(__file__).parents[3] / "airgap"
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="debootstrap is Linux's")
URIS = """\
'http://mirror.example/debian/dists/bookworm/InRelease' a 0
'http://mirror.example/debian/dists/bookworm-updates/InRelease' b 0
'http://mirror.example/debian/dists/bookworm/main/binary-amd64/Packages.xz' c 0
'https://user:pass@secret.example/debian/dists/bookworm/InRelease' d 0
'https://vendor.example/apt/dists/bookworm/InRelease' e 0
'http://mirror.example/security/dists/bookworm-security/InRelease' f 0
'https://tools.example/dists/nodistro/InRelease' g 0
"""
# A mirror of Debian, one of a vendor, with the same suites
HELPER = """
case $2 in
*mirror.example/debian/dists/bookworm/* | *mirror.example/debian/dists/trixie/*) ;;
*mirror.example/debian/dists/*-updates/* | *mirror.example/security/dists/*-security/*) ;;
*vendor.example*) printf 'Origin: Vendor\\n' >"$3"; exit 0 ;;
*) exit 100 ;;
esac
printf 'Origin: Debian\\nLabel: Debian\\n' >"$3"
"""
BASE = """
root=$4
for name in etc/apt etc/dpkg/dpkg.cfg.d etc/apt/apt.conf.d usr/sbin usr/share/doc/base usr/share/man/man1 \\
    proc dev tmp usr/share/locale/de var/lib/apt/lists var/cache/apt/archives var/log
do mkdir -p "$root/$name"; done
echo 'deb http://default.example/debian x main' >"$root/etc/apt/sources.list"
for name in usr/share/doc/base/copyright usr/share/doc/base/NEWS usr/share/man/man1/x proc/x dev/x \\
    usr/share/locale/de/x var/lib/apt/lists/x var/cache/apt/archives/x.deb var/log/dpkg.log
do echo >"$root/$name"; done
echo 'nameserver 10.1.2.3' >"$root/etc/resolv.conf"
"""


DOCKER = """
case $1 in
info) echo x86_64 ;;
import) for argument; do case $argument in *.tar) cp "$argument" {} ;; esac; done ;;
esac
"""


class Machine:
    """A root folder and a PATH of pretended programs."""

    def __init__(self, folder: Path) -> None:
        self.root, self.temporary = folder / "root", folder / "tmp"
        self.temporary.mkdir()
        self.programs = Programs(folder / "bin")
        self.programs.add_basics()
        self.programs.add("id", "echo 0")
        self.programs.add("uname", "echo x86_64")
        self.programs.add("umount", "exit 1")
        self.programs.add("apt-get", f"case \" $* \" in *--print-uris*) cat <<'END'\n{URIS}END\n;; esac")
        self.programs.add("docker", DOCKER.format(folder / "image.tar"))
        self.programs.add("debootstrap", BASE)
        self.image = folder / "image.tar"
        self.add("usr/share/keyrings/debian-archive-keyring.gpg", "x")
        self.add("usr/share/debootstrap/scripts/bookworm", "x")
        helper = self.add("usr/lib/apt/apt-helper", "#!/bin/sh" + HELPER)
        helper.chmod(0o755)

    def add(self, name: str, text: str) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def start(self, script: str, *arguments: str) -> "subprocess.Popen[str]":
        env = {"PATH": str(self.programs.folder), "DESTDIR": str(self.root), "TMPDIR": str(self.temporary)}
        return subprocess.Popen(
            ["sh", AIRGAP / script, *arguments], env=env, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, start_new_session=True,
        )  # fmt: skip

    def run(self, script: str, *arguments: str) -> tuple[int, str, str]:
        child = self.start(script, *arguments)
        out, err = child.communicate(timeout=60)
        assert list(self.temporary.iterdir()) == []  # nothing is left, whatever happened
        return child.returncode, out, err

    def refusal(self, *arguments: str) -> str:
        """The one line of a base image that cannot be made."""
        code, _, err = self.run("base-image.sh", *arguments)
        assert (code, err.count("\n")) == (2, 1), err
        assert not self.image.exists()
        return err


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def lines(text: str) -> list[str]:
    """Of a sources.list, without the option that names the keys."""
    return [line.split("] ")[-1].removeprefix("deb ") for line in text.splitlines()]


def test_the_machines_mirrors_of_debian(machine: Machine) -> None:
    code, out, err = machine.run("debian-sources.sh", "trixie")
    assert (code, err) == (0, "")
    assert lines(out) == [
        "http://mirror.example/debian trixie main",
        "http://mirror.example/debian trixie-updates main",
        "http://mirror.example/security trixie-security main",
    ]


def test_no_mirror_of_debian(machine: Machine) -> None:
    machine.programs.add("apt-get", "echo \"'http://vendor.example/ubuntu/dists/jammy/InRelease' a 0\"")
    assert machine.run("debian-sources.sh", "trixie") == (0, "", "")
    (machine.root / "usr/lib/apt/apt-helper").unlink()
    assert machine.run("debian-sources.sh", "trixie") == (0, "", "")


def test_an_image_as_the_slim_ones(machine: Machine) -> None:
    code, out, err = machine.run("base-image.sh", "bookworm")
    assert (code, err) == (0, ""), err
    assert out.endswith("made tubepulse/debian:bookworm-slim\n")
    [made] = machine.programs.calls("debootstrap")
    assert made.startswith("debootstrap --variant=minbase --force-check-gpg bookworm /")
    assert made.endswith("/root http://mirror.example/debian")
    with tarfile.open(machine.image) as image:
        names = {member.name.removeprefix("./") for member in image if member.isfile()}
        assert image.getmember(".").mode & 0o777 == 0o755
        sources = image.extractfile("./etc/apt/sources.list")
        resolver = image.extractfile("./etc/resolv.conf")
        assert sources is not None
        assert resolver is not None
        assert [line.split(" ", 1)[1] for line in sources.read().decode().splitlines()] == [
            "http://mirror.example/debian bookworm main",
            "http://mirror.example/debian bookworm-updates main",
            "http://mirror.example/security bookworm-security main",
        ]
        assert resolver.read() == b""
    assert "usr/share/doc/base/copyright" in names
    assert "usr/sbin/policy-rc.d" in names
    gone = ("NEWS", "/man1/x", "/de/x", "lists/x", ".deb", ".log", "proc/x", "dev/x", ".crt")
    assert [name for name in names if name.endswith(gone)] == []
    [imported] = machine.programs.calls("docker import")
    assert imported.endswith(" tubepulse/debian:bookworm-slim")
    assert "ENV" not in imported


def test_the_machines_authorities_are_carried_in(machine: Machine) -> None:
    machine.add("usr/local/share/ca-certificates/one of mine.crt", "mine")
    machine.add("etc/ssl/certs/ca-certificates.crt", "all").chmod(0o600)
    assert machine.run("base-image.sh", "bookworm")[0] == 0
    with tarfile.open(machine.image) as image:
        bundle = image.getmember("./etc/ssl/certs/ca-certificates.crt")
        assert (bundle.size, bundle.mode & 0o777) == (3, 0o644)
        assert image.getmember("./usr/local/share/ca-certificates/one of mine.crt").size == 4
    [imported] = machine.programs.calls("docker import")
    for name in ("SSL_CERT_FILE", "PIP_CERT", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "AWS_CA_BUNDLE"):
        assert f"--change ENV {name}=/etc/ssl/certs/ca-certificates.crt" in imported


def test_no_mirror_leaves_the_choice_to_debootstrap(machine: Machine) -> None:
    (machine.root / "usr/lib/apt/apt-helper").unlink()
    (machine.root / "usr/share/debootstrap/scripts/bookworm").unlink()
    assert machine.run("base-image.sh", "bookworm")[0] == 0
    assert machine.programs.calls("debootstrap")[0].endswith("/root  sid")
    with tarfile.open(machine.image) as image:
        sources = image.extractfile("./etc/apt/sources.list")
        assert sources is not None
        assert b"default.example" in sources.read()


def test_what_stands_in_the_way(machine: Machine) -> None:
    assert "there is no suite “buster” here" in machine.refusal("buster")
    assert "there is no suite “”" in machine.refusal()
    machine.programs.add("id", "echo 1000")
    assert "sudo sh airgap/base-image.sh trixie" in machine.refusal("trixie")
    machine.programs.add("id", "echo 0")
    machine.programs.add("uname", "echo aarch64")
    assert "Docker's engine is x86_64, this machine aarch64" in machine.refusal("trixie")
    machine.programs.add("docker", "exit 1")
    assert "no Docker engine answers: make doctor" in machine.refusal("trixie")


def test_a_bootstrap_that_fails(machine: Machine) -> None:
    machine.programs.add("debootstrap", "exit 1")
    assert "could not make bookworm" in machine.refusal("bookworm")


def test_an_import_that_fails_leaves_nothing(machine: Machine) -> None:
    machine.programs.add(
        "docker", "case $1 in info) echo x86_64 ;; import) echo no space >&2; exit 1 ;; esac"
    )
    code, out, err = machine.run("base-image.sh", "bookworm")
    assert code != 0
    assert "made" not in out
    assert err == "no space\n"


def test_debootstrap_is_installed_where_it_lacks(machine: Machine) -> None:
    (machine.programs.folder / "debootstrap").unlink()
    machine.programs.add("apt-get", "exit 100")
    assert "debootstrap cannot be installed: apt-get install debootstrap says why" in machine.refusal(
        "bookworm"
    )
    (machine.programs.folder / "apt-get").unlink()
    assert "there is no debootstrap" in machine.refusal("bookworm")


def test_a_run_that_is_stopped_leaves_nothing(machine: Machine) -> None:
    machine.programs.add("debootstrap", 'mkdir -p "$4/etc"; sleep 60')
    child = machine.start("base-image.sh", "bookworm")
    deadline = time.monotonic() + 20
    while not list(machine.temporary.glob("*/root/etc")):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    os.killpg(child.pid, signal.SIGTERM)
    assert child.wait(20) == 143
    assert list(machine.temporary.iterdir()) == []
    assert not machine.image.exists()
