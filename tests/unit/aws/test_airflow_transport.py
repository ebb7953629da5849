"""Airflow's API through MWAA: what is sent over the wire, and one error for each thing that fails."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from aws.mwaa import transport as airflow_transport
from aws.mwaa.transport import InvokeRestApi
from aws.mwaa.web_server import WebServer
from compose.airflow_api import Airflow
from compose.airflow_http import Refused, Unreachable
from embedded.errors import Unusable
from tests.unit.aws.mwaa_server import THROTTLED, Mwaa, Trouble, serving
from tests.unit.compose import airflow_server
from tests.unit.compose.airflow_server import RUN_ID, Server, run, task

SLOW = {"RestApiStatusCode": 504, "RestApiResponse": {"detail": "slow"}}
TWEETS = "london-housing-webapp"


@pytest.fixture
def mwaa(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mwaa]:
    with serving(Mwaa(Server())) as running:
        for name, value in running.environment.items():
            monkeypatch.setenv(name, value)
        yield running


@pytest.fixture
def pauses() -> list[float]:
    return []


@pytest.fixture
def airflow(mwaa: Mwaa, pauses: list[float]) -> Airflow:
    return Airflow(InvokeRestApi(airflow_transport.client(boto3.Session()), mwaa.name, pauses.append))


def test_a_run_is_triggered_and_looked_at(airflow: Airflow, mwaa: Mwaa) -> None:
    mwaa.airflow.tasks = [[task("create_schema", "success", 1.0)]]
    started = airflow.trigger(TWEETS, {"week": "2026-W46"})
    assert mwaa.calls[-1] == {
        "Method": "POST",
        "Path": f"/dags/{TWEETS}/dagRuns",
        "Body": {"logical_date": None, "conf": {"week": "2026-W46"}},
    }
    assert (started.run_id, started.state) == (RUN_ID, "queued")
    assert airflow.run(TWEETS, RUN_ID).state == "queued"
    # The service gets the run's id as it is, not as a browser would write it
    assert mwaa.calls[-1] == {"Method": "GET", "Path": f"/dags/{TWEETS}/dagRuns/{RUN_ID}"}
    assert [one.task_id for one in airflow.tasks(TWEETS, RUN_ID)] == ["create_schema"]


def test_query_parameters_are_a_document(airflow: Airflow, mwaa: Mwaa) -> None:
    mwaa.airflow.others = [run(TWEETS, "running", "scheduled__1")]
    assert [one.run_id for one in airflow.active_runs(TWEETS)] == ["scheduled__1", RUN_ID]
    assert mwaa.calls[-1]["Path"] == f"/dags/{TWEETS}/dagRuns"
    assert [call["QueryParameters"] for call in mwaa.calls[-2:]] == [
        {"state": "running", "order_by": "run_after"}, {"state": "queued", "order_by": "run_after"},
    ]  # fmt: skip
    airflow.unpause(TWEETS)
    assert mwaa.calls[-1]["QueryParameters"] == {"update_mask": "is_paused"}
    assert mwaa.calls[-1]["Body"] == {"is_paused": False}


def test_what_airflow_does_not_know_is_not_an_error_of_aws(airflow: Airflow) -> None:
    assert airflow.dag("nothing") is None
    with pytest.raises(Refused) as refused:
        airflow.run(TWEETS, "gone")
    assert (refused.value.status, refused.value.detail) == (
        404,
        "The DagRun with run_id: `gone` was not found",
    )


@pytest.mark.parametrize(
    ("said", "detail"),
    [
        ({"detail": [{"loc": ["body"], "msg": "Field required"}]}, "[{'loc': ['body'], 'msg': 'Field req"),
        ({"title": "Bad"}, "{'title': 'Bad'}"),
    ],
)
def test_a_refusal_keeps_airflows_words(airflow: Airflow, mwaa: Mwaa, said: Any, detail: str) -> None:
    mwaa.airflow.refusal = 422, said
    with pytest.raises(Refused) as refused:
        airflow.trigger(TWEETS, {})
    assert refused.value.status == 422
    assert refused.value.detail.startswith(detail)


def test_throttling_is_waited_for(airflow: Airflow, mwaa: Mwaa, pauses: list[float]) -> None:
    mwaa.troubles = [THROTTLED, THROTTLED]
    assert airflow.dag(TWEETS)
    assert pauses == [1.0, 2.0]
    mwaa.troubles = [THROTTLED] * 4
    with pytest.raises(Unreachable, match=r"MWAA takes no more calls now \(ThrottlingException"):
        airflow.dag(TWEETS)
    assert pauses == [1.0, 2.0, 1.0, 2.0, 4.0]


@pytest.mark.parametrize(
    ("trouble", "says"),
    [
        (
            (
                400,
                "RestApiServerException",
                {"RestApiStatusCode": 504, "RestApiResponse": {"detail": "slow"}},
            ),
            "Airflow in tubepulse answers 504: slow",
        ),
        ((500, "InternalServerException", {"message": "x"}), r"MWAA does not answer now \(Internal"),
    ],
)
def test_what_may_pass_is_unreachable_and_is_not_sent_twice(
    airflow: Airflow, mwaa: Mwaa, trouble: Trouble, says: str
) -> None:
    mwaa.troubles = [trouble]
    with pytest.raises(Unreachable, match=says):
        airflow.trigger(TWEETS, {})
    assert len(mwaa.calls) == 1


@pytest.mark.parametrize(
    ("trouble", "says"),
    [
        (
            (
                403,
                "AccessDeniedException",
                {"Message": "User x is not authorized to\nperform: airflow:InvokeRestApi on resource: arn:x"},
            ),
            "denies airflow:InvokeRestApi on arn:x to",
        ),
        ((403, "ExpiredTokenException", {"message": "expired"}), "credentials have expired"),
        ((400, "ValidationException", {"message": "1 error\nlong"}), "ValidationException: 1 error long"),
    ],
)
def test_what_will_not_pass_is_one_line(airflow: Airflow, mwaa: Mwaa, trouble: Trouble, says: str) -> None:
    mwaa.troubles = [trouble]
    with pytest.raises(Unusable, match=says) as obstacle:
        airflow.dag(TWEETS)
    assert not isinstance(obstacle.value, Unreachable | Refused)
    assert "\n" not in str(obstacle.value)


def test_no_environment(mwaa: Mwaa) -> None:
    airflow = Airflow(InvokeRestApi(airflow_transport.client(boto3.Session()), "typo"))
    with pytest.raises(Unusable, match="there is no MWAA environment typo here: make deploy PROFILE=aws"):
        airflow.dag(TWEETS)


def test_nobody_answers(mwaa: Mwaa, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_MWAA", "http://127.0.0.1:9")
    with pytest.raises(Unreachable, match=r"MWAA does not answer: .*127\.0\.0\.1:9"):
        Airflow(InvokeRestApi(airflow_transport.client(boto3.Session()), "tubepulse")).dag(TWEETS)


def test_no_credentials(mwaa: Mwaa, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, "/dev/null")
    with pytest.raises(Unusable, match="there are no AWS credentials"):
        Airflow(InvokeRestApi(airflow_transport.client(boto3.Session()), "tubepulse")).dag(TWEETS)


@pytest.fixture
def refusing(mwaa: Mwaa, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mwaa]:
    """A service that keeps to its model, and the environment's web server."""
    mwaa.longest = 64
    with airflow_server.serving(mwaa.airflow) as web:
        mwaa.web = web.url.removeprefix("http://")
        plain = functools.partial(WebServer, scheme="http")
        monkeypatch.setattr("aws.mwaa.transport.WebServer", plain)
        yield mwaa


