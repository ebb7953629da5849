"""Following a run: each change once, retries, waiting, silence, the time limit, and what a failure says."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO, StringIO
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from rich.console import Console

from compose import failure, follow
from compose.airflow_api import Airflow, Run
from compose.airflow_http import Http, Refused, Unreachable
from compose.follow import Follower
from compose.site import Pages
from embedded import tables
from embedded.errors import Unusable
from tests.unit.compose.airflow_server import HEALTHY, PASSWORD, RUN_ID, Server, run, serving, task

DAG = "london-housing-webapp"
QUEUED = Run(DAG, RUN_ID, "queued")
BEGUN = datetime(2026, 11, 23, tzinfo=UTC)
PAGES = Pages("http://airflow", "http://emr/clusters/")
FAILED = {
    "event": "Task failed with exception",
    "level": "error",
    "error_detail": [{"exc_type": "AirflowException", "exc_value": "EMR job failed: None"}],
}
FOUND = {
    "cluster": "j-1",
    "what": "step s-4 'run topic analysis' FAILED",
    "reason": "Unknown Error.",
    "message": "ValueError: broken [on] purpose",
    "log": "s3://bucket/logs/j-1/steps/s-4/stdout.gz",
}


class Emr:
    """A cluster's steps, as boto3 gives them; each look takes one answer, the last one stays."""

    def __init__(self, *answers: list[dict[str, Any]] | Exception) -> None:
        self.answers = list(answers) or [[]]

    def list_steps(self, ClusterId: str) -> dict[str, Any]:
        assert ClusterId == "j-1"
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return {"Steps": list(reversed(answer))}


def step(name: str, state: str, seconds: float | None = None) -> dict[str, Any]:
    timeline = {"StartDateTime": BEGUN} if state != "PENDING" else {}
    if seconds is not None:
        timeline["EndDateTime"] = BEGUN + timedelta(seconds=seconds)
    return {"Id": f"s-{name}", "Name": name, "Status": {"State": state, "Timeline": timeline}}


class S3:
    """A bucket, as boto3 gives it: key -> text."""

    def __init__(self, **logs: str) -> None:
        self.logs = {
            key.replace("__", "/") + ".gz": gzip.compress(text.encode()) for key, text in logs.items()
        }

    def list_objects_v2(self, Bucket: str, Prefix: str) -> dict[str, Any]:
        return {"Contents": [{"Key": key} for key in sorted(self.logs) if key.startswith(Prefix)]}

    def get_object(self, Bucket: str, Key: str) -> dict[str, Any]:
        if Key not in self.logs:
            raise ClientError({"Error": {"Code": "NoSuchKey", "Message": "no such key"}}, "GetObject")
        return {"Body": BytesIO(self.logs[Key])}


@pytest.fixture
def server() -> Iterator[Server]:
    with serving(Server()) as running:
        yield running


@pytest.fixture
def console() -> Console:
    return Console(file=StringIO(), width=200, highlight=False)


@pytest.fixture
def follower(server: Server, console: Console) -> Follower:
    airflow = Airflow(Http(server.url, "admin", PASSWORD))
    return Follower(airflow, Emr(), PAGES, console, look=0)


def said(console: Console) -> list[str]:
    assert isinstance(console.file, StringIO)
    return console.file.getvalue().splitlines()


def with_emr(follower: Follower, *answers: list[dict[str, Any]] | Exception) -> Follower:
    return Follower(follower.airflow, Emr(*answers), PAGES, follower.console, look=0)


def test_every_change_is_said_once(server: Server, follower: Follower, console: Console) -> None:
    server.states = ["queued", "running", "running", "running", "success"]
    create = task("create_emr_cluster", "success", 1.2)
    server.tasks = [
        [],
        [task("create_emr_cluster", "running")],
        [create, task("watch_step", None)],
        [create, task("watch_step", "running", second=2)],
        [create, task("watch_step", "success", 20.5, second=2)],
    ]
    server.xcoms["create_emr_cluster", "return_value"] = "j-1"
    follower = with_emr(
        follower,
        [step("score", "PENDING")],
        [step("score", "RUNNING")],
        [step("score", "RUNNING")],
        [step("score", "COMPLETED", 6.7)],
    )
    ended = follower.follow(QUEUED)
    assert (ended.state, ended.seconds) == ("success", 31.365166)
    assert said(console) == [
        "    ▸ j-1  http://emr/clusters/j-1",
        "    ▸ j-1 score RUNNING",
        "✔ london-housing-webapp.create_emr_cluster success  1.2 s",
        "    ✔ j-1 score COMPLETED  6.7 s",
        "✔ london-housing-webapp.watch_step success  20.5 s",
    ]


