"""The rehearsal's cloud, asked with boto3 as AWS would be: CloudFormation, MWAA, refusals."""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from botocore.exceptions import ClientError

from aws.rehearsal.account import Look
from aws.rehearsal.commands import Cloud

NETWORK = """
Parameters: {Port: {Type: String, Default: "5432"}, Zone: {Type: String, Default: b}}
Resources:
  Vpc: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/16}}
  One:
    Type: AWS::EC2::Subnet
    Properties: {VpcId: !Ref Vpc, CidrBlock: 10.0.0.0/24, AvailabilityZone: eu-west-2a}
  Two:
    Type: AWS::EC2::Subnet
    Properties: {VpcId: !Ref Vpc, CidrBlock: 10.0.1.0/24, AvailabilityZone: !Sub "eu-west-2${Zone}"}
  Group:
    Type: AWS::EC2::SecurityGroup
    Properties:
      GroupDescription: mine
      VpcId: !Ref Vpc
      SecurityGroupIngress: [{IpProtocol: tcp, FromPort: !Ref Port, ToPort: !Ref Port, CidrIp: 10.0.0.0/8}]
  Members:
    Type: AWS::EC2::SecurityGroupIngress
    Properties: {GroupId: !Ref Group, IpProtocol: "-1", SourceSecurityGroupId: !Ref Group}
Outputs:
  Subnets: {Value: !Join [",", [!Ref One, !Ref Two]]}
  Group: {Value: !Ref Group}
  Vpc: {Value: !Ref Vpc}
"""
BUCKET = """
Resources:
  Bucket:
    Type: AWS::S3::Bucket
    Properties:
      BucketName: a-bucket
      VersioningConfiguration: {Status: Enabled}
      PublicAccessBlockConfiguration:
        {BlockPublicAcls: true, BlockPublicPolicy: true, IgnorePublicAcls: true, RestrictPublicBuckets: true}
"""
SECRET = """
Resources:
  Secret:
    Type: AWS::SecretsManager::Secret
    Properties:
      Name: made-up
      GenerateSecretString:
        {SecretStringTemplate: '{"username": "u"}', GenerateStringKey: password, ExcludePunctuation: true, PasswordLength: 32}
"""  # noqa: E501
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Principal": {"Service": ["airflow.amazonaws.com", "airflow-env.amazonaws.com"]},
        }
    ],
}


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    with Cloud(tmp_path_factory.mktemp("cloud")) as running:
        yield running


@pytest.fixture
def look(cloud: Cloud) -> Look:
    return Look(cloud.settings())


def order(cloud: Cloud, what: str, **order: str) -> None:
    assert requests.post(f"{cloud.url}/rehearsal/{what}", json=order, timeout=10).ok


def propose(cfn: Any, name: str, text: str, kind: str = "CREATE", **parameters: str) -> dict[str, Any]:
    given = [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()]
    made = cfn.create_change_set(
        StackName=name, ChangeSetName="proposal", ChangeSetType=kind, TemplateBody=text, Parameters=given,
        Tags=[{"Key": "project", "Value": "tubepulse"}],
    )  # fmt: skip
    found: dict[str, Any] = cfn.describe_change_set(ChangeSetName=made["Id"])
    return found


def settled(cfn: Any, stack: str) -> dict[str, Any]:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        found: dict[str, Any] = cfn.describe_stacks(StackName=stack)["Stacks"][0]
        if not found["StackStatus"].endswith("_IN_PROGRESS"):
            return found
        time.sleep(0.05)
    raise AssertionError(f"{stack} is still {found['StackStatus']}")


def apply(cfn: Any, name: str, text: str, kind: str = "CREATE", **parameters: str) -> dict[str, Any]:
    proposal = propose(cfn, name, text, kind, **parameters)
    assert proposal["Status"] == "CREATE_COMPLETE", proposal
    cfn.execute_change_set(ChangeSetName=proposal["ChangeSetId"])
    return settled(cfn, proposal["StackId"])