def test_a_path_that_is_too_long_for_the_service_takes_the_other_way(
    airflow: Airflow, refusing: Mwaa
) -> None:
    refusing.airflow.tasks = [[task("create_schema", "success", 1.0)]]
    refusing.airflow.xcoms["create_emr_cluster", "return_value"] = "j-1"
    assert [one.task_id for one in airflow.tasks(TWEETS, RUN_ID)] == ["create_schema"]
    assert airflow.xcom(TWEETS, RUN_ID, "create_emr_cluster") == "j-1"
    assert airflow.xcom(TWEETS, RUN_ID, "nothing") is None
    # It was tried once, is known from then on, and short ones go as they did
    assert len(refusing.calls) == 1
    assert airflow.dag(TWEETS)
    assert len(refusing.calls) == 2
    logins = [path for _, path, _ in refusing.airflow.asked if path.endswith("/aws_mwaa/login")]
    assert len(logins) == 1


def test_the_other_ways_token_is_renewed(airflow: Airflow, refusing: Mwaa) -> None:
    assert airflow.xcom(TWEETS, RUN_ID, "nothing") is None
    refusing.airflow.token = "second"
    assert airflow.xcom(TWEETS, RUN_ID, "nothing") is None


def test_a_web_server_that_lets_nobody_in_is_one_line(airflow: Airflow, refusing: Mwaa) -> None:
    refusing.login = "wrong"
    with pytest.raises(Unusable, match="is not the web server of tubepulse: see docs/aws"):
        airflow.xcom(TWEETS, RUN_ID, "nothing")
    refusing.web = "127.0.0.1:9"
    with pytest.raises(
        Unreachable, match=r"does not answer on http://127\.0\.0\.1:9: is it reachable from here"
    ):
        airflow.xcom(TWEETS, RUN_ID, "nothing")
