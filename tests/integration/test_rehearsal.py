"""The deployment to AWS against the rehearsal's cloud: the whole of it, its obstacles, its permissions."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import boto3
import pytest
import requests

from tests import aws_calls
from tests.aws_permissions import Need, needs
from tests.integration.harness import ROOT
from tests.unit.aws.policies import allowed, documents, together
from tests.unit.aws.templates import ACCOUNT as RENDERED

REGION, ACCOUNT, STRANGER = "eu-west-2", "123456789012", "210987654321"
# May name another cloud or deployment
MINE = ("AWS_", "STACK_PREFIX", "BUCKET_NAME", "X_", "ALLOWED_SITE_CIDR", "AIRFLOW_", "VPC_")
PHASES = ("infrastructure", "artifacts", "airflow", "database roles", "secrets")


@dataclass(frozen=True)
class Cloud:
    """A cloud of the test's own, and the project's commands against it."""

    url: str
    more: Mapping[str, str] = field(default_factory=dict)

    def client(self, service: str, **credentials: str) -> Any:
        keys = {"aws_access_key_id": "rehearsal", "aws_secret_access_key": "rehearsal", **credentials}
        return boto3.Session().client(service, endpoint_url=self.url, region_name=REGION, **keys)  # type: ignore[call-overload]

    def run(self, module: str, *arguments: str, **more: str | None) -> subprocess.CompletedProcess[str]:
        """The command's outcome; a setting of None is taken away."""
        settings: dict[str, str | None] = {
            **{name: value for name, value in os.environ.items() if not name.startswith(MINE)},
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": "rehearsal",
            "AWS_SECRET_ACCESS_KEY": "rehearsal",
            "AWS_REGION": REGION,
            "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            **self.more,
            **more,
        }
        return subprocess.run(
            [sys.executable, "-m", module, *arguments], cwd=ROOT, text=True, check=False, capture_output=True,
            env={name: value for name, value in settings.items() if value is not None},
            stdin=subprocess.DEVNULL, timeout=120,
        )  # fmt: skip

    def refusal(self, *arguments: str, **more: str | None) -> str:
        """The one line with which the deployment ends."""
        ended = self.run("aws.deploy", *(arguments or ("aws", "--force")), **more)
        assert ended.returncode == 2, ended
        lines = ended.stderr.splitlines()
        assert len(lines) == 1, ended.stderr
        assert "Traceback" not in ended.stdout
        return lines[0]

    def order(self, what: str, **order: str) -> None:
        assert requests.post(f"{self.url}/rehearsal/{what}", json=order, timeout=10).ok


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    with subprocess.Popen(
        [sys.executable, "-m", "aws.rehearsal.cloud"], cwd=ROOT, text=True, stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    ) as process:  # fmt: skip
        assert process.stdin
        assert process.stdout
        yield Cloud(json.loads(process.stdout.readline())["url"])
        process.stdin.close()


def test_the_whole_rehearsal() -> None:
    # Settings of the caller's own must not lead it to a real account
    settings = {**os.environ, "AWS_PROFILE": "nobody", "STACK_PREFIX": "other"}
    ended = subprocess.run(
        [sys.executable, "-m", "aws.rehearse"], cwd=ROOT, text=True, check=False, capture_output=True,
        env=settings, timeout=500,
    )  # fmt: skip
    assert (ended.returncode, ended.stderr) == (0, "")
    for phase in PHASES:
        for point in ("at its start", "in the middle"):
            assert re.search(rf"deploy, killed: {phase}, {point} +[\d.]+ s  found to do", ended.stdout)
    assert re.search(r"deploy again +[\d.]+ s  nothing to change", ended.stdout)
    assert "nothing left but the database's snapshot" in ended.stdout
    assert re.search(r"rehearsed in \d+ s: everything as it must be$", ended.stdout.strip())


def test_no_such_profile(cloud: Cloud) -> None:
    assert "there is no profile 'typo'" in cloud.refusal("typo", "--force")


