from typing import Any

import pytest

from compose import checks, env_file, up


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
    values = {**env_file.defaults(), "AIRFLOW_ADMIN_PASSWORD": "a-password"}
    text = "\n".join(up.places(profile, values))
    for name, port in values.items():
        if env_file.is_port(name):
            assert (f"://127.0.0.1:{port}" in text) == (name in checks.PORTS[profile]), name
    assert "admin / a-password" in text
