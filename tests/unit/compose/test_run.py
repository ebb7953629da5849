"""make run and make backfill: what is asked first, exit codes, and the one line for each obstacle."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from compose import backfill, env_file, launch, results, run
from compose.airflow_api import Airflow
from compose.airflow_http import Http
from compose.run import HOUSING, TWEETS, Session
from compose.site import Helps, Site
from embedded import outcome
from embedded.errors import Unusable
from tests.unit.compose.airflow_server import PASSWORD, RUN_ID, Server, dag, serving, task

BROKEN = {
    "filename": "x.py",
    "stack_trace": 'File "/opt/airflow/dags/x.py", line 2\n  y = (\nSyntaxError: open\n',
}


@pytest.fixture
def server() -> Iterator[Server]:
    with serving(Server()) as running:
        yield running


class Stack:
    """A stack of which only Airflow is real; what its database was asked for is in `shown`."""

    def __init__(self, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
        self.server, self.prices = server, True
        self.shown: list[str] = []
        monkeypatch.setattr(Session, "look", 0.0)
        monkeypatch.setattr(
            Site,
            "of",
            lambda *_: Site(
                {**env_file.defaults(), "AIRFLOW_ADMIN_PASSWORD": PASSWORD, "PIPELINE_PASSWORD": "x"}
            ),
        )
        monkeypatch.setattr(Site, "airflow_url", server.url)
        monkeypatch.setattr(Site, "database", lambda _: SimpleNamespace(close=lambda: None))
        monkeypatch.setattr(results, "no_prices", lambda _: not self.prices)
        monkeypatch.setattr(results, "show_week", lambda *args: self.shown.append(args[-1]))
        monkeypatch.setattr(results, "show_moods", lambda *_: self.shown.append("moods"))
        monkeypatch.setattr(outcome, "counted", lambda _, week: outcome.Counts(1, 2, 3, 4, 5, 6, 7, 8))
        monkeypatch.setattr(outcome, "moods", lambda _: [])
        self._monkeypatch = monkeypatch

    def call(self, main: Callable[[], int], *options: str) -> int:
        self._monkeypatch.setattr(sys, "argv", ["command", *options])
        return main()

    def triggered(self) -> list[tuple[str, Any]]:
        return [
            (path.split("/")[4], body["conf"])
            for method, path, body in self.server.asked
            if method == "POST" and path.endswith("/dagRuns")
        ]


@pytest.fixture
def stack(server: Server, monkeypatch: pytest.MonkeyPatch) -> Stack:
    return Stack(server, monkeypatch)


def test_a_run_without_a_week_lets_the_dag_decide(stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    assert stack.call(run.main) == 0
    assert stack.triggered() == [(TWEETS, {})]
    assert stack.shown == ["2026-W46"]
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"{TWEETS}  {stack.server.url}/dags/{TWEETS}/runs/{RUN_ID}"
    assert lines[-1] == f"✔ {TWEETS} success 31.4 s"


def test_prices_come_first_where_there_are_none(stack: Stack) -> None:
    stack.prices = False
    stack.server.dags = {HOUSING: dag(HOUSING, paused=True), TWEETS: dag(TWEETS, paused=True)}
    assert stack.call(run.main, "--week", "2026-W44") == 0
    assert stack.triggered() == [(HOUSING, {}), (TWEETS, {"week": "2026-W44"})]
    assert not any(one["is_paused"] for one in stack.server.dags.values())


@pytest.mark.parametrize("week", ["46", "2026-W60", ""])
def test_a_week_is_checked_before_anything_is_asked(
    week: str, stack: Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    assert stack.call(run.main, "--week", week) == 2
    assert capsys.readouterr().err == f"'{week}' is no ISO week: give one like WEEK=2026-W46, or none\n"
    assert stack.server.asked == []


def test_a_failed_run_is_exit_code_1_with_its_cause(stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    stack.server.states = ["failed"]
    stack.server.tasks = [[task("get_twitter_data", "failed", 1.0, tries=(4, 4))]]
    error = {"exc_type": "RateLimited", "exc_value": "try later"}
    stack.server.logs["get_twitter_data", 4] = [{"event": "x", "level": "error", "error_detail": [error]}]
    assert stack.call(run.main) == 1
    assert stack.shown == []
    out = capsys.readouterr().out
    assert f"✘ {TWEETS}.get_twitter_data RateLimited: try later" in out
    assert (
        f"get_twitter_data failed after 4 tries: {stack.server.url}/dags/{TWEETS}/runs/{RUN_ID}/tasks/" in out
    )


def test_a_run_that_takes_too_long_is_exit_code_1(stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    stack.server.states = ["running"]
    assert stack.call(run.main, "--hours", "0.00001") == 1
    assert "it goes on: http" in capsys.readouterr().out


def test_ctrl_c_stops_the_following_only(
    stack: Stack, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr("compose.follow.Follower._ask", interrupted)
    assert stack.call(run.main) == 130
    assert capsys.readouterr().out.splitlines()[-1] == (
        f"stopped following; the run goes on: {stack.server.url}/dags/{TWEETS}/runs/{RUN_ID}"
    )


def test_no_stack_is_one_line(
    stack: Stack, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Site, "airflow_url", "http://127.0.0.1:9")
    assert stack.call(run.main) == 2
    assert capsys.readouterr().err == "Airflow does not answer on http://127.0.0.1:9: make up\n"


def test_no_env_file_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["command", "--env-file", str(tmp_path / ".env")])
    assert run.main() == 2
    assert capsys.readouterr().err == f"there is no {tmp_path}/.env: make up writes it\n"


def test_a_broken_dag_file_is_shown_with_its_line(stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    stack.server.import_errors = [BROKEN]
    stack.server.dags[TWEETS]["is_stale"] = True
    assert stack.call(run.main) == 2
    assert stack.triggered() == []
    assert "airflow/dags/x.py:2: SyntaxError: open" in capsys.readouterr().err


def test_another_broken_dag_file_is_a_warning(stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    stack.server.import_errors = [BROKEN]
    assert stack.call(run.main) == 0
    assert "! Airflow cannot import airflow/dags/x.py:2: SyntaxError: open" in capsys.readouterr().out


def test_a_dag_that_airflow_does_not_know_is_waited_for(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    airflow = Airflow(Http(server.url, "admin", PASSWORD))
    said: list[str] = []
    found = server.dags.pop(TWEETS)
    monkeypatch.setattr("time.sleep", lambda _: server.dags.update({TWEETS: found}))
    assert launch.launch(airflow, TWEETS, {}, said.append, Helps(pause=0.0)).run_id == RUN_ID
    assert said == [f"Airflow has yet to read {TWEETS}"]
    with pytest.raises(Unusable, match="does not know the DAG nothing after -1 seconds: ask the log"):
        launch.launch(airflow, "nothing", {}, said.append, Helps(reading=-1.0, unread="ask the log"))


def test_a_refused_run_is_one_line(server: Server) -> None:
    server.refusal = 400, {"detail": "Invalid input for param week: 'x' does not match\n\nFailed validating"}
    with pytest.raises(Unusable, match=r"does not run .*: Invalid input for param week: 'x' does not match$"):
        launch.launch(Airflow(Http(server.url, "admin", PASSWORD)), TWEETS, {"week": "x"}, pytest.fail)


def test_the_backfill_goes_from_old_to_new(stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    weeks = backfill.complete_weeks(date(2026, 11, 23), 4)
    assert weeks == ["2026-W44", "2026-W45", "2026-W46", "2026-W47"]
    assert backfill.complete_weeks(date(2027, 1, 10), 2) == ["2026-W52", "2026-W53"]
    assert stack.call(backfill.main) == 0
    asked = [conf["week"] for _, conf in stack.triggered()]
    assert len(asked) == 4
    assert asked == sorted(asked)
    assert stack.shown == ["moods"]
    assert "2 tweets, 3 sentiment rows" in capsys.readouterr().out


def test_a_failed_week_ends_the_backfill(stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    stack.server.states = ["success", "failed"]
    assert stack.call(backfill.main, "--weeks", "3") == 1
    weeks = [conf["week"] for _, conf in stack.triggered()]
    assert len(weeks) == 2
    assert f"✘ the backfill ends at {weeks[1]}; not run: 2" in capsys.readouterr().out
    assert stack.shown == []


@pytest.mark.parametrize("number", ["0", "-1", "x", "200000"])
def test_a_backfill_has_at_least_one_week(number: str, stack: Stack) -> None:
    with pytest.raises(SystemExit):
        stack.call(backfill.main, "--weeks", number)


def test_a_site_is_read_from_its_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    site = Site({**env_file.defaults(), "AIRFLOW_PORT": "1234", "EMR_PORT": "4321"})
    assert site.airflow_url == "http://127.0.0.1:1234"
    assert site.emr().meta.endpoint_url == "http://127.0.0.1:4321"
    assert site.s3().meta.endpoint_url == "http://127.0.0.1:4566"
    assert site.pages.task("d", "manual__2026-11-23T00:04:47.1+00:00", "t") == (
        "http://127.0.0.1:1234/dags/d/runs/manual__2026-11-23T00:04:47.1+00:00/tasks/t"
    )


def test_a_silent_database_is_one_line() -> None:
    with pytest.raises(Unusable, match=r"PostgreSQL does not answer on 127\.0\.0\.1:9: make up"):
        Site({"POSTGRES_PORT": "9", "PIPELINE_PASSWORD": "x"}).database()