def outputs(stack: dict[str, Any]) -> dict[str, str]:
    return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}


def test_a_stack_is_made_changed_and_deleted(look: Look) -> None:
    cfn, ec2 = look.client("cloudformation"), look.client("ec2")
    made = apply(cfn, "life", NETWORK)
    assert made["StackStatus"] == "CREATE_COMPLETE"
    group = outputs(made)["Group"]

    unchanged = propose(cfn, "life", NETWORK, "UPDATE")
    assert (unchanged["Status"], unchanged["ExecutionStatus"]) == ("FAILED", "UNAVAILABLE")
    assert "didn't contain changes" in unchanged["StatusReason"]
    cfn.delete_change_set(ChangeSetName=unchanged["ChangeSetId"])

    proposal = propose(cfn, "life", NETWORK, "UPDATE", Port="5433")
    changes = [one["ResourceChange"] for one in proposal["Changes"]]
    assert [(one["Action"], one["LogicalResourceId"], one["Replacement"]) for one in changes] == [
        ("Modify", "Group", "False")
    ]
    cfn.execute_change_set(ChangeSetName=proposal["ChangeSetId"])
    assert settled(cfn, "life")["StackStatus"] == "UPDATE_COMPLETE"
    rules = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]["IpPermissions"]
    assert sorted(rule.get("FromPort", 0) for rule in rules) == [0, 5433]

    identity = made["StackId"]
    cfn.delete_stack(StackName="life")
    assert settled(cfn, identity)["StackStatus"] == "DELETE_COMPLETE"
    with pytest.raises(ClientError, match="Stack with id life does not exist"):
        cfn.describe_stacks(StackName="life")
    assert outputs(made)["Vpc"] not in [vpc["VpcId"] for vpc in ec2.describe_vpcs()["Vpcs"]]


