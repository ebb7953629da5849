import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from tests.unit.compose.fake_programs import Programs

AIRGAP = Path(__file__).parents[3] / "airgap"
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the engine of Debian and Ubuntu")
# Answers once `up` is there; Compose and buildx once their files are
DOCKER = """
case $1 in
info) [ -e "$DESTDIR/up" ] && echo 20.10.24 ;;
compose) [ -e "$DESTDIR/compose" ] && cat "$DESTDIR/compose" ;;
buildx) [ -e "$DESTDIR/compose" ] ;;
esac
"""
# Ready at once, and ends when it is told to
DOCKERD = """
mkdir -p "$DESTDIR/proc/$$" && echo dockerd >"$DESTDIR/proc/$$/comm"
touch "$DESTDIR/up"
echo $$ >"$DESTDIR/dockerd.pid"
trap 'rm -rf "$DESTDIR/up" "$DESTDIR/proc/$$"; exit 0' TERM
while :; do sleep 0.1; done
"""
POLICY = """
case $1 in
docker.io | docker-cli) echo '  Candidate: 20.10.24+dfsg1-1' ;;
docker-compose) echo '  Candidate: {}' ;;
docker-buildx | iptables | debootstrap) echo '  Candidate: 1.0' ;;
*) [ "$1" = policy ] && shift && exec "$0" "$@"; echo '  Candidate: (none)' ;;
esac
"""
PLUGINS = """
mkdir -p "$3/usr/libexec/docker/cli-plugins"
cd "$3/usr/libexec/docker/cli-plugins"
touch docker-compose docker-buildx
echo {} >"$DESTDIR/compose"
"""
STATUS = '[ "$4" = docker.io ] && [ -e "$DESTDIR/usr/sbin/dockerd" ] && echo "install ok installed"'
APT = """
case " $* " in
*" --print-uris "*) echo "'http://mirror.example/debian/dists/bookworm/InRelease' a 0" ;;
*" download "*) echo x >docker-compose.deb ;;
*" install "*docker.io*) cp "$DESTDIR/dockerd" "$DESTDIR/docker" "$DESTDIR/usr/sbin/" ;;
*" install "*docker-compose*) echo 2.26.1-4 >"$DESTDIR/compose" ;;
esac
"""


class Machine:
    """A bare Debian: a root folder, a checkout with airgap/, and a PATH of pretended programs."""

    def __init__(self, folder: Path, compose: str) -> None:
        self.root, self.checkout = folder / "root", folder / "checkout"
        shutil.copytree(AIRGAP, self.checkout / "airgap")
        (self.root / "usr/sbin").mkdir(parents=True)
        (self.root / "proc").mkdir()
        (self.root / "proc/mounts").write_text("cgroup2 /sys/fs/cgroup cgroup2 rw 0 0\n")
        self.programs = Programs(folder / "bin")
        self.programs.add_basics()
        self.programs.add("id", "echo 0")
        self.programs.add("apt-cache", POLICY.replace("{}", compose))
        self.programs.add("apt-get", APT)
        self.programs.add("dpkg-deb", PLUGINS.format("2.26.1"))
        self.programs.add("dpkg-query", STATUS)
        for name, body in (("docker", DOCKER), ("dockerd", DOCKERD)):
            path = self.root / name
            path.write_text(f'#!/bin/sh\necho "{name} $*" >>"{self.programs.record}"\n{body}')
            path.chmod(0o755)
        helper = self.root / "usr/lib/apt/apt-helper"
        helper.parent.mkdir(parents=True)
        helper.write_text("#!/bin/sh\necho 'Origin: Debian' >\"$3\"\n")
        helper.chmod(0o755)
        self.record = self.checkout / "build" / "docker-engine.pid"

    def run(self, *arguments: str, **env: str) -> "subprocess.CompletedProcess[str]":
        environ = {
            "PATH": str(self.programs.folder),
            "DESTDIR": str(self.root),
            "HOME": "/nonexistent",
            **env,
        }
        return subprocess.run(
            ["sh", self.checkout / "airgap/docker-engine.sh", *arguments], env=environ,
            capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL, check=False,
        )  # fmt: skip

    def install(self, **env: str) -> str:
        done = self.run(FORCE="1", **env)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def refusal(self, *arguments: str, **env: str) -> str:
        done = self.run(*arguments, **env)
        assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
        return done.stderr

    def have(self, *names: str) -> None:
        """docker and dockerd as if they had been installed."""
        for name in names:
            shutil.copy(self.root / name, self.root / "usr/sbin" / name)

    def process(self) -> int:
        return int((self.root / "dockerd.pid").read_text())

    def add_process(self, number: int, name: str) -> None:
        folder = self.root / "proc" / str(number)
        folder.mkdir(parents=True)
        (folder / "comm").write_text(name + "\n")


@pytest.fixture
def bookworm(tmp_path: Path):
    yield (machine := Machine(tmp_path, "1.29.2-3"))
    end(machine)


