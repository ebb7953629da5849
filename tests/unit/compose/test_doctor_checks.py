import os
import socket
import sys
from pathlib import Path

import pytest

from compose import checks, checks_probes
from compose.checks import GIB, Container

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="read from /proc")
FOLDERS = {"aws", "embedded", "emr", "local"}


def container(project: str = "", folder: str = "", running: bool = True, *ports: int) -> Container:
    return Container("one", project, folder, running, frozenset(ports))


@pytest.mark.parametrize(
    ("name", "ok", "text"),
    [
        ("local", True, "profile local"),
        ("emr", True, "profile emr"),
        ("typo", False, "there is no profile “typo”: make up PROFILE=emr or PROFILE=local"),
        ("", False, "there is no profile “”"),
        ("embedded", False, "needs no Docker: make demo"),
        ("aws", False, "make deploy PROFILE=aws"),
    ],
)
def test_profiles(name: str, ok: bool, text: str) -> None:
    found = checks.profile(name, FOLDERS)
    assert found.ok is ok
    assert text in found.text


@pytest.mark.parametrize(
    ("gib", "name", "runs", "ok"),
    [
        (6, "local", False, True),
        (5.9, "local", False, False),
        (5.9, "local", True, True),
        (5.9, "emr", False, True),
    ],
)
def test_memory(gib: float, name: str, runs: bool, ok: bool) -> None:
    found = checks.memory(int(gib * GIB), "here", name, runs)
    assert found.ok is ok
    assert ok or "5.9 GiB here, and a run needs 6: stop other programs" in found.text


def test_memory_of_a_virtual_machine() -> None:
    assert "Settings, Resources" in checks.memory(2 * GIB, "of Docker's machine", "local", False).text


OURS = {f"tubepulse/{name}:1" for name in checks.IMAGES}


@pytest.mark.parametrize(
    ("free", "images", "ok", "needed"),
    [
        (9.6, set(), True, "10 needed"),
        (9.4, set(), False, "about 10 needed"),
        (1.1, OURS, True, "1 needed"),
        (0.9, OURS, False, "about 1 needed"),
        (3.4, OURS - {"tubepulse/spark:1"}, False, "about 4 needed"),
        (9.4, {"tubepulse/debian:trixie-slim", "other/airflow:1"}, False, "about 10 needed"),
    ],
)
def test_disk(free: float, images: set[str], ok: bool, needed: str) -> None:
    found = checks.disk(int(free * 1e9), Path("/var/lib/docker"), images)
    assert (found.ok, needed in found.text) == (ok, True)
    assert ok or "docker system df" in found.text


def test_disk_elsewhere() -> None:
    assert checks.disk(None, Path("/x"), set()).ok


def test_a_project_of_another_checkout() -> None:
    theirs = container("tubepulse", "/there", False)
    found = checks.project("tubepulse", Path("/here"), [theirs])
    assert not found.ok
    assert "another checkout (/there): set COMPOSE_PROJECT_NAME in .env" in found.text
    assert checks.project("mine", Path("/here"), [theirs]).ok
    assert checks.project("tubepulse", Path("/there"), [theirs, container()]).ok


def test_ports() -> None:
    ours, theirs = container("mine", "/x", True, 8080), container("other", "/y", True, 8081)
    gone = container("other", "/y", False, 8082)
    everybody = [ours, theirs, gone]

    def port(number: int, holder: str | None) -> checks.Finding:
        return checks.port("AIRFLOW_PORT", number, "mine", everybody, holder)

    assert port(8080, "process docker-proxy, 1").ok
    assert port(8082, None).ok
    assert port(9000, None).ok
    # An engine without its proxy program listens nowhere: its containers say what they take
    assert port(8081, None).text == "port 8081 is taken (container one): set AIRFLOW_PORT in .env to another"
    assert (
        port(9, "process java, 42").text
        == "port 9 is taken (process java, 42): set AIRFLOW_PORT in .env to another"
    )
    assert port(9, "").text == "port 9 is taken: set AIRFLOW_PORT in .env to another"


