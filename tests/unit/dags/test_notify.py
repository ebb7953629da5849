from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest
from airflow.sdk import Connection
from airflow.sdk.exceptions import AirflowNotFoundException

from tubepulse import notify
from tubepulse.notify import Failure, body, subject, what_to_do

STEP = Failure(
    dag_id="london-housing-webapp",
    run_id="manual__1",
    week="2026-W46",
    month=None,
    task_id="watch_step",
    tries=1,
    is_teardown=False,
    error="AirflowException: EMR job failed: None",
    finding={
        "cluster": "j-1", "what": "step s-2 'run sentiment analysis' FAILED", "reason": "Unknown Error.",
        "message": "MissingColumns: mood", "log": "s3://b/logs/j-1/steps/s-2/stderr.gz",
    },
    log_url="http://localhost:8080/dags/london-housing-webapp/runs/manual__1/tasks/watch_step?try_number=1",
)  # fmt: skip
HOUSING = replace(
    STEP, dag_id="housing-prices", week=None, month="2026-11", task_id="fetch_prices", finding=None
)


def test_a_failed_step_is_told_with_its_cause_and_both_logs() -> None:
    assert subject(STEP) == "london-housing-webapp 2026-W46: watch_step failed"
    text = body(STEP)
    for part in ("run sentiment analysis", "MissingColumns: mood", "s3://b/logs/j-1/steps/s-2/stderr.gz"):
        assert part in text
    assert f'<a href="{STEP.log_url}">' in text
    assert what_to_do(STEP) == [
        "Read the step's log: aws s3 cp s3://b/logs/j-1/steps/s-2/stderr.gz - | gunzip",
        'Trigger london-housing-webapp again, with {"week": "2026-W46"}: a rerun replaces the week.',
    ]


def test_logs_that_are_a_folder_are_copied_as_one() -> None:
    found = replace(STEP, finding={"log": "s3://b/logs/j-1/steps/s-2/"})
    assert what_to_do(found)[0] == "Read the logs: aws s3 cp --recursive s3://b/logs/j-1/steps/s-2/ ."


def test_a_month_is_told_as_a_week_is() -> None:
    assert subject(HOUSING) == "housing-prices 2026-11: fetch_prices failed"
    assert "Month" in body(HOUSING) and "Week" not in body(HOUSING)
    assert "Week" in body(STEP) and "Month" not in body(STEP)
    assert what_to_do(HOUSING)[1] == (
        'Trigger housing-prices again, with {"month": "2026-11"}: a rerun replaces the month; '
        "the prices that are loaded stay until then."
    )


def test_without_a_week_or_a_month_the_run_is_named() -> None:
    other = replace(HOUSING, month=None)
    assert subject(other) == "housing-prices manual__1: fetch_prices failed"
    assert "Week" not in body(other) and "Month" not in body(other)
    assert what_to_do(other)[1] == "Trigger housing-prices again: a rerun updates, and never doubles."


def test_a_failed_teardown_warns_of_what_may_still_run() -> None:
    assert "still run and cost money" in body(
        replace(STEP, task_id="terminate_emr_cluster", is_teardown=True)
    )


def test_a_killed_task_has_no_exception() -> None:
    assert "may have been killed" in body(replace(STEP, error=None, finding=None))


def test_what_comes_from_outside_is_text() -> None:
    evil = "<script>alert('x')</script> & {{ conn.postgres_default.password }}"
    finding = dict.fromkeys(("what", "reason", "message", "log"), evil)
    text = body(replace(STEP, error=evil, finding=finding, week=evil, run_id=evil, log_url=f'"{evil}'))
    assert "<script>" not in text
    assert text.count("{{ conn.postgres_default.password }}") > 3  # as written, not rendered
    assert subject(replace(STEP, week="a\r\nBcc: all@example.com")).count("\n") == 0


def test_a_long_cause_is_cut() -> None:
    assert len(body(replace(STEP, error="x" * 100_000))) < 5000


class Sent(list[Any]):
    """Stands in for the notifier: what was to be sent."""

    def __call__(self, **what: Any) -> "Sent":
        self.append(what)
        return self

    def notify(self, context: Any) -> None:
        if context["params"].get("server") == "down":
            raise ConnectionRefusedError(111, "Connection refused")


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> Sent:
    sent = Sent()
    monkeypatch.setattr(notify, "SmtpNotifier", sent)
    return sent


