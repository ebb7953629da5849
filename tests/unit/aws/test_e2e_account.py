"""A trial's own work in an account: the rehearsal's cloud, with only the project's commands replaced."""

import hashlib
import io
import json
import os
import signal
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import boto3
import pytest

from aws.account import Account
from aws.infrastructure import templates
from aws.infrastructure.stacks import Stacks
from aws.trial import left as e2e_left
from aws.trial import replay as e2e_replay
from aws.trial.account import VARIABLE, Failed, Trial, command
from aws.trial.replay import CODE
from embedded.errors import Unusable

ROOT = Path(__file__).parents[3]
SLOW = """
import threading
try:
    print("begun", flush=True)
    threading.Event().wait()
except KeyboardInterrupt:
    print("put in order", flush=True)
"""
CALLER = """
import os
from aws.trial.account import command
try:
    command(["slow"], os.environ)
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""
PREFIX = "tubepulse-e2e"
REGIONS = iter(sorted(boto3.Session().get_available_regions("emr")))
# The stand-in's own types, and those of the recordings' stack
CLOUD = """
from aws.rehearsal.resources import function, types
types.KINDS.update(function.KINDS)
from aws.rehearsal import cloud
cloud.main([])
"""
OUTPUTS = (
    "BucketName",
    "DatabaseHost",
    "DatabasePort",
    "DatabaseName",
    "PipelineSecretArn",
    "WebappSecretArn",
)


@pytest.fixture(scope="module")
def cloud() -> Iterator[str]:
    with subprocess.Popen(
        [sys.executable, "-c", CLOUD], cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, env={**os.environ, "PYTHONPATH": str(ROOT)},
    ) as process:  # fmt: skip
        assert process.stdin
        assert process.stdout
        yield json.loads(process.stdout.readline())["url"]
        process.stdin.close()


@pytest.fixture
def account(cloud: str, monkeypatch: pytest.MonkeyPatch) -> Account:
    """An account with a region of the test's own, where nothing is yet."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "rehearsal")
    monkeypatch.setenv("AWS_DEFAULT_REGION", next(REGIONS))
    monkeypatch.setenv("AWS_ENDPOINT_URL", cloud)
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    for name in ("AWS_REGION", "AWS_PROFILE", "AWS_SESSION_TOKEN", "RDS_CA_BUNDLE", "BUCKET_NAME"):
        monkeypatch.delenv(name, raising=False)
    return Account.of_environment()


class Limited:
    """The account with an answer that moto lacks: how many executions it may have."""

    def __init__(self, account: Account, unreserved: int) -> None:
        self._account, self._unreserved = account, unreserved

    def client(self, service: str) -> Any:
        client = self._account.session.client(service)
        if service == "lambda":
            limit = {"AccountLimit": {"UnreservedConcurrentExecutions": self._unreserved}}
            client.get_account_settings = lambda: limit
        return client

    def __getattr__(self, name: str) -> Any:
        return getattr(self._account, name)


class Calls:
    """In place of the commands: notes module, arguments and environment; `codes` are exit codes."""

    def __init__(self, **codes: int) -> None:
        self.made: list[list[str]] = []
        self.told: list[Mapping[str, str]] = []
        self._codes = {name.replace("_", "."): code for name, code in codes.items()}

    def __call__(self, module: Sequence[str], environ: Mapping[str, str]) -> int:
        self.made.append(list(module))
        self.told.append(environ)
        return self._codes.get(module[0], 0)


def trial_of(account: Account, calls: Calls, unreserved: int = 1000) -> tuple[Trial, list[str]]:
    limited: Any = Limited(account, unreserved)
    said: list[str] = []
    trial = Trial(limited, "aws", PREFIX, "203.0.113.7/32", said.append, calls, 0.05, lambda *_: True)
    return trial, said