@pytest.fixture
def trixie(tmp_path: Path):
    yield (machine := Machine(tmp_path, "2.26.1-4"))
    end(machine)


def end(machine: Machine) -> None:
    with suppress(OSError):
        os.kill(machine.process(), signal.SIGTERM)


def runs(process: int) -> bool:
    with suppress(OSError):
        return ") Z" not in Path(f"/proc/{process}/stat").read_text()
    return False


def test_a_bare_bookworm(bookworm: Machine) -> None:
    out = bookworm.install()
    assert "ready: Docker Engine 20.10.24, Compose 2.26.1" in out
    assert "airgap/docker-engine.sh stop ends it" in out
    [installed] = bookworm.programs.calls("apt-get -q -y -o DPkg::Lock::Timeout=120 install")
    assert installed.endswith("--no-remove --no-install-recommends docker.io docker-cli iptables debootstrap")
    [downloaded] = [call for call in bookworm.programs.calls("apt-get") if " download " in call]
    assert downloaded.endswith("docker-compose/trixie docker-buildx/trixie")
    assert "Dir::Etc::sourceparts=-" in downloaded
    plugins = bookworm.root / "usr/local/lib/docker/cli-plugins"
    assert sorted(path.name for path in plugins.iterdir()) == ["docker-buildx", "docker-compose"]
    assert all(path.stat().st_mode & 0o777 == 0o755 for path in plugins.iterdir())
    assert runs(bookworm.process())
    assert int(bookworm.record.read_text().split()[0]) == bookworm.process()
    assert os.getsid(bookworm.process()) == bookworm.process()  # no terminal's, no caller's


def test_a_second_call_does_nothing(bookworm: Machine) -> None:
    bookworm.install()
    before = (bookworm.process(), bookworm.record.read_text(), len(bookworm.programs.calls("apt-get")))
    done = bookworm.run()  # nothing to ask
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "Docker Engine 20.10.24 and Compose 2.26.1 answer: nothing to do\n"
    assert (
        bookworm.process(),
        bookworm.record.read_text(),
        len(bookworm.programs.calls("apt-get")),
    ) == before
    assert len(bookworm.programs.calls("dockerd")) == 1


def test_trixie_has_all_packages(trixie: Machine) -> None:
    trixie.install()
    installed = trixie.programs.calls("apt-get -q -y -o DPkg::Lock::Timeout=120 install")
    assert installed[1].endswith(" docker-compose docker-buildx")
    assert not [call for call in trixie.programs.calls("apt-get") if " download " in call]


def test_only_compose_is_added_to_an_engine_that_answers(bookworm: Machine) -> None:
    bookworm.have("docker")
    (bookworm.root / "up").touch()
    bookworm.install()
    assert bookworm.programs.calls("apt-get -q -y") == []
    assert bookworm.programs.calls("dockerd") == []
    assert not bookworm.record.exists()


def test_a_client_without_an_engine(bookworm: Machine) -> None:
    bookworm.have("docker")
    (bookworm.root / "compose").write_text("2.39.1\n")
    assert "ready: Docker Engine 20.10.24, Compose 2.39.1" in bookworm.install()
    assert len(bookworm.programs.calls("dockerd")) == 1


def test_an_engine_of_another_origin_is_started_and_not_replaced(bookworm: Machine) -> None:
    bookworm.have("docker", "dockerd")
    bookworm.programs.add("dpkg-query", "exit 1")
    bookworm.install()
    assert bookworm.programs.calls("apt-get -q -y") == []
    assert len(bookworm.programs.calls("dockerd")) == 1


def test_stop_ends_what_was_started(bookworm: Machine) -> None:
    bookworm.install()
    process = bookworm.process()
    done = bookworm.run("stop")
    assert (done.returncode, done.stdout) == (0, f"stopped the engine (process {process})\n")
    assert not runs(process)
    assert not bookworm.record.exists()
    assert "nothing to do" in bookworm.run("stop").stdout


def test_stop_ends_nothing_else(bookworm: Machine) -> None:
    with subprocess.Popen(["sleep", "60"]) as other:
        try:
            bookworm.record.parent.mkdir()
            bookworm.record.write_text(f"{other.pid} 1\n")  # its number, at another time
            assert "nothing to do" in bookworm.run("stop").stdout
            assert other.poll() is None
            assert not bookworm.record.exists()
        finally:
            other.kill()


@pytest.mark.parametrize("name", ["", "bash"])
def test_a_stale_pid_file_is_removed(bookworm: Machine, name: str) -> None:
    stale = bookworm.root / "var/run/docker.pid"
    stale.parent.mkdir(parents=True)
    stale.write_text("4242")
    if name:
        bookworm.add_process(4242, name)
    out = bookworm.install()
    assert f"removing {stale}, left by an engine that was killed" in out
    assert not stale.exists()