def test_a_change_of_what_is_fixed_replaces(look: Look) -> None:
    cfn = look.client("cloudformation")
    before = outputs(apply(cfn, "replaced", NETWORK))["Subnets"].split(",")
    changed = propose(cfn, "replaced", NETWORK, "UPDATE", Zone="c")
    assert [one["ResourceChange"]["Replacement"] for one in changed["Changes"]] == ["True"]
    cfn.execute_change_set(ChangeSetName=changed["ChangeSetId"])
    # Two subnets with one address range cannot be there at once: it is undone
    assert settled(cfn, "replaced")["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert outputs(settled(cfn, "replaced"))["Subnets"].split(",") == before
    cfn.delete_stack(StackName="replaced")
    settled(cfn, changed["StackId"])


def test_a_failure_in_mid_stack_is_undone_and_told(cloud: Cloud, look: Look) -> None:
    cfn = look.client("cloudformation")
    order(cloud, "fail", type="AWS::EC2::SecurityGroup", reason="the quota of groups is used up")
    assert apply(cfn, "failing", NETWORK)["StackStatus"] == "ROLLBACK_COMPLETE"
    pages = cfn.get_paginator("describe_stack_events").paginate(StackName="failing")
    events = [event for page in pages for event in page["StackEvents"]]
    failed = [one for one in events if one["ResourceStatus"] == "CREATE_FAILED"]
    assert [(one["LogicalResourceId"], one["ResourceStatusReason"]) for one in failed] == [
        ("Group", "the quota of groups is used up")
    ]
    assert [one["Timestamp"] for one in events] == sorted((one["Timestamp"] for one in events), reverse=True)
    with pytest.raises(ClientError, match="is in ROLLBACK_COMPLETE state and can not be updated"):
        propose(cfn, "failing", NETWORK, "UPDATE")
    with pytest.raises(ClientError, match="already exists"):
        propose(cfn, "failing", NETWORK)
    identity = events[0]["StackId"]
    cfn.delete_stack(StackName="failing")
    assert settled(cfn, identity)["StackStatus"] == "DELETE_COMPLETE"


def test_events_come_in_pages(look: Look) -> None:
    cfn = look.client("cloudformation")
    apply(cfn, "paged", NETWORK)
    apply(cfn, "paged", NETWORK, "UPDATE", Port="1")
    cfn.delete_stack(StackName="paged")
    identity = next(
        one["StackId"] for one in cfn.list_stacks()["StackSummaries"] if one["StackName"] == "paged"
    )
    settled(cfn, identity)
    first = cfn.describe_stack_events(StackName=identity)
    rest = cfn.describe_stack_events(StackName=identity, NextToken=first["NextToken"])
    ids = [event["EventId"] for page in (first, rest) for event in page["StackEvents"]]
    assert len(ids) == len(set(ids)) > len(first["StackEvents"])


def test_a_bucket_with_something_in_it_is_not_deleted(look: Look) -> None:
    cfn, s3 = look.client("cloudformation"), look.client("s3")
    identity = apply(cfn, "full", BUCKET)["StackId"]
    version = s3.put_object(Bucket="a-bucket", Key="k", Body=b"")["VersionId"]
    cfn.delete_stack(StackName="full")
    assert settled(cfn, identity)["StackStatus"] == "DELETE_FAILED"
    s3.delete_object(Bucket="a-bucket", Key="k", VersionId=version)
    cfn.delete_stack(StackName="full")
    assert settled(cfn, identity)["StackStatus"] == "DELETE_COMPLETE"


def test_a_property_that_is_overlooked_fails(look: Look) -> None:
    text = "Resources: {V: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/16, Odd: 1}}}"
    cfn = look.client("cloudformation")
    assert apply(cfn, "odd", text)["StackStatus"] == "ROLLBACK_COMPLETE"
    reasons = [
        one.get("ResourceStatusReason", "")
        for one in cfn.describe_stack_events(StackName="odd")["StackEvents"]
    ]
    assert any("does not know Odd" in reason for reason in reasons)


def test_a_made_up_password_stays(look: Look) -> None:
    cfn, secrets = look.client("cloudformation"), look.client("secretsmanager")
    apply(cfn, "secret", SECRET)
    first = secrets.get_secret_value(SecretId="made-up")["SecretString"]
    assert json.loads(first)["username"] == "u"
    assert len(json.loads(first)["password"]) == 32
    described = SECRET.replace("Name: made-up", "Name: made-up\n      Description: more")
    apply(cfn, "secret", described, "UPDATE")
    assert secrets.get_secret_value(SecretId="made-up")["SecretString"] == first


def test_capabilities_are_asked_for(look: Look) -> None:
    role = "Resources: {R: {Type: AWS::IAM::Role, Properties: {RoleName: r, AssumeRolePolicyDocument: {}}}}"
    with pytest.raises(ClientError, match="CAPABILITY_NAMED_IAM") as error:
        propose(look.client("cloudformation"), "role", role)
    assert error.value.response["Error"]["Code"] == "InsufficientCapabilitiesException"


@pytest.fixture(scope="module")
def given(cloud: Cloud) -> dict[str, Any]:
    """A request that MWAA takes."""
    look = Look(cloud.settings())
    stack = outputs(apply(look.client("cloudformation"), "mwaa-network", NETWORK))
    s3 = look.client("s3")
    bucket = BUCKET.replace("a-bucket", "mwaa-bucket")
    apply(look.client("cloudformation"), "mwaa-bucket", bucket)
    version = s3.put_object(Bucket="mwaa-bucket", Key="requirements.txt", Body=b"")["VersionId"]
    role = look.client("iam").create_role(RoleName="airflow", AssumeRolePolicyDocument=json.dumps(TRUST))
    return {
        "Name": "environment",
        "ExecutionRoleArn": role["Role"]["Arn"],
        "SourceBucketArn": "arn:aws:s3:::mwaa-bucket",
        "DagS3Path": "dags",
        "RequirementsS3Path": "requirements.txt",
        "RequirementsS3ObjectVersion": version,
        "NetworkConfiguration": {
            "SubnetIds": stack["Subnets"].split(","),
            "SecurityGroupIds": [stack["Group"]],
        },
    }


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"Name": "1environment"}, r"Name: does not match \[a-zA-Z\]"),
        ({"Schedulers": 6}, "Schedulers: 6 is more than 5"),
        ({"WebserverAccessMode": "EVERYBODY"}, "WebserverAccessMode: not one of"),
        ({"ExecutionRoleArn": "arn:aws:iam::123456789012:role/nobody"}, "role nobody does not exist"),
        ({"RequirementsS3ObjectVersion": "older"}, "requirements.txt has no version older"),
        ({"SourceBucketArn": "arn:aws:s3:::nowhere"}, "bucket nowhere cannot be read"),
        ({"AirflowConfigurationOptions": {"Core.x": "1"}}, "AirflowConfigurationOptions key: does not match"),
    ],
)  # fmt: skip
def test_mwaa_refuses(look: Look, given: dict[str, Any], wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(ClientError, match=message) as error:
        look.client("mwaa").create_environment(**{**given, **wrong})
    assert error.value.response["Error"]["Code"] == "ValidationException"


def test_mwaa_wants_two_zones(look: Look, given: dict[str, Any]) -> None:
    network = given["NetworkConfiguration"]
    first, ec2 = network["SubnetIds"][0], look.client("ec2")
    known = ec2.describe_subnets(SubnetIds=[first])["Subnets"][0]
    beside = ec2.create_subnet(
        VpcId=known["VpcId"], CidrBlock="10.0.9.0/24", AvailabilityZone=known["AvailabilityZone"]
    )
    once = {**network, "SubnetIds": [first, beside["Subnet"]["SubnetId"]]}
    with pytest.raises(ClientError, match="different availability zones"):
        look.client("mwaa").create_environment(**{**given, "NetworkConfiguration": once})


def test_an_environment_lives(look: Look, given: dict[str, Any]) -> None:
    mwaa = look.client("mwaa")
    seen: list[str] = []
    mwaa.create_environment(**given, Tags={"project": "tubepulse"})
    while not seen or seen[-1] != "AVAILABLE":
        seen.append(mwaa.get_environment(Name="environment")["Environment"]["Status"])
    assert seen[0] == "CREATING"
    mwaa.update_environment(Name="environment", MaxWorkers=3)
    with pytest.raises(ClientError, match="is UPDATING"):
        mwaa.update_environment(Name="environment", MaxWorkers=4)
    shown = mwaa.get_environment(Name="environment")["Environment"]
    assert (shown["Status"], shown["MaxWorkers"]) == ("UPDATING", 3)
    tags = mwaa.list_tags_for_resource(ResourceArn=shown["Arn"])["Tags"]
    assert tags == {"project": "tubepulse"}
    with pytest.raises(ClientError) as error:
        mwaa.create_cli_token(Name="environment")
    assert error.value.response["Error"]["Code"] == "UnsupportedOperation"


def test_airflow_answers_behind_mwaa(look: Look, given: dict[str, Any]) -> None:
    mwaa = look.client("mwaa")
    mwaa.create_environment(**{**given, "Name": "asked"})
    while mwaa.get_environment(Name="asked")["Environment"]["Status"] != "AVAILABLE":
        pass

    def ask(method: str, path: str, **more: Any) -> Any:
        return mwaa.invoke_rest_api(Name="asked", Method=method, Path=path, **more)["RestApiResponse"]

    with pytest.raises(ClientError) as error:
        ask("GET", "/dags/database-roles")
    refusal: dict[str, Any] = dict(error.value.response)
    assert refusal["RestApiStatusCode"] == 404
    assert "not found" in refusal["RestApiResponse"]["detail"]

    look.client("s3").put_object(Bucket="mwaa-bucket", Key="dags/database_roles.py", Body=b"")
    assert ask("GET", "/dags/database-roles")["is_paused"]
    body = {"is_paused": False}
    ask("PATCH", "/dags/database-roles", Body=body, QueryParameters={"update_mask": "is_paused"})

    def run() -> tuple[str, str]:
        made = ask("POST", "/dags/database-roles/dagRuns", Body={"logical_date": None, "conf": {}})
        path = f"/dags/database-roles/dagRuns/{made['dag_run_id']}"
        ask("GET", path)
        ended = ask("GET", path)["state"]
        log = ask("GET", f"{path}/taskInstances/make_roles/logs/1")["content"][0]
        detail = log.get("error_detail", [{"exc_value": ""}])[0]["exc_value"]
        return ended, detail

    assert run() == ("failed", "there is no usable secret airflow/connections/postgres_admin")
    secrets, name = look.client("secretsmanager"), "airflow/connections/postgres_admin"
    whole = {
        "conn_type": "postgres", "host": "h", "port": "5432", "login": "l", "password": "p", "schema": "s",
        "extra": {"pipeline_password": "a", "webapp_password": "b"},
    }  # fmt: skip
    secrets.create_secret(Name=name, SecretString=json.dumps({**whole, "host": ""}))
    assert run() == ("failed", f"the secret {name} lacks host")
    secrets.put_secret_value(SecretId=name, SecretString=json.dumps(whole))
    assert run() == ("success", "")


@pytest.mark.parametrize("service", ["sts", "s3", "ec2", "cloudformation", "secretsmanager", "mwaa", "emr"])
@pytest.mark.parametrize(
    ("setting", "value", "codes"),
    [
        ("AWS_ACCESS_KEY_ID", "EXPIRED1", {"ExpiredToken", "ExpiredTokenException", "RequestExpired"}),
        (
            "AWS_ACCESS_KEY_ID",
            "INVALID1",
            {"InvalidClientTokenId", "UnrecognizedClientException", "AuthFailure"},
        ),
        (
            "AWS_REGION",
            "eu-nowhere-1",
            {"SignatureDoesNotMatch", "InvalidSignatureException", "AuthFailure"},
        ),
    ],
)
def test_credentials_and_regions_are_refused_as_each_service_does(
    cloud: Cloud, service: str, setting: str, value: str, codes: set[str]
) -> None:
    calls = {
        "sts": "get_caller_identity", "s3": "list_buckets", "ec2": "describe_vpcs",
        "cloudformation": "describe_stacks", "secretsmanager": "list_secrets", "mwaa": "list_environments",
        "emr": "list_clusters",
    }  # fmt: skip
    client = Look({**cloud.settings(), setting: value}).client(service)
    with pytest.raises(ClientError) as error:
        getattr(client, calls[service])()
    assert error.value.response["Error"]["Code"] in codes


@pytest.mark.parametrize(
    ("service", "call"),
    [
        ("emr", lambda client: client.describe_release_label(ReleaseLabel="emr-7.13.0")),
        ("iam", lambda client: client.get_service_last_accessed_details(JobId="0" * 36)),
        ("cloudformation", lambda client: client.describe_account_limits()),
    ],
    ids=["json", "xml", "ours"],
)  # fmt: skip
def test_an_operation_that_nobody_wrote_is_refused_as_a_service_refuses(
    look: Look, service: str, call: Callable[[Any], Any]
) -> None:
    with pytest.raises(ClientError) as error:
        call(look.client(service))
    assert error.value.response["Error"]["Code"] == "NotImplemented"


def test_only_this_machine_reaches_it(cloud: Cloud) -> None:
    assert cloud.url.startswith("http://127.0.0.1:")


def test_it_ends_with_its_stdin(tmp_path: Path) -> None:
    with Cloud(tmp_path) as short:
        assert requests.get(f"{short.url}/rehearsal/nothing", timeout=10).status_code == 404
    with pytest.raises(requests.ConnectionError):
        requests.get(short.url, timeout=10)