def test_a_browser(tmp_path: Path) -> None:
    def found(*programs: str, **environ: str) -> checks.Finding:
        for name in programs:
            (tmp_path / name).touch(0o755)
        environ = {"PATH": str(tmp_path), **environ}
        return checks.browser(environ.get("CHROMIUM", ""), checks_probes.browser(environ))

    nothing = found()
    assert not nothing.ok
    assert "sudo apt-get install chromium, or set CHROMIUM=/path" in nothing.text
    assert found("google-chrome", "chromium").text == f"browser {tmp_path}/chromium"
    mine = tmp_path / "mine"
    assert found(CHROMIUM=str(mine)).text == f"CHROMIUM={mine} is no program: correct it, or unset it"
    assert found("mine", CHROMIUM=str(mine)).text == f"browser {mine}"
    assert found(CHROMIUM="").text == f"browser {tmp_path}/chromium"


@pytest.mark.parametrize(
    ("text", "ports"),
    [
        ("", set()),
        ("8080/tcp", set()),
        ("127.0.0.1:8080->8081/tcp", {8080}),
        ("0.0.0.0:80->80/tcp, :::80->80/tcp, [::]:443->443/tcp", {80, 443}),
        ("127.0.0.1:90-92->90-92/tcp, 127.0.0.1:53->53/udp", {90, 91, 92}),
    ],
)
def test_ports_as_docker_writes_them(text: str, ports: set[int]) -> None:
    assert checks.published(text) == ports


def test_buildx() -> None:
    assert checks.buildx({"buildx": "0.13.1"}, "x").text == "buildx 0.13.1"
    assert checks.buildx({}, "do this").text.endswith(": do this")


def test_every_profile_with_a_stack_has_its_folder_ports_and_memory() -> None:
    known = {path.name for path in (Path(__file__).parents[3] / "profiles").iterdir()}
    assert set(checks.PORTS) == set(checks.MEMORY)
    assert set(checks.PORTS) | set(checks.ELSEWHERE) == known


# --- what is asked of the machine


def test_a_free_port_has_no_holder() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    assert checks_probes.holder(port) is None


@LINUX
@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
def test_who_holds_a_port(host: str) -> None:
    with socket.create_server((host, 0)) as listener:
        found = checks_probes.holder(listener.getsockname()[1])
    assert found is not None
    assert found.endswith(f", {os.getpid()}")


def test_what_others_may_not_read_is_found(tmp_path: Path) -> None:
    (tmp_path / "spark" / "jobs" / "__pycache__").mkdir(parents=True)
    (tmp_path / "spark" / "jobs" / "a.py").touch(0o644)
    (tmp_path / "spark" / "jobs" / "__pycache__" / "a.pyc").touch(0o600)
    (tmp_path / "spark" / "gone").symlink_to("nowhere")
    for folder in (tmp_path / "spark", tmp_path / "spark" / "jobs"):
        folder.chmod(0o755)
    assert checks_probes.first_unreadable(tmp_path) is None
    (tmp_path / "spark" / "jobs" / "b.py").touch()
    (tmp_path / "spark" / "jobs" / "b.py").chmod(0o600)
    assert checks_probes.first_unreadable(tmp_path) == Path("spark/jobs/b.py")
    (tmp_path / "spark" / "jobs").chmod(0o700)
    assert checks_probes.first_unreadable(tmp_path) == Path("spark/jobs")
    found = checks.readable(Path("spark/jobs"))
    assert (found.ok, "chmod -R go+rX" in found.text) == (False, True)


def test_memory_is_read(tmp_path: Path) -> None:
    (tmp_path / "meminfo").write_text("MemTotal:       24683900 kB\nMemAvailable:    1048576 kB\n")
    assert checks_probes.available_memory(tmp_path / "meminfo") == GIB


def test_disk_of_a_folder_that_is_hidden(tmp_path: Path) -> None:
    assert (checks_probes.free_disk(tmp_path / "no" / "such") or 0) > 0


def test_what_a_profile_hands_on_to_containers_is_in_the_shell() -> None:
    assert checks.credentials("local", {}) is None
    lacking = checks.credentials("emr", {"AWS_ACCESS_KEY_ID": "AKIA", "AWS_PROFILE": "mine"})
    assert lacking
    assert not lacking.ok
    assert lacking.text.startswith("profile emr needs AWS_SECRET_ACCESS_KEY in the shell")
    given = checks.credentials("emr", {"AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "canary"})
    assert given
    assert given.ok
    assert "canary" not in given.text
