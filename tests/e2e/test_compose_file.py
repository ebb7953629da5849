"""docker-compose.yml as Compose resolves it: what every service must have."""

import json
from typing import Any

import pytest

from tests.e2e.harness import Stack

ONE_SHOT = {"airflow-migrate", "wordpress-init"}
NETWORKS = {
    "airflow-api-server": {"database", "aws", "internet"},
    "airflow-dag-processor": {"database", "aws", "internet"},
    "airflow-migrate": {"database"},
    "airflow-scheduler": {"database", "aws", "internet"},
    "airflow-triggerer": {"database", "aws", "internet"},
    "emr": {"aws", "cluster"},
    "fixtures": {"internet"},
    "localstack": {"aws"},
    "mariadb": {"site"},
    "postgres": {"database", "results"},
    "spark-master": {"cluster"},
    "spark-worker": {"cluster"},
    "wordpress": {"site", "results"},
    "wordpress-init": {"site"},
}
REAL = {name for name in NETWORKS if name.startswith("airflow-")} | {
    "mariadb",
    "postgres",
    "wordpress",
    "wordpress-init",
}  # also where S3 and EMR are AWS's


def services(stack: Stack, profile: str) -> dict[str, Any]:
    """The services of a profile, resolved."""
    shown = stack.compose("config", "--format", "json", profile=profile)
    return dict(json.loads(shown)["services"])


@pytest.fixture(scope="module")
def local(stack_of_files: Stack) -> dict[str, Any]:
    return services(stack_of_files, "local")


def test_the_services_are_on_the_networks_that_they_need(local: dict[str, Any]) -> None:
    assert {name: set(service["networks"]) for name, service in local.items()} == NETWORKS


def test_every_long_running_service_has_a_health_check(local: dict[str, Any]) -> None:
    for name, service in local.items():
        if name not in ONE_SHOT:
            assert service["healthcheck"]["test"][0] in ("CMD", "CMD-SHELL"), name


def test_images_are_pinned(local: dict[str, Any]) -> None:
    for name, service in local.items():
        tag = service["image"].rpartition(":")[2]
        assert tag != service["image"], name
        assert tag[0].isdigit(), name


def test_ports_are_published_on_loopback_only(local: dict[str, Any]) -> None:
    published = [port for service in local.values() for port in service.get("ports", [])]
    assert len(published) == 7
    assert {port["host_ip"] for port in published} == {"127.0.0.1"}


def test_nothing_is_privileged(local: dict[str, Any]) -> None:
    for name, service in local.items():
        assert not service.get("privileged"), name
        assert "network_mode" not in service, name
        assert "pid" not in service, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert not any("docker.sock" in volume["source"] for volume in service.get("volumes", [])), name


def test_every_service_has_a_memory_limit(local: dict[str, Any]) -> None:
    limits = {name: int(service["mem_limit"]) for name, service in local.items()}
    assert all(limits.values())


def test_what_is_mounted_from_the_checkout_is_read_only(local: dict[str, Any]) -> None:
    bound = [volume for service in local.values() for volume in service.get("volumes", [])
             if volume["type"] == "bind"]  # fmt: skip
    assert bound
    assert all(volume["read_only"] for volume in bound)


def test_a_secret_is_given_to_who_needs_it_only(local: dict[str, Any], stack_of_files: Stack) -> None:
    holders = {
        name: {service for service, text in ((s, json.dumps(local[s]["environment"])) for s in local
                                             if local[s].get("environment")) if value in text}
        for name, value in stack_of_files.secrets.items()
    }  # fmt: skip
    assert holders["POSTGRES_PASSWORD"] == {"postgres"}
    assert holders["PIPELINE_PASSWORD"] == {"postgres", "localstack"}
    assert holders["WEBAPP_PASSWORD"] == {"postgres", "wordpress"}
    assert holders["FIXTURES_TOKEN"] == {"localstack"}
    airflow = {name for name in local if name.startswith("airflow-")}
    assert holders["AIRFLOW_DB_PASSWORD"] == {"postgres", *airflow}
    assert holders["AIRFLOW_ADMIN_PASSWORD"] == {"airflow-api-server"}
    assert holders["MARIADB_ROOT_PASSWORD"] == {"mariadb"}
    assert holders["WORDPRESS_DB_PASSWORD"] == {"mariadb", "wordpress", "wordpress-init"}
    assert holders["WORDPRESS_ADMIN_PASSWORD"] == {"wordpress-init"}
    assert holders["WORDPRESS_SECRET_KEY"] == {"wordpress", "wordpress-init"}


def test_profile_emr_has_no_emulator(stack_of_files: Stack) -> None:
    real = services(stack_of_files, "emr")
    assert set(real) == REAL
    for service in real.values():
        assert not any(name.startswith("AWS_ENDPOINT_URL") for name in service.get("environment", {}))
