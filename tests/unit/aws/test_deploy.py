"""The deployment, against moto in this process."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from aws import artifacts, deploy, secret_store, wheelhouse
from aws.profile import ROOT, Profile
from aws.wheelhouse import CONTAINERS, EMR, LOCK, THIS_MACHINE, NoWheelhouse

BUCKET = "bucket"
PROFILE = Profile("p", {"x_api": {"password": "canary"}}, {"london-housing-webapp": {"bucket_name": BUCKET}})


@pytest.fixture(autouse=True)
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-2")
    with mock_aws():
        yield


@pytest.fixture
def wheels(tmp_path: Path) -> Path:
    (tmp_path / "one-1.0-py3-none-any.whl").write_bytes(b"wheel")
    (tmp_path / "requirements.txt").write_bytes(LOCK.read_bytes())
    return tmp_path


def test_what_belongs_into_the_bucket(wheels: Path) -> None:
    plan = artifacts.planned("input/s.csv", wheels)
    assert {key for key in plan if not key.endswith(".py")} == {
        "scripts/python-libraries.sh", "scripts/wheels/one-1.0-py3-none-any.whl",
        "scripts/wheels/requirements.txt", "input/s.csv",
    }  # fmt: skip
    assert {"scripts/sentiment_analysis.py", "scripts/topic_analysis.py", "scripts/tweet_text.py"} <= set(
        plan
    )


@pytest.mark.parametrize("region", ["us-east-1", "eu-west-2"])
def test_a_bucket_is_made_in_every_region(region: str) -> None:
    s3 = boto3.client("s3", region_name=region)
    assert artifacts.ensure_bucket(s3, f"{BUCKET}-{region}") is True
    assert s3.head_bucket(Bucket=f"{BUCKET}-{region}")["BucketRegion"] == region


def test_only_what_changed_is_written(wheels: Path) -> None:
    s3, said = boto3.client("s3"), list[str]()
    plan = artifacts.planned("input/s.csv", wheels)
    assert artifacts.ensure_bucket(s3, BUCKET) is True
    assert artifacts.ensure_bucket(s3, BUCKET) is False
    assert artifacts.upload(s3, BUCKET, plan, said.append) == len(plan) == len(said)
    assert artifacts.upload(s3, BUCKET, plan, said.append) == 0
    s3.put_object(Bucket=BUCKET, Key="scripts/tweet_text.py", Body=b"edited")
    s3.put_object(Bucket=BUCKET, Key="scripts/wheels/old-0.9.whl", Body=b"old")
    s3.put_object(Bucket=BUCKET, Key="logs/j-1/kept", Body=b"a log")
    said.clear()
    assert artifacts.upload(s3, BUCKET, plan, said.append) == 2
    assert said == [
        f"s3://{BUCKET}/scripts/tweet_text.py",
        f"s3://{BUCKET}/scripts/wheels/old-0.9.whl removed",
    ]
    assert s3.get_object(Bucket=BUCKET, Key="logs/j-1/kept")["Body"].read() == b"a log"


def test_secrets_are_written_once_and_never_said() -> None:
    secrets, said = boto3.client("secretsmanager"), list[str]()
    wanted = secret_store.named(PROFILE)
    assert set(wanted) == {"airflow/connections/x_api", "airflow/variables/london-housing-webapp"}
    assert secret_store.write(secrets, wanted, said.append) == 2
    assert secret_store.write(secrets, wanted, said.append) == 0
    renewed = wanted | {"airflow/connections/x_api": '{"password": "canary-2"}'}
    assert secret_store.write(secrets, renewed, said.append) == 1
    assert secrets.get_secret_value(SecretId="airflow/connections/x_api")["SecretString"].endswith(
        'canary-2"}'
    )
    assert "canary" not in "".join(said)


def test_the_clusters_wheels_are_for_the_clusters_python() -> None:
    assert EMR.name == "cp311-manylinux_2_28_x86_64"
    assert EMR.pip_options()[:2] == ["--python-version", "3.11"]
    assert THIS_MACHINE.pip_options() == []


def test_containers_wheels_are_for_this_machines_processor() -> None:
    assert CONTAINERS.python == EMR.python
    assert CONTAINERS.platform in ("manylinux_2_28_x86_64", "manylinux_2_28_aarch64")


@pytest.fixture
def pip(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """A pip that makes one wheel, unless the list of its calls holds what it shall complain of."""
    calls: list[list[str]] = []

    def run(command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        complaint = "".join(f"ERROR: {line}\n" for line in calls.pop()) if calls else ""
        calls.append(command)
        (Path(command[command.index("--dest") + 1]) / "one-1.0-py3-none-any.whl").touch()
        return subprocess.CompletedProcess(command, 1 if complaint else 0, "", complaint)

    monkeypatch.setattr("aws.wheelhouse.subprocess.run", run)
    return calls


def test_wheels_are_fetched_once_into_the_folder_that_is_named(tmp_path: Path, pip: list[list[str]]) -> None:
    cache = tmp_path / "made" / "for it"
    folder = wheelhouse.wheelhouse(EMR, cache)
    assert folder.parent == cache
    assert [path.name for path in sorted(folder.iterdir())] == [
        "one-1.0-py3-none-any.whl",
        "requirements.txt",
    ]
    pip.clear()
    assert wheelhouse.wheelhouse(EMR, cache) == folder
    assert pip == []
    assert [path.name for path in cache.iterdir()] == [folder.name]


def test_wheels_that_cannot_be_fetched_leave_nothing(tmp_path: Path, pip: list[list[str]]) -> None:
    pip.append(["no such version"])
    with pytest.raises(
        NoWheelhouse, match="could not be fetched: ERROR: no such version; is the package index"
    ):
        wheelhouse.wheelhouse(EMR, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_wheels_that_cannot_be_kept(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(NoWheelhouse, match=r"cannot be kept in .*/file/wheels: Not a directory"):
        wheelhouse.wheelhouse(EMR, tmp_path / "file" / "wheels")


def test_the_wheelhouse_alone(
    tmp_path: Path, pip: list[list[str]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["wheelhouse", "containers", str(tmp_path)])
    assert wheelhouse.main() == 0
    assert capsys.readouterr().out.startswith(f"{tmp_path}/{CONTAINERS.name}-")
    (tmp_path / "file").touch()
    monkeypatch.setattr("sys.argv", ["wheelhouse", "emr", str(tmp_path / "file" / "wheels")])
    assert wheelhouse.main() == 2
    assert capsys.readouterr().err.startswith("wheelhouse: the jobs' wheels cannot be kept")


def test_the_command_deploys_and_says_what_it_changed(
    tmp_path: Path, pip: list[list[str]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("POSTGRES_HOST", "PIPELINE_PASSWORD", "FIXTURES_HOST", "FIXTURES_TOKEN"):
        monkeypatch.setenv(name, "canary")
    monkeypatch.setenv("POSTGRES_PORT", "5432")
    monkeypatch.setenv("FIXTURES_PORT", "8000")
    command = ["deploy", "local", "--wheels-for", "containers", "--wheels", str(tmp_path)]
    monkeypatch.setattr("sys.argv", command)
    assert deploy.main() == 0
    said = capsys.readouterr().out
    assert "s3://london-housing-webapp/scripts/wheels/one-1.0-py3-none-any.whl\n" in said
    assert "canary" not in said
    assert deploy.main() == 0
    assert capsys.readouterr().out == "profile local: nothing to change\n"


def test_a_profile_without_stacks_needs_no_more_than_boto3() -> None:
    code = (
        "import sys, aws.deploy; "
        "heavy = {'yaml', 'rich', 'requests', 'compose', 'airflow', 'aws.infrastructure.stacks'}; "
        "print(*sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "\n"


def test_a_profile_without_stacks_has_no_dry_run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["deploy", "local", "--dry-run"])
    assert deploy.main() == 2
    assert capsys.readouterr().err == "deploy: profile local has no stacks: there is no dry run of it\n"


def test_the_command_says_what_is_wrong_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def missing(*_: Any) -> int:
        raise FileNotFoundError(2, "No such file or directory", "fixtures/stations.csv")

    monkeypatch.setattr("sys.argv", ["deploy", "typo"])
    assert deploy.main() == 2
    monkeypatch.setattr("sys.argv", ["deploy", "typo", "--dry-run"])
    assert deploy.main() == 2
    monkeypatch.setattr("sys.argv", ["deploy", "local"])
    monkeypatch.setattr(deploy, "deploy", missing)
    assert deploy.main() == 2
    said = capsys.readouterr().err.splitlines()
    assert said[:2] == ["there is no profile 'typo'; choose one of: aws, embedded, emr, local"] * 2
    assert said[2:] == ["deploy: [Errno 2] No such file or directory: 'fixtures/stations.csv'"]


@pytest.mark.parametrize(
    ("stacks", "says"),
    [
        ("{", "line 1: not JSON: Expecting property name enclosed in double quotes"),
        ("{}", "prefix: must be a string, what the stacks' names begin with"),
    ],
)
def test_the_command_names_stacks_that_cannot_be_used(
    tmp_path: Path,
    stacks: str,
    says: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("aws.profile.ROOT", tmp_path)
    monkeypatch.setattr("aws.profile.PROFILES", tmp_path)
    (tmp_path / "mine").mkdir()
    for name, text in (("connections", "{}"), ("variables", "{}"), ("stacks", stacks)):
        (tmp_path / "mine" / f"{name}.json").write_text(text)
    monkeypatch.setattr("sys.argv", ["deploy", "mine", "--dry-run"])
    assert deploy.main() == 2
    said = capsys.readouterr().err
    assert said.startswith("mine/stacks.json, ")
    assert said.endswith(f"{says}\n")