def given(monkeypatch: pytest.MonkeyPatch, connection: Connection | Exception) -> None:
    def get(_: str) -> Connection:
        if isinstance(connection, Exception):
            raise connection
        return connection

    monkeypatch.setattr(Connection, "get", get)


def context(**params: Any) -> Any:
    ti = SimpleNamespace(
        dag_id="d", run_id="r", task_id="t", try_number=4, log_url="http://x/", xcom_pull=lambda **_: None,
        task=SimpleNamespace(is_teardown=False),
    )  # fmt: skip
    run = SimpleNamespace(run_after=datetime(2026, 11, 16, 0, 5, tzinfo=UTC))
    return {"ti": ti, "dag_run": run, "params": params, "exception": ValueError("no")}


MAIL = Connection(conn_id="smtp_default", conn_type="smtp", host="mx", extra='{"to_email": "a@b.c, d@e.f"}')


def test_a_mail_goes_to_the_connections_people(monkeypatch: pytest.MonkeyPatch, sent: Sent) -> None:
    given(monkeypatch, MAIL)
    notify.mail_failure(context(week=None))
    (mail,) = sent
    assert mail["to"] == "a@b.c, d@e.f"
    assert mail["subject"] == "d 2026-W46: t failed"
    assert "ValueError: no" in mail["html_content"]


def test_the_month_is_the_runs(monkeypatch: pytest.MonkeyPatch, sent: Sent) -> None:
    given(monkeypatch, MAIL)
    notify.mail_failure(context(month=None))
    notify.mail_failure(context(month="2026-09"))
    assert [mail["subject"] for mail in sent] == ["d 2026-11: t failed", "d 2026-09: t failed"]
    assert "{&quot;month&quot;: &quot;2026-11&quot;}" in sent[0]["html_content"]


@pytest.mark.parametrize("month", ["2026-13", "2026-12", "soon"])
def test_a_bad_month_is_mailed_as_given(monkeypatch: pytest.MonkeyPatch, sent: Sent, month: str) -> None:
    given(monkeypatch, MAIL)
    notify.mail_failure(context(month=month))
    assert sent[0]["subject"] == f"d {month}: t failed"


@pytest.mark.parametrize("week", ["2026-W99", "soon"])
def test_a_bad_week_is_mailed_as_given(monkeypatch: pytest.MonkeyPatch, sent: Sent, week: str) -> None:
    given(monkeypatch, MAIL)
    notify.mail_failure(context(week=week))
    assert sent[0]["subject"] == f"d {week}: t failed"


def test_without_a_connection_nothing_is_sent_or_said(
    monkeypatch: pytest.MonkeyPatch, sent: Sent, caplog: pytest.LogCaptureFixture
) -> None:
    given(monkeypatch, AirflowNotFoundException("smtp_default"))
    notify.mail_failure(context())
    assert sent == []
    assert caplog.messages == []


@pytest.mark.parametrize(
    ("connection", "server", "said"),
    [
        (ConnectionError("no secrets"), "up", "no secrets"),
        (Connection(conn_id="smtp_default", conn_type="smtp", host="mx"), "up", "to_email"),
        (MAIL, "down", "Connection refused"),
    ],
)
def test_trouble_with_the_mail_is_one_line(
    monkeypatch: pytest.MonkeyPatch,
    sent: Sent,
    caplog: pytest.LogCaptureFixture,
    connection: Connection | Exception,
    server: str,
    said: str,
) -> None:
    given(monkeypatch, connection)
    notify.mail_failure(context(server=server))
    (line,) = caplog.messages
    assert line.startswith("no mail about this failure")
    assert said in line
    assert "\n" not in line


def test_a_mail_is_written_without_the_run_too() -> None:
    """Where Airflow reports a task whose process is gone, the context has no run."""
    for param, key in (("week", "2026-W46"), ("month", "2026-11")):
        for params, found in (({param: None}, None), ({param: key}, key), ({}, None)):
            bare = cast(Any, {"params": params})
            assert notify._run_key(bare, param, lambda *_: pytest.fail("no run")) == found