@pytest.fixture
def bucket(account: Account) -> str:
    """A stack `storage` of the trial's, without the rest of a deployment."""
    stacks = Stacks(account.client("cloudformation"), {"project": "tubepulse", "profile": "aws"}, print, 0.05)
    body = templates.read(templates.FOLDER, "storage").body
    stacks.apply(stacks.wanted(f"{PREFIX}-storage", body, {"Prefix": PREFIX}), lambda _: None)
    return f"{PREFIX}-{account.id}-{account.region}"


def set_variable(account: Account, bucket: str) -> None:
    settings = {"bucket_name": bucket, "key1": "k", "number_of_stations": 30, "search_days": 7}
    account.client("secretsmanager").create_secret(
        Name=VARIABLE, SecretString=json.dumps(settings), Tags=[{"Key": "profile", "Value": "aws"}]
    )


def test_recorded_posts_take_xs_place(account: Account, bucket: str) -> None:
    set_variable(account, bucket)
    calls = Calls()
    trial, said = trial_of(account, calls)
    trial.replay()

    (deployed,) = calls.made
    assert deployed == ["aws.deploy", "aws", "--force"]
    function = account.client("lambda").get_function(FunctionName=f"{PREFIX}-fixtures")
    url = account.client("lambda").get_function_url_config(FunctionName=f"{PREFIX}-fixtures")
    assert f"https://{calls.told[0]['X_API_HOST']}" == url["FunctionUrl"].removesuffix("/")
    assert url["AuthType"] == "NONE"
    token = calls.told[0]["X_BEARER_TOKEN"]
    assert calls.told[0]["LAND_REGISTRY_TOKEN"] == token
    for name in ("LAND_REGISTRY_HOST", "POSTCODE_DIRECTORY_HOST"):
        assert calls.told[0][name] == calls.told[0]["X_API_HOST"]
    told = function["Configuration"]["Environment"]["Variables"]
    assert told == {"TOKEN_SHA256": hashlib.sha256(token.encode()).hexdigest()}
    assert token not in json.dumps([said, told])
    assert function["Concurrency"]["ReservedConcurrentExecutions"] == 4
    assert function["Tags"].items() >= {"project": "tubepulse", "profile": "aws"}.items()
    statements = json.loads(account.client("lambda").get_policy(FunctionName=f"{PREFIX}-fixtures")["Policy"])
    actions = sorted(one["Action"] for one in statements["Statement"])
    assert actions == ["lambda:InvokeFunction", "lambda:InvokeFunctionUrl"]

    code = account.client("s3").get_object(Bucket=bucket, Key=CODE)["Body"].read()
    assert "fixtures/lambda_handler.py" in zipfile.ZipFile(io.BytesIO(code)).namelist()
    settings = json.loads(
        account.client("secretsmanager").get_secret_value(SecretId=VARIABLE)["SecretString"]
    )
    assert settings == {
        "bucket_name": bucket, "key1": "k", "number_of_stations": None, "number_of_tweets": 500,
        "max_posts_read": 100000, "search_days": None,
    }  # fmt: skip


def test_a_second_trial_goes_on_with_what_a_first_one_kept(account: Account, bucket: str) -> None:
    set_variable(account, bucket)
    trial, _ = trial_of(account, Calls())
    trial.replay()
    again, _ = trial_of(account, calls := Calls(), unreserved=10)
    again.replay()
    function = account.client("lambda").get_function(FunctionName=f"{PREFIX}-fixtures")
    told = function["Configuration"]["Environment"]["Variables"]
    assert told == {"TOKEN_SHA256": again.token.sha256}
    assert "ReservedConcurrentExecutions" not in function.get("Concurrency", {})
    assert calls.made == [["aws.deploy", "aws", "--force"]]


