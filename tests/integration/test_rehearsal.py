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
from botocore.config import Config

from tests import aws_calls
from tests.aws_permissions import Need, needs
from tests.integration.harness import ROOT
from tests.unit.aws.policies import allowed, documents, together
from tests.unit.aws.templates import ACCOUNT as RENDERED

REGION, ACCOUNT, STRANGER = "eu-west-2", "123456789012", "210987654321"
CLUSTER_TAGS = {"project": "tubepulse", "profile": "aws", "prefix": "tubepulse"}
# May name another cloud or deployment: what the profiles take from the caller's environment
MINE = {
    name
    for profile in ("aws", "emr")
    for file in (ROOT / "profiles" / profile).glob("*.json")
    for name in re.findall(r"\$\{([A-Z][A-Z0-9_]*)(?::-|\})", file.read_text(encoding="utf-8"))
}
PHASES = ("infrastructure", "artifacts", "airflow", "database roles", "secrets")


@dataclass(frozen=True)
class Cloud:
    """A cloud of the test's own, and the project's commands against it."""

    url: str
    more: Mapping[str, str] = field(default_factory=dict)

    def client(self, service: str, **more: Any) -> Any:
        keys = {"aws_access_key_id": "rehearsal", "aws_secret_access_key": "rehearsal", **more}
        return boto3.Session().client(service, endpoint_url=self.url, region_name=REGION, **keys)  # type: ignore[call-overload]

    def run(self, module: str, *arguments: str, **more: str | None) -> subprocess.CompletedProcess[str]:
        """The command's outcome; a setting of None is taken away."""
        settings: dict[str, str | None] = {
            **{
                name: value
                for name, value in os.environ.items()
                if name not in MINE and not name.startswith("AWS_")
            },
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


def outputs(cloud: Cloud, stack: str) -> dict[str, str]:
    found = cloud.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
    return {output["OutputKey"]: output["OutputValue"] for output in found["Outputs"]}


def connection(cloud: Cloud, name: str) -> dict[str, Any]:
    value = cloud.client("secretsmanager").get_secret_value(SecretId=f"airflow/connections/{name}")
    found: dict[str, Any] = json.loads(value["SecretString"])
    return found


def test_profile_emr_makes_what_emr_needs_and_nothing_that_costs(cloud: Cloud) -> None:
    settings = {
        "POSTGRES_HOST": "postgres", "POSTGRES_PORT": "5432", "PIPELINE_PASSWORD": "of the stack",
        "X_BEARER_TOKEN": "token",
    }  # fmt: skip
    made = cloud.run("aws.deploy", "emr", "--force", **settings)
    assert made.returncode == 0, made.stderr
    assert [line[:5] for line in made.stdout.splitlines() if line.startswith("[")] == [
        "[1/3]",
        "[2/3]",
        "[3/3]",
    ]
    names = {stack["StackName"] for stack in cloud.client("cloudformation").describe_stacks()["Stacks"]}
    assert names == {"tubepulse-emr-network", "tubepulse-emr-storage", "tubepulse-emr-roles"}
    ec2 = cloud.client("ec2")
    assert ec2.describe_nat_gateways()["NatGateways"] == []
    network = outputs(cloud, "tubepulse-emr-network")
    cluster = connection(cloud, "emr_default")["extra"]
    assert cluster["Instances"]["Ec2SubnetIds"] == network["PublicSubnetIds"].split(",")
    for subnet in ec2.describe_subnets(SubnetIds=cluster["Instances"]["Ec2SubnetIds"])["Subnets"]:
        assert subnet["MapPublicIpOnLaunch"] is True
        assert {"Key": "for-use-with-amazon-emr-managed-policies", "Value": "true"} in subnet["Tags"]
    assert connection(cloud, "postgres_default")["password"] == "of the stack"
    bucket = outputs(cloud, "tubepulse-emr-storage")["BucketName"]
    keys = {item["Key"] for item in cloud.client("s3").list_objects_v2(Bucket=bucket)["Contents"]}
    assert "scripts/sentiment_analysis.py" in keys
    assert not [key for key in keys if key.startswith("dags/")]
    again = cloud.run("aws.deploy", "emr", "--force", **settings)
    assert again.stdout.splitlines()[-1] == "profile emr: nothing to change"
    # Airflow's names of secrets are one deployment's in a region
    assert "belongs to profile emr" in cloud.refusal()
    gone = cloud.run("aws.destroy", "emr", "--force")
    assert gone.returncode == 0, gone.stderr
    assert cloud.client("cloudformation").describe_stacks()["Stacks"] == []
    assert cloud.client("secretsmanager").list_secrets()["SecretList"] == []


def test_an_own_vpc_is_used_and_left_as_it_was(cloud: Cloud) -> None:
    ec2 = cloud.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.7.0.0/16")["Vpc"]["VpcId"]
    zones = [zone["ZoneName"] for zone in ec2.describe_availability_zones()["AvailabilityZones"][:2]]

    def subnet(part: int, zone: str) -> str:
        made = ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.7.{part}.0/24", AvailabilityZone=zone)
        return str(made["Subnet"]["SubnetId"])

    private, public = (
        [subnet(first + number, zone) for number, zone in enumerate(zones)] for first in (0, 10)
    )
    own = {
        "VPC_ID": vpc, "PRIVATE_SUBNET_IDS": ",".join(private), "PUBLIC_SUBNET_IDS": ",".join(public),
        "X_BEARER_TOKEN": "token",
    }  # fmt: skip
    assert "PRIVATE_SUBNET_IDS" in cloud.refusal(VPC_ID=vpc)
    made = cloud.run("aws.deploy", "aws", "--force", **own)
    assert made.returncode == 0, made.stderr
    mwaa = cloud.client("mwaa", config=Config(inject_host_prefix=False))
    environment = mwaa.get_environment(Name="tubepulse")["Environment"]
    assert environment["NetworkConfiguration"]["SubnetIds"] == private
    assert connection(cloud, "emr_default")["extra"]["Instances"]["Ec2SubnetIds"] == private
    (database,) = cloud.client("rds").describe_db_instances()["DBInstances"]
    assert {subnet["SubnetIdentifier"] for subnet in database["DBSubnetGroup"]["Subnets"]} == set(public)
    assert database["PubliclyAccessible"] is False
    gone = cloud.run("aws.destroy", "aws", "--force", "--no-snapshot", **own)
    assert gone.returncode == 0, gone.stderr
    assert [found["SubnetId"] for found in ec2.describe_subnets(SubnetIds=[*private, *public])["Subnets"]]
    groups = ec2.describe_security_groups(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["SecurityGroups"]
    assert [group["GroupName"] for group in groups] == ["default"]
    for each in (*private, *public):
        ec2.delete_subnet(SubnetId=each)
    ec2.delete_vpc(VpcId=vpc)


@dataclass(frozen=True)
class Record:
    """What was asked of AWS, and the database's passwords of that time."""

    calls: list[dict[str, Any]]
    passwords: set[str]


@pytest.fixture(scope="module")
def record(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Record:
    """A deployment, a second one with another setting, and a destruction."""
    folder = tmp_path_factory.mktemp("calls")
    recorded = Cloud(cloud.url, {**aws_calls.start(folder), "X_BEARER_TOKEN": "token"})
    for settings in ({}, {"ALLOWED_SITE_CIDR": "203.0.113.7/32", "AIRFLOW_MAX_WORKERS": "3"}):
        made = recorded.run("aws.deploy", "aws", "--force", **settings)
        assert made.returncode == 0, made.stderr
    _as_after_a_run(cloud)
    passwords = _passwords(cloud)
    gone = recorded.run("aws.destroy", "aws", "--force", "--no-snapshot")
    assert gone.returncode == 0, gone.stderr
    assert cloud.client("rds").describe_db_snapshots(SnapshotType="manual")["DBSnapshots"] == []
    return Record(aws_calls.calls(folder), passwords)


@pytest.fixture(scope="module")
def calls(record: Record) -> list[dict[str, Any]]:
    return record.calls


def _passwords(cloud: Cloud) -> set[str]:
    """The database's own and its roles', which its stack has made."""
    made, secrets = outputs(cloud, "tubepulse-database"), cloud.client("secretsmanager")
    arns = [made[f"{whose}SecretArn"] for whose in ("Master", "Pipeline", "Webapp")]
    texts = [secrets.get_secret_value(SecretId=arn)["SecretString"] for arn in arns]
    return {json.loads(text)["password"] for text in texts}


def _as_after_a_run(cloud: Cloud) -> None:
    """A security group as EMR makes it, and a cluster that nobody has terminated."""
    vpc = outputs(cloud, "tubepulse-network")["VpcId"]
    ec2 = cloud.client("ec2")
    group = ec2.create_security_group(GroupName="ElasticMapReduce-Slave", Description="-", VpcId=vpc)[
        "GroupId"
    ]
    rule = {"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": group}]}
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[rule])
    cloud.client("emr").run_job_flow(
        Name="left", ReleaseLabel="emr-7.13.0", LogUri=f"s3://tubepulse-{ACCOUNT}-{REGION}/logs/",
        JobFlowRole="r", ServiceRole="r", VisibleToAllUsers=True,
        Instances={
            "MasterInstanceType": "m5.xlarge", "InstanceCount": 1, "KeepJobFlowAliveWhenNoSteps": True,
        },
        Tags=[{"Key": key, "Value": value} for key, value in CLUSTER_TAGS.items()],
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
    return needs(call, ACCOUNT, cluster_tags=CLUSTER_TAGS)


def test_nothing_secret_stands_in_a_call(record: Record) -> None:
    """What is secret goes as SecretString only, which the record hides."""
    text = json.dumps(record.calls)
    assert (len(record.passwords), min(map(len, record.passwords)) >= 16) == (3, True)
    assert [password for password in record.passwords if json.dumps(password)[1:-1] in text] == []
    assert "(hidden)" in text
    assert "token" not in re.sub(r"\w*Token\w*|NextToken|continuation_token", "", text)
