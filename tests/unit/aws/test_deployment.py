"""The deployment of a profile with stacks, against moto in this process and a small Airflow."""

import io
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from aws import deploy, deployment
from aws.account import Account
from aws.deployment import Deployment
from aws.phases import Phases
from aws.profile import Source
from compose.airflow_api import Transport
from compose.airflow_http import Http
from embedded.errors import Unusable
from tests.unit.aws import small
from tests.unit.aws.small import BUCKET, CANARY, PREFIX
from tests.unit.compose.airflow_server import PASSWORD, Server, dag, serving, task

TAGS = small.TAGS | {"prefix": PREFIX}
ALL = ("network", "storage", "database", "airflow")
PHASES = [
    "[1/5] infrastructure", "[2/5] artifacts", "[3/5] airflow", "[4/5] database roles", "[5/5] secrets",
]  # fmt: skip
POSTGRES = "airflow/connections/postgres_default"
ADMIN = "airflow/connections/postgres_admin"
X_API = "airflow/connections/x_api"
Deploy = Callable[..., int]


@pytest.fixture(autouse=True)
def cloud(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.setattr("aws.profile.ROOT", tmp_path)
    monkeypatch.setattr("aws.profile.PROFILES", tmp_path / "profiles")
    monkeypatch.setattr("sys.stdin", io.StringIO())
    with small.account(monkeypatch):
        small.make_logins()
        monkeypatch.setenv("X_BEARER_TOKEN", f"{CANARY}-x")
        yield


@pytest.fixture
def airflow() -> Iterator[Server]:
    with serving(Server(dags={"database-roles": dag("database-roles", paused=True)})) as server:
        yield server


@pytest.fixture
def deploying(tmp_path: Path, airflow: Server) -> Deploy:
    """Deploy the profile with these stacks, by default all of them; returns the exit code."""
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    (wheels / "one-1.0-py3-none-any.whl").write_bytes(b"wheel")

    def way(account: Account, environment: str) -> Transport:
        assert environment == small.PREFIX
        return Http(airflow.url, "admin", PASSWORD)

    def run(*stacks: str, dry_run: bool = False, force: bool = True) -> int:
        folder = tmp_path / "templates"
        if not folder.exists():
            small.write_profile(tmp_path, *(stacks or ALL))
        return Deployment(
            Source.read("mine"), lambda: wheels, dry_run, force, folder, look=0, transport=way
        ).run()

    return run


def secret(name: str) -> Any:
    return json.loads(boto3.client("secretsmanager").get_secret_value(SecretId=name)["SecretString"])


def secret_names() -> set[str]:
    listed = boto3.client("secretsmanager").list_secrets()["SecretList"]
    return {one["Name"] for one in listed if one["Name"].startswith("airflow/")}


def keys() -> set[str]:
    return {item["Key"] for item in boto3.client("s3").list_objects_v2(Bucket=BUCKET)["Contents"]}


def parameters(stack: str) -> dict[str, str]:
    found = boto3.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
    return {item["ParameterKey"]: item["ParameterValue"] for item in found["Parameters"]}


def test_everything_is_made_and_a_second_time_nothing(
    deploying: Deploy, airflow: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    assert deploying() == 0
    said = capsys.readouterr().out
    assert [line for line in said.splitlines() if line.startswith("[")] == PHASES
    assert "profile mine: account 123456789012, region eu-west-2, as arn:aws:" in said
    assert "  + Vpc  AWS::EC2::VPC" in said
    assert said.splitlines()[-1] == (
        "next: make run PROFILE=mine; Airflow's web server: https://airflow.example"
    )
    assert small.stack_names() == {f"small-{key}" for key in ALL}
    assert {"requirements.txt", "startup.sh", "scripts/wheels/one-1.0-py3-none-any.whl"} <= keys()
    assert "dags/london_housing_webapp.py" in keys()
    assert not [key for key in keys() if "__pycache__" in key or key.endswith("ruff.toml")]
    head = boto3.client("s3").head_object(Bucket=BUCKET, Key="requirements.txt")
    assert parameters("small-airflow")["RequirementsVersion"] == head["VersionId"]
    assert secret_names() == {
        POSTGRES, X_API, "airflow/connections/emr_default", "airflow/variables/london-housing-webapp",
    }  # fmt: skip
    postgres = secret(POSTGRES)
    assert (postgres["host"], postgres["password"]) == ("db.example", f"{CANARY}-pipeline")
    assert secret("airflow/variables/london-housing-webapp")["bucket_name"] == BUCKET
    asked = len(airflow.asked)

    assert deploying() == 0
    assert capsys.readouterr().out.splitlines()[1:] == ["profile mine: nothing to change"]
    assert len(airflow.asked) == asked
    assert CANARY not in said


def test_the_database_roles_are_made_with_the_stacks_passwords_and_the_login_is_gone_afterwards(
    deploying: Deploy, airflow: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    lent: list[dict[str, Any]] = []
    answer = airflow.answer

    def look(method: str, path: str, query: dict[str, list[str]], body: Any) -> tuple[int, Any]:
        if method == "POST":
            lent.append(secret(ADMIN))
        return answer(method, path, query, body)

    monkeypatch.setattr(airflow, "answer", look)
    assert deploying() == 0
    assert lent == [
        {
            "conn_type": "postgres", "host": "db.example", "port": "5432", "schema": "results",
            "login": "master", "password": f"{CANARY}-master",
            "extra": {"pipeline_password": f"{CANARY}-pipeline", "webapp_password": f"{CANARY}-webapp"},
        }
    ]  # fmt: skip
    assert ADMIN not in secret_names()
    assert airflow.dags["database-roles"]["is_paused"] is False


def test_new_passwords_of_the_stack_make_the_roles_anew(deploying: Deploy, airflow: Server) -> None:
    deploying()
    runs = [call for call in airflow.asked if call[:2] == ("POST", "/api/v2/dags/database-roles/dagRuns")]
    boto3.client("secretsmanager").put_secret_value(
        SecretId="of-stack/webapp", SecretString=json.dumps({"username": "webapp", "password": "new"})
    )
    deploying()
    again = [call for call in airflow.asked if call[:2] == ("POST", "/api/v2/dags/database-roles/dagRuns")]
    assert (len(runs), len(again)) == (1, 2)


def test_a_login_left_by_a_killed_deployment_is_removed(
    deploying: Deploy, capsys: pytest.CaptureFixture[str]
) -> None:
    deploying()
    tags: Any = [{"Key": key, "Value": value} for key, value in TAGS.items()]
    boto3.client("secretsmanager").create_secret(Name=ADMIN, SecretString="{}", Tags=tags)
    capsys.readouterr()
    assert deploying() == 0
    assert ADMIN not in secret_names()
    assert "profile mine: 1 changes" in capsys.readouterr().out


@pytest.mark.parametrize("deployed", [False, True])
def test_somebody_elses_secret_in_the_logins_place_is_refused_and_stays(
    deploying: Deploy, airflow: Server, deployed: bool
) -> None:
    if deployed:
        deploying()
    before, asked = small.stack_names(), len(airflow.asked)
    boto3.client("secretsmanager").create_secret(Name=ADMIN, SecretString='"theirs"')
    with pytest.raises(Unusable, match=f"secret {ADMIN} is not this deployment's"):
        deploying()
    assert secret(ADMIN) == "theirs"
    assert (small.stack_names(), len(airflow.asked)) == (before, asked)


def test_roles_that_cannot_be_made_are_one_line_and_no_login_stays(
    deploying: Deploy, airflow: Server
) -> None:
    airflow.states = ["running", "failed"]
    airflow.tasks = [[task("make_roles", "failed", 1.0, dag_id="database-roles")]]
    error = {"exc_type": "OperationalError", "exc_value": "connection\nrefused"}
    airflow.logs = {("make_roles", 1): [{"event": "Task failed", "error_detail": [error]}]}
    with pytest.raises(Unusable, match=r"database-roles failed: OperationalError: connection refused"):
        deploying()
    assert ADMIN not in secret_names()
    assert POSTGRES not in secret_names()


def test_an_edited_requirements_file_reaches_the_environment(
    deploying: Deploy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    deploying()
    before = parameters("small-airflow")
    boto3.client("s3").put_object(Bucket=BUCKET, Key="requirements.txt", Body=b"edited elsewhere")
    boto3.client("s3").put_object(Bucket=BUCKET, Key="dags/old.py", Body=b"")
    capsys.readouterr()
    assert deploying(dry_run=True) == 0
    said = capsys.readouterr().out
    assert "  small-airflow changes" in said
    assert "  ~ requirements.txt" in said
    assert "  - dags/old.py" in said
    assert said.endswith("a dry run: nothing was changed\n")
    assert parameters("small-airflow") == before
    assert "dags/old.py" in keys()

    assert deploying() == 0
    after = parameters("small-airflow")
    head = boto3.client("s3").head_object(Bucket=BUCKET, Key="requirements.txt")
    assert after["RequirementsVersion"] == head["VersionId"] != before["RequirementsVersion"]
    assert after["StartupVersion"] == before["StartupVersion"]
    assert "dags/old.py" not in keys()


def test_a_requirements_file_uploaded_before_the_kill_still_reaches_the_environment(
    deploying: Deploy, monkeypatch: pytest.MonkeyPatch
) -> None:
    deploying()
    s3 = boto3.client("s3")
    content = s3.get_object(Bucket=BUCKET, Key="requirements.txt")["Body"].read()
    uploaded = s3.put_object(Bucket=BUCKET, Key="requirements.txt", Body=content)["VersionId"]
    assert deploying() == 0
    assert parameters("small-airflow")["RequirementsVersion"] == uploaded


@pytest.mark.parametrize("phase", ["infrastructure", "artifacts", "database_roles", "secrets"])
def test_a_deployment_that_was_stopped_is_completed(
    deploying: Deploy, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], phase: str
) -> None:
    def stop(self: Phases) -> int:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Phases, phase, stop)
        with pytest.raises(KeyboardInterrupt):
            deploying()
    assert deploying() == 0
    capsys.readouterr()
    assert deploying() == 0
    assert capsys.readouterr().out.splitlines()[1:] == ["profile mine: nothing to change"]


def test_a_change_set_that_nobody_executed_is_cleared(deploying: Deploy) -> None:
    cfn = boto3.client("cloudformation")
    made = cfn.create_change_set(
        StackName="small-network", ChangeSetName="left", ChangeSetType="CREATE",
        TemplateBody=small.HEAD + small.TEMPLATES["network"],
        Parameters=[{"ParameterKey": "Prefix", "ParameterValue": "small"}],
    )  # fmt: skip
    assert deploying("network", "storage") == 0
    stacks = [one for one in cfn.describe_stacks()["Stacks"] if one["StackName"] == "small-network"]
    assert [(one["StackStatus"], one["StackId"] != made["StackId"]) for one in stacks] == [
        ("CREATE_COMPLETE", True)
    ]


def test_a_dry_run_changes_nothing(deploying: Deploy, capsys: pytest.CaptureFixture[str]) -> None:
    assert deploying(dry_run=True, force=False) == 0
    said = capsys.readouterr().out
    assert said.endswith("profile mine: a dry run: nothing was changed\n")
    assert f"objects in s3://{BUCKET}" in said
    assert "  + airflow/connections/x_api  new" in said
    assert "pipeline and webapp, made by Airflow's DAG database-roles" in said
    assert (small.stack_names(), secret_names()) == (set(), set())
    assert CANARY not in said


def test_without_a_terminal_nothing_is_done_unasked(deploying: Deploy) -> None:
    with pytest.raises(Unusable, match=r"no terminal to ask at: .* needs --force \(make: FORCE=1\)"):
        deploying(force=False)
    assert small.stack_names() == set()


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("answer", "code"), [("y\n", 0), ("\n", 1), ("", 1)])
def test_a_person_is_asked(
    deploying: Deploy, monkeypatch: pytest.MonkeyPatch, answer: str, code: int
) -> None:
    monkeypatch.setattr("sys.stdin", Terminal(answer))
    assert deploying("network", "storage", force=False) == code
    assert bool(small.stack_names()) is (code == 0)


def test_keys_of_x_are_asked_for_where_there_are_none(
    deploying: Deploy, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("X_BEARER_TOKEN")
    monkeypatch.setattr("sys.stdin", Terminal("y\n"))
    monkeypatch.setattr("getpass.getpass", lambda prompt: f"{CANARY}-typed")
    assert deploying("network", "storage", force=False) == 0
    assert secret(X_API)["password"] == f"{CANARY}-typed"
    monkeypatch.setattr("sys.stdin", io.StringIO())
    assert deploying(force=False) == 0  # it keeps those that it has
    assert secret(X_API)["password"] == f"{CANARY}-typed"
    assert CANARY not in capsys.readouterr().out


def test_no_keys_of_x_are_a_warning(
    deploying: Deploy, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("X_BEARER_TOKEN")
    assert deploying("network", "storage") == 0
    assert "connection x_api has no keys" in capsys.readouterr().out
    assert secret(X_API)["password"] == ""


@pytest.mark.parametrize("owner", [None, "another"])
def test_a_bucket_name_that_is_taken(
    deploying: Deploy, monkeypatch: pytest.MonkeyPatch, owner: str | None
) -> None:
    boto3.client("s3").create_bucket(
        Bucket="taken", CreateBucketConfiguration={"LocationConstraint": "eu-west-2"}
    )
    monkeypatch.setenv("BUCKET_NAME", "taken")
    if owner:
        refusal = {"Error": {"Code": "403"}, "ResponseMetadata": {"HTTPStatusCode": 403}}
        monkeypatch.setattr("botocore.client.BaseClient._make_api_call", _refusing(refusal, "HeadBucket"))
    with pytest.raises(Unusable, match=r"the bucket name taken is .*: export BUCKET_NAME with another one"):
        deploying()
    assert small.stack_names() == set()


def _refusing(refusal: Any, operation: str) -> Callable[..., Any]:
    from botocore.client import BaseClient

    call = BaseClient._make_api_call  # type: ignore[attr-defined]

    def refuse(self: Any, name: str, request: Any) -> Any:
        if name == operation:
            raise ClientError(refusal, name)
        return call(self, name, request)

    return refuse


def test_a_stack_of_another_profile_is_left_alone(deploying: Deploy) -> None:
    boto3.client("cloudformation").create_stack(
        StackName="small-network", TemplateBody="Resources: {T: {Type: AWS::SNS::Topic}}",
        Tags=[{"Key": "project", "Value": "tubepulse"}, {"Key": "profile", "Value": "other"}],
    )  # fmt: skip
    with pytest.raises(Unusable, match="stack small-network is of profile other: export STACK_PREFIX"):
        deploying()


def test_a_secret_of_another_profile_is_left_alone(deploying: Deploy) -> None:
    boto3.client("secretsmanager").create_secret(
        Name=X_API, SecretString="{}",
        Tags=[{"Key": "profile", "Value": "other"}, {"Key": "prefix", "Value": "their"}],
    )  # fmt: skip
    with pytest.raises(Unusable, match=f"secret {X_API} belongs to profile other with prefix their in this"):
        deploying()
    assert small.stack_names() == set()


def test_a_second_deployment_with_another_prefix_is_refused(
    deploying: Deploy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deploying("network", "storage")
    file = tmp_path / "profiles" / "mine" / "stacks.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"prefix": "${STACK_PREFIX:-small}"}))
    monkeypatch.setenv("STACK_PREFIX", "second")
    monkeypatch.setenv("X_BEARER_TOKEN", "of the second")
    with pytest.raises(Unusable, match=r"profile mine with prefix small .*STACK_PREFIX=small make destroy"):
        deploying()
    assert small.stack_names() == {"small-network", "small-storage"}
    assert [one["Name"] for one in boto3.client("s3").list_buckets()["Buckets"]] == [BUCKET]
    assert secret(X_API)["password"] == f"{CANARY}-x"


def test_some_of_xs_keys_do_not_replace_those_that_work(
    deploying: Deploy, monkeypatch: pytest.MonkeyPatch
) -> None:
    deploying("network", "storage")
    monkeypatch.setenv("X_BEARER_TOKEN", "")
    monkeypatch.setenv("X_CONSUMER_KEY", "one")
    with pytest.raises(
        Unusable, match="export X_CONSUMER_SECRET, X_ACCESS_TOKEN, X_ACCESS_TOKEN_SECRET, too"
    ):
        deploying()
    assert secret(X_API)["password"] == f"{CANARY}-x"


def test_what_loses_data_is_loud_and_needs_consent(
    deploying: Deploy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    deploying("network", "storage")
    text = (tmp_path / "templates" / "storage.yaml").read_text()
    other = text.replace("  Bucket:\n    Type", "  Other:\n    Type").replace("!Ref Bucket}", "!Ref Other}")
    (tmp_path / "templates" / "storage.yaml").write_text(other)
    capsys.readouterr()
    with pytest.raises(Unusable, match="needs --force"):
        deploying(force=False)
    assert (
        "!! DATA WOULD BE LOST: Bucket (AWS::S3::Bucket) of stack small-storage  IS REMOVED\n"
        in capsys.readouterr().out
    )
    assert boto3.client("s3").head_bucket(Bucket=BUCKET)


def test_without_credentials_a_dry_run_shows_what_is_known(
    deploying: Deploy, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    assert deploying(dry_run=True) == 0
    said = capsys.readouterr().out
    assert said.count("not compared with an account") == 2
    assert "    + Vpc  AWS::EC2::VPC" in said
    assert f"  {X_API}\n" in said
    assert "  dags/london_housing_webapp.py\n" in said
    assert '"LogUri": "s3://<BucketName>/logs/"' in said
    assert '"s3-dist-cp"' in said
    assert CANARY not in said
    with pytest.raises(Unusable, match="there are no AWS credentials: export AWS_PROFILE"):
        deploying()


def test_the_command(
    deploying: Deploy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    small.write_profile(tmp_path, "network", "storage")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "")
    monkeypatch.setattr("sys.argv", ["deploy", "mine", "--dry-run"])
    assert deploy.main() == 2
    assert capsys.readouterr().err == ("no AWS region is set: export AWS_REGION=eu-west-2, or another\n")

    def stopped(self: Deployment) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(Deployment, "run", stopped)
    assert deploy.main() == 130
    assert capsys.readouterr().err == deployment.interrupted("mine") + "\n"
    assert os.environ["AWS_DEFAULT_REGION"] == ""
    assert TAGS["profile"] == "mine"
