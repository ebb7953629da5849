import os
from typing import Any

import pytest

from compose import checks, env_file, up
from embedded.errors import Unusable
from tests.unit.compose.fake_programs import Programs


@pytest.mark.parametrize(
    ("state", "health", "code", "said"),
    [
        ("running", "healthy", 0, ""),
        ("running", "", 0, ""),  # a service without a health check
        ("exited", "", 0, ""),  # a one-shot service that did its task
        ("running", "starting", 0, "starting"),
        ("running", "unhealthy", 0, "unhealthy"),
        ("exited", "", 137, "exited with code 137"),
        ("restarting", "", 1, "restarting"),
        ("created", "", 0, "created"),
    ],
)
def test_what_is_wrong_with_a_container(state: str, health: str, code: int, said: str) -> None:
    container: dict[str, Any] = {"State": state, "Health": health, "ExitCode": code}
    assert up.trouble(container) == said


@pytest.mark.parametrize("profile", ["local", "emr"])
def test_every_port_of_the_profile_has_a_place(profile: str) -> None:
    passwords = {"AIRFLOW_ADMIN_PASSWORD": "a-password", "WORDPRESS_ADMIN_PASSWORD": "another"}
    values = {**env_file.defaults(), **passwords}
    lines = up.places(profile, values)
    for name, port in values.items():
        if env_file.is_port(name):
            shown = any(f"://127.0.0.1:{port}" in line or f"://localhost:{port}" in line for line in lines)
            assert shown == (name in checks.PORTS[profile]), name
    assert "http://localhost:8088 " in lines[0]
    assert "admin / another" in lines[0]
    assert "admin / a-password" in "\n".join(lines)


def test_both_forms_of_composes_list_are_read() -> None:
    one = '{"Name": "a-1", "State": "running"}'
    assert up.containers(f"{one}\n{one}\n") == up.containers(f"[{one}, {one}]")
    assert up.containers("") == []


def listing(own: str, every: str) -> str:
    """A `docker` whose services are `own`, and `every` where all profiles are named."""
    return (
        'case "$*" in *"--profile emr"*"config --services") '
        + every
        + ' ;; *"config --services") '
        + own
        + " ;; esac"
    )


def test_only_what_the_profile_lacks_is_stopped(programs: Programs) -> None:
    programs.add("docker", listing("echo a; echo b", "echo a; echo b; echo emr; echo localstack"))
    up.leave_other_profile(["docker", "compose"], os.environ)
    (removed,) = (call for call in programs.calls() if " rm " in call)
    assert removed.endswith("rm --stop --force emr localstack")


@pytest.mark.parametrize("own", ["echo a; echo 'time=1 level=warning' >&2", "exit 1"])
def test_nothing_is_stopped_on_a_warning_or_an_error(programs: Programs, own: str) -> None:
    programs.add("docker", listing(own, "echo a"))
    if own == "exit 1":
        with pytest.raises(Unusable):
            up.leave_other_profile(["docker", "compose"], os.environ)
    else:
        up.leave_other_profile(["docker", "compose"], os.environ)
    assert not [call for call in programs.calls() if " rm " in call]


def test_a_service_that_is_not_healthy_is_shown_with_its_log(programs: Programs) -> None:
    programs.add(
        "docker",
        'case $1 in compose) echo "time=1 level=warning" >&2; '
        """echo '{"Service": "emr", "Name": "t-emr-1", "State": "exited", "Health": "", "ExitCode": 3}' ;; """
        "logs) echo the last line >&2 ;; esac",
    )
    assert list(up.unhealthy(["docker", "compose"], os.environ)) == [
        ("emr", "exited with code 3", "the last line\n")
    ]


def test_what_the_website_lacks_is_told(programs: Programs) -> None:
    programs.add(
        "docker",
        "printf 'page Map: made\\n\\r\\033[2Kprovision: bad.zip: is no zip file\\nnothing to change\\n'",
    )
    compose, since = ["docker", "compose"], "2026-11-22T10:00:00+00:00"
    assert list(up.website_problems(compose, os.environ, since)) == ["website: bad.zip: is no zip file"]
    (asked,) = programs.calls()
    assert f"--since {since} wordpress-init" in asked