def test_no_credentials(cloud: Cloud) -> None:
    none = {"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None}
    assert "there are no AWS credentials" in cloud.refusal(**none)
    shown = cloud.run("aws.deploy", "aws", "--dry-run", **none)
    assert shown.returncode == 0, shown.stderr
    assert "not compared with an account" in shown.stdout.splitlines()[-1]


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"AWS_ACCESS_KEY_ID": "EXPIRED1"}, "expired"),
        ({"AWS_ACCESS_KEY_ID": "INVALID1"}, "credentials"),
        ({"AWS_REGION": "eu-nowhere-1"}, "region"),
        ({"AWS_REGION": None, "AWS_DEFAULT_REGION": None}, "region"),
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}, "cannot be reached"),
    ],
    ids=["expired", "unknown", "wrong region", "no region", "unreachable"],
)
def test_the_account_cannot_be_used(cloud: Cloud, settings: dict[str, str | None], named: str) -> None:
    assert named in cloud.refusal(**settings)


def test_the_buckets_name_is_taken(cloud: Cloud) -> None:
    role = f"arn:aws:iam::{STRANGER}:role/somebody"
    keys = cloud.client("sts").assume_role(RoleArn=role, RoleSessionName="somebody")["Credentials"]
    stranger = cloud.client(
        "s3", aws_access_key_id=keys["AccessKeyId"], aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )  # fmt: skip
    stranger.create_bucket(
        Bucket="taken-by-somebody", CreateBucketConfiguration={"LocationConstraint": REGION}
    )
    line = cloud.refusal(BUCKET_NAME="taken-by-somebody")
    assert "taken-by-somebody" in line
    assert "BUCKET_NAME" in line
    assert cloud.client("cloudformation").describe_stacks()["Stacks"] == []


def test_a_failure_in_mid_stack_then_the_stack_it_left(cloud: Cloud) -> None:
    cloud.order("fail", type="AWS::EC2::NatGateway", reason="The maximum number of addresses is reached.")
    line = cloud.refusal()
    assert "tubepulse-network" in line
    assert "NatGatewayInPublicSubnet1" in line
    assert "The maximum number of addresses is reached" in line
    again = cloud.refusal()
    assert "tubepulse-network" in again
    assert "ROLLBACK_COMPLETE" in again
    assert "The maximum number of addresses is reached" in again
    removed = cloud.run("aws.destroy", "aws", "--force")
    assert removed.returncode == 0, removed.stderr
    assert cloud.client("cloudformation").describe_stacks()["Stacks"] == []


@pytest.fixture(scope="module")
def calls(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """What a deployment, a second one with another setting, and a destruction ask of AWS."""
    folder = tmp_path_factory.mktemp("calls")
    recorded = Cloud(cloud.url, {**aws_calls.start(folder), "X_BEARER_TOKEN": "token"})
    for settings in ({}, {"ALLOWED_SITE_CIDR": "203.0.113.7/32", "AIRFLOW_MAX_WORKERS": "3"}):
        made = recorded.run("aws.deploy", "aws", "--force", **settings)
        assert made.returncode == 0, made.stderr
    _as_after_a_run(cloud)
    gone = recorded.run("aws.destroy", "aws", "--force", "--no-snapshot")
    assert gone.returncode == 0, gone.stderr
    assert cloud.client("rds").describe_db_snapshots(SnapshotType="manual")["DBSnapshots"] == []
    return aws_calls.calls(folder)


def _as_after_a_run(cloud: Cloud) -> None:
    """A security group as EMR makes it, and a cluster that nobody has terminated."""
    stack = cloud.client("cloudformation").describe_stacks(StackName="tubepulse-network")["Stacks"][0]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
    ec2 = cloud.client("ec2")
    group = ec2.create_security_group(
        GroupName="ElasticMapReduce-Slave", Description="-", VpcId=outputs["VpcId"]
    )["GroupId"]
    rule = {"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": group}]}
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[rule])
    cloud.client("emr").run_job_flow(
        Name="left", ReleaseLabel="emr-7.13.0", LogUri=f"s3://tubepulse-{ACCOUNT}-{REGION}/logs/",
        JobFlowRole="r", ServiceRole="r", VisibleToAllUsers=True,
        Instances={
            "MasterInstanceType": "m5.xlarge", "InstanceCount": 1, "KeepJobFlowAliveWhenNoSteps": True,
        },
        Tags=[{"Key": "project", "Value": "tubepulse"}, {"Key": "profile", "Value": "aws"}],
    )  # fmt: skip