def test_an_address_that_does_not_answer_is_a_failure(
    account: Account, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(e2e_replay, "PATIENCE", 0.1)
    trial, _ = trial_of(account, calls := Calls())
    with pytest.raises(Failed, match=r"not served on .* within"):
        replace(trial, answers=lambda *_: False).replay()
    assert calls.made == []


@pytest.mark.parametrize(("unreserved", "reserved"), [(10, ""), (103, ""), (104, "4"), (1000, "4")])
def test_nothing_is_reserved_where_an_account_has_hardly_any(unreserved: int, reserved: str) -> None:
    assert e2e_replay.reserved({"UnreservedConcurrentExecutions": unreserved}) == reserved


def test_the_commands_and_a_failing_one(account: Account) -> None:
    trial, _ = trial_of(account, calls := Calls(aws_run=1))
    trial.deploy()
    with pytest.raises(Failed, match=r"aws.run aws --week 2026-W46 ended with exit code 1"):
        trial.run()
    assert [made[0] for made in calls.made] == ["aws.deploy", "aws.run"]
    assert {told["STACK_PREFIX"] for told in calls.told} == {PREFIX}
    assert {told["X_API_HOST"] for told in calls.told} == {"recorded.invalid"}
    assert {told["ALLOWED_SITE_CIDR"] for told in calls.told} == {"203.0.113.7/32"}


def test_a_check_that_cannot_connect_shows_no_password(
    account: Account, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    secrets = account.client("secretsmanager")
    arns = {
        f"{role.capitalize()}SecretArn": secrets.create_secret(
            Name=f"{PREFIX}/database/{role}", SecretString=json.dumps({"password": f"canary-of-{role}"})
        )["ARN"]
        for role in ("pipeline", "webapp")
    }
    nobody = {
        "DatabaseHost": "127.0.0.1",
        "DatabasePort": "1",
        "DatabaseName": "tubepulse",
        "BucketName": "b",
    }
    trial, _ = trial_of(account, Calls())
    monkeypatch.setattr(Trial, "outputs", lambda _: nobody | arns)
    with pytest.raises(Failed, match=r"pytest tests/aws_account .* ended with exit code 1"):
        replace(trial, call=command).verify()
    said = "".join(capfd.readouterr())
    assert "Connection refused" in said
    assert "canary" not in said


def test_a_deployment_of_another_name_is_not_touched(account: Account) -> None:
    set_variable(account, f"tubepulse-{account.id}-{account.region}")
    trial, _ = trial_of(account, calls := Calls())
    with pytest.raises(
        Unusable, match=rf"{account.region} has another deployment \(secret {VARIABLE} is there\)"
    ):
        trial.check()
    assert calls.made == []


@pytest.mark.parametrize("text", ["plain text", "[]", "{}"])
def test_nor_is_a_variable_that_is_none_of_ours(account: Account, text: str) -> None:
    account.client("secretsmanager").create_secret(Name=VARIABLE, SecretString=text)
    trial, _ = trial_of(account, Calls())
    with pytest.raises(Unusable, match="has another deployment"):
        trial.check()


def test_another_airflows_connection_is_not_touched(account: Account) -> None:
    secrets = account.client("secretsmanager")
    secrets.create_secret(Name="airflow/connections/postgres_default", SecretString="{}")
    trial, _ = trial_of(account, Calls())
    with pytest.raises(Unusable, match="secret airflow/connections/postgres_default is there"):
        trial.check()


def test_what_an_earlier_trial_has_left_is_its_own(account: Account, bucket: str) -> None:
    secrets = account.client("secretsmanager")
    secrets.create_secret(Name="airflow/connections/postgres_default", SecretString="{}")
    trial, _ = trial_of(account, Calls())
    trial.check()  # killed before its Variable was written
    set_variable(account, bucket)
    trial.check()


def test_a_profile_without_airflow_on_aws_has_no_trial(account: Account) -> None:
    trial, _ = trial_of(account, Calls())
    with pytest.raises(Unusable, match="profile emr has no Airflow on AWS"):
        replace(trial, profile="emr").check()
    for other in ("embedded", "typo"):
        with pytest.raises(Unusable, match=other):
            replace(trial, profile=other).check()


@pytest.mark.parametrize("code", [0, 2])
def test_the_removal_takes_both_even_if_one_fails(account: Account, bucket: str, code: int) -> None:
    set_variable(account, bucket)
    trial, _ = trial_of(account, calls := Calls(aws_destroy=code))
    trial.replay()
    assert f"log group /aws/lambda/{PREFIX}-fixtures" in trial.left()
    if code:
        with pytest.raises(Failed, match=r"aws.destroy aws --force --no-snapshot ended with exit code 2"):
            trial.remove()
    else:
        trial.remove()
    assert calls.made[-1] == ["aws.destroy", "aws", "--force", "--no-snapshot"]
    assert trial.left() == [
        f"stack {PREFIX}-storage (CREATE_COMPLETE)", f"bucket {bucket}", f"secret {VARIABLE}",
    ]  # fmt: skip


def test_what_is_left_is_found_wherever_it_is(account: Account) -> None:
    tags = {"project": "tubepulse", "profile": "aws", "prefix": PREFIX}
    assert e2e_left.found(account, tags) == []
    secrets, emr = account.client("secretsmanager"), account.client("emr")
    ours = [{"Key": key, "Value": value} for key, value in tags.items()]
    theirs = [{"Key": key, "Value": value} for key, value in (tags | {"prefix": "tubepulse"}).items()]
    secrets.create_secret(Name=f"{PREFIX}/database/webapp", SecretString="{}", Tags=ours)
    secrets.create_secret(Name="airflow/connections/x_api", SecretString="{}", Tags=theirs)
    account.client("logs").create_log_group(logGroupName=f"airflow-{PREFIX}-Task")
    rds = account.client("rds")
    rds.create_db_instance(
        DBInstanceIdentifier="db", DBInstanceClass="db.t4g.micro", Engine="postgres", AllocatedStorage=20,
        MasterUsername="master", MasterUserPassword="of-the-master",
    )  # fmt: skip
    for name in (f"{PREFIX}-database-snapshot-x", "tubepulse-database-snapshot-y"):
        rds.create_db_snapshot(DBInstanceIdentifier="db", DBSnapshotIdentifier=name)
    ids = [
        emr.run_job_flow(Name="one", Instances={"KeepJobFlowAliveWhenNoSteps": True}, Tags=tags)["JobFlowId"]
        for tags in (ours, theirs)
    ]
    assert e2e_left.found(account, tags) == [
        f"database snapshot {PREFIX}-database-snapshot-x", f"secret {PREFIX}/database/webapp",
        f"cluster {ids[0]}", f"log group airflow-{PREFIX}-Task",
    ]  # fmt: skip


def test_the_cure_names_region_and_prefix(account: Account) -> None:
    trial, _ = trial_of(account, Calls())
    place = f"AWS_REGION={account.region} STACK_PREFIX={PREFIX}"
    assert trial.cure == f"{place} {sys.executable} -m aws.e2e aws --remove --force"


def test_a_command_is_a_module_with_its_own_environment(capfd: pytest.CaptureFixture[str]) -> None:
    environ = {**os.environ, "CANARY": "sings"}
    assert command(["aws.e2e", "--help"], environ) == 0
    assert "python -m aws.e2e aws" in capfd.readouterr().out
    assert command(["aws.e2e", "--no-such"], environ) == 2


def test_ctrl_c_lets_a_command_end_by_itself(tmp_path: Path) -> None:
    """Both get the signal, as at a terminal."""
    (tmp_path / "slow.py").write_text(SLOW)
    environ = {**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"}
    with subprocess.Popen(
        [sys.executable, "-c", CALLER], cwd=ROOT, env=environ, text=True, stdout=subprocess.PIPE,
        # Where pytest itself runs in the background, SIGINT is ignored, and children inherit that
        start_new_session=True, preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
    ) as process:  # fmt: skip
        assert process.stdout
        assert process.stdout.readline() == "begun\n"
        os.killpg(process.pid, signal.SIGINT)
        assert process.stdout.read().splitlines() == ["put in order", "interrupted"]
