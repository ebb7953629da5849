"""Roles, managed policies and instance profiles."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from botocore.exceptions import ClientError

from aws.rehearsal.resources.base import Kind, Made, Owner, Properties, gone, text

MISSING = "NoSuchEntity"


class Role(Kind):
    """AWS::IAM::Role."""

    fixed = frozenset({"RoleName", "Path"})

    def make(self, owner: Owner, name: str, given: Properties) -> Made:
        """The role with its policies."""
        iam, policies = owner.client("iam"), given.some("ManagedPolicyArns", "Policies")
        role = iam.create_role(
            RoleName=given.take("RoleName", name[:64]),
            AssumeRolePolicyDocument=text(given.take("AssumeRolePolicyDocument")),
            Tags=given.tags(),
            **given.rest(),
        )["Role"]
        made = Made(role["RoleName"], {"Arn": role["Arn"], "RoleId": role["RoleId"]})
        self._grant(iam, made.id, {}, policies)
        return made

    def change(self, owner: Owner, made: Made, old: Mapping[str, Any], new: Properties) -> Made:
        """Trust, policies and tags change in place."""
        iam = owner.client("iam")
        document = text(new.take("AssumeRolePolicyDocument"))
        iam.update_assume_role_policy(RoleName=made.id, PolicyDocument=document)
        iam.tag_role(RoleName=made.id, Tags=new.tags())
        self._grant(iam, made.id, old, new.some("ManagedPolicyArns", "Policies"))
        if rest := new.some("Description", "MaxSessionDuration"):
            iam.update_role(RoleName=made.id, **rest)
        new.some("RoleName", "Path")
        new.none_left()
        return made

    def _grant(self, iam: Any, role: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
        for arn in set(old.get("ManagedPolicyArns", [])) - set(new.get("ManagedPolicyArns", [])):
            iam.detach_role_policy(RoleName=role, PolicyArn=arn)
        for arn in new.get("ManagedPolicyArns", []):
            iam.attach_role_policy(RoleName=role, PolicyArn=arn)
        names = {policy["PolicyName"] for policy in new.get("Policies", [])}
        for policy in old.get("Policies", []):
            if policy["PolicyName"] not in names:
                iam.delete_role_policy(RoleName=role, PolicyName=policy["PolicyName"])
        for policy in new.get("Policies", []):
            iam.put_role_policy(
                RoleName=role, PolicyName=policy["PolicyName"], PolicyDocument=text(policy["PolicyDocument"])
            )

    def remove(self, owner: Owner, made: Made, properties: Mapping[str, Any]) -> None:
        """Its policies first: IAM refuses to delete a role that has some."""
        iam = owner.client("iam")
        try:
            for arn in properties.get("ManagedPolicyArns", []):
                with suppress(iam.exceptions.NoSuchEntityException):
                    iam.detach_role_policy(RoleName=made.id, PolicyArn=arn)
            for policy in properties.get("Policies", []):
                with suppress(iam.exceptions.NoSuchEntityException):
                    iam.delete_role_policy(RoleName=made.id, PolicyName=policy["PolicyName"])
            iam.delete_role(RoleName=made.id)
        except ClientError as error:
            if not gone(error, MISSING):
                raise


class ManagedPolicy(Kind):
    """AWS::IAM::ManagedPolicy."""

    fixed = frozenset({"ManagedPolicyName", "Path", "Description"})

    def make(self, owner: Owner, name: str, given: Properties) -> Made:
        """The policy, attached to the roles that are named."""
        iam = owner.client("iam")
        roles = given.take("Roles", [])
        policy = iam.create_policy(
            PolicyName=given.take("ManagedPolicyName", name),
            PolicyDocument=text(given.take("PolicyDocument")),
            Tags=given.tags(),
            **given.rest(),
        )["Policy"]["Arn"]
        for role in roles:
            iam.attach_role_policy(RoleName=role, PolicyArn=policy)
        return Made(policy, {"PolicyArn": policy})

    def remove(self, owner: Owner, made: Made, properties: Mapping[str, Any]) -> None:
        """Detach it, then delete it."""
        iam = owner.client("iam")
        try:
            for role in properties.get("Roles", []):
                with suppress(iam.exceptions.NoSuchEntityException):
                    iam.detach_role_policy(RoleName=role, PolicyArn=made.id)
            iam.delete_policy(PolicyArn=made.id)
        except ClientError as error:
            if not gone(error, MISSING):
                raise


class InstanceProfile(Kind):
    """AWS::IAM::InstanceProfile."""

    tagged = False
    fixed = frozenset({"InstanceProfileName", "Path"})

    def make(self, owner: Owner, name: str, given: Properties) -> Made:
        """The profile with its one role."""
        iam, roles = owner.client("iam"), given.take("Roles")
        profile = iam.create_instance_profile(
            InstanceProfileName=given.take("InstanceProfileName", name), **given.rest()
        )["InstanceProfile"]
        for role in roles:
            iam.add_role_to_instance_profile(
                InstanceProfileName=profile["InstanceProfileName"], RoleName=role
            )
        return Made(profile["InstanceProfileName"], {"Arn": profile["Arn"]})

    def remove(self, owner: Owner, made: Made, properties: Mapping[str, Any]) -> None:
        """Its role out first."""
        iam = owner.client("iam")
        try:
            for role in properties["Roles"]:
                with suppress(iam.exceptions.NoSuchEntityException):
                    iam.remove_role_from_instance_profile(InstanceProfileName=made.id, RoleName=role)
            iam.delete_instance_profile(InstanceProfileName=made.id)
        except ClientError as error:
            if not gone(error, MISSING):
                raise


KINDS: dict[str, Kind] = {
    "AWS::IAM::Role": Role(),
    "AWS::IAM::ManagedPolicy": ManagedPolicy(),
    "AWS::IAM::InstanceProfile": InstanceProfile(),
}
