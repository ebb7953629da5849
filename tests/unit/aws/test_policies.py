"""What the roles and the deploying identity may do, and above all what they may not."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import cfnlint  # type: ignore[import-untyped]
import pytest
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER  # type: ignore[import-untyped]
from policy_sentry.querying.actions import get_action_data

from tests.unit.aws.policies import actions, allowed, documents, resources, statements, together, trust
from tests.unit.aws.templates import ACCOUNT, REGION, load

ROLES = {"Prefix": "tubepulse", "BucketName": "bucket", "EnvironmentName": "tubepulse"}
DEPLOYER = {"Prefix": "tubepulse"}
LONGEST = "a" * 20
OURS, FOREIGN = {"project": "tubepulse"}, {"project": "another"}

Context = dict[str, str]
Call = tuple[str, str, Context]


def arn(service: str, resource: str) -> str:
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{resource}"


def role(name: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:role/{name}"


def secret(name: str) -> str:
    return arn("secretsmanager", f"secret:{name}-AbCdEf")


def tagged(tags: dict[str, str]) -> Context:
    """The context of a call to something that has these tags."""
    emr = {f"elasticmapreduce:ResourceTag/{key}": value for key, value in tags.items()}
    return emr | {f"aws:ResourceTag/{key}": value for key, value in tags.items()}


def asking(tags: dict[str, str]) -> Context:
    """The context of a call that asks for these tags."""
    emr = {f"elasticmapreduce:RequestTag/{key}": value for key, value in tags.items()}
    return emr | {f"aws:RequestTag/{key}": value for key, value in tags.items()}


def passing(service: str) -> Context:
    return {"iam:PassedToService": f"{service}.amazonaws.com"}


CLUSTER = arn("elasticmapreduce", "cluster/j-1ABCDEFGHIJKL")
NEW_CLUSTER = arn("elasticmapreduce", "cluster/*")  # as EMR asks for one that has no id yet
EMR, NODES = role("tubepulse-eu-west-2-emr"), role("tubepulse-eu-west-2-emr-nodes")
AIRFLOW = role("tubepulse-eu-west-2-airflow")
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
SPOTS = role("aws-service-role/spot.amazonaws.com/AWSServiceRoleForEC2Spot")
EMRS = role("aws-service-role/elasticmapreduce.amazonaws.com/AWSServiceRoleForEMRCleanup")
ORGANIZATIONS = role("aws-service-role/organizations.amazonaws.com/AWSServiceRoleForOrganizations")


# --- Every policy


def every_statement() -> list[tuple[str, dict[str, Any]]]:
    found = {**documents("roles", ROLES), **documents("deployer", DEPLOYER)}
    return [
        (logical_id, statement)
        for logical_id, several in found.items()
        for document in several
        for statement in statements(document)
    ]


EVERY = every_statement()
NAMED = [f"{logical_id}-{statement['Sid']}" for logical_id, statement in EVERY]


def test_statements_have_names_of_their_own() -> None:
    assert len(set(NAMED)) == len(NAMED) > 30


@pytest.mark.parametrize(("_", "statement"), EVERY, ids=NAMED)
def test_actions_are_named_and_exist(_: str, statement: dict[str, Any]) -> None:
    for action in actions(statement):
        assert "*" not in action
        assert "?" not in action
        assert _exists(action), action


@pytest.mark.parametrize(("_", "statement"), EVERY, ids=NAMED)
def test_every_resource_is_allowed_only_where_there_is_nothing_to_choose(
    _: str, statement: dict[str, Any]
) -> None:
    if resources(statement) != ["*"]:
        assert "*" not in resources(statement)
        return
    for action in actions(statement):
        service, name = action.split(":")
        formats = {row["resource_arn_format"] for row in get_action_data(service, name)[service]}
        assert "*" in formats, f"{action} can be narrowed to {formats}"


@pytest.mark.parametrize(("_", "statement"), EVERY, ids=NAMED)
def test_conditions_use_keys_that_the_action_knows(_: str, statement: dict[str, Any]) -> None:
    """A key that an action does not know is never there, and the statement would allow nothing."""
    asked = {key for tests in statement.get("Condition", {}).values() for key in tests}
    for action in actions(statement):
        service, name = action.split(":")
        rows = get_action_data(service, name)[service]
        known = {key.split("/")[0].lower() for row in rows for key in row["condition_keys"]}
        known |= {"aws:resourcetag"} if service in ("ec2", "secretsmanager") else set()
        for key in asked:
            assert key.split("/")[0].lower() in known, f"{action}: {key} is none of {sorted(known)}"


def test_policies_are_as_short_as_iam_demands() -> None:
    """6,144 characters for a managed policy, 10,240 for all inline policies of a role, white space aside."""
    for several in documents("deployer", {"Prefix": LONGEST, "BucketName": "b" * 63}).values():
        assert all(len(json.dumps(document, separators=(",", ":"))) <= 6_144 for document in several)
    longest = {"Prefix": LONGEST, "BucketName": "b" * 63, "EnvironmentName": "e" * 80}
    for several in documents("roles", longest).values():
        assert sum(len(json.dumps(document, separators=(",", ":"))) for document in several) <= 10_240


@cache
def _newer_actions() -> dict[str, set[str]]:
    """Service -> actions in lower case, from cfn-lint's data, which is newer than policy_sentry's."""
    path = Path(cfnlint.__file__).parent / "data" / "AdditionalSpecs" / "Policies.json"
    return {service: set(value["Actions"]) for service, value in json.loads(path.read_text()).items()}


def _exists(action: str) -> bool:
    service, name = action.split(":")
    known = get_action_data(service, name)
    return bool(known and known.get(service)) or name.lower() in _newer_actions().get(service, set())


# --- Who may be whom


def test_only_this_accounts_services_take_on_the_roles() -> None:
    found = trust("roles", ROLES)
    account = {"aws:SourceAccount": ACCOUNT}
    environment = account | {"aws:SourceArn": arn("airflow", "environment/tubepulse")}
    cluster = account | {"aws:SourceArn": CLUSTER}
    elsewhere = "999988887777"
    assert _assumed(found["AirflowRole"], "airflow", environment)
    assert _assumed(found["AirflowRole"], "airflow-env", environment)
    assert not _assumed(found["AirflowRole"], "airflow", account)
    other = account | {"aws:SourceArn": arn("airflow", "environment/other")}
    assert not _assumed(found["AirflowRole"], "airflow", other)
    assert not _assumed(found["AirflowRole"], "ec2", environment)
    assert _assumed(found["EmrServiceRole"], "elasticmapreduce", cluster)
    assert not _assumed(
        found["EmrServiceRole"],
        "elasticmapreduce",
        {"aws:SourceAccount": elsewhere, "aws:SourceArn": CLUSTER.replace(ACCOUNT, elsewhere)},
    )
    assert not _assumed(found["EmrServiceRole"], "ec2", cluster)
    assert _assumed(found["EmrInstanceRole"], "ec2", {})
    assert not _assumed(found["EmrInstanceRole"], "lambda", {})


def _assumed(document: dict[str, Any], service: str, context: Context) -> bool:
    (statement,) = document["Statement"]
    principals = statement["Principal"]["Service"]
    if f"{service}.amazonaws.com" not in (principals if isinstance(principals, list) else [principals]):
        return False
    identity = {key: value for key, value in statement.items() if key != "Principal"} | {"Resource": "*"}
    return allowed([{"Statement": [identity]}], "sts:AssumeRole", "*", context)


# --- MWAA's execution role

AIRFLOW_MUST: list[Call] = [
    ("airflow:PublishMetrics", arn("airflow", "environment/tubepulse"), {}),
    ("s3:GetObject", "arn:aws:s3:::bucket/dags/london_housing_webapp.py", {}),
    ("s3:GetObjectVersion", "arn:aws:s3:::bucket/requirements.txt", {}),
    ("s3:GetBucketPublicAccessBlock", "arn:aws:s3:::bucket", {}),
    ("s3:GetAccountPublicAccessBlock", "*", {}),
    ("logs:PutLogEvents", arn("logs", "log-group:airflow-tubepulse-Task:log-stream:x"), {}),
    ("logs:CreateLogGroup", arn("logs", "log-group:airflow-tubepulse-Scheduler"), {}),
    ("cloudwatch:PutMetricData", "*", {}),
    ("sqs:ReceiveMessage", f"arn:aws:sqs:{REGION}:999988887777:airflow-celery-1-2-3", {}),
    (
        "kms:Decrypt",
        f"arn:aws:kms:{REGION}:999988887777:key/mwaas",
        {"kms:ViaService": f"sqs.{REGION}.amazonaws.com"},
    ),
    ("secretsmanager:GetSecretValue", secret("airflow/connections/postgres_default"), {}),
    ("secretsmanager:GetSecretValue", secret("airflow/variables/london-housing-webapp"), {}),
    ("s3:PutObject", "arn:aws:s3:::bucket/api_output/run=2026-W46/tweets.parquet", {}),
    ("s3:DeleteObject", "arn:aws:s3:::bucket/sentiment/run=2026-W46/part-0.parquet", {}),
    *(
        (f"s3:{action}", f"arn:aws:s3:::bucket/housing/{folder}/month=2026-11/source=x/y.parquet", {})
        for action in ("GetObject", "PutObject", "DeleteObject", "AbortMultipartUpload")
        for folder in ("raw", "matched")
    ),
    ("elasticmapreduce:RunJobFlow", "*", asking(OURS)),
    ("elasticmapreduce:AddTags", NEW_CLUSTER, asking(OURS)),  # whichever of both EMR does
    ("elasticmapreduce:AddTags", NEW_CLUSTER, asking(OURS) | tagged(OURS)),
    ("elasticmapreduce:PutAutoTerminationPolicy", NEW_CLUSTER, {}),
    ("elasticmapreduce:AddJobFlowSteps", CLUSTER, tagged(OURS)),
    ("elasticmapreduce:TerminateJobFlows", CLUSTER, tagged(OURS)),
    ("iam:PassRole", EMR, passing("elasticmapreduce")),
    ("iam:PassRole", NODES, passing("ec2")),
    ("iam:CreateServiceLinkedRole", EMRS, {"iam:AWSServiceName": "elasticmapreduce.amazonaws.com"}),
]
AIRFLOW_MUST_NOT: list[Call] = [
    ("s3:GetObject", "arn:aws:s3:::another/dags/x.py", {}),
    ("s3:ListBucket", "arn:aws:s3:::another", {}),
    ("s3:ListAllMyBuckets", "*", {}),
    ("s3:PutObject", "arn:aws:s3:::bucket/dags/x.py", {}),
    ("s3:PutObject", "arn:aws:s3:::bucket/scripts/sentiment_analysis.py", {}),
    ("s3:PutObject", "arn:aws:s3:::bucket/requirements.txt", {}),
    ("s3:PutObject", "arn:aws:s3:::bucket/sentiment/run=2026-W46/x", {}),
    ("s3:DeleteObject", "arn:aws:s3:::bucket/input/stations.csv", {}),
    ("s3:DeleteObject", "arn:aws:s3:::bucket/logs/j-1/x", {}),
    ("s3:DeleteObjectVersion", "arn:aws:s3:::bucket/api_output/x", {}),
    ("s3:PutObject", "arn:aws:s3:::bucket/housing/x", {}),
    ("s3:DeleteObject", "arn:aws:s3:::another/housing/raw/x", {}),
    ("s3:DeleteObjectVersion", "arn:aws:s3:::bucket/housing/raw/x", {}),
    ("s3:DeleteBucket", "arn:aws:s3:::bucket", {}),
    ("s3:PutBucketPolicy", "arn:aws:s3:::bucket", {}),
    ("secretsmanager:GetSecretValue", secret("tubepulse/database/pipeline"), {}),
    ("secretsmanager:GetSecretValue", secret("rds!db-0b7a"), {}),
    ("secretsmanager:GetSecretValue", secret("airflow/config/smtp"), {}),
    (
        "secretsmanager:GetSecretValue",
        secret("airflow/connections/x").replace(ACCOUNT, "999988887777"),
        {},
    ),
    ("secretsmanager:PutSecretValue", secret("airflow/connections/postgres_default"), {}),
    ("secretsmanager:ListSecrets", "*", {}),
    ("elasticmapreduce:RunJobFlow", "*", {}),
    ("elasticmapreduce:RunJobFlow", "*", asking(FOREIGN)),
    ("elasticmapreduce:TerminateJobFlows", CLUSTER, {}),
    ("elasticmapreduce:TerminateJobFlows", CLUSTER, tagged(FOREIGN)),
    ("elasticmapreduce:AddJobFlowSteps", CLUSTER, tagged(FOREIGN)),
    ("elasticmapreduce:DescribeCluster", CLUSTER, {}),
    ("elasticmapreduce:AddTags", CLUSTER, asking(OURS)),  # a foreign cluster, tagged into reach
    ("elasticmapreduce:AddTags", CLUSTER, asking(OURS) | tagged(FOREIGN)),
    ("elasticmapreduce:PutAutoTerminationPolicy", CLUSTER, tagged(FOREIGN)),
    ("elasticmapreduce:ModifyCluster", CLUSTER, tagged(OURS)),
    ("elasticmapreduce:RemoveTags", CLUSTER, tagged(OURS)),
    ("iam:PassRole", role("administrator"), passing("elasticmapreduce")),
    ("iam:PassRole", role("administrator"), passing("ec2")),
    ("iam:PassRole", EMR, passing("ec2")),
    ("iam:PassRole", EMR, passing("lambda")),
    ("iam:PassRole", NODES, passing("lambda")),
    ("iam:PassRole", NODES, {}),
    ("iam:PassRole", AIRFLOW, passing("airflow")),
    ("iam:CreateServiceLinkedRole", EMRS, {"iam:AWSServiceName": "organizations.amazonaws.com"}),
    (
        "iam:CreateServiceLinkedRole",
        ORGANIZATIONS,
        {"iam:AWSServiceName": "elasticmapreduce.amazonaws.com"},
    ),
    ("iam:CreateRole", role("tubepulse-x"), {}),
    ("iam:CreateUser", f"arn:aws:iam::{ACCOUNT}:user/x", {}),
    ("iam:PutRolePolicy", AIRFLOW, {}),
    ("sts:AssumeRole", role("administrator"), {}),
    ("organizations:ListAccounts", "*", {}),
    ("ec2:RunInstances", arn("ec2", "instance/*"), {}),
    ("ec2:TerminateInstances", arn("ec2", "instance/i-0"), {}),
    ("rds:DeleteDBInstance", arn("rds", "db:tubepulse"), {}),
    ("airflow:InvokeRestApi", arn("airflow", "role/tubepulse/Admin"), {}),
    ("airflow:UpdateEnvironment", arn("airflow", "environment/tubepulse"), {}),
    ("airflow:PublishMetrics", arn("airflow", "environment/another"), {}),
    ("logs:PutLogEvents", arn("logs", "log-group:/aws/lambda/x:log-stream:y"), {}),
    ("sqs:SendMessage", f"arn:aws:sqs:{REGION}:{ACCOUNT}:orders", {}),
    ("kms:Decrypt", arn("kms", "key/ours"), {"kms:ViaService": f"sqs.{REGION}.amazonaws.com"}),
    (
        "kms:Decrypt",
        f"arn:aws:kms:{REGION}:999988887777:key/mwaas",
        {"kms:ViaService": f"s3.{REGION}.amazonaws.com"},
    ),
    ("kms:Decrypt", f"arn:aws:kms:{REGION}:999988887777:key/mwaas", {}),
]


# --- EMR and its nodes

SERVICE_MUST: list[Call] = [
    ("iam:PassRole", NODES, passing("ec2")),
    ("iam:CreateServiceLinkedRole", SPOTS, {"iam:AWSServiceName": "spot.amazonaws.com"}),
]
SERVICE_MUST_NOT: list[Call] = [
    ("iam:PassRole", NODES, passing("lambda")),
    ("iam:PassRole", role("administrator"), passing("ec2")),
    ("iam:PassRole", AIRFLOW, passing("ec2")),
    ("iam:CreateServiceLinkedRole", ORGANIZATIONS, {"iam:AWSServiceName": "spot.amazonaws.com"}),
    ("s3:GetObject", "arn:aws:s3:::bucket/input/stations.csv", {}),
]

NODES_MUST: list[Call] = [
    # The bootstrap action, spark-submit, s3-dist-cp in both directions, the logs
    ("s3:ListBucket", "arn:aws:s3:::bucket", {"s3:prefix": "scripts/wheels/"}),
    ("s3:GetObject", "arn:aws:s3:::bucket/scripts/python-libraries.sh", {}),
    ("s3:GetObject", "arn:aws:s3:::bucket/scripts/wheels/numpy.whl", {}),
    ("s3:GetObject", "arn:aws:s3:::bucket/api_output/run=2026-W46/tweets.parquet", {}),
    ("s3:PutObject", "arn:aws:s3:::bucket/sentiment/run=2026-W46/part-0.parquet", {}),
    ("s3:AbortMultipartUpload", "arn:aws:s3:::bucket/topics/run=2026-W46/part-0.parquet", {}),
    ("s3:DeleteObject", "arn:aws:s3:::bucket/topics/run=2026-W46/", {}),
    ("s3:PutObject", "arn:aws:s3:::bucket/logs/j-1/steps/s-1/stderr.gz", {}),
    # What S3A asks before it writes: the target, its folders, their markers
    ("s3:GetObject", "arn:aws:s3:::bucket/sentiment/run=2026-W46", {}),
    ("s3:GetObject", "arn:aws:s3:::bucket/sentiment/", {}),
    ("s3:GetObject", "arn:aws:s3:::bucket/sentiment", {}),
    ("s3:ListBucket", "arn:aws:s3:::bucket", {"s3:prefix": "sentiment/"}),
    ("s3:ListBucket", "arn:aws:s3:::bucket", {"s3:prefix": ""}),
    ("s3:GetBucketLocation", "arn:aws:s3:::bucket", {}),
]
NODES_MUST_NOT: list[Call] = [
    ("s3:DeleteObject", "arn:aws:s3:::bucket/dags/london_housing_webapp.py", {}),
    ("s3:PutObject", "arn:aws:s3:::bucket/dags/x.py", {}),
    ("s3:GetObject", "arn:aws:s3:::bucket/dags/london_housing_webapp.py", {}),
    ("s3:GetObject", "arn:aws:s3:::bucket/startup.sh", {}),
    ("s3:PutObject", "arn:aws:s3:::bucket/scripts/sentiment_analysis.py", {}),
    ("s3:PutObject", "arn:aws:s3:::bucket/api_output/run=2026-W46/tweets.parquet", {}),
    ("s3:DeleteObject", "arn:aws:s3:::bucket/api_output/run=2026-W46/tweets.parquet", {}),
    ("s3:DeleteObject", "arn:aws:s3:::bucket/logs/j-1/x", {}),
    ("s3:DeleteObjectVersion", "arn:aws:s3:::bucket/sentiment/x", {}),
    *(
        (f"s3:{action}", f"arn:aws:s3:::bucket/housing/{folder}/month=2026-11/source=x/y.parquet", {})
        for action in ("GetObject", "PutObject", "DeleteObject")
        for folder in ("raw", "matched")
    ),
    ("s3:PutBucketPolicy", "arn:aws:s3:::bucket", {}),
    ("s3:GetObject", "arn:aws:s3:::another/input/stations.csv", {}),
    ("s3:ListBucket", "arn:aws:s3:::another", {}),
    ("s3:ListAllMyBuckets", "*", {}),
    ("secretsmanager:GetSecretValue", secret("airflow/connections/postgres_default"), {}),
    ("secretsmanager:GetSecretValue", secret("tubepulse/database/pipeline"), {}),
    ("elasticmapreduce:RunJobFlow", "*", asking(OURS)),
    ("elasticmapreduce:TerminateJobFlows", CLUSTER, tagged(OURS)),
    ("iam:PassRole", NODES, passing("ec2")),
    ("ec2:DescribeInstances", "*", {}),
    ("sts:AssumeRole", role("administrator"), {}),
]


# --- The identity that deploys

STACK = arn("cloudformation", "stack/tubepulse-network/an-id")
BUCKET = "arn:aws:s3:::tubepulse-111122223333-eu-west-2"
VPC_ENDPOINT = arn("ec2", "vpc-endpoint/vpce-0")
RDS_TAG = "aws:ResourceTag/aws:rds:primaryDBInstanceArn"

DEPLOYER_MUST: list[Call] = [
    ("cloudformation:CreateChangeSet", STACK, {}),
    ("cloudformation:TagResource", STACK, {}),
    ("cloudformation:ExecuteChangeSet", arn("cloudformation", "changeSet/tubepulse-1a2b/an-id"), {}),
    ("cloudformation:DescribeStacks", arn("cloudformation", "stack/tubepulse-emr-storage/an-id"), {}),
    ("s3:CreateBucket", BUCKET, {}),
    ("s3:PutObject", f"{BUCKET}/dags/x.py", {}),
    ("s3:DeleteObjectVersion", f"{BUCKET}/dags/x.py", {}),
    ("secretsmanager:CreateSecret", secret("airflow/connections/postgres_admin"), {}),
    ("secretsmanager:GetSecretValue", secret("tubepulse/database/webapp"), {}),
    ("secretsmanager:CreateSecret", secret("tubepulse-emr/database/webapp"), {}),
    ("secretsmanager:CreateSecret", secret("rds!db-0b7a"), {}),
    ("secretsmanager:GetSecretValue", secret("rds!db-0b7a"), {RDS_TAG: arn("rds", "db:tubepulse")}),
    ("airflow:CreateEnvironment", arn("airflow", "environment/tubepulse"), {}),
    ("airflow:InvokeRestApi", arn("airflow", "role/tubepulse/Op"), {}),
    ("elasticmapreduce:DescribeCluster", CLUSTER, {}),
    ("elasticmapreduce:TerminateJobFlows", CLUSTER, tagged(OURS)),
    ("elasticmapreduce:DescribeReleaseLabel", "*", {}),
    ("rds:CreateDBInstance", arn("rds", "db:tubepulse"), {}),
    ("rds:CreateDBInstance", arn("rds", "subgrp:tubepulse-database-subnets-1a2b"), {}),
    ("rds:CreateDBInstance", arn("rds", "pg:tubepulse-database-settings-1a2b"), {}),
    ("rds:CreateDBInstance", arn("rds", "og:default:postgres-17"), {}),
    ("rds:CreateDBSnapshot", arn("rds", "snapshot:tubepulse-database-snapshot-database-1a2b"), {}),
    ("rds:DescribeDBSnapshots", arn("rds", "snapshot:*"), {}),
    ("logs:DeleteLogGroup", arn("logs", "log-group:airflow-tubepulse-Task"), {}),
    ("ec2:CreateVpc", arn("ec2", "vpc/*"), {}),
    ("ec2:CreateTags", arn("ec2", "vpc/vpc-0"), {"ec2:CreateAction": "CreateVpc"}),
    ("ec2:CreateTags", arn("ec2", "vpc/vpc-0"), tagged(OURS)),
    ("ec2:ModifyVpcAttribute", arn("ec2", "vpc/vpc-0"), tagged(OURS)),
    ("ec2:CreateSecurityGroup", arn("ec2", "vpc/vpc-of-the-user"), {}),
    ("ec2:AuthorizeSecurityGroupIngress", arn("ec2", "security-group/sg-0"), tagged(OURS)),
    ("ec2:CreateVpcEndpoint", VPC_ENDPOINT, {}),
    (
        "ec2:DeleteSecurityGroup",
        arn("ec2", "security-group/sg-of-emr"),
        tagged({"for-use-with-amazon-emr-managed-policies": "true"}),
    ),
    ("iam:CreateRole", NODES, {}),
    (
        "iam:AttachRolePolicy",
        EMR,
        {"iam:PolicyARN": "arn:aws:iam::aws:policy/service-role/AmazonEMRServicePolicy_v2"},
    ),
    ("iam:CreateInstanceProfile", f"arn:aws:iam::{ACCOUNT}:instance-profile/{NODES.split('/')[1]}", {}),
    ("iam:PassRole", AIRFLOW, passing("airflow")),
    ("iam:PassRole", NODES, passing("ec2")),
    # As Airflow on the deployer's own machine
    ("iam:PassRole", EMR, passing("elasticmapreduce")),
    ("elasticmapreduce:RunJobFlow", "*", asking(OURS)),
    ("elasticmapreduce:AddJobFlowSteps", CLUSTER, tagged(OURS)),
    ("iam:CreateServiceLinkedRole", SPOTS, {"iam:AWSServiceName": "spot.amazonaws.com"}),
    ("iam:GetRole", EMRS, {}),
    ("iam:SimulatePrincipalPolicy", f"arn:aws:iam::{ACCOUNT}:user/deployer", {}),
    ("ec2:DescribeInstanceTypeOfferings", "*", {}),
]
DEPLOYER_MUST_NOT: list[Call] = [
    ("iam:CreateUser", f"arn:aws:iam::{ACCOUNT}:user/tubepulse-admin", {}),
    ("iam:CreateAccessKey", f"arn:aws:iam::{ACCOUNT}:user/root", {}),
    ("iam:AttachUserPolicy", f"arn:aws:iam::{ACCOUNT}:user/me", {"iam:PolicyARN": ADMINISTRATOR}),
    ("iam:PutUserPolicy", f"arn:aws:iam::{ACCOUNT}:user/me", {}),
    ("iam:AttachRolePolicy", AIRFLOW, {"iam:PolicyARN": ADMINISTRATOR}),
    ("iam:CreateRole", role("administrator"), {}),
    ("iam:PutRolePolicy", role("administrator"), {}),
    ("iam:UpdateAssumeRolePolicy", role("administrator"), {}),
    ("iam:CreatePolicyVersion", f"arn:aws:iam::{ACCOUNT}:policy/tubepulse-eu-west-2-deployer-roles", {}),
    ("iam:PassRole", role("administrator"), passing("ec2")),
    ("iam:PassRole", role("tubepulse-administrator"), passing("ec2")),
    ("iam:PassRole", AIRFLOW, passing("lambda")),
    ("iam:PassRole", NODES, passing("lambda")),
    ("iam:CreateServiceLinkedRole", ORGANIZATIONS, {"iam:AWSServiceName": "organizations.amazonaws.com"}),
    ("iam:CreateServiceLinkedRole", ORGANIZATIONS, {"iam:AWSServiceName": "rds.amazonaws.com"}),
    ("iam:DeleteServiceLinkedRole", EMRS, {}),
    ("sts:AssumeRole", role("administrator"), {}),
    ("organizations:LeaveOrganization", "*", {}),
    ("cloudformation:DeleteStack", arn("cloudformation", "stack/another/an-id"), {}),
    ("cloudformation:DeleteStack", arn("cloudformation", "stack/tubepulser/an-id"), {}),
    ("s3:GetObject", "arn:aws:s3:::another/secret", {}),
    ("s3:DeleteBucket", "arn:aws:s3:::another", {}),
    ("s3:PutBucketAcl", BUCKET, {}),
    ("s3:PutAccountPublicAccessBlock", "*", {}),
    ("secretsmanager:GetSecretValue", secret("another"), {}),
    ("secretsmanager:GetSecretValue", secret("rds!db-0b7a"), {RDS_TAG: arn("rds", "db:another")}),
    ("secretsmanager:GetSecretValue", secret("rds!db-0b7a"), {}),
    ("secretsmanager:DeleteSecret", secret("rds!db-0b7a"), {}),
    ("airflow:DeleteEnvironment", arn("airflow", "environment/another"), {}),
    ("airflow:InvokeRestApi", arn("airflow", "role/tubepulse/Admin"), {}),
    ("elasticmapreduce:RunJobFlow", "*", {}),
    ("elasticmapreduce:RunJobFlow", "*", asking(FOREIGN)),
    ("elasticmapreduce:AddJobFlowSteps", CLUSTER, tagged(FOREIGN)),
    ("elasticmapreduce:AddTags", CLUSTER, tagged(FOREIGN)),
    ("iam:PassRole", role("administrator"), passing("elasticmapreduce")),
    ("elasticmapreduce:TerminateJobFlows", CLUSTER, {}),
    ("elasticmapreduce:TerminateJobFlows", CLUSTER, tagged(FOREIGN)),
    ("rds:DeleteDBInstance", arn("rds", "db:another"), {}),
    ("rds:DeleteDBSnapshot", arn("rds", "snapshot:another"), {}),
    ("logs:DeleteLogGroup", arn("logs", "log-group:/aws/lambda/x"), {}),
    ("logs:DeleteLogGroup", arn("logs", "log-group:airflow-another-Task"), {}),
    ("ec2:RunInstances", arn("ec2", "instance/*"), {}),
    ("ec2:TerminateInstances", arn("ec2", "instance/i-0"), tagged(OURS)),
    ("ec2:DeleteVpc", arn("ec2", "vpc/vpc-0"), {}),
    ("ec2:DeleteVpc", arn("ec2", "vpc/vpc-0"), tagged(FOREIGN)),
    ("ec2:CreateTags", arn("ec2", "vpc/vpc-0"), asking(OURS)),  # a foreign VPC, tagged into reach
    ("ec2:CreateTags", arn("ec2", "instance/i-0"), {"ec2:CreateAction": "CreateVpc"}),
    ("ec2:AuthorizeSecurityGroupIngress", arn("ec2", "security-group/sg-0"), {}),
    (
        "ec2:AuthorizeSecurityGroupIngress",
        arn("ec2", "security-group/sg-of-emr"),
        tagged({"for-use-with-amazon-emr-managed-policies": "true"}),
    ),
]

WHO = {
    "AirflowRole": (AIRFLOW_MUST, AIRFLOW_MUST_NOT),
    "EmrServiceRole": (SERVICE_MUST, SERVICE_MUST_NOT),
    "EmrInstanceRole": (NODES_MUST, NODES_MUST_NOT),
    "deployer": (DEPLOYER_MUST, DEPLOYER_MUST_NOT),
}


def policies_of(who: str) -> list[dict[str, Any]]:
    return together(documents("deployer", DEPLOYER)) if who == "deployer" else documents("roles", ROLES)[who]


def _cases(which: int) -> list[Any]:
    return [
        pytest.param(who, *call, id=f"{who}-{call[0]}-{number}")
        for who, lists in WHO.items()
        for number, call in enumerate(lists[which])
    ]


@pytest.mark.parametrize(("who", "action", "resource", "context"), _cases(0))
def test_what_must_be_allowed(who: str, action: str, resource: str, context: Context) -> None:
    assert allowed(policies_of(who), action, resource, context)


@pytest.mark.parametrize(("who", "action", "resource", "context"), _cases(1))
def test_what_must_not_be_allowed(who: str, action: str, resource: str, context: Context) -> None:
    assert _exists(action)
    assert not allowed(policies_of(who), action, resource, context)


# --- What CloudFormation calls for us, by the types' own declarations

# Declared by the handlers of the types, and not called for what our templates say of them
UNUSED = {
    "AWS::EC2::EIP": "AcceptAddressTransfer AssociateAddress",
    "AWS::EC2::NatGateway": """AssignPrivateNatGatewayAddress AssociateNatGatewayAddress
        DisassociateNatGatewayAddress UnassignPrivateNatGatewayAddress""",
    "AWS::EC2::Subnet": "AssociateSubnetCidrBlock DisassociateSubnetCidrBlock",
    "AWS::EC2::VPC": "CreateVpcEncryptionControl ModifyVpcTenancy",
    "AWS::EC2::VPCEndpoint": """CreateServiceNetworkVpcEndpointAssociation
        DescribeServiceNetworkVpcEndpointAssociation AllowMultiRegion""",
    "AWS::EC2::VPCGatewayAttachment": "AttachVpnGateway DetachVpnGateway",
    "AWS::IAM::Role": "DeleteRolePermissionsBoundary PutRolePermissionsBoundary",
    # Its list is the console's: role and bucket are there already, and the keys are MWAA's own
    "AWS::MWAA::Environment": "ListRoles CreatePolicy ListAllMyBuckets ListAliases",
    "AWS::RDS::DBInstance": """AddRoleToDBInstance CreateDBInstanceReadReplica ListRoles PromoteReadReplica
        RemoveRoleFromDBInstance RestoreDBInstanceFromDBSnapshot RestoreDBInstanceToPointInTime
        StartDBInstanceAutomatedBackupsReplication StopDBInstanceAutomatedBackupsReplication""",
    "AWS::S3::Bucket": """CreateBucketMetadataTableConfiguration CreateNamespace CreateTable CreateTableBucket
        DeleteBucketAnalyticsConfiguration DeleteBucketCors DeleteBucketEncryption DeleteBucketLifecycle
        DeleteBucketMetadataTableConfiguration DeleteBucketMetricsConfiguration DeleteBucketReplication
        DeleteBucketWebsite GetTable GetTableMetadataLocation PutAccelerateConfiguration
        PutAnalyticsConfiguration PutBucketAbac PutBucketAcl PutBucketCORS PutBucketLogging
        PutBucketNotification PutBucketObjectLockConfiguration PutBucketReplication PutBucketWebsite
        PutIntelligentTieringConfiguration PutInventoryConfiguration PutMetricsConfiguration PutObjectAcl
        PutObjectLockConfiguration PutReplicationConfiguration PutTableBucketPolicy PutTableEncryption
        PutTablePolicy UpdateBucketMetadataAnnotationTableConfiguration
        UpdateBucketMetadataInventoryTableConfiguration UpdateBucketMetadataJournalTableConfiguration
        UpdateTableMetadataLocation""",
    "AWS::SecretsManager::Secret": "RemoveRegionsFromReplication ReplicateSecretToRegions",
}


@pytest.mark.parametrize("template", ["network", "storage", "roles", "database", "airflow"])
def test_the_deployer_has_what_cloudformation_needs(template: str) -> None:
    has = {
        action
        for document in together(documents("deployer", DEPLOYER))
        for statement in statements(document)
        for action in actions(statement)
    }
    lacking = set()
    for kind in {resource["Type"] for resource in load(template)["Resources"].values()}:
        handlers = PROVIDER_SCHEMA_MANAGER.get_resource_schema(REGION, kind).schema["handlers"]
        unused = UNUSED.get(kind, "").split()
        for handler in ("create", "read", "update", "delete"):
            for action in handlers.get(handler, {}).get("permissions", ()):
                if action not in has and action.partition(":")[2] not in unused:
                    lacking.add(f"{kind}: {action}")
    assert not lacking
