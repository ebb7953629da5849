"""make doctor PROFILE=aws: its lines and exit code in accounts of several kinds."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import boto3
import botocore.client
import pytest
import requests
from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError
from moto import mock_aws
from moto.cloudformation.models import cloudformation_backends

from aws import doctor, x_keys
from aws.preflight import checks, sources, x_usage
from aws.preflight.checks import Finding, Quota
from aws.preflight.checks_vpc import TAG

ACCOUNT = "123456789012"
DENIED = "AccessDeniedException"
QUOTAS = {
    "L-F678F1CE": 5,
    "L-0263D0A3": 5,
    "L-FE5A380F": 5,
    "L-7B6409FD": 40,
    "L-1216C47A": 32,
    "L-34B43A08": 16,
}
ROLES = ("AmazonMWAA", "RDS", "EMRCleanup", "EC2Spot")
Answer = Callable[[dict[str, Any]], Any] | str


class Cloud:
    """moto, and answers to operations that it lacks; a text is the code of an error."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {
            "GetServiceQuota": lambda asked: {"Quota": {"Value": QUOTAS[asked["QuotaCode"]]}},
            "ListServiceQuotas": lambda _: {
                "Quotas": [{"QuotaName": "Environments per account per Region", "Value": 10.0}]
            },
            "ListEnvironments": lambda _: {"Environments": []},
            "DescribeReleaseLabel": lambda asked: {
                "ReleaseLabel": asked["ReleaseLabel"],
                "Applications": [{"Name": "Spark"}, {"Name": "Hadoop"}, {"Name": "Hive"}],
            },
            "SimulatePrincipalPolicy": lambda _: {"EvaluationResults": [{"EvalDecision": "allowed"}]},
            "GetCallerIdentity": lambda _: {
                "Account": ACCOUNT,
                "UserId": "AIDA",
                "Arn": f"arn:aws:iam::{ACCOUNT}:user/somebody",
            },
        }

    def head(self, url: str, **_: Any) -> requests.Response:
        """What the hosts of housing prices answer."""
        if "127.0.0.1:9" in url:
            raise requests.ConnectionError("refused")
        answer = requests.Response()
        answer.status_code = 302
        return answer

    def answer(self, operation: str, asked: dict[str, Any]) -> Any:
        given = self.answers[operation]
        if isinstance(given, str):
            raise ClientError({"Error": {"Code": given, "Message": "of the test"}}, operation)
        return {**given(asked), "ResponseMetadata": {"HTTPStatusCode": 200}}


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    made, moto = Cloud(), botocore.client.BaseClient._make_api_call  # type: ignore[attr-defined]

    def call_api(client: Any, operation: str, asked: dict[str, Any]) -> Any:
        return made.answer(operation, asked) if operation in made.answers else moto(client, operation, asked)

    for name in (
        "AWS_PROFILE", "AWS_REGION", "STACK_PREFIX", "VPC_ID", "PRIVATE_SUBNET_IDS", "PUBLIC_SUBNET_IDS",
        "BUCKET_NAME", "EMR_RELEASE_LABEL", "AIRFLOW_VERSION", "X_CONSUMER_KEY", "X_CONSUMER_SECRET",
        "X_ACCESS_TOKEN", "X_ACCESS_TOKEN_SECRET", "X_API_HOST", "POSTCODE_DIRECTORY_HOST",
        "POSTCODE_DIRECTORY_FILE",
    ):  # fmt: skip
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "X_BEARER_TOKEN"):
        monkeypatch.setenv(name, "canary")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-2")
    monkeypatch.setenv("LAND_REGISTRY_TOKEN", "canary")
    monkeypatch.setenv("LAND_REGISTRY_HOST", "127.0.0.1:9")
    monkeypatch.setattr(requests, "head", made.head)
    with mock_aws():
        monkeypatch.setattr(botocore.client.BaseClient, "_make_api_call", call_api)
        yield made


@pytest.fixture
def call(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, list[str]]]:
    def run(*options: str) -> tuple[int, list[str]]:
        monkeypatch.setattr(sys, "argv", ["doctor", *(options or ("aws",))])
        code = doctor.main()
        printed = capsys.readouterr()
        assert printed.err == ""
        assert "canary" not in printed.out
        return code, printed.out.splitlines()

    return run


Call = Callable[..., tuple[int, list[str]]]