def test_retries_are_shown_as_such(server: Server, follower: Follower, console: Console) -> None:
    server.states = ["running"] * 4 + ["failed"]
    server.tasks = [
        [task("a", "up_for_retry", 1.1, tries=(1, 4))],
        [task("a", "running", tries=(2, 4))],
        [task("a", "running", tries=(3, 4))],  # the second try failed between two looks
        [task("a", "failed", 0.5, tries=(4, 4))],
    ]
    follower.follow(QUEUED)
    assert said(console) == [
        "↻ london-housing-webapp.a up_for_retry  1.1 s  try 1 of 4",
        "↻ london-housing-webapp.a again  try 3 of 4",
        "✘ london-housing-webapp.a failed  0.5 s  try 4 of 4",
    ]


def test_the_short_form_leaves_out_what_goes_well(
    server: Server, follower: Follower, console: Console
) -> None:
    server.states = ["running", "failed"]
    server.tasks = [[task("create_emr_cluster", "success", 1.0), task("watch_step", "failed", 2.0, second=2)]]
    server.xcoms["create_emr_cluster", "return_value"] = "j-1"
    follower = with_emr(follower, [step("in", "COMPLETED", 1.0), step("score", "FAILED", 2.0)])
    follower.follow(QUEUED, brief=True)
    assert said(console) == [
        "✘ london-housing-webapp.watch_step failed  2.0 s",
        "    ✘ j-1 score FAILED  2.0 s",
    ]


def test_waiting_for_another_run_is_said(server: Server, follower: Follower, console: Console) -> None:
    server.others = [run(DAG, "running", "scheduled__1")]
    server.states = ["queued", "queued", "success"]
    follower.follow(QUEUED)
    assert said(console) == ["! waits for scheduled__1, which is running: one run at a time"]


@pytest.mark.parametrize("what", ["paused", "scheduler"])
def test_what_holds_a_run_up_is_said(what: str, server: Server, follower: Follower, console: Console) -> None:
    server.dags[DAG]["is_paused"] = what == "paused"
    server.health = {**HEALTHY, **({"scheduler": {"status": "unhealthy"}} if what == "scheduler" else {})}
    follower.follow(QUEUED)
    expected = {
        "paused": f"! {DAG} is paused: http://airflow/dags/{DAG} unpauses it",
        "scheduler": "! Airflow's scheduler does not run: make ps",
    }
    assert said(console) == [expected[what]]


