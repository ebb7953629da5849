"""The deployment, against moto in this process."""

from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from aws import artifacts, secret_store
from aws.profile import Profile
from aws.wheelhouse import EMR, LOCK, THIS_MACHINE

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
    plan = artifacts.planned("input/s.csv", "input/h.csv", wheels)
    assert {key for key in plan if not key.endswith(".py")} == {
        "scripts/python-libraries.sh", "scripts/wheels/one-1.0-py3-none-any.whl",
        "scripts/wheels/requirements.txt", "input/s.csv", "input/h.csv",
    }  # fmt: skip
    assert {"scripts/sentiment_analysis.py", "scripts/topic_analysis.py", "scripts/tweet_text.py"} <= set(
        plan
    )


def test_only_what_changed_is_written(wheels: Path) -> None:
    s3, said = boto3.client("s3"), list[str]()
    plan = artifacts.planned("input/s.csv", "input/h.csv", wheels)
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


def test_the_users_own_prices_are_kept(wheels: Path) -> None:
    s3 = boto3.client("s3")
    plan = artifacts.planned("input/s.csv", "input/h.csv", wheels)
    artifacts.ensure_bucket(s3, BUCKET)
    s3.put_object(Bucket=BUCKET, Key="input/h.csv", Body=b"real prices")
    assert artifacts.upload(s3, BUCKET, plan, lambda _: None, ["input/h.csv"]) == len(plan) - 1
    assert s3.get_object(Bucket=BUCKET, Key="input/h.csv")["Body"].read() == b"real prices"


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
