"""make run PROFILE=aws: what is asked of AWS and of Airflow, exit codes, and a line for each obstacle."""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws
from moto.core.config import default_user_config

from aws import run, site
from compose.airflow_api import Airflow
from compose.airflow_http import Refused
from tests.unit.aws.mwaa_server import THROTTLED, Mwaa, serving
from tests.unit.compose.airflow_server import RUN_ID, Server, dag, task

TWEETS, HOUSING = "london-housing-webapp", "housing-prices"
OUTPUTS = {
    "network": {"VpcId": "vpc-1"},
    "storage": {"BucketName": "tubepulse-bucket"},
    "roles": {"EmrServiceRole": "tubepulse-emr"},
    "database": {
        "DatabaseHost": "db.example",
        "DatabasePort": "5432",
        "DatabaseName": "tubepulse",
        "WebappSecretArn": "arn:webapp",
    },
    "airflow": {"EnvironmentName": "tubepulse", "WebserverUrl": "x.c1.airflow.eu-west-2.on.aws"},
}
PAGE = f"https://x.c1.airflow.eu-west-2.on.aws/dags/{TWEETS}/runs/{RUN_ID}"


def deploy(prefix: str = "tubepulse", skip: str = "") -> None:
    """The profile's stacks, as far as their outputs go."""
    cloudformation = boto3.client("cloudformation")
    for key, outputs in OUTPUTS.items():
        template = {
            "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},
            "Outputs": {name: {"Value": value} for name, value in outputs.items()},
        }
        if key != skip:
            cloudformation.create_stack(StackName=f"{prefix}-{key}", TemplateBody=json.dumps(template))


@pytest.fixture
def mwaa(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mwaa]:
    """MWAA and its Airflow over a wire; every other service is moto's."""
    with serving(Mwaa(Server(succeeded={HOUSING}))) as running:
        for name in ("AWS_PROFILE", "AWS_REGION", "STACK_PREFIX"):
            monkeypatch.delenv(name, raising=False)
        for name, value in running.environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(run, "LOOK_AT_AWS", 0.0)
        monkeypatch.setattr(site, "LOOK_AT_AWS", 0.0)
        running.airflow.xcoms[run.LOADER, "return_value"] = {"sentiment": 3420, "station_topics": 1400}
        monkeypatch.setitem(default_user_config["core"], "passthrough", {"urls": [running.url + ".*"]})
        with mock_aws():
            yield running


def call(monkeypatch: pytest.MonkeyPatch, *options: str) -> int:
    monkeypatch.setattr(sys, "argv", ["run", *(options or ("aws",))])
    return run.main()


def triggered(mwaa: Mwaa) -> list[tuple[str, Any]]:
    return [
        (path.split("/")[4], body["conf"])
        for method, path, body in mwaa.airflow.asked
        if method == "POST" and path.endswith("/dagRuns")
    ]


