"""MWAA's environments: their life, and what the service itself finds wrong with what it was given."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from aws.rehearsal.mwaa_model import Misfit
from aws.rehearsal.resources.base import Owner

LOOKS = 3  # at an environment until what was begun is done
DEFAULTS = {
    "AirflowVersion": "3.0.6", "EnvironmentClass": "mw1.small", "MinWorkers": 1, "MaxWorkers": 10,
    "Schedulers": 2, "MinWebservers": 2, "MaxWebservers": 2, "WebserverAccessMode": "PUBLIC_ONLY",
    "WeeklyMaintenanceWindowStart": "SUN:03:30", "EndpointManagement": "SERVICE",
}  # fmt: skip
FILES = ("Requirements", "StartupScript", "Plugins")


@dataclass
class Environment:
    """One environment. `pending` is the status that follows, after `looks` more looks."""

    name: str
    settings: dict[str, Any]
    tags: dict[str, str]
    arn: str
    status: str = "CREATING"
    looks: int = LOOKS
    last: str = "SUCCESS"
    created: datetime = field(default_factory=lambda: datetime.now(UTC))
    updated: datetime = field(default_factory=lambda: datetime.now(UTC))

    def step(self) -> None:
        """Time passes by being looked at."""
        if self.status in ("CREATING", "UPDATING", "DELETING"):
            self.looks -= 1
            if self.looks <= 0:
                self.status = "DELETED" if self.status == "DELETING" else "AVAILABLE"

    def begin(self, status: str) -> None:
        """Something new begins; raises Misfit where the service would not let it."""
        if self.status != "AVAILABLE" and status != "DELETING":
            raise Misfit(
                400, "ValidationException", f"Environment {self.name} is {self.status}: it must be AVAILABLE"
            )
        self.status, self.looks = status, LOOKS

    def shown(self) -> dict[str, Any]:
        """GetEnvironment's answer."""
        region, account = self.arn.split(":")[3:5]
        return {
            **DEFAULTS,
            **{key: value for key, value in self.settings.items() if key != "WorkerReplacementStrategy"},
            "Name": self.name,
            "Arn": self.arn,
            "Status": self.status,
            "Tags": self.tags,
            "CreatedAt": self.created.timestamp(),
            "WebserverUrl": f"{self.name}.c0.{region}.airflow.amazonaws.com",
            "ServiceRoleArn": f"arn:aws:iam::{account}:role/aws-service-role/airflow.amazonaws.com/"
            "AWSServiceRoleForAmazonMWAA",
            "CeleryExecutorQueue": f"arn:aws:sqs:{region}:000000000000:airflow-celery-{self.name}",
            "LastUpdate": {
                "Status": "PENDING" if self.status == "UPDATING" else self.last,
                "CreatedAt": self.updated.timestamp(),
            },
        }


def check(owner: Owner, settings: Mapping[str, Any]) -> None:
    """Raise Misfit for what MWAA would refuse: it looks into the account itself."""
    _check_bucket(owner, settings)
    _check_network(owner, settings)
    role = settings["ExecutionRoleArn"].rpartition("/")[2]
    try:
        trust = owner.client("iam").get_role(RoleName=role)["Role"]["AssumeRolePolicyDocument"]
    except ClientError:
        raise _refused(f"the execution role {role} does not exist") from None
    trusted = str(trust)
    if lacking := [
        name for name in ("airflow.amazonaws.com", "airflow-env.amazonaws.com") if name not in trusted
    ]:
        raise _refused(f"the execution role {role} does not trust {', '.join(lacking)}")


def make_log_groups(owner: Owner, name: str) -> None:
    """MWAA makes them with the environment, and does not delete them with it."""
    logs = owner.client("logs")
    for kind in ("DAGProcessing", "Scheduler", "Task", "WebServer", "Worker"):
        with suppress(logs.exceptions.ResourceAlreadyExistsException):
            logs.create_log_group(logGroupName=f"airflow-{name}-{kind}")


def _check_bucket(owner: Owner, settings: Mapping[str, Any]) -> None:
    s3, bucket = owner.client("s3"), settings["SourceBucketArn"].rpartition(":")[2]
    try:
        versioning = s3.get_bucket_versioning(Bucket=bucket).get("Status")
    except ClientError:
        raise _refused(f"the bucket {bucket} cannot be read") from None
    if versioning != "Enabled":
        raise _refused(f"Unable to read the bucket {bucket}: versioning is not enabled")
    try:
        block = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    except ClientError:
        block = {}
    if len(block) != 4 or not all(block.values()):
        raise _refused(f"the bucket {bucket} does not block all public access")
    for kind in FILES:
        path, version = settings.get(f"{kind}S3Path"), settings.get(f"{kind}S3ObjectVersion")
        if not path:
            continue
        if not version:
            raise _refused(f"{path} needs the version of its object")
        try:
            s3.head_object(Bucket=bucket, Key=path, VersionId=version)
        except ClientError:
            raise _refused(f"s3://{bucket}/{path} has no version {version}") from None


def _check_network(owner: Owner, settings: Mapping[str, Any]) -> None:
    network = settings["NetworkConfiguration"]
    ec2, groups = owner.client("ec2"), network.get("SecurityGroupIds", [])
    try:
        subnets = ec2.describe_subnets(SubnetIds=network["SubnetIds"])["Subnets"]
        found = ec2.describe_security_groups(GroupIds=groups)["SecurityGroups"]
    except ClientError as error:
        raise _refused(error.response["Error"]["Message"]) from None
    if len({subnet["AvailabilityZone"] for subnet in subnets}) != 2:
        raise _refused("the two subnets must lie in different availability zones")
    if any(subnet["MapPublicIpOnLaunch"] for subnet in subnets):
        raise _refused("the subnets must be private")
    vpcs = {subnet["VpcId"] for subnet in subnets} | {group["VpcId"] for group in found}
    if len(vpcs) != 1:
        raise _refused("subnets and security groups must lie in one VPC")
    pairs = [
        (group["GroupId"], pair["GroupId"])
        for group in found
        for rule in group["IpPermissions"]
        for pair in rule.get("UserIdGroupPairs", [])
    ]
    if not any(group == source for group, source in pairs):
        raise _refused("no security group lets its own members in")


def _refused(message: str) -> Misfit:
    return Misfit(400, "ValidationException", message)