def test_what_airflow_does_not_tell_ends_nothing(
    server: Server, follower: Follower, console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(_: Airflow) -> list[str]:
        raise Refused(403, "Forbidden")

    monkeypatch.setattr(Airflow, "unhealthy", refused)
    assert follower.follow(QUEUED).state == "success"
    assert said(console) == []


def test_a_sign_of_life_breaks_a_long_silence(
    server: Server, follower: Follower, console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("embedded.watch.SILENCE", 0.0)
    server.states, server.tasks = ["running", "success"], [[task("watch_step", "running")]]
    follower.follow(QUEUED)
    assert "  … watch_step  0 s" in said(console)


def test_airflow_may_restart_meanwhile(
    server: Server, follower: Follower, console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.silences = 3
    assert follower.follow(QUEUED).state == "success"
    assert said(console) == [f"! Airflow on {server.url} answers 503 Service Unavailable: asking again"]
    monkeypatch.setattr(follow, "GRACE", 0.0)
    server.silences = 1000
    with pytest.raises(Unreachable):
        follower.follow(QUEUED)


def test_emr_may_be_silent(server: Server, follower: Follower, console: Console) -> None:
    server.states = ["running"] * 3 + ["success"]
    server.xcoms["create_emr_cluster", "return_value"] = "j-1"
    gone = EndpointConnectionError(endpoint_url="http://emr")
    with_emr(follower, gone, gone, [step("in", "COMPLETED", 1.0)]).follow(QUEUED)
    assert said(console)[1:] == [
        '! the steps of j-1 cannot be shown now: Could not connect to the endpoint URL: "http://emr"',
        "    ✔ j-1 in COMPLETED  1.0 s",
    ]


def test_a_run_that_takes_too_long_is_left_alone(server: Server, follower: Follower) -> None:
    server.states = ["running"]
    assert (
        Follower(follower.airflow, Emr(), PAGES, follower.console, limit=0.05, look=0.01)
        .follow(QUEUED)
        .active
    )


def test_a_run_that_was_deleted_is_named(follower: Follower) -> None:
    with pytest.raises(Unusable, match=r"the run gone of .* somebody deleted it"):
        follower.follow(Run(DAG, "gone", "queued"))


def test_a_failure_has_cause_log_and_pages(server: Server, follower: Follower, console: Console) -> None:
    server.tasks = [
        [
            task("add_steps", "success", 1.0),
            task("watch_step", "failed", 2.0),
            task("save", "upstream_failed"),
        ]
    ]
    server.logs["watch_step", 1] = [FAILED]
    server.xcoms["watch_step", "failure"] = FOUND
    ended = Run(DAG, RUN_ID, "failed")
    log = "".join(f"line {number}\n" for number in range(30)) + "ValueError: broken [on] purpose\n"
    found = failure.failures(follower.airflow, ended)
    failure.show(console, ended, found, S3(**{"logs__j-1__steps__s-4__stdout": log}), PAGES)
    assert said(console) == [
        "✘ london-housing-webapp.watch_step AirflowException: EMR job failed: None",
        "✘ step s-4 'run topic analysis' FAILED: Unknown Error.",
        "  ValueError: broken [on] purpose",
        "  log s3://bucket/logs/j-1/steps/s-4/stdout.gz",
        *(f"  │ line {number}" for number in range(19, 30)),
        "  │ ValueError: broken [on] purpose",
        "  cluster: http://emr/clusters/j-1",
        f"  watch_step failed: http://airflow/dags/{DAG}/runs/{RUN_ID}/tasks/watch_step",
    ]


def test_a_task_that_failed_by_itself_blames_no_cluster(server: Server, follower: Follower) -> None:
    server.tasks = [[task("add_steps", "failed", 1.0)]]
    server.xcoms["add_steps", "failure"] = {
        **FOUND,
        "what": "cluster WAITING",
        "reason": "unknown",
        "message": "",
    }
    (found,) = failure.failures(follower.airflow, Run(DAG, RUN_ID, "failed"))
    assert (found.error, found.found) == ("its log says nothing", None)


def test_a_run_that_somebody_ended(console: Console) -> None:
    failure.show(console, Run(DAG, RUN_ID, "failed"), [], S3(), PAGES)
    assert said(console) == [
        f"  no task failed, somebody ended the run: http://airflow/dags/{DAG}/runs/{RUN_ID}"
    ]


@pytest.mark.parametrize(
    ("uri", "lines"),
    [
        ("s3n://b/logs/j-1/", ["to stderr"]),
        ("s3://b/logs/j-1/controller.gz", ["by emr"]),
        ("s3://b/logs/j-2/", ["(there is no log yet)"]),
        ("s3://b/logs/empty/", ["(the log is empty)"]),
        ("", ["(the log is no address in S3)"]),
    ],
)
def test_the_most_telling_log_is_shown(uri: str, lines: list[str]) -> None:
    s3 = S3(
        logs__j_1__controller="", **{"logs__j-1__controller": "by emr\n", "logs__j-1__stderr": "to stderr\n"},
        **{"logs__j-1__stdout": "to stdout\n", "logs__empty__stderr": ""},
    )  # fmt: skip
    assert failure.log_tail(s3, uri) == lines


def test_a_log_that_cannot_be_read_says_why() -> None:
    (line,) = failure.log_tail(S3(), "s3://b/none.gz")
    assert "no such key" in line


@pytest.mark.parametrize(
    "damage", [lambda whole: whole[:-9], lambda whole: whole[:12] + b"\xff" * 9, lambda _: b"no gzip"]
)
def test_a_damaged_log_is_one_line(damage: Any) -> None:
    class S3:
        def get_object(self, **_: str) -> dict[str, Any]:
            return {"Body": BytesIO(damage(gzip.compress(b"a line\n" * 1000)))}

    (line,) = failure.log_tail(S3(), "s3://b/one.gz")
    assert line.startswith("(the log cannot be read: ")


def test_escape_sequences_from_outside_do_not_reach_the_terminal() -> None:
    evil = "a\x1b]0;title\x07b\x1b[2J\x9b1m [red]c[/]"
    written = StringIO()
    console = Console(file=written, force_terminal=True, color_system=None)
    found = {**FOUND, "what": evil, "reason": evil, "message": evil}
    tables.show_failure(console, found)
    tables.show_errors(console, [{"dag_id": "d", "errors": {"t": evil}}])
    text = written.getvalue()
    assert not {"\x1b", "\x07", "\x9b"} & set(text)
    assert text.count("[red]c[/]") == 4


def test_steps_that_emr_no_longer_knows_are_not_under_way() -> None:
    unknown = ClientError({"Error": {"Code": "InvalidRequestException", "Message": "not valid"}}, "ListSteps")
    steps = follow.Steps(
        Airflow(lambda *_: None),
        Emr([step("one", "RUNNING")], unknown),
        QUEUED,
        print,
        lambda _: None,
        cluster="j-1",
    )
    assert [name["Name"] for _, name in steps()] == ["one"]
    assert not steps.lost
    assert steps() == []
    assert steps.lost
