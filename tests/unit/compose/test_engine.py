import os
import sys
from pathlib import Path

import pytest

from compose import engine
from embedded.errors import Unusable
from tests.unit.compose.fake_programs import INFO, Programs, docker

NO_DAEMON = (
    "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?"
)
DENIED = (
    "permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock"
)


@pytest.fixture
def programs(tmp_path: Path) -> Programs:
    return Programs(tmp_path / "bin")


def environ(programs: Programs, **more: str) -> dict[str, str]:
    return {"PATH": str(programs.folder), **more}


def obstacle(programs: Programs, **more: str) -> str:
    with pytest.raises(Unusable) as caught:
        engine.find(environ(programs, **more))
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_an_engine_that_answers(programs: Programs) -> None:
    programs.add("docker", docker())
    found = engine.find(environ(programs))
    assert (found.version, found.architecture, found.memory) == ("20.10.24", "x86_64", 16_000_000_000)
    assert found.docker == str(programs.folder / "docker")
    assert found.plugins == {"buildx": "0.13.1"}
    assert not found.here
    assert programs.calls() == ["docker info --format {{json .}}"]


@pytest.mark.skipif(sys.platform != "linux", reason="an engine elsewhere runs in a virtual machine")
def test_an_engine_of_this_machine(programs: Programs) -> None:
    programs.add("docker", docker((INFO % "28.0.0").replace("elsewhere", os.uname().nodename)))
    assert engine.find(environ(programs)).here


def test_no_client(programs: Programs) -> None:
    text = obstacle(programs)
    assert text.startswith("there is no docker command")
    assert "make docker-engine" in text


def test_a_client_that_is_no_program(programs: Programs) -> None:
    (programs.folder / "docker").write_bytes(b"\x7fELF of another architecture")
    (programs.folder / "docker").chmod(0o755)
    assert "docker cannot be started" in obstacle(programs)


@pytest.mark.parametrize("answer", ["", '{"ServerErrors": ["no"], "ClientInfo": {}}', "null", "[]"])
def test_no_daemon(programs: Programs, answer: str) -> None:
    programs.add("docker", f"echo '{answer}'; echo '{NO_DAEMON}' >&2; exit 1")
    text = obstacle(programs)
    assert "run" in text and (
        "make docker-engine" in text or "systemctl start docker" in text or "open" in text
    )


def test_the_socket_is_not_ours(programs: Programs) -> None:
    programs.add("docker", f"echo '{DENIED}' >&2; exit 1")
    assert "sudo usermod -aG docker" in obstacle(programs)


def test_docker_host_leads_nowhere(programs: Programs) -> None:
    programs.add("docker", "echo 'Cannot connect to the Docker daemon at tcp://10.0.0.9:2375.' >&2; exit 1")
    text = obstacle(programs, DOCKER_HOST="tcp://10.0.0.9:2375")
    assert "DOCKER_HOST=tcp://10.0.0.9:2375: unset it" in text


def test_an_engine_that_hangs(programs: Programs, monkeypatch: pytest.MonkeyPatch) -> None:
    programs.add("docker", "exec /bin/sleep 30")
    monkeypatch.setattr(engine, "PATIENCE", 0.3)
    assert "gives no answer within" in obstacle(programs)


def test_podman_is_named(programs: Programs) -> None:
    programs.add("docker", """echo '{"host": {"buildahVersion": "1.28"}, "version": {}}'""")
    assert "is Podman's" in obstacle(programs)


@pytest.mark.parametrize("version", ["19.03.15", "20.9.1"])
def test_an_old_engine(programs: Programs, version: str) -> None:
    programs.add("docker", docker(INFO % version))
    assert f"Docker Engine {version} is too old, 20.10 is needed" in obstacle(programs)


@pytest.mark.parametrize(
    ("present", "text"),
    [
        (["usr/sbin/dockerd"], "does not run: sudo make docker-engine"),
        (["usr/bin/dockerd", "run/systemd/system/x"], "does not run: sudo systemctl start docker"),
        ([], "no Docker engine runs here: sudo make docker-engine"),
    ],
)
@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere an engine runs in a virtual machine")
def test_what_starts_it(tmp_path: Path, present: list[str], text: str) -> None:
    for name in present:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert text in engine.unreachable(NO_DAEMON, {}, tmp_path)


@pytest.mark.parametrize(
    ("complaint", "text"),
    [
        (
            "Cannot connect to the Docker daemon at unix:///home/x/.colima/docker.sock. Is",
            "docker context use",
        ),
        (
            'Failed to initialize: unable to resolve docker endpoint: context "x": not found',
            "unset DOCKER_CONTEXT",
        ),
    ],
)
@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere an engine runs in a virtual machine")
def test_another_context(tmp_path: Path, complaint: str, text: str) -> None:
    assert text in engine.unreachable(complaint, {"DOCKER_CONTEXT": "x"}, tmp_path)


@pytest.mark.parametrize("version", ["2.20.0", "2.26.1-4", "v2.39.2", "v5.0.0", "2.100"])
def test_compose_that_does(programs: Programs, version: str) -> None:
    programs.add("docker", docker(compose=f"echo {version}"))
    assert engine.compose_version(str(programs.folder / "docker"), environ(programs)) == version


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("echo \"docker: 'compose' is not a docker command.\" >&2; exit 1", "docker has no Compose plugin: "),
        (
            "echo 'Docker version 28.2.2'",
            "docker has no Compose plugin: ",
        ),  # older clients ignore what they do not know
        ("echo 2.19.1", "Compose 2.19.1 is too old, 2.20 is needed"),
        ("echo 1.29.2", "Compose 1.29.2 is too old"),
    ],
)
def test_compose_that_does_not(programs: Programs, body: str, text: str) -> None:
    programs.add("docker", docker(compose=body))
    with pytest.raises(Unusable, match=text) as caught:
        engine.compose_version(str(programs.folder / "docker"), environ(programs))
    assert "make docker-engine" in str(caught.value)


def test_the_older_compose_program_is_named(programs: Programs) -> None:
    programs.add("docker", docker(compose="exit 1"))
    programs.add("docker-compose", "echo 1.29.2")
    with pytest.raises(Unusable, match="docker-compose, the older program, does not do"):
        engine.compose_version(str(programs.folder / "docker"), environ(programs))