def test_never_a_second_engine_in_one_network(bookworm: Machine) -> None:
    bookworm.have("docker", "dockerd")
    bookworm.add_process(77, "dockerd")
    (bookworm.root / "compose").write_text("2.26.1\n")
    text = bookworm.refusal(FORCE="1", ENGINE_PATIENCE="1")
    assert "an engine runs (process 77) and does not answer" in text
    assert bookworm.programs.calls("dockerd") == []
    assert not bookworm.record.exists()


def test_an_engine_of_another_network_is_not_ours(bookworm: Machine) -> None:
    for folder, network in (("77", "net:[2]"), ("self", "net:[1]")):
        (bookworm.root / "proc" / folder / "ns").mkdir(parents=True)
        (bookworm.root / "proc" / folder / "ns" / "net").symlink_to(network)
    (bookworm.root / "proc/77/comm").write_text("dockerd\n")
    bookworm.install()
    assert len(bookworm.programs.calls("dockerd")) == 1


def test_an_engine_that_comes_up_meanwhile_is_awaited(bookworm: Machine) -> None:
    bookworm.have("docker", "dockerd")
    bookworm.add_process(77, "dockerd")
    (bookworm.root / "compose").write_text("2.26.1\n")
    argv = ["sh", "-c", f"sleep 1; touch {bookworm.root}/up"]
    with subprocess.Popen(argv):
        bookworm.install()
    assert bookworm.programs.calls("dockerd") == []


def test_systemd_starts_it_where_it_runs(bookworm: Machine) -> None:
    (bookworm.root / "run/systemd/system").mkdir(parents=True)
    bookworm.programs.add("systemctl", 'touch "$DESTDIR/up"')
    bookworm.install()
    assert bookworm.programs.calls("systemctl") == ["systemctl start docker"]
    assert bookworm.programs.calls("dockerd") == []
    assert not bookworm.record.exists()
    bookworm.programs.add("systemctl", "exit 1")
    (bookworm.root / "up").unlink()
    assert "journalctl -u docker says why" in bookworm.refusal(FORCE="1")


def test_an_engine_that_ends_at_once(bookworm: Machine) -> None:
    (bookworm.root / "dockerd").write_text("#!/bin/sh\necho 'failed to start daemon: no iptables'\nexit 1\n")
    text = bookworm.refusal(FORCE="1")
    assert "dockerd ended at once: failed to start daemon: no iptables (log: " in text
    assert not bookworm.record.exists()


def test_an_engine_that_never_answers_is_ended(bookworm: Machine) -> None:
    body = '#!/bin/sh\necho $$ >"$DESTDIR/dockerd.pid"\nwhile :; do sleep 0.1; done\n'
    (bookworm.root / "dockerd").write_text(body)
    assert "dockerd does not answer after 1 s" in bookworm.refusal(FORCE="1", ENGINE_PATIENCE="1")
    deadline = time.monotonic() + 10
    while runs(bookworm.process()):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_what_stands_in_the_way(bookworm: Machine) -> None:
    assert "make docker-engine FORCE=1 does it unasked" in bookworm.refusal()
    assert "DOCKER_HOST is tcp://x:1" in bookworm.refusal(FORCE="1", DOCKER_HOST="tcp://x:1")
    assert "usage: " in bookworm.refusal("begin")
    bookworm.programs.add("id", "echo 1000")
    assert "sudo make docker-engine" in bookworm.refusal(FORCE="1")
    (bookworm.programs.folder / "apt-get").unlink()
    assert "neither Debian nor Ubuntu" in bookworm.refusal(FORCE="1")
    assert not any(" install " in call for call in bookworm.programs.calls())


def test_apt_that_fails_is_quoted(bookworm: Machine) -> None:
    bookworm.programs.add("apt-get", "echo 'E: broken packages' >&2; exit 100")
    done = bookworm.run(FORCE="1")
    assert done.returncode == 2
    assert done.stderr.splitlines()[1:] == [
        "E: broken packages",
        "apt could not install docker.io docker-cli iptables debootstrap: its lines above say why",
    ]


def test_an_older_plugin_in_the_way_is_said(bookworm: Machine) -> None:
    bookworm.programs.add("dpkg-deb", PLUGINS.format("2.1"))
    text = bookworm.refusal(FORCE="1")
    assert "does an older plugin stand in /nonexistent/.docker/cli-plugins? Remove it" in text


@pytest.mark.parametrize(
    ("version", "enough"),
    [
        ("2.20.0", True),
        ("2.26.1-4", True),
        ("v2.39", True),
        ("5:2.24-0ubuntu1", True),
        ("2.19.9", False),
        ("1.29.2-3", False),
        ("dev", False),
    ],
)
def test_versions(bookworm: Machine, version: str, enough: bool) -> None:
    bookworm.have("docker")
    (bookworm.root / "up").touch()
    (bookworm.root / "compose").write_text(version + "\n")
    assert ("nothing to do" in bookworm.run(FORCE="1").stdout) is enough
