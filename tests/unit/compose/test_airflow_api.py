"""Airflow's REST API, asked over HTTP: logins, answers, errors."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from compose.airflow_api import Airflow, ImportFailure, import_failure, last_error
from compose.airflow_http import Http, Refused, Unreachable
from embedded.errors import Unusable
from tests.unit.compose.airflow_server import PASSWORD, RUN_ID, Server, dag, run, serving, task

DAG = "london-housing-webapp"


@pytest.fixture
def server() -> Iterator[Server]:
    with serving(Server()) as running:
        yield running


@pytest.fixture
def airflow(server: Server) -> Airflow:
    return Airflow(Http(server.url, "admin", PASSWORD))


def test_one_login_serves_many_requests(server: Server, airflow: Airflow) -> None:
    assert airflow.unhealthy() == []
    assert airflow.import_failures() == []
    assert [path for _, path, _ in server.asked].count("/auth/token") == 1


def test_an_expired_token_is_renewed(server: Server, airflow: Airflow) -> None:
    airflow.unhealthy()
    server.token = "second"
    assert airflow.unhealthy() == []
    assert [path for _, path, _ in server.asked].count("/auth/token") == 2


def test_a_wrong_password_is_one_line(server: Server) -> None:
    with pytest.raises(Unusable, match=r"refuses the login admin.*AIRFLOW_ADMIN_PASSWORD") as error:
        Airflow(Http(server.url, "admin", "wrong")).unhealthy()
    assert not isinstance(error.value, Unreachable)
    assert "wrong" not in str(error.value)


def test_no_answer_names_the_address_and_the_command(server: Server, airflow: Airflow) -> None:
    with pytest.raises(Unreachable, match=r"does not answer on http://127.0.0.1:9: make up"):
        Airflow(Http("http://127.0.0.1:9", "admin", PASSWORD)).unhealthy()
    server.silences = 1
    with pytest.raises(Unreachable, match=r"503.*make logs"):
        airflow.unhealthy()
    assert airflow.unhealthy() == []


def test_another_program_on_the_port_is_named(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = requests.Response()
    answer.status_code, answer._content = 404, b"<html>"
    monkeypatch.setattr(requests.Session, "request", lambda *_, **__: answer)
    with pytest.raises(Unusable, match="is not this stack's Airflow"):
        Airflow(Http(server.url, "admin", PASSWORD)).unhealthy()


def test_no_proxy_and_no_netrc_has_a_part(
    server: Server, airflow: Airflow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert airflow.unhealthy() == []


def test_a_run_is_triggered_without_a_logical_date(server: Server, airflow: Airflow) -> None:
    found = airflow.trigger(DAG, {"week": "2026-W46"})
    assert (found.run_id, found.state, found.active) == (RUN_ID, "queued", True)
    sent = server.asked[-1]
    assert sent[1:] == (f"/api/v2/dags/{DAG}/dagRuns", {"logical_date": None, "conf": {"week": "2026-W46"}})


def test_a_run_that_ended(server: Server, airflow: Airflow) -> None:
    server.states = ["failed"]
    found = airflow.run(DAG, RUN_ID)
    assert (found.active, found.seconds) == (False, 31.365166)
    with pytest.raises(Refused) as error:
        airflow.run(DAG, "another")
    assert error.value.status == 404


def test_a_dag_is_known_paused_stale_or_not_there(server: Server, airflow: Airflow) -> None:
    server.dags = {"a": dag("a", paused=True), "b": dag("b", stale=True)}
    found = [airflow.dag(name) for name in "abc"]
    assert [(one.paused, one.stale) if one else None for one in found] == [(True, False), (False, True), None]
    airflow.unpause("a")
    assert not server.dags["a"]["is_paused"]


def test_tasks_come_in_the_order_in_which_they_began(server: Server, airflow: Airflow) -> None:
    server.tasks = [
        [
            task("later", None),
            task("second", "running", second=9, tries=(2, 4)),
            task("first", "success", 1.5),
        ]
    ]
    first, second, later = airflow.tasks(DAG, RUN_ID)
    assert (first.task_id, first.state, first.begun) == (
        "first",
        "success",
        datetime(2026, 11, 23, 0, 4, tzinfo=UTC),
    )
    assert first.begun and first.ended
    assert (first.ended - first.begun).total_seconds() == 1.5
    assert (second.try_number, second.tries, second.ended) == (2, 4, None)
    assert (later.state, later.begun) == (None, None)


def test_active_runs_xcoms_rendered_fields_and_health(server: Server, airflow: Airflow) -> None:
    server.others = [run(DAG, "running", "scheduled__1")]
    server.xcoms["create_emr_cluster", "return_value"] = "j-1"
    server.health["scheduler"] = {"status": "unhealthy"}
    assert [one.run_id for one in airflow.active_runs(DAG)] == ["scheduled__1", RUN_ID]
    assert airflow.xcom(DAG, RUN_ID, "create_emr_cluster") == "j-1"
    assert airflow.xcom(DAG, RUN_ID, "watch_step", "failure") is None
    assert airflow.rendered(DAG, RUN_ID, "get_twitter_data")["op_kwargs"] == {"run": "2026-W46"}
    assert airflow.unhealthy() == ["scheduler"]


def line(event: str, level: str = "info", **more: Any) -> dict[str, Any]:
    return {"timestamp": "2026-11-23T00:05:17.140841Z", "event": event, "level": level, **more}


FAILED = line(
    "Task failed with exception",
    "error",
    error_detail=[
        {"exc_type": "RuntimeError", "exc_value": "the thing is gone\nsecond line", "is_cause": False},
        {"exc_type": "KeyError", "exc_value": "'no such key'", "is_cause": True},
    ],
)


GONE = "RuntimeError: the thing is gone second line"


@pytest.mark.parametrize(
    ("content", "error"),
    [
        ([line("::group::x"), line("begins"), FAILED, line("::endgroup::")], GONE),
        ([FAILED, line("Reason: none", "error")], GONE),
        ([line("killed by signal 9", "error"), line("ends")], "killed by signal 9"),
        ([line("begins"), line("did not run")], "did not run"),
        (["plain text"], "plain text"),
        ([], "its log says nothing"),
    ],
)  # fmt: skip
def test_the_last_exception_of_a_log(content: list[Any], error: str) -> None:
    assert last_error(content) == error


def test_the_log_of_the_last_try_is_read(server: Server, airflow: Airflow) -> None:
    server.tasks = [[task("a", "failed", 1.0, tries=(2, 2)), task("b", "failed", 1.0, second=2)]]
    server.logs["a", 2] = [FAILED]
    a, b = airflow.tasks(DAG, RUN_ID)
    assert airflow.last_error(a) == GONE
    assert airflow.last_error(b) == "its log says nothing"


def test_an_import_error_has_file_and_line() -> None:
    trace = (
        'Traceback (most recent call last):\n  File "<frozen importlib._bootstrap>", line 241, in _call\n'
        '  File "/opt/airflow/dags/housing_prices.py", line 12, in <module>\n    from tubepulse import x\n'
        '  File "/opt/airflow/dags/tubepulse/housing.py", line 3, in <module>\n    import nothing\n'
        "ModuleNotFoundError: No module named 'nothing'\n"
    )
    found = {"filename": "housing_prices.py", "stack_trace": trace}
    assert import_failure(found) == ImportFailure(
        "airflow/dags/tubepulse/housing.py", 3, "ModuleNotFoundError: No module named 'nothing'"
    )
    bare = {"filename": "x.py", "stack_trace": "timed out"}
    assert import_failure(bare) == ImportFailure("airflow/dags/x.py", 0, "timed out")
