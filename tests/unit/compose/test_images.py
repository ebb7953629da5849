import json
import os
import re
import signal
import sys
import time
from pathlib import Path

import pytest

from compose import env_file, images, parallel
from embedded.errors import Unusable
from tests.unit.compose.fake_programs import Programs, docker

BOOKWORM, TRIXIE = images.BASES
HERE = "case $2 in inspect) {} ;; esac"


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in (*env_file.defaults(), "BOOKWORM_IMAGE", "TRIXIE_IMAGE", "POSTGRES_IMAGE", "DOCKER_HOST"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(images, "ROOT", tmp_path)
    monkeypatch.setattr(images, "LOGS", tmp_path / "logs")
    images.pullable.cache_clear()


def locate(programs: Programs, **values: str) -> images.Found:
    images.pullable.cache_clear()
    return images.locate(str(programs.folder / "docker"), BOOKWORM, values)


def has(*names: str) -> str:
    """What `docker image inspect` does where these images are here."""
    return f"case ' {' '.join(names)} ' in *\" $5 \"*) ;; *) exit 1 ;; esac"


PULLS = "echo 'slim: Pulling from library/debian'; exec /bin/sleep 30"


def test_debians_own_image_comes_first(programs: Programs) -> None:
    programs.add("docker", docker(image=has("debian:bookworm-slim", "tubepulse/debian:bookworm-slim")))
    assert locate(programs) == images.Found(BOOKWORM, "debian:bookworm-slim", "is here")


def test_an_image_made_before_needs_no_network(programs: Programs) -> None:
    programs.add("docker", docker(image=has("tubepulse/debian:bookworm-slim")))
    assert locate(programs) == images.Found(BOOKWORM, "tubepulse/debian:bookworm-slim", "is here")
    assert programs.calls("docker pull") == []


def test_a_name_without_a_tag_is_asked_with_one(programs: Programs) -> None:
    """Without one, docker's first line says which it takes, before it has asked anybody."""
    untagged = "case $2 in *:latest) exit 1 ;; esac; echo Using default tag; exec /bin/sleep 30"
    programs.add("docker", docker(image=has(), pull=untagged))
    with pytest.raises(Unusable, match="BOOKWORM_IMAGE is host/debian"):
        locate(programs, BOOKWORM_IMAGE="host/debian")


def test_a_pull_that_begins_is_enough(programs: Programs) -> None:
    programs.add("docker", docker(image=has(), pull=PULLS))
    begun = time.monotonic()
    assert locate(programs) == images.Found(BOOKWORM, "debian:bookworm-slim", "can be pulled")
    assert time.monotonic() - begun < 10


@pytest.mark.skipif(sys.platform != "linux", reason="debootstrap is Linux's")
@pytest.mark.parametrize("pull", ["echo no such host >&2; exit 1", "exec /bin/sleep 30"])
def test_without_a_registry_it_is_made(
    programs: Programs, monkeypatch: pytest.MonkeyPatch, pull: str
) -> None:
    monkeypatch.setattr(images, "PULL_PATIENCE", 0.5)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    programs.add("docker", docker(image=has(), pull=pull))
    programs.add("debootstrap", "")
    made = images.Found(BOOKWORM, "tubepulse/debian:bookworm-slim", "will be made from Debian packages")
    begun = time.monotonic()
    assert locate(programs) == made
    assert time.monotonic() - begun < 10
    assert locate(programs, BOOKWORM_IMAGE="tubepulse/debian:bookworm-slim") == made


@pytest.mark.parametrize(
    ("image", "pull", "how"),
    [(has("mine:1"), "exit 1", "is here"), (has("debian:bookworm-slim"), PULLS, "can be pulled")],
)
def test_the_users_choice(programs: Programs, image: str, pull: str, how: str) -> None:
    programs.add("docker", docker(image=image, pull=pull))
    found = locate(programs, BOOKWORM_IMAGE="mine:1")
    assert (found.name, found.how) == ("mine:1", how)


def test_a_choice_that_is_not_to_be_had(programs: Programs) -> None:
    programs.add("docker", docker(image=has("debian:bookworm-slim"), pull="exit 1"))
    with pytest.raises(Unusable, match="BOOKWORM_IMAGE is mine:1, which is not here and cannot be pulled"):
        locate(programs, BOOKWORM_IMAGE="mine:1")


SERVICES: dict[str, dict[str, object]] = {
    "fixtures": {"image": "tubepulse/fixtures:1", "build": {"context": "x"}},
    "airflow-migrate": {"image": "tubepulse/airflow:3.3.1", "build": {"context": "x"}},
    "airflow-scheduler": {"image": "tubepulse/airflow:3.3.1", "build": {"context": "x"}},
    "emr": {"image": "tubepulse/airflow:3.3.1"},
    "postgres": {"image": "postgres:17", "build": {"context": "postgres"}},
}


def test_each_own_image_is_built_once_and_no_other() -> None:
    built = {"tubepulse/airflow:3.3.1": "airflow-migrate", "tubepulse/fixtures:1": "fixtures"}
    assert images.buildable(SERVICES) == built


@pytest.fixture
def stack(programs: Programs, tmp_path: Path) -> Path:
    """Settings, and a docker that has both base images and builds."""
    (tmp_path / "config.json").write_text(json.dumps({"services": SERVICES}))
    config, build = f"/bin/cat {tmp_path}/config.json", f". {tmp_path}/build"
    with_config = f'case " $* " in *" config "*) {config} ;; *" build "*) {build} ;; esac'
    (tmp_path / "build").write_text(
        '[ "$DOCKER_BUILDKIT $BUILDKIT_PROGRESS $BOOKWORM_IMAGE" = "1 plain debian:bookworm-slim" ]'
    )
    here = has("debian:bookworm-slim", "tubepulse/debian:trixie-slim")
    programs.add("docker", docker(compose=with_config, image=here, pull="echo pulling"))
    env_file.ensure(tmp_path / ".env")
    return tmp_path / ".env"


def test_everything_is_brought_here(
    programs: Programs, stack: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    environ = images.ensure("local", stack)
    assert (environ["BOOKWORM_IMAGE"], environ["TRIXIE_IMAGE"]) == (
        "debian:bookworm-slim",
        "tubepulse/debian:trixie-slim",
    )
    assert (environ["COMPOSE_PROFILES"], environ["DOCKER_BUILDKIT"]) == ("local", "1")
    compose = f"docker compose --env-file {stack}"
    assert sorted(programs.calls("docker compose")) == sorted(
        [f"{compose} config --format json", f"{compose} build airflow-migrate", f"{compose} build fixtures"]
    )
    assert programs.calls("docker pull") == ["docker pull postgres:17"]
    lines = capsys.readouterr().out.splitlines()
    done = [line.split(" s  ")[1] for line in lines]
    assert done[0] == "pulled postgres:17"
    assert sorted(done[1:]) == ["built tubepulse/airflow:3.3.1", "built tubepulse/fixtures:1"]


def test_a_build_that_fails_shows_its_end(
    programs: Programs, stack: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (stack.parent / "build").write_text("echo one; echo 'E: no such package' >&2; exit 1")
    with pytest.raises(Unusable) as caught:
        images.ensure("local", stack)
    built = r"not built tubepulse/\S+: E: no such package \(all of it: logs/built-tubepulse-.*\.log\)"
    assert re.fullmatch(built, str(caught.value))
    assert capsys.readouterr().err == "one\nE: no such package\n"


def test_a_full_disk_is_named() -> None:
    assert "docker system df" in images.cause("#9 write /x: no space left on device\nfailed to solve\n")


def test_a_compose_file_that_compose_refuses(programs: Programs, stack: Path) -> None:
    programs.add(
        "docker",
        docker(compose="echo 'services.x Additional property y is not allowed' >&2; exit 15", image=":"),
    )
    with pytest.raises(Unusable, match=r"refuses docker-compose\.yml: services.x Additional property"):
        images.ensure("local", stack)


# --- several commands at once


def job(tmp_path: Path, name: str, shell: str) -> parallel.Job:
    return parallel.Job(name, ["/bin/sh", "-c", shell], dict(os.environ), tmp_path, tmp_path / f"{name}.log")


def test_commands_run_side_by_side(tmp_path: Path) -> None:
    meet = "touch {}; while [ ! -e {} ]; do /bin/sleep 0.05; done"
    said: list[str] = []
    path = "PATH=/bin:/usr/bin; "
    jobs = [
        job(tmp_path, "a", path + meet.format("a", "b")),
        job(tmp_path, "b", path + meet.format("b", "a")),
    ]
    parallel.run(jobs, said.append)
    assert sorted(line.split()[-1] for line in said) == ["a", "b"]


def test_the_first_failure_ends_the_others(tmp_path: Path) -> None:
    trapping = "trap 'echo cleared; exit 1' TERM; touch ready; while :; do /bin/sleep 0.05; done"
    failing = "while [ ! -e ready ]; do /bin/sleep 0.05; done; echo why; exit 3"
    path = "PATH=/bin:/usr/bin; "
    with pytest.raises(parallel.Failed) as caught:
        parallel.run(
            [
                job(tmp_path, "long", path + trapping),
                job(tmp_path, "bad", path + failing),
                job(tmp_path, "never", "touch never"),
            ],
            lambda line: None,
        )
    assert (caught.value.job.what, caught.value.output) == ("bad", "why\n")
    assert (tmp_path / "long.log").read_text().endswith("cleared\n")
    assert not (tmp_path / "never").exists()


def test_long_ones_give_a_sign_of_life(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "HEARTBEAT", 0.2)
    said: list[str] = []
    parallel.run([job(tmp_path, "a", "echo '#8 RUN apt-get'; /bin/sleep 0.7")], said.append)
    assert "… a: #8 RUN apt-get" in said[0]


def test_what_does_not_end_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "GRACE", 0.3)
    stubborn = job(tmp_path, "a", "trap '' TERM; echo $$; while :; do /bin/sleep 0.05; done")

    def interrupt(line: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(parallel, "HEARTBEAT", 0.3)
    with pytest.raises(KeyboardInterrupt):
        parallel.run([stubborn], interrupt)
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "a.log").read_text()), signal.SIGCONT)