def make_roles() -> None:
    for name in ROLES:
        boto3.client("iam").create_role(RoleName=f"AWSServiceRoleFor{name}", AssumeRolePolicyDocument="{}")


def beginning(lines: list[str], text: str) -> str:
    found = [line for line in lines if line[2:].startswith(text)]
    assert len(found) == 1, lines
    return found[0]


def test_a_fresh_account(call: Call) -> None:
    code, lines = call()
    bucket = f"tubepulse-{ACCOUNT}-eu-west-2"
    zones = "eu-west-2a, eu-west-2b, eu-west-2c"
    types = "m5.xlarge, m6i.xlarge, m5a.xlarge offered in"
    now = "or now: aws iam create-service-linked-role --aws-service-name"
    role, aws = "AWSServiceRoleFor", "amazonaws.com"
    assert lines == [
        "✔ profile aws",
        f"✔ account {ACCOUNT} in eu-west-2, as arn:aws:iam::{ACCOUNT}:user/somebody",
        "✔ region eu-west-2: MWAA is offered there",
        "✔ stack tubepulse-network is to be made",
        "✔ stack tubepulse-storage is to be made",
        "✔ stack tubepulse-roles is to be made",
        "✔ stack tubepulse-database is to be made",
        "✔ stack tubepulse-airflow is to be made",
        f"✔ the bucket name {bucket} is free",
        "✔ VPCs: 1 of 5 in use, 1 more needed",
        "✔ Elastic IP addresses: 0 of 5 in use, 1 more needed",
        "✔ RDS instances: 0 of 40 in use, 1 more needed",
        "✔ MWAA environments: 0 of 10 in use, 1 more needed",
        "✔ vCPUs of On-Demand nodes: 0 of 32 in use, 12 more needed",
        "✔ vCPUs of Spot nodes: 0 of 16 in use, 8 more needed",
        f"– role {role}AmazonMWAA is not there yet: MWAA makes it with the environment, {now} airflow.{aws}",
        f"– role {role}RDS is not there yet: RDS makes it with the database, {now} rds.{aws}",
        f"– role {role}EMRCleanup is not there yet: EMR makes it with the first cluster, {now} "
        f"elasticmapreduce.{aws}",
        f"– role {role}EC2Spot is not there yet: EMR makes it with the first Spot node, {now} spot.{aws}",
        "✔ EMR has release emr-7.13.0 with Hadoop and Spark",
        f"✔ fleet primary: {types} {zones}",
        f"✔ fleet core: {types} {zones}",
        "– Airflow 3.3.1: MWAA does not tell its versions; should it refuse this one, export "
        "AIRFLOW_VERSION=3.0.6",
        "✔ X: there is a bearer token in the environment (--ask-x asks X whether it is valid)",
        "– land_registry: https://127.0.0.1:9/pp-monthly-update-new-version.csv is not reachable from here "
        "(ConnectionError): housing-prices must reach it",
        "✔ postcode_directory: https://www.arcgis.com/sharing/rest/content/items/"
        "9e5a92a3cfb14dc7ad43d6ea7a7b8c7f/data is there",
        "✔ permissions: airflow:CreateEnvironment, cloudformation:CreateChangeSet, ec2:CreateVpc, "
        "iam:CreateRole, rds:CreateDBInstance, s3:CreateBucket, secretsmanager:CreateSecret",
    ]  # fmt: skip
    assert code == 0


def test_the_emr_profile_needs_neither_airflow_nor_database(call: Call) -> None:
    make_roles()
    code, lines = call("emr")
    assert code == 0
    assert not any(word in line for line in lines for word in ("MWAA", "RDS", "NAT", "Airflow"))
    assert beginning(lines, "stack tubepulse-emr-storage") == "✔ stack tubepulse-emr-storage is to be made"
    assert beginning(lines, "role AWSServiceRoleForEC2Spot") == "✔ role AWSServiceRoleForEC2Spot"


def test_what_may_not_be_read_is_a_note(call: Call, cloud: Cloud) -> None:
    denied = ("GetServiceQuota", "ListServiceQuotas", "ListEnvironments", "GetRole", "DescribeReleaseLabel")
    for operation in (*denied, "SimulatePrincipalPolicy", "DescribeInstanceTypeOfferings"):
        cloud.answers[operation] = DENIED
    code, lines = call()
    assert code == 0
    assert beginning(lines, "quota of VPCs") == "– quota of VPCs: cannot be read; 1 more needed"
    assert beginning(lines, "role AWSServiceRoleForRDS").startswith(
        "– role AWSServiceRoleForRDS cannot be read: RDS"
    )
    assert beginning(lines, "EMR's release").startswith("– EMR's release: not looked at: AWS denies Describe")
    assert beginning(lines, "permissions").startswith("– permissions: not looked at: AWS denies SimulateP")


