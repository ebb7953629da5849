import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from compose import checks_probes, doctor, env_file, images
from tests.unit.compose.fake_programs import INFO, Programs, docker

ROOT = Path(__file__).parents[3]
WHOLE = {"ps": ":", "image": "case $2 in ls) echo tubepulse/spark:3.5.6 ;; esac"}


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting from the shell, and a checkout that everybody may read."""
    for name in (*env_file.defaults(), "BOOKWORM_IMAGE", "TRIXIE_IMAGE", "DOCKER_HOST"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(checks_probes, "first_unreadable", lambda root: None)
    images.pullable.cache_clear()


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    path = tmp_path / ".env"
    values = env_file.free_ports(name for name in env_file.defaults() if env_file.is_port(name))
    env_file.ensure(path, values)
    return path


def amiss(capsys: pytest.CaptureFixture[str], profile: str, file: Path) -> list[str]:
    """The lines of a quiet run."""
    capsys.readouterr()
    code = doctor.run(profile, file, quiet=True)
    captured = capsys.readouterr()
    assert captured.out == ""
    lines = captured.err.splitlines()
    assert code == (2 if lines else 0)
    assert all(line.startswith("✘ ") for line in lines)
    return lines


def test_a_machine_that_does(programs: Programs, settings: Path, capsys: pytest.CaptureFixture[str]) -> None:
    programs.add("docker", docker(**WHOLE))
    assert amiss(capsys, "local", settings) == []
    assert doctor.run("local", settings) == 0
    lines = capsys.readouterr().out.splitlines()
    assert all(line.startswith("✔ ") for line in lines)
    text = "\n".join(lines)
    for part in (
        "Engine 20.10.24",
        "Compose 2.26",
        "buildx",
        "debian:trixie-slim is here",
        "memory",
        "disk",
        "EMR_PORT",
    ):
        assert part in text


def test_a_browser_is_asked_for_on_demand(
    programs: Programs, settings: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CHROMIUM", raising=False)
    programs.add("docker", docker(**WHOLE))
    assert doctor.run("local", settings, quiet=True) == 0
    assert doctor.run("local", settings, quiet=True, browser=True) == 2
    assert "apt-get install chromium" in capsys.readouterr().err
    programs.add("chromium", "")
    assert doctor.run("local", settings, browser=True) == 0
    assert f"✔ browser {programs.folder}/chromium" in capsys.readouterr().out


def test_before_there_are_settings(
    programs: Programs, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    programs.add("docker", docker(**WHOLE))
    doctor.run("local", tmp_path / "none")
    assert "settings: .env.example; make up writes .env" in capsys.readouterr().out
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (None, "there is no docker command"),
        ("echo 'Cannot connect to the Docker daemon at unix:///var/run/docker.sock.' >&2; exit 1", "run"),
        ("echo 'permission denied while trying to connect' >&2; exit 1", "usermod -aG docker"),
        (docker(INFO % "19.03"), "Docker Engine 19.03 is too old"),
        (docker(compose="exit 1", **WHOLE), "docker has no Compose plugin"),
        (docker(compose="echo 1.29.2", **WHOLE), "Compose 1.29.2 is too old"),
        (docker((INFO % "28.0").replace("buildx", "scan"), **WHOLE), "no buildx plugin"),
        (
            docker((INFO % "28.0").replace("16000000000", "2000000000"), **WHOLE),
            "memory: 1.9 GiB of Docker's machine",
        ),
        (docker(**{**WHOLE, "ps": "echo broken >&2; exit 1"}), "docker ps failed: broken"),
        (
            docker(**{**WHOLE, "ps": r"printf 'x\ttubepulse\t/there\texited\t\n'"}),
            "tubepulse is in use by another checkout (/there)",
        ),
    ],
)
def test_one_line_for_what_is_amiss(
    programs: Programs, settings: Path, capsys: pytest.CaptureFixture[str], body: str | None, text: str
) -> None:
    if body is not None:
        programs.add("docker", body)
    lines = amiss(capsys, "local", settings)
    assert len(lines) == 1
    assert text in lines[0]


@pytest.mark.parametrize("profile", ["typo", "embedded", "aws"])
def test_a_profile_without_a_stack(
    programs: Programs, settings: Path, capsys: pytest.CaptureFixture[str], profile: str
) -> None:
    [line] = amiss(capsys, profile, settings)
    assert profile in line
    assert programs.calls() == []


def test_broken_settings(programs: Programs, settings: Path, capsys: pytest.CaptureFixture[str]) -> None:
    programs.add("docker", docker(**WHOLE))
    settings.write_text(settings.read_text() + "AIRFLOW_PORT=x\n")
    [line] = amiss(capsys, "local", settings)
    assert "AIRFLOW_PORT is “x”" in line
    (programs.folder / "docker").unlink()
    assert len(amiss(capsys, "local", settings)) == 2


def test_a_port_of_the_shell_before_there_are_settings(
    programs: Programs, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    programs.add("docker", docker(**WHOLE))
    monkeypatch.setenv("EMR_PORT", "none")
    [line] = amiss(capsys, "local", tmp_path / "none")
    assert "EMR_PORT is “none”" in line


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the engine is in a virtual machine")
def test_a_busy_port_unless_it_is_ours(
    programs: Programs, settings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    here = (INFO % "28.0").replace("elsewhere", os.uname().nodename)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        env_file.ensure(settings, {"SPARK_UI_PORT": str(port)})
        programs.add("docker", docker(here, **WHOLE))
        lines = [line for line in amiss(capsys, "local", settings) if "port" in line]
        assert lines == [
            f"✘ port {port} is taken (process {Path('/proc/self/comm').read_text().strip()}, {os.getpid()}): "
            "set SPARK_UI_PORT in .env to another"
        ]
        assert [line for line in amiss(capsys, "emr", settings) if "_PORT" in line] == []
        ours = rf"printf 'a\ttubepulse\t{ROOT}\trunning\t127.0.0.1:{port}->8080/tcp\n'"
        programs.add("docker", docker(here, **{**WHOLE, "ps": ours}))
        assert [line for line in amiss(capsys, "local", settings) if "port" in line] == []


def test_no_base_image(
    programs: Programs, settings: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    nothing = {**WHOLE, "image": "case $2 in inspect) exit 1 ;; esac", "pull": "exit 1"}
    programs.add("docker", docker(**nothing))
    lines = amiss(capsys, "local", settings)
    assert [("bookworm" in line, "trixie" in line) for line in lines] == [(True, False), (False, True)]
    assert all("set " in line and "_IMAGE in .env" in line for line in lines)
    if sys.platform == "linux":
        programs.add("debootstrap", "exit 9")
        monkeypatch.setattr(os, "geteuid", lambda: 1000)
        images.pullable.cache_clear()
        assert "sudo sh airgap/base-image.sh bookworm" in amiss(capsys, "local", settings)[0]
        monkeypatch.setattr(os, "geteuid", lambda: 0)
        assert amiss(capsys, "local", settings) == []


def test_the_command_runs_on_a_bare_python(tmp_path: Path) -> None:
    """Before .venv is there: no package but the standard library's."""
    python = getattr(sys, "_base_executable", None) or sys.executable
    argv = [
        python,
        "-I",
        "-S",
        "-c",
        "import sys; sys.path.insert(0, '.'); import compose.doctor as d; sys.exit(d.main())",
    ]
    done = subprocess.run(
        [*argv, "--env-file", str(tmp_path / "none")], cwd=ROOT, env={"PATH": str(tmp_path)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (2, "")
    assert "✘ there is no docker command" in done.stdout
