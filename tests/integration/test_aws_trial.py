"""make e2e PROFILE=aws on the rehearsal's cloud, where it cannot end well: what was made is removed."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
import requests

from tests.integration.harness import ROOT

REGION = "eu-west-2"
MINE = (
    "AWS_",
    "STACK_PREFIX",
    "BUCKET_NAME",
    "X_",
    "LAND_REGISTRY_",
    "POSTCODE_",
    "KEEP",
)  # may name another cloud or deployment


@pytest.fixture
def settings() -> Iterator[dict[str, str]]:
    """The environment that leads to a cloud of the test's own."""
    with subprocess.Popen(
        [sys.executable, "-m", "aws.rehearsal.cloud"], cwd=ROOT, text=True, stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    ) as process:  # fmt: skip
        assert process.stdin
        assert process.stdout
        yield {
            **{name: value for name, value in os.environ.items() if not name.startswith(MINE)},
            "AWS_ENDPOINT_URL": json.loads(process.stdout.readline())["url"],
            "AWS_ACCESS_KEY_ID": "rehearsal",
            "AWS_SECRET_ACCESS_KEY": "rehearsal",
            "AWS_DEFAULT_REGION": REGION,
            "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "ALLOWED_SITE_CIDR": "203.0.113.7/32",
        }
        process.stdin.close()


def trial(settings: dict[str, str], *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "aws.e2e", "aws", *options], cwd=ROOT, text=True, check=False, env=settings,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip


def client(url: str, service: str) -> Any:
    return boto3.Session().client(  # type: ignore[call-overload]
        service, endpoint_url=url, region_name=REGION, aws_access_key_id="rehearsal",
        aws_secret_access_key="rehearsal",
    )  # fmt: skip


def test_a_trial_whose_deployment_fails_leaves_nothing(settings: dict[str, str]) -> None:
    url = settings["AWS_ENDPOINT_URL"]
    failing = {"type": "AWS::RDS::DBInstance", "reason": "the quota of instances is used up"}
    assert requests.post(f"{url}/rehearsal/fail", json=failing, timeout=10).ok

    asked = trial(settings)
    assert (asked.returncode, asked.stdout.splitlines()[-1]) == (
        2, "there is no terminal to ask at: make e2e needs --force (make: FORCE=1)",
    )  # fmt: skip
    assert "About $" in asked.stdout
    cloudformation, s3, secrets = (client(url, name) for name in ("cloudformation", "s3", "secretsmanager"))
    assert cloudformation.describe_stacks()["Stacks"] == []

    kept = trial(settings, "--force", "--keep")
    assert kept.returncode == 1
    assert "the quota of instances is used up" in kept.stdout
    cure = kept.stdout.split("until you call: ")[1].splitlines()[0]
    assert cure.startswith(f"AWS_REGION={REGION} STACK_PREFIX=tubepulse-e2e ")
    names = {stack["StackName"] for stack in cloudformation.describe_stacks()["Stacks"]}
    assert names == {f"tubepulse-e2e-{key}" for key in ("network", "storage", "roles", "database")}

    removed = subprocess.run(
        cure, shell=True, cwd=ROOT, text=True, check=False, env=settings, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    assert removed.returncode == 0, removed.stdout
    assert "nothing is left" in removed.stdout
    stacks = cloudformation.describe_stacks()["Stacks"]
    assert [stack for stack in stacks if stack["StackStatus"] != "DELETE_COMPLETE"] == []
    assert s3.list_buckets()["Buckets"] == []
    assert secrets.list_secrets()["SecretList"] == []