# What is known to happen, so that an empty record proves nothing
CERTAIN = {
    "sts GetCallerIdentity", "cloudformation CreateChangeSet", "cloudformation ExecuteChangeSet",
    "cloudformation DeleteStack", "cloudformation DescribeStackEvents", "s3 PutObject", "s3 ListObjectsV2",
    "s3 ListObjectVersions", "secretsmanager CreateSecret", "secretsmanager DeleteSecret",
    "secretsmanager GetSecretValue", "mwaa InvokeRestApi", "emr TerminateJobFlows", "logs DeleteLogGroup",
    "ec2 DeleteSecurityGroup", "rds DeleteDBSnapshot",
}  # fmt: skip


def test_the_deployers_policies_allow_every_call(calls: list[dict[str, Any]]) -> None:
    assert {f"{call['service']} {call['operation']}" for call in calls} >= CERTAIN
    policies = together(documents("deployer", {"Prefix": "tubepulse", "BucketName": ""}))
    asked = {_key(need): need for call in calls for need in _needs(call)}
    assert [key for key, need in asked.items() if not _allowed(policies, need)] == []


def _allowed(policies: list[dict[str, Any]], need: Need) -> bool:
    """The evaluator renders the templates for an account of its own."""
    context = {key: str(value).replace(ACCOUNT, RENDERED) for key, value in need.context.items()}
    return allowed(policies, need.action, need.resource.replace(ACCOUNT, RENDERED), context)


def _key(need: Need) -> str:
    return f"{need.action} {need.resource} {sorted(need.context.items())}"


def _needs(call: dict[str, Any]) -> list[Need]:
    """What IAM asks for a call; the services that the DAGs do not use are listed here."""
    params, service, operation = call["params"], call["service"], call["operation"]
    here = f"{REGION}:{ACCOUNT}"
    match service, operation:
        case "mwaa", "InvokeRestApi":
            return [Need("airflow:InvokeRestApi", f"arn:aws:airflow:{here}:role/{params['Name']}/Op")]
        case "mwaa", _:
            return [Need(f"airflow:{operation}", f"arn:aws:airflow:{here}:environment/{params['Name']}")]
        case "logs", "DescribeLogGroups":
            return [Need("logs:DescribeLogGroups")]
        case "logs", _:
            return [Need(f"logs:{operation}", f"arn:aws:logs:{here}:log-group:{params['logGroupName']}")]
        case "rds", "DescribeDBSnapshots":
            return [Need(f"rds:{operation}", f"arn:aws:rds:{here}:snapshot:*")]
        case "rds", _:
            name = params["DBSnapshotIdentifier"]
            return [Need(f"rds:{operation}", f"arn:aws:rds:{here}:snapshot:{name}")]
        case "ec2", _ if operation.startswith("Describe"):
            return [Need(f"ec2:{operation}")]
        case "ec2", _:
            tag = {"aws:ResourceTag/for-use-with-amazon-emr-managed-policies": "true"}  # as EMR tags its own
            return [Need(f"ec2:{operation}", f"arn:aws:ec2:{here}:security-group/{params['GroupId']}", tag)]
    return needs(call, ACCOUNT, cluster_tags={"project": "tubepulse", "profile": "aws"})


def test_nothing_secret_stands_in_a_call(calls: list[dict[str, Any]]) -> None:
    """What is secret goes as SecretString only, which the record hides."""
    text = json.dumps(calls)
    assert "(hidden)" in text
    assert "token" not in re.sub(r"\w*Token\w*|NextToken|continuation_token", "", text)
