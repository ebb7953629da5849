"""A profile with small templates of what moto makes, and an account for it in this process."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws
from moto.cloudformation.models import ChangeSet
from moto.s3.models import FakeBucket

REGION = "eu-west-2"
PREFIX = "small"
BUCKET = f"{PREFIX}-123456789012-{REGION}"
CANARY = "canary-never-shown"
TAGS = {"project": "tubepulse", "profile": "mine"}

HEAD = "Parameters:\n  Prefix: {Type: String}\n"
TEMPLATES = {
    "network": """
Resources:
  Vpc:
    Type: AWS::EC2::VPC
    Properties: {CidrBlock: 10.192.0.0/16, Tags: [{Key: Name, Value: !Sub "${Prefix} vpc"}]}
Outputs:
  VpcId: {Value: !Ref Vpc}
""",
    "storage": """  BucketName: {Type: String, Default: ""}
Conditions:
  Named: !Not [!Equals [!Ref BucketName, ""]]
Resources:
  Bucket:
    Type: AWS::S3::Bucket
    Properties:
      BucketName: !If [Named, !Ref BucketName, !Sub "${Prefix}-${AWS::AccountId}-${AWS::Region}"]
      VersioningConfiguration: {Status: Enabled}
Outputs:
  BucketName: {Value: !Ref Bucket}
""",
    "database": """  VpcId: {Type: String}
Resources:
  Group:
    Type: AWS::EC2::SecurityGroup
    Properties: {GroupDescription: database, VpcId: !Ref VpcId}
Outputs:
  DatabaseHost: {Value: db.example}
  DatabasePort: {Value: "5432"}
  DatabaseName: {Value: results}
  MasterSecretArn: {Value: of-stack/master}
  PipelineSecretArn: {Value: of-stack/pipeline}
  WebappSecretArn: {Value: of-stack/webapp}
""",
    "airflow": """  RequirementsVersion: {Type: String}
  StartupVersion: {Type: String}
Resources:
  Topic:
    Type: AWS::SNS::Topic
    Properties: {DisplayName: !Ref RequirementsVersion}
Outputs:
  EnvironmentName: {Value: !Ref Prefix}
  WebserverUrl: {Value: airflow.example}
""",
}
PARAMETERS: dict[str, dict[str, str]] = {
    "network": {"Prefix": "${StackPrefix}"},
    "storage": {"Prefix": "${StackPrefix}", "BucketName": "${BUCKET_NAME:-}"},
    "database": {"Prefix": "${StackPrefix}", "VpcId": "${VpcId}"},
    "airflow": {
        "Prefix": "${StackPrefix}",
        "RequirementsVersion": "${RequirementsVersion}",
        "StartupVersion": "${StartupVersion}",
    },
}
CONNECTIONS = {
    "postgres_default": {
        "conn_type": "postgres", "host": "${DatabaseHost}", "port": "${DatabasePort}", "login": "pipeline",
        "password": "${PipelinePassword}", "description": "roles of ${RolesVersion}",
    },
    "x_api": {"conn_type": "http", "password": "${X_BEARER_TOKEN:-}", "extra": {}},
    "emr_default": {"conn_type": "emr", "extra": {"ReleaseLabel": "emr-7.13.0", "Instances": {}}},
}  # fmt: skip
VARIABLE = {"bucket_name": "${BucketName}", "key1": "input/s.csv", "output_key": "raw"}


def write_profile(folder: Path, *stacks: str) -> Path:
    """profiles/mine below `folder` with these stacks, and their templates; returns the templates' folder."""
    profile, templates = folder / "profiles" / "mine", folder / "templates"
    profile.mkdir(parents=True)
    templates.mkdir()
    for name, text in TEMPLATES.items():
        (templates / f"{name}.yaml").write_text(HEAD + text)
    connections: dict[str, Any] = dict(CONNECTIONS)
    if "database" not in stacks:
        del connections["postgres_default"]
    (profile / "connections.json").write_text(json.dumps(connections))
    (profile / "variables.json").write_text(json.dumps({"london-housing-webapp": VARIABLE}))
    parameters = {key: PARAMETERS[key] for key in stacks}
    (profile / "stacks.json").write_text(json.dumps({"prefix": PREFIX, "parameters": parameters}))
    return templates


@contextmanager
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An empty account, and no settings of AWS's but its own."""
    for name in [name for name in os.environ if name.startswith(("AWS_", "X_", "BUCKET_NAME", "STACK_"))]:
        monkeypatch.delenv(name)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    monkeypatch.setattr(ChangeSet, "apply", _apply)
    with mock_aws():
        yield


def _apply(self: ChangeSet) -> None:
    """moto gives a stack of a change set neither outputs nor parameters, and its bucket no versions."""
    self.stack.resource_map.update(self.template_dict, self.parameters)
    for resource in self.stack.resource_map.values():
        if isinstance(resource, FakeBucket):
            boto3.client("s3").put_bucket_versioning(
                Bucket=resource.name, VersioningConfiguration={"Status": "Enabled"}
            )
    self.stack.template_dict, self.stack.parameters = self.template_dict, self.parameters
    self.stack.output_map = self.stack._create_output_map()


def make_logins() -> None:
    """The secrets that the database's stack would make."""
    secrets = boto3.client("secretsmanager")
    for name in ("master", "pipeline", "webapp"):
        text = json.dumps({"username": name, "password": f"{CANARY}-{name}"})
        secrets.create_secret(Name=f"of-stack/{name}", SecretString=text)


def stack_names() -> set[str]:
    """The names of the stacks that exist."""
    return {stack["StackName"] for stack in boto3.client("cloudformation").describe_stacks()["Stacks"]}
