"""The DAG that makes the database's logins, run on a small Airflow."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from aws import database_roles, secret_store
from aws.database_roles import ADMIN, DAG, PIPELINE, Logins, Roles
from compose.airflow_api import Airflow
from compose.airflow_http import Http, Unreachable
from embedded.errors import Unusable
from tests.unit.aws import small
from tests.unit.aws.small import PREFIX
from tests.unit.compose.airflow_server import PASSWORD, Server, dag, run, serving, task

TAGS = small.TAGS | {"prefix": PREFIX}


@pytest.fixture
def server() -> Iterator[Server]:
    with serving(Server(dags={DAG: dag(DAG)})) as running:
        yield running


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def roles(server: Server, said: list[str]) -> Roles:
    return Roles(Airflow(Http(server.url, "admin", PASSWORD)), said.append, look=0)


def triggers(server: Server) -> int:
    return sum(call[:2] == ("POST", f"/api/v2/dags/{DAG}/dagRuns") for call in server.asked)


def test_it_runs_once_and_says_how_it_goes(roles: Roles, server: Server, said: list[str]) -> None:
    server.states = ["success", "queued", "running", "success"]  # the first is the server's other run
    roles.make()
    assert triggers(server) == 1
    assert [line.split("  ")[3] for line in said] == ["queued", "success", "queued", "running", "success"]


def test_a_dag_that_is_not_known_yet_is_waited_for(
    roles: Roles, server: Server, monkeypatch: pytest.MonkeyPatch, said: list[str]
) -> None:
    del server.dags[DAG]
    answer = server.answer
    looks = 0

    def later(method, path, query, body):
        nonlocal looks
        looks += path == f"/dags/{DAG}"
        if looks == 3:
            server.dags[DAG] = dag(DAG)
        return answer(method, path, query, body)

    monkeypatch.setattr(server, "answer", later)
    roles.make()
    assert said[0] == "  Airflow has yet to read database-roles; that takes some minutes"
    assert triggers(server) == 1


def test_a_dag_that_never_comes(roles: Roles, server: Server) -> None:
    del server.dags[DAG]
    roles.reading = 0
    with pytest.raises(Unusable, match="does not know the DAG database-roles after 0 minutes"):
        roles.make()


def test_a_dag_that_cannot_be_imported(roles: Roles, server: Server) -> None:
    del server.dags[DAG]
    server.import_errors = [
        {
            "filename": "database_roles.py",
            "stack_trace": 'File "/usr/local/airflow/dags/database_roles.py", line 7\nNameError: x',
        }
    ]
    with pytest.raises(
        Unusable, match=r"cannot run database-roles: airflow/dags/database_roles\.py:7: NameError"
    ):
        roles.make()


def test_airflow_may_be_silent_for_a_while(roles: Roles, server: Server) -> None:
    server.silences = 3
    roles.make()
    assert triggers(server) == 1


def test_airflow_that_stays_silent(roles: Roles, server: Server) -> None:
    server.silences = 10**6
    roles.reading = 0
    with pytest.raises(Unreachable):
        roles.make()


def test_a_run_that_takes_too_long(roles: Roles, server: Server) -> None:
    server.states = ["running"]
    roles.running = -1
    with pytest.raises(Unusable, match="is still queued after"):
        roles.make()


def test_a_failed_run_says_the_tasks_last_error(roles: Roles, server: Server) -> None:
    server.states = ["success", "failed"]
    server.tasks = [[task("make_roles", "failed", 1.0, (4, 4), DAG)]]
    server.logs = {("make_roles", 4): [{"event": "OperationalError: no route", "level": "error"}]}
    with pytest.raises(Unusable, match=f"{run(DAG, 'failed')['dag_id']} failed: OperationalError: no route"):
        roles.make()


def test_whether_they_are_made(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = {"host": "h", "password": "p", "description": "roles of 1, 2", "port": "5432"}
    with small.account(monkeypatch):
        secrets = boto3.client("secretsmanager")
        assert database_roles.made(secrets, json.dumps(wanted)) is False
        secrets.create_secret(Name=PIPELINE, SecretString=json.dumps(wanted | {"port": "1"}))
        assert database_roles.made(secrets, json.dumps(wanted)) is True
        for key in ("host", "password", "description"):
            assert database_roles.made(secrets, json.dumps(wanted | {key: "other"})) is False
        secrets.put_secret_value(SecretId=PIPELINE, SecretString="postgresql://a.uri")
        assert database_roles.made(secrets, json.dumps(wanted)) is False


def test_the_login_is_lent_and_taken_back_also_from_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    with small.account(monkeypatch):
        secrets = boto3.client("secretsmanager")
        with pytest.raises(KeyboardInterrupt), database_roles.lent(secrets, "{}", TAGS):
            assert secret_store.value(secrets, ADMIN) == "{}"
            raise KeyboardInterrupt
        assert secret_store.find(secrets, ADMIN) is None


@pytest.mark.parametrize("theirs", [{}, {"prefix": "other"}, {"profile": "other"}, {"project": "other"}])
def test_somebody_elses_login_is_refused_and_stays(
    monkeypatch: pytest.MonkeyPatch, theirs: dict[str, str]
) -> None:
    tags: Any = [{"Key": key, "Value": value} for key, value in (TAGS | theirs).items()] if theirs else []
    with small.account(monkeypatch):
        secrets = boto3.client("secretsmanager")
        secrets.create_secret(Name=ADMIN, SecretString="theirs", Tags=tags)
        with (
            pytest.raises(Unusable, match=f"secret {ADMIN} is not this deployment's"),
            database_roles.lent(secrets, "{}", TAGS),
        ):
            pytest.fail("it was lent")
        with pytest.raises(Unusable, match="is not this deployment's"):
            database_roles.left(secrets, TAGS)
        assert secret_store.value(secrets, ADMIN) == "theirs"


@pytest.mark.parametrize("leaving", [False, True])
def test_a_login_that_was_left_is_ours_and_used_again(monkeypatch: pytest.MonkeyPatch, leaving: bool) -> None:
    with small.account(monkeypatch):
        secrets = boto3.client("secretsmanager")
        assert database_roles.left(secrets, TAGS) is False
        secret_store.write(secrets, {ADMIN: "old"}, lambda _: None, TAGS)
        if leaving:
            secrets.delete_secret(SecretId=ADMIN)
        assert database_roles.left(secrets, TAGS) is True
        with database_roles.lent(secrets, "{}", TAGS):
            assert secret_store.value(secrets, ADMIN) == "{}"
        assert secret_store.find(secrets, ADMIN) is None


def test_logins_do_not_show_their_passwords() -> None:
    logins = Logins("canary", "canary", "1, 2")
    assert "canary" not in repr(logins)
    assert logins.values() == {"PipelinePassword": "canary", "RolesVersion": "1, 2"}