def test_an_answer_that_is_none_of_awss_is_a_note(call: Call, cloud: Cloud) -> None:
    def page(_: Any) -> Any:
        raise ResponseParserError("<!doctype html>")

    cloud.answers["SimulatePrincipalPolicy"] = page
    code, lines = call()
    assert (code, lines[-1]) == (
        0,
        "– permissions: not looked at: what answers does not speak as AWS does",
    )


def test_what_is_missing_is_named_with_what_helps(
    call: Call, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(QUOTAS, "L-F678F1CE", 1)
    monkeypatch.setitem(QUOTAS, "L-1216C47A", 5)
    monkeypatch.setenv("X_BEARER_TOKEN", "")
    cloud.answers["DescribeReleaseLabel"] = "InvalidRequestException"
    cloud.answers["SimulatePrincipalPolicy"] = lambda _: {
        "EvaluationResults": [{"EvalDecision": "explicitDeny"}]
    }
    code, lines = call()
    assert code == 2
    assert beginning(lines, "VPCs") == (
        "✘ VPCs: 1 of 1 in use, 1 more needed: aws service-quotas request-service-quota-increase "
        "--service-code vpc --quota-code L-F678F1CE --desired-value 2"
    )
    assert beginning(lines, "vCPUs of On-Demand").startswith(
        "– vCPUs of On-Demand nodes: 0 of 5 in use, 12 more needed; 4 are enough while Spot nodes can be had"
    )
    assert beginning(lines, "EMR has no release").startswith(
        "✘ EMR has no release emr-7.13.0 here: export EMR_"
    )
    assert beginning(lines, "X:").startswith("✘ X: no key: export X_BEARER_TOKEN")
    assert beginning(lines, "permissions: a policy denies airflow:Cr")[0] == "✘"


def test_a_quota_that_was_never_changed_has_its_default(call: Call, cloud: Cloud) -> None:
    cloud.answers["GetServiceQuota"] = "NoSuchResourceException"
    cloud.answers["GetAWSDefaultServiceQuota"] = lambda _: {"Quota": {"Value": 7.0}}
    assert beginning(call()[1], "VPCs") == "✔ VPCs: 1 of 7 in use, 1 more needed"


def make_stack(key: str, profile: str = "aws", outputs: dict[str, str] | None = None) -> None:
    template = {
        "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},
        "Outputs": {name: {"Value": value} for name, value in (outputs or {}).items()},
    }
    boto3.client("cloudformation").create_stack(
        StackName=f"tubepulse-{key}",
        TemplateBody=json.dumps(template),
        Tags=[
            {"Key": key, "Value": value}
            for key, value in (("project", "tubepulse"), ("profile", profile), ("prefix", "tubepulse"))
        ],
    )


def test_what_is_made_already_needs_no_room(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(QUOTAS, "L-F678F1CE", 1)
    make_stack("network", outputs={"VpcId": "vpc-1"})
    make_stack("storage", outputs={"BucketName": "mine"})
    code, lines = call()
    assert code == 0
    assert beginning(lines, "stack tubepulse-network") == "✔ stack tubepulse-network is there"
    assert beginning(lines, "bucket mine") == "✔ bucket mine is the profile's"
    assert beginning(lines, "VPCs") == "✔ VPCs: 1 of 1 in use, no more needed"


def test_stacks_that_stand_in_the_way(call: Call) -> None:
    make_stack("network", profile="emr")
    make_stack("roles")
    make_stack("storage")
    stacks = cloudformation_backends[ACCOUNT]["eu-west-2"].stacks
    for stack in stacks.values():
        if stack.name == "tubepulse-roles":
            stack.status = "ROLLBACK_COMPLETE"
        if stack.name == "tubepulse-storage":
            stack.status = "UPDATE_IN_PROGRESS"
    code, lines = call()
    assert code == 2
    assert beginning(lines, "stack tubepulse-network").startswith(
        "✘ stack tubepulse-network is of profile emr: "
    )
    assert beginning(lines, "stack tubepulse-roles").startswith(
        "✘ stack tubepulse-roles is in ROLLBACK_COMPLETE: "
    )
    assert beginning(lines, "stack tubepulse-storage").startswith(
        "– stack tubepulse-storage is in UPDATE_IN_PROG"
    )


def test_a_bucket_name_that_is_taken(call: Call, cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BUCKET_NAME", "theirs")
    cloud.answers["HeadBucket"] = lambda _: {}
    code, lines = call()
    assert code == 2
    assert beginning(lines, "the bucket name theirs").startswith(
        "✘ the bucket name theirs is in this account "
    )


@pytest.mark.parametrize(
    ("environ", "options", "says"),
    [
        ({}, ["typo"], "✘ there is no profile 'typo'; choose one of: aws, embedded, emr, local"),
        ({}, ["embedded"], "✘ profile embedded has nothing on AWS: make run runs it here"),
        ({"AWS_REGION": ""}, ["aws"], "✘ no AWS region is set: export AWS_REGION=eu-west-2, or another"),
        ({"AWS_PROFILE": "nobody"}, ["aws"], "✘ the AWS settings are not usable: "),
        ({"STACK_PREFIX": "No"}, ["aws"], "✘ profiles/aws/stacks.json, prefix: 'No' cannot begin"),
    ],
)
def test_without_an_account_nothing_else_is_looked_at(
    environ: dict[str, str], options: list[str], says: str, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    if "AWS_REGION" in environ:
        monkeypatch.delenv("AWS_DEFAULT_REGION")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    code, lines = call(*options)
    assert code == 2
    assert lines[-1].startswith(says)


@pytest.mark.parametrize(
    ("error", "says"),
    [
        ("ExpiredToken", "✘ the AWS credentials have expired: "),
        ("InvalidClientTokenId", "✘ AWS does not accept the credentials "),
    ],
)
def test_credentials_that_are_not_taken(error: str, says: str, call: Call, cloud: Cloud) -> None:
    cloud.answers["GetCallerIdentity"] = error
    code, lines = call()
    assert (code, len(lines)) == (2, 2)
    assert lines[1].startswith(says)


def test_a_region_without_airflow() -> None:
    finding = checks.airflow_region("eu-north-9", ["eu-west-1", "eu-west-2", "us-east-1"])
    assert finding == Finding(
        False,
        "region eu-north-9: MWAA is not known to be offered there: export AWS_REGION with another, such as "
        "eu-west-1 or eu-west-2",
    )


class OwnVpc:
    """An own VPC as a user would bring it: two private subnets in two zones, NAT, an endpoint of S3."""

    def __init__(self) -> None:
        ec2 = self.ec2 = boto3.client("ec2")
        self.id = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        ec2.modify_vpc_attribute(VpcId=self.id, EnableDnsHostnames={"Value": True})
        self.subnets = [
            ec2.create_subnet(
                VpcId=self.id, CidrBlock=f"10.0.{place}.0/24", AvailabilityZone=f"eu-west-2{zone}"
            )["Subnet"]["SubnetId"]
            for place, zone in enumerate("ab")
        ]
        address = ec2.allocate_address()["AllocationId"]
        self.nat = ec2.create_nat_gateway(SubnetId=self.subnets[0], AllocationId=address)["NatGateway"][
            "NatGatewayId"
        ]
        self.table = ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [self.id]}])[
            "RouteTables"
        ][0]["RouteTableId"]
        ec2.create_route(RouteTableId=self.table, DestinationCidrBlock="0.0.0.0/0", NatGatewayId=self.nat)
        ec2.create_tags(Resources=[self.id, *self.subnets], Tags=[{"Key": TAG, "Value": "true"}])

    def with_endpoint(self) -> None:
        self.ec2.create_vpc_endpoint(
            VpcId=self.id,
            ServiceName="com.amazonaws.eu-west-2.s3",
            RouteTableIds=[self.table],
            VpcEndpointType="Gateway",
        )


@pytest.fixture
def own(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> OwnVpc:
    made = OwnVpc()
    monkeypatch.setenv("VPC_ID", made.id)
    monkeypatch.setenv("PRIVATE_SUBNET_IDS", ",".join(made.subnets))
    return made


def test_an_own_vpc_that_is_ready(call: Call, own: OwnVpc) -> None:
    own.with_endpoint()
    code, lines = call()
    assert code == 0
    assert beginning(lines, f"VPC {own.id}") == f"✔ VPC {own.id}"
    assert [line for line in lines if "private subnet" in line] == [
        f"✔ private subnet {subnet} (eu-west-2{zone}), out through {own.nat}, S3 by its endpoint"
        for subnet, zone in zip(own.subnets, "ab", strict=True)
    ]
    assert beginning(lines, "VPCs").endswith("in use, no more needed")


def test_an_own_vpc_that_is_not_ready(call: Call, own: OwnVpc, monkeypatch: pytest.MonkeyPatch) -> None:
    own.ec2.delete_tags(Resources=[own.subnets[0]], Tags=[{"Key": TAG}])
    own.ec2.modify_vpc_attribute(VpcId=own.id, EnableDnsHostnames={"Value": False})
    monkeypatch.setenv("PRIVATE_SUBNET_IDS", f"{own.subnets[0]},subnet-00000000")
    code, lines = call()
    assert code == 2
    assert beginning(lines, f"subnet {own.subnets[0]} lacks") == (
        f"✘ subnet {own.subnets[0]} lacks the tag that EMR's policy demands: aws ec2 create-tags --resources "
        f"{own.subnets[0]} --tags Key={TAG},Value=true"
    )
    assert beginning(lines, f"VPC {own.id} does not resolve")[0] == "✘"
    assert beginning(lines, "there is no subnet subnet-00000000") == (
        "✘ there is no subnet subnet-00000000 here: correct PRIVATE_SUBNET_IDS"
    )
    # Without the endpoint of S3 it works, and costs more
    assert beginning(lines, f"private subnet {own.subnets[0]}")[0] == "–"


def test_subnets_that_are_not_private(call: Call, own: OwnVpc) -> None:
    gateway = own.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    own.ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=own.id)
    own.ec2.replace_route(RouteTableId=own.table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    code, lines = call()
    assert code == 2
    assert f"is public, as it leads to {gateway}: Airflow needs private subnets" in "\n".join(lines)


def test_a_vpc_without_subnets_and_one_that_is_not_there(
    call: Call, own: OwnVpc, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PRIVATE_SUBNET_IDS", "")
    assert beginning(call()[1], f"VPC {own.id} is given without subnets")[0] == "✘"
    monkeypatch.setenv("VPC_ID", "vpc-00000000")
    code, lines = call()
    assert code == 2
    assert "✘ there is no VPC vpc-00000000 here: correct VPC_ID, or AWS_REGION" in lines


def test_both_subnets_in_one_zone(call: Call, own: OwnVpc, monkeypatch: pytest.MonkeyPatch) -> None:
    third = own.ec2.create_subnet(VpcId=own.id, CidrBlock="10.0.9.0/24", AvailabilityZone="eu-west-2a")
    monkeypatch.setenv("PRIVATE_SUBNET_IDS", f"{own.subnets[0]},{third['Subnet']['SubnetId']}")
    assert "✘ PRIVATE_SUBNET_IDS has 2 subnets in eu-west-2a: give two, of two zones" in call()[1]


def test_vcpus_of_a_cluster_with_weights() -> None:
    fleets = [
        {"InstanceTypeConfigs": [{"InstanceType": "a"}, {"InstanceType": "b"}], "TargetOnDemandCapacity": 1},
        {
            "InstanceTypeConfigs": [{"InstanceType": "b", "WeightedCapacity": 2}, {"InstanceType": "gone"}],
            "TargetSpotCapacity": 3,
            "LaunchSpecifications": {"SpotSpecification": {"TimeoutAction": "SWITCH_TO_ON_DEMAND"}},
        },
    ]
    assert checks.vcpus(fleets, {"a": 4, "b": 8}) == (8, 24, 16)


@pytest.mark.parametrize(
    ("quota", "limit", "used", "ok"),
    [
        (Quota("x", "s", "L-1", 1), 5, 4, True),
        (Quota("x", "s", "L-1", 1), 5, 5, False),
        (Quota("x", "s", "L-1", 0), 5, 5, True),
        (Quota("x", "s", "L-1", 4, 12), 12, 0, True),
        (Quota("x", "s", "L-1", 4, 12), 11.0, 0, None),
        (Quota("x", "s", "L-1", 4, 12), 3, 0, False),
        (Quota("x", "s", "L-1", 1), None, 1, None),
    ],
)
def test_quotas(quota: Quota, limit: float | None, used: int, ok: bool | None) -> None:
    assert checks.quota(quota, limit, used).ok is ok


def test_releases_and_fleets() -> None:
    assert checks.release("r", ["hadoop", "SPARK"], ["Hadoop", "Spark"]).ok is True
    assert checks.release("emr-spark-8.0.0", ["Spark"], ["Hadoop", "Spark"]).text.startswith(
        "EMR's release emr-spark-8.0.0 lacks Hadoop: export EMR_RELEASE_LABEL"
    )
    fleet = {"Name": "core", "InstanceTypeConfigs": [{"InstanceType": "a"}, {"InstanceType": "b"}]}
    assert checks.fleet(fleet, {"a": {"z1", "z2"}}) == Finding(None, "fleet core: a offered in z1, z2; b not")
    assert checks.fleet(fleet, {}).ok is False


@pytest.mark.parametrize(
    ("caller", "principal"),
    [
        ("arn:aws:iam::1:user/a/b", "arn:aws:iam::1:user/a/b"),
        ("arn:aws:sts::1:assumed-role/Admin/me", "arn:aws:iam::1:role/Admin"),
        ("arn:aws:iam::1:root", ""),
        ("arn:aws:sts::1:federated-user/x", None),
    ],
)
def test_whom_iam_simulates(caller: str, principal: str | None) -> None:
    assert checks.principal(caller) == principal


@pytest.mark.parametrize(
    ("keys", "ok"),
    [
        ({"X_BEARER_TOKEN": "t"}, True),
        (dict.fromkeys(x_keys.OAUTH, "k"), True),
        ({"X_CONSUMER_KEY": "k"}, False),
        ({}, False),
    ],
)
def test_keys_of_x(keys: dict[str, str], ok: bool) -> None:
    assert x_usage.present(keys, "the environment").ok is ok


def test_a_key_that_was_deployed_counts(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("X_BEARER_TOKEN", "")
    text = json.dumps({"password": "canary-2", "extra": {}})
    boto3.client("secretsmanager").create_secret(Name="airflow/connections/x_api", SecretString=text)
    line = "✔ X: there is a bearer token in the secret airflow/connections/x_api "
    assert beginning(call()[1], "X:").startswith(line)


@pytest.mark.parametrize(
    ("status", "body", "ok", "says"),
    [
        (
            200,
            '{"data": {"project_usage": "42", "project_cap": "2000000"}}',
            True,
            "valid; 42 of 2000000 posts",
        ),
        (200, "[]", True, "the bearer token is valid"),
        (401, "{}", False, "refuses the bearer token: export X_BEARER_TOKEN"),
        (403, '{"detail": "no\\nproject"}', False, "forbids the app of this token: no project"),
        (503, "busy", None, "answers 503: Service Unavailable"),
    ],
)
def test_what_x_says_of_a_token(status: int, body: str, ok: bool | None, says: str) -> None:
    asked: list[tuple[str, str | None]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append((self.path, self.headers["Authorization"]))
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.handle_request, daemon=True).start()
        finding = x_usage.asked(f"http://127.0.0.1:{server.server_port}", "t")
    assert asked == [("/2/usage/tweets", "Bearer t")]
    assert finding.ok is ok
    assert says in finding.text
    assert "\n" not in finding.text


def test_an_x_that_is_out_of_reach_is_a_note() -> None:
    assert x_usage.asked("http://127.0.0.1:9", "t").ok is None


@pytest.mark.parametrize(
    ("status", "ok", "says"),
    [(200, True, "is there"), (302, True, "is there"), (404, None, "answers 404: has the file moved?")],
)
def test_what_a_host_of_prices_says(status: int, ok: bool | None, says: str) -> None:
    asked: list[tuple[str, str | None]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            asked.append((self.path, self.headers["Authorization"]))
            self.send_response(status)
            self.send_header("Location", "http://127.0.0.1:9/elsewhere")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.handle_request, daemon=True).start()
        connection = {
            "schema": "http", "host": f"127.0.0.1:{server.server_port}", "password": "canary",
            "extra": {"file": "a/b.zip"},
        }  # fmt: skip
        finding = sources.asked("postcode_directory", connection)
    assert asked == [("/a/b.zip", None)]
    assert finding.ok is ok
    assert says in finding.text


def test_a_host_of_prices_that_is_out_of_reach_is_a_note() -> None:
    connection = {"schema": "http", "host": "127.0.0.1:9", "extra": {"update_file": "u.csv"}}
    assert sources.asked("land_registry", connection).ok is None
