"""Security groups and their rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from aws.rehearsal.resources.base import Kind, Made, Owner, Properties, gone
from aws.rehearsal.resources.network import delete_if_there

EVERYTHING = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}


class SecurityGroup(Kind):
    """AWS::EC2::SecurityGroup, with rules of its own."""

    fixed = frozenset({"GroupName", "GroupDescription", "VpcId"})

    def make(self, owner: Owner, name: str, given: Properties) -> Made:
        """The group; with egress rules of its own it loses the one that EC2 gives every group."""
        ec2 = owner.client("ec2")
        group = ec2.create_security_group(
            GroupName=given.take("GroupName", name),
            Description=given.take("GroupDescription"),
            VpcId=given.take("VpcId"),
        )["GroupId"]
        if tags := given.tags():
            ec2.create_tags(Resources=[group], Tags=tags)
        self._rules(ec2, group, {}, given.some("SecurityGroupIngress", "SecurityGroupEgress"))
        given.none_left()
        return Made(group, {"GroupId": group})

    def change(self, owner: Owner, made: Made, old: Mapping[str, Any], new: Properties) -> Made:
        """Rules and tags change in place, as on AWS; moto would make a new group."""
        ec2 = owner.client("ec2")
        ec2.create_tags(Resources=[made.id], Tags=new.tags())
        self._rules(ec2, made.id, old, new.some("SecurityGroupIngress", "SecurityGroupEgress"))
        return made

    def _rules(self, ec2: Any, group: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
        ways = {
            "SecurityGroupIngress": (
                ec2.revoke_security_group_ingress,
                ec2.authorize_security_group_ingress,
                [],
            ),
            "SecurityGroupEgress": (
                ec2.revoke_security_group_egress,
                ec2.authorize_security_group_egress,
                [EVERYTHING],
            ),
        }
        for way, (revoke, authorize, default) in ways.items():
            before = [permission(rule) for rule in old[way]] if way in old else default
            after = [permission(rule) for rule in new[way]] if way in new else default
            if take := [rule for rule in before if rule not in after]:
                revoke(GroupId=group, IpPermissions=take)
            if give := [rule for rule in after if rule not in before]:
                authorize(GroupId=group, IpPermissions=give)

    def remove(self, owner: Owner, made: Made, properties: Mapping[str, Any]) -> None:
        """AWS refuses while a rule of another group names it."""
        delete_if_there(owner.client("ec2").delete_security_group, "InvalidGroup.NotFound", GroupId=made.id)


class Ingress(Kind):
    """AWS::EC2::SecurityGroupIngress: a rule beside the group, which may name the group itself."""

    tagged = False
    fixed = frozenset({"GroupId"})

    def make(self, owner: Owner, name: str, given: Properties) -> Made:
        """The rule."""
        group, rule = given.take("GroupId"), permission(given.rest())
        owner.client("ec2").authorize_security_group_ingress(GroupId=group, IpPermissions=[rule])
        return Made(f"sgr-{name}", {"GroupId": group, "Rule": rule})

    def change(self, owner: Owner, made: Made, old: Mapping[str, Any], new: Properties) -> Made:
        """A new rule for the old one."""
        self.remove(owner, made, old)
        return self.make(owner, made.id.removeprefix("sgr-"), new)

    def remove(self, owner: Owner, made: Made, properties: Mapping[str, Any]) -> None:
        """Take the rule away."""
        ec2, rule = owner.client("ec2"), made.attributes["Rule"]
        try:
            ec2.revoke_security_group_ingress(GroupId=made.attributes["GroupId"], IpPermissions=[rule])
        except ClientError as error:
            if not gone(error, "InvalidPermission.NotFound", "InvalidGroup.NotFound"):
                raise


def permission(rule: Mapping[str, Any]) -> dict[str, Any]:
    """A rule of a template as EC2's IpPermission."""
    left = Properties(Owner("", "", "", {}), rule)
    found: dict[str, Any] = {"IpProtocol": str(left.take("IpProtocol"))}
    found |= {port: int(value) for port, value in left.some("FromPort", "ToPort").items()}
    about = {"Description": said} if (said := left.take("Description", "")) else {}
    for name, single, many in (
        ("CidrIp", "CidrIp", "IpRanges"),
        ("CidrIpv6", "CidrIpv6", "Ipv6Ranges"),
        ("SourceSecurityGroupId", "GroupId", "UserIdGroupPairs"),
        ("DestinationSecurityGroupId", "GroupId", "UserIdGroupPairs"),
    ):
        if value := left.take(name, None):
            found[many] = [{single: value, **about}]
    left.none_left()
    return found


KINDS: dict[str, Kind] = {
    "AWS::EC2::SecurityGroup": SecurityGroup(),
    "AWS::EC2::SecurityGroupIngress": Ingress(),
}