def test_a_run_is_followed_to_what_it_has_loaded(
    mwaa: Mwaa, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    deploy()
    mwaa.troubles = [THROTTLED]
    monkeypatch.setattr("time.sleep", lambda _: None)
    assert call(monkeypatch, "aws", "--week", "2026-W46") == 0
    assert triggered(mwaa) == [(TWEETS, {"week": "2026-W46"})]
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"{TWEETS} 2026-W46  {PAGE}"
    assert lines[-4:] == [
        f"✔ {TWEETS} 2026-W46 success 31.4 s",
        "Loaded: week 2026-W46: 3,420 rows of sentiment, 1,400 rows of station_topics",
        "  a website reads the views of london_schema in db.example:5432/tubepulse as role webapp, over TLS",
        "  its password: the secret arn:webapp; docs/aws.md connects a WordPress",
    ]


def test_a_run_that_says_nothing_has_succeeded_all_the_same(
    mwaa: Mwaa, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refused(*_: Any) -> Any:
        raise Refused(404, "Not Found")

    deploy()
    mwaa.airflow.xcoms.clear()
    monkeypatch.setattr(Airflow, "rendered", refused)
    assert call(monkeypatch) == 0
    assert "Loaded: the run does not say what" in capsys.readouterr().out


def test_prices_come_first_where_they_never_came(mwaa: Mwaa, monkeypatch: pytest.MonkeyPatch) -> None:
    deploy()
    mwaa.airflow.succeeded = set()
    mwaa.airflow.dags = {name: dag(name, paused=True) for name in (HOUSING, TWEETS)}
    assert call(monkeypatch) == 0
    assert triggered(mwaa) == [(HOUSING, {}), (TWEETS, {})]
    assert not any(one["is_paused"] for one in mwaa.airflow.dags.values())


def test_a_failed_step_is_explained_from_the_bucket(
    mwaa: Mwaa, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    deploy()
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="tubepulse-bucket", CreateBucketConfiguration={"LocationConstraint": "eu-west-2"})
    s3.put_object(
        Bucket="tubepulse-bucket",
        Key="logs/j-1/steps/s-2/stderr.gz",
        Body=gzip.compress(b"ValueError: no tweets\n"),
    )
    mwaa.airflow.states = ["failed"]
    mwaa.airflow.tasks = [[task("watch_step", "failed", 1.0)]]
    mwaa.airflow.xcoms["watch_step", "failure"] = {
        "cluster": "j-1",
        "what": "step s-2 'run sentiment analysis' FAILED",
        "reason": "Unknown Error.",
        "message": "",
        "log": "s3://tubepulse-bucket/logs/j-1/steps/s-2/",
    }
    assert call(monkeypatch) == 1
    out = capsys.readouterr().out
    assert "✘ step s-2 'run sentiment analysis' FAILED: Unknown Error." in out
    assert "│ ValueError: no tweets" in out
    console = "https://eu-west-2.console.aws.amazon.com/emr/home?region=eu-west-2#/clusterDetails/j-1"
    assert f"cluster: {console}" in out
    assert f"watch_step failed: {PAGE}/tasks/watch_step" in out
    assert "Loaded" not in out


def test_steps_come_from_emr(
    mwaa: Mwaa, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    deploy()
    emr = boto3.client("emr")
    cluster = emr.run_job_flow(
        Name="x",
        Instances={"KeepJobFlowAliveWhenNoSteps": True},
        Steps=[{"Name": "move raw data", "HadoopJarStep": {"Jar": "command-runner.jar"}}],
        JobFlowRole="ip",
        ServiceRole="sr",
    )["JobFlowId"]
    mwaa.airflow.xcoms["create_emr_cluster", "return_value"] = cluster
    assert call(monkeypatch) == 0
    out = capsys.readouterr().out
    assert f"▸ {cluster}  https://eu-west-2.console.aws.amazon.com/emr/" in out
    assert f"▸ {cluster} move raw data RUNNING" in out


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["aws", "--week", "46"], "'46' is no ISO week: give one like WEEK=2026-W46, or none"),
        (["typo"], "there is no profile 'typo'; choose one of: aws, embedded, emr, local"),
        (["local"], "profile local has nothing on AWS: make run runs it here"),
        (["emr"], "profile emr has its Airflow on this machine: make up PROFILE=emr"),
        (["aws"], "profile aws is not deployed in eu-west-2: make deploy PROFILE=aws"),
    ],
)
def test_what_stands_in_the_way_is_one_line(
    options: list[str],
    says: str,
    mwaa: Mwaa,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert call(monkeypatch, *options) == 2
    assert capsys.readouterr().err == f"{says}\n"
    assert mwaa.calls == []


def test_a_half_made_deployment_is_one_line(
    mwaa: Mwaa, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("STACK_PREFIX", "mine")
    deploy("mine", skip="airflow")
    assert call(monkeypatch) == 2
    assert "not deployed in eu-west-2: make deploy" in capsys.readouterr().err


def test_another_prefix_is_found(mwaa: Mwaa, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STACK_PREFIX", "mine")
    deploy("mine")
    assert call(monkeypatch) == 0


def test_ctrl_c_stops_the_following_only(
    mwaa: Mwaa, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: Any) -> Any:
        raise KeyboardInterrupt

    deploy()
    monkeypatch.setattr(Airflow, "tasks", interrupted)
    assert call(monkeypatch) == 130
    assert capsys.readouterr().out.splitlines()[-1] == f"stopped following; the run goes on: {PAGE}"
