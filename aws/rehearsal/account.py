"""What an account holds, read with boto3: what a deployment must have made there, and what is left of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.config import Config


@dataclass(frozen=True)
class Look:
    """Looks into the account that `settings` (AWS_ENDPOINT_URL and the like) lead to."""

    settings: Mapping[str, str]

    def client(self, service: str) -> Any:
        """A client of boto3."""
        return boto3.Session().client(  # type: ignore[call-overload]
            service,
            endpoint_url=self.settings["AWS_ENDPOINT_URL"],
            region_name=self.settings["AWS_REGION"],
            aws_access_key_id=self.settings["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=self.settings["AWS_SECRET_ACCESS_KEY"],
            config=Config(inject_host_prefix=False),
        )

    def stacks(self) -> dict[str, dict[str, Any]]:
        """Stack by name."""
        found = self.client("cloudformation").describe_stacks()["Stacks"]
        return {stack["StackName"]: stack for stack in found}

    def outputs(self, stack: str) -> dict[str, str]:
        """A stack's outputs."""
        found = self.stacks()[stack].get("Outputs", [])
        return {output["OutputKey"]: output["OutputValue"] for output in found}

    def objects(self, bucket: str) -> dict[str, tuple[bytes, str]]:
        """Bytes and version of every object, by key."""
        s3, found = self.client("s3"), {}
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
            for item in page.get("Contents", []):
                answer = s3.get_object(Bucket=bucket, Key=item["Key"])
                found[item["Key"]] = (answer["Body"].read(), answer["VersionId"])
        return found

    def secrets(self) -> dict[str, tuple[str, str, dict[str, str]]]:
        """Text, version and tags of every secret, by name; those that are about to be deleted too."""
        client, found = self.client("secretsmanager"), {}
        for page in client.get_paginator("list_secrets").paginate(IncludePlannedDeletion=True):
            for item in page["SecretList"]:
                if item.get("DeletedDate"):
                    found[item["Name"]] = ("", "", {"deleted": "not yet"})
                    continue
                value = client.get_secret_value(SecretId=item["Name"])
                tags = {tag["Key"]: tag["Value"] for tag in item.get("Tags", [])}
                found[item["Name"]] = (value["SecretString"], value["VersionId"], tags)
        return found

    def environment(self, name: str) -> dict[str, Any]:
        """An MWAA environment."""
        found: dict[str, Any] = self.client("mwaa").get_environment(Name=name)["Environment"]
        return found

    def state(self, bucket: str, environment: str) -> dict[str, Any]:
        """Everything that a deployment may change, by what it is; to be compared with itself later."""
        shown = self.environment(environment)
        shown.pop("LastUpdate", None)
        stacks = self.stacks()
        return {
            **{f"object {key}": version for key, (_, version) in self.objects(bucket).items()},
            **{f"secret {key}": (text, version) for key, (text, version, _) in self.secrets().items()},
            **{
                f"stack {name}": json.dumps([stack["Parameters"], stack.get("Tags")])
                for name, stack in stacks.items()
            },
            **{f"environment {key}": value for key, value in shown.items()},
        }

    def left(self) -> dict[str, list[str]]:
        """What is in the account, by kind, without what every account has."""
        return {kind: found for kind, look in self._kinds() if (found := look())}

    def _kinds(self) -> Iterator[tuple[str, Callable[[], list[str]]]]:
        ec2, iam, rds = self.client("ec2"), self.client("iam"), self.client("rds")
        emr, logs = self.client("emr"), self.client("logs")
        live = ["STARTING", "BOOTSTRAPPING", "RUNNING", "WAITING", "TERMINATING"]
        yield "stacks", lambda: list(self.stacks())
        yield "buckets", lambda: [one["Name"] for one in self.client("s3").list_buckets()["Buckets"]]
        yield "secrets", lambda: list(self.secrets())
        yield "environments", lambda: list(self.client("mwaa").list_environments()["Environments"])
        yield "log groups", lambda: [one["logGroupName"] for one in logs.describe_log_groups()["logGroups"]]
        yield "clusters", lambda: [one["Id"] for one in emr.list_clusters(ClusterStates=live)["Clusters"]]
        yield (
            "databases",
            lambda: [one["DBInstanceIdentifier"] for one in rds.describe_db_instances()["DBInstances"]],
        )
        yield (
            "subnet groups",
            lambda: [one["DBSubnetGroupName"] for one in rds.describe_db_subnet_groups()["DBSubnetGroups"]],
        )
        yield (
            "parameter groups",
            lambda: [
                one["DBParameterGroupName"]
                for one in rds.describe_db_parameter_groups()["DBParameterGroups"]
                if not one["DBParameterGroupName"].startswith("default.")
            ],
        )
        yield "VPCs", lambda: [one["VpcId"] for one in ec2.describe_vpcs()["Vpcs"] if not one["IsDefault"]]
        yield (
            "security groups",
            lambda: [
                one["GroupName"]
                for one in ec2.describe_security_groups()["SecurityGroups"]
                if one["GroupName"] != "default"
            ],
        )
        yield "addresses", lambda: [one["PublicIp"] for one in ec2.describe_addresses()["Addresses"]]
        yield (
            "NAT gateways",
            lambda: [
                one["NatGatewayId"]
                for one in ec2.describe_nat_gateways()["NatGateways"]
                if one["State"] != "deleted"
            ],
        )
        yield (
            "endpoints",
            lambda: [
                one["VpcEndpointId"]
                for one in ec2.describe_vpc_endpoints()["VpcEndpoints"]
                if one["State"] != "deleted"
            ],
        )
        yield (
            "roles",
            lambda: [
                one["RoleName"]
                for one in iam.list_roles()["Roles"]
                if not one["Path"].startswith("/aws-service-role/")
            ],
        )
        yield (
            "instance profiles",
            lambda: [one["InstanceProfileName"] for one in iam.list_instance_profiles()["InstanceProfiles"]],
        )

    def snapshots(self) -> list[str]:
        """The snapshots that were made by hand or by a stack's end."""
        found = self.client("rds").describe_db_snapshots(SnapshotType="manual")["DBSnapshots"]
        return [one["DBSnapshotIdentifier"] for one in found]
