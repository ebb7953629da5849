"""The RDS instance with its groups."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from aws.rehearsal.resources.base import Kind, Made, Owner, Properties, gone
from aws.rehearsal.resources.network import truth

NUMBERS = ("AllocatedStorage", "MaxAllocatedStorage", "BackupRetentionPeriod", "Port", "MonitoringInterval")
FLAGS = (
    "AutoMinorVersionUpgrade", "CopyTagsToSnapshot", "DeletionProtection", "ManageMasterUserPassword",
    "MultiAZ", "PubliclyAccessible", "StorageEncrypted", "EnablePerformanceInsights",
)  # fmt: skip
RENAMED = {"VPCSecurityGroups": "VpcSecurityGroupIds"}


class SubnetGroup(Kind):
    """AWS::RDS::DBSubnetGroup."""

    fixed = frozenset({"DBSubnetGroupName"})

    def make(self, owner: Owner, name: str, given: Properties) -> Made:
        """The group; RDS keeps its name in small letters."""
        made = Made(given.take("DBSubnetGroupName", name).lower())
        owner.client("rds").create_db_subnet_group(
            DBSubnetGroupName=made.id, Tags=given.tags(), **given.rest()
        )
        return made

    def change(self, owner: Owner, made: Made, old: Mapping[str, Any], new: Properties) -> Made:
        """Other subnets."""
        new.tags()
        new.some("DBSubnetGroupName")
        owner.client("rds").modify_db_subnet_group(DBSubnetGroupName=made.id, **new.rest())
        return made

    def remove(self, owner: Owner, made: Made, properties: Mapping[str, Any]) -> None:
        """Delete it."""
        _remove(owner.client("rds").delete_db_subnet_group, "DBSubnetGroup", DBSubnetGroupName=made.id)


class ParameterGroup(Kind):
    """AWS::RDS::DBParameterGroup."""

    fixed = frozenset({"DBParameterGroupName", "Family", "Description"})

    def make(self, owner: Owner, name: str, given: Properties) -> Made:
        """The group and its parameters."""
        rds, values = owner.client("rds"), given.take("Parameters", {})
        made = Made(given.take("DBParameterGroupName", name).lower())
        rds.create_db_parameter_group(
            DBParameterGroupName=made.id, DBParameterGroupFamily=given.take("Family"), Tags=given.tags(),
            **given.rest(),
        )  # fmt: skip
        self._set(rds, made.id, values)
        return made

    def change(self, owner: Owner, made: Made, old: Mapping[str, Any], new: Properties) -> Made:
        """Other values."""
        self._set(owner.client("rds"), made.id, new.take("Parameters", {}))
        return made

    def _set(self, rds: Any, group: str, values: Mapping[str, Any]) -> None:
        parameters = [
            {"ParameterName": name, "ParameterValue": str(value), "ApplyMethod": "pending-reboot"}
            for name, value in values.items()
        ]
        if parameters:
            rds.modify_db_parameter_group(DBParameterGroupName=group, Parameters=parameters)

    def remove(self, owner: Owner, made: Made, properties: Mapping[str, Any]) -> None:
        """Delete it."""
        _remove(
            owner.client("rds").delete_db_parameter_group, "DBParameterGroup", DBParameterGroupName=made.id
        )


class Instance(Kind):
    """AWS::RDS::DBInstance."""

    fixed = frozenset({"DBInstanceIdentifier", "DBName", "Engine", "DBSubnetGroupName", "StorageEncrypted"})

    def make(self, owner: Owner, name: str, given: Properties) -> Made:
        """The instance: its properties are the API's, but for the types of numbers."""
        identity = given.take("DBInstanceIdentifier", name.lower()[:63])
        tags, asked = given.tags(), request(given.rest())
        owner.client("rds").create_db_instance(DBInstanceIdentifier=identity, Tags=tags, **asked)
        made = self._made(owner, identity)
        if secret := made.attributes["MasterUserSecret.SecretArn"]:
            # RDS makes up a password for the user that was asked for; moto's is a constant, for "admin"
            secrets = owner.client("secretsmanager")
            password = secrets.get_random_password(PasswordLength=28)["RandomPassword"]
            value = {"username": asked["MasterUsername"], "password": password}
            secrets.put_secret_value(SecretId=secret, SecretString=json.dumps(value))
        return made

    def change(self, owner: Owner, made: Made, old: Mapping[str, Any], new: Properties) -> Made:
        """What differs, at once."""
        new.tags()
        wanted, had = request(new.rest()), request(old)
        differs = {name: value for name, value in wanted.items() if had.get(name) != value}
        owner.client("rds").modify_db_instance(DBInstanceIdentifier=made.id, ApplyImmediately=True, **differs)
        return self._made(owner, made.id)

    def _made(self, owner: Owner, identity: str) -> Made:
        found = owner.client("rds").describe_db_instances(DBInstanceIdentifier=identity)["DBInstances"][0]
        secret = found.get("MasterUserSecret", {}).get("SecretArn", "")
        return Made(
            identity,
            {
                "Endpoint.Address": found["Endpoint"]["Address"],
                "Endpoint.Port": str(found["Endpoint"]["Port"]),
                "MasterUserSecret.SecretArn": secret,
                "DBInstanceArn": found["DBInstanceArn"],
                "DbiResourceId": found["DbiResourceId"],
            },
        )

    def remove(self, owner: Owner, made: Made, properties: Mapping[str, Any]) -> None:
        """Without a last snapshot: its stack was never completed, or the policy says so."""
        delete = owner.client("rds").delete_db_instance
        _remove(delete, "DBInstance", DBInstanceIdentifier=made.id, SkipFinalSnapshot=True)

    def keep(self, owner: Owner, made: Made, snapshot: str) -> None:
        """With a last snapshot."""
        _remove(
            owner.client("rds").delete_db_instance, "DBInstance", DBInstanceIdentifier=made.id,
            SkipFinalSnapshot=False, FinalDBSnapshotIdentifier=snapshot.lower(),
        )  # fmt: skip


def request(properties: Mapping[str, Any]) -> dict[str, Any]:
    """A template's properties as parameters of CreateDBInstance and ModifyDBInstance."""
    found = {RENAMED.get(name, name): value for name, value in properties.items() if name != "Tags"}
    found.pop("DBInstanceIdentifier", None)
    for name in NUMBERS:
        if name in found:
            found[name] = int(found[name])
    for name in FLAGS:
        if name in found:
            found[name] = truth(found[name])
    return found


def _remove(delete: Any, what: str, **request: Any) -> None:
    try:
        delete(**request)
    except ClientError as error:
        if not gone(error, f"{what}NotFound", f"{what}NotFoundFault"):
            raise


KINDS: dict[str, Kind] = {
    "AWS::RDS::DBSubnetGroup": SubnetGroup(),
    "AWS::RDS::DBParameterGroup": ParameterGroup(),
    "AWS::RDS::DBInstance": Instance(),
}
