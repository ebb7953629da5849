"""VPC, subnets, routes, NAT and endpoints."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from aws.rehearsal.resources.base import Failed, Kind, Made, Owner, Properties, gone, text


class Named(Kind):
    """What EC2 gives an id and takes tags for."""

    def tag(self, owner: Owner, resource: str, given: Properties) -> None:
        """Tag it, and hold that no property was overlooked."""
        if tags := given.tags():
            owner.client("ec2").create_tags(Resources=[resource], Tags=tags)
        given.none_left()

    def change(self, owner: Owner, made: Made, old: Mapping[str, Any], new: Properties) -> Made:
        """Only tags change in place."""
        tags = new.tags()
        if {key: value for key, value in old.items() if key != "Tags"} != new.rest():
            raise Failed(f"the rehearsal can change only the tags of {type(self).__name__}")
        owner.client("ec2").create_tags(Resources=[self.tag_id(made)], Tags=tags)
        return made

    def tag_id(self, made: Made) -> str:
        """What EC2 tags it by."""
        return made.id


class Vpc(Named):
    """AWS::EC2::VPC."""

    fixed = frozenset({"CidrBlock"})

    def make(self, owner: Owner, name: str, given: Properties) -> Made:
        """The VPC with its DNS settings."""
        ec2 = owner.client("ec2")
        vpc = ec2.create_vpc(CidrBlock=given.take("CidrBlock"))["Vpc"]
        for setting in ("EnableDnsSupport", "EnableDnsHostnames"):
            if value := given.some(setting):
                ec2.modify_vpc_attribute(VpcId=vpc["VpcId"], **{setting: {"Value": truth(value[setting])}})
        self.tag(owner, vpc["VpcId"], given)
        found = ec2.describe_security_groups(
            Filters=[
                {"Name": "vpc-id", "Values": [vpc["VpcId"]]},
                {"Name": "group-name", "Values": ["default"]},
            ]
        )
        return Made(
            vpc["VpcId"],
            {
                "VpcId": vpc["VpcId"],
                "CidrBlock": vpc["CidrBlock"],
                "DefaultSecurityGroup": found["SecurityGroups"][0]["GroupId"],
            },
        )

    def remove(self, owner: Owner, made: Made, properties: Mapping[str, Any]) -> None:
        """AWS refuses while a security group of somebody else lies in it; moto does not."""
        ec2 = owner.client("ec2")
        groups = ec2.describe_security_groups(Filters=[{"Name": "vpc-id", "Values": [made.id]}])
        if others := [
            group["GroupName"] for group in groups["SecurityGroups"] if group["GroupName"] != "default"
        ]:
            raise Failed(
                f"The vpc '{made.id}' has dependencies and cannot be deleted. (Service: Ec2, Status Code: "
                f"400) (HandlerErrorCode: InvalidRequest) [security groups: {', '.join(others)}]"
            )
        delete_if_there(ec2.delete_vpc, "InvalidVpcID.NotFound", VpcId=made.id)


class Subnet(Named):
    """AWS::EC2::Subnet."""

    fixed = frozenset({"CidrBlock", "VpcId", "AvailabilityZone"})

    def make(self, owner: Owner, name: str, given: Properties) -> Made:
        """The subnet, with public addresses where the template wants them."""
        ec2 = owner.client("ec2")
        public = given.some("MapPublicIpOnLaunch")
        subnet = ec2.create_subnet(**given.some("CidrBlock", "VpcId", "AvailabilityZone"))["Subnet"]
        if public:
            value = {"Value": truth(public["MapPublicIpOnLaunch"])}
            ec2.modify_subnet_attribute(SubnetId=subnet["SubnetId"], MapPublicIpOnLaunch=value)
        self.tag(owner, subnet["SubnetId"], given)
        return Made(
            subnet["SubnetId"],
            {
                "SubnetId": subnet["SubnetId"],
                "AvailabilityZone": subnet["AvailabilityZone"],
                "VpcId": subnet["VpcId"],
                "CidrBlock": subnet["CidrBlock"],
            },
        )

    def remove(self, owner: Owner, made: Made, properties: Mapping[str, Any]) -> None:
        """Delete it."""
        delete_if_there(owner.client("ec2").delete_subnet, "InvalidSubnetID.NotFound", SubnetId=made.id)


class InternetGateway(Named):
    """AWS::EC2::InternetGateway."""

    def make(self, owner: Owner, name: str, given: Properties) -> Made:
        """The gateway, attached to nothing yet."""
        gateway = owner.client("ec2").create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        self.tag(owner, gateway, given)
        return Made(gateway, {"InternetGatewayId": gateway})

    def remove(self, owner: Owner, made: Made, properties: Mapping[str, Any]) -> None:
        """Delete it."""
        delete = owner.client("ec2").delete_internet_gateway
        delete_if_there(delete, "InvalidInternetGatewayID.NotFound", InternetGatewayId=made.id)


class GatewayAttachment(Kind):
    """AWS::EC2::VPCGatewayAttachment."""

    tagged = False
    fixed = frozenset({"VpcId", "InternetGatewayId"})

    def make(self, owner: Owner, name: str, given: Properties) -> Made:
        """Attach the internet gateway."""
        pair = {"VpcId": given.take("VpcId"), "InternetGatewayId": given.take("InternetGatewayId")}
        given.none_left()
        owner.client("ec2").attach_internet_gateway(**pair)
        return Made(f"IGW|{pair['VpcId']}", pair)

    def remove(self, owner: Owner, made: Made, properties: Mapping[str, Any]) -> None:
        """Detach it."""
        delete_if_there(owner.client("ec2").detach_internet_gateway, "Gateway.NotAttached", **made.attributes)


class RouteTable(Named):
    """AWS::EC2::RouteTable."""

    fixed = frozenset({"VpcId"})

    def make(self, owner: Owner, name: str, given: Properties) -> Made:
        """The table, without routes of its own yet."""
        table = owner.client("ec2").create_route_table(VpcId=given.take("VpcId"))
        identity = table["RouteTable"]["RouteTableId"]
        self.tag(owner, identity, given)
        return Made(identity, {"RouteTableId": identity})

    def remove(self, owner: Owner, made: Made, properties: Mapping[str, Any]) -> None:
        """Delete it."""
        delete_if_there(
            owner.client("ec2").delete_route_table, "InvalidRouteTableID.NotFound", RouteTableId=made.id
        )


class Route(Kind):
    """AWS::EC2::Route."""

    tagged = False
    fixed = frozenset({"RouteTableId", "DestinationCidrBlock"})

    def make(self, owner: Owner, name: str, given: Properties) -> Made:
        """The route: its properties are the API's."""
        values = given.rest()
        owner.client("ec2").create_route(**values)
        return Made(f"{values['RouteTableId']}|{values['DestinationCidrBlock']}")

    def remove(self, owner: Owner, made: Made, properties: Mapping[str, Any]) -> None:
        """Delete it."""
        table, _, block = made.id.partition("|")
        delete = owner.client("ec2").delete_route
        delete_if_there(delete, "InvalidRoute.NotFound", RouteTableId=table, DestinationCidrBlock=block)


class RouteTableAssociation(Kind):
    """AWS::EC2::SubnetRouteTableAssociation."""

    tagged = False
    fixed = frozenset({"RouteTableId", "SubnetId"})

    def make(self, owner: Owner, name: str, given: Properties) -> Made:
        """Use the table for the subnet."""
        answer = owner.client("ec2").associate_route_table(**given.rest())
        return Made(answer["AssociationId"], {"Id": answer["AssociationId"]})

    def remove(self, owner: Owner, made: Made, properties: Mapping[str, Any]) -> None:
        """Back to the VPC's main table."""
        delete = owner.client("ec2").disassociate_route_table
        delete_if_there(delete, "InvalidAssociationID.NotFound", AssociationId=made.id)


class Address(Named):
    """AWS::EC2::EIP."""

    def make(self, owner: Owner, name: str, given: Properties) -> Made:
        """A public address for this VPC's use."""
        found = owner.client("ec2").allocate_address(Domain=given.take("Domain", "vpc"))
        self.tag(owner, found["AllocationId"], given)
        return Made(found["PublicIp"], {"AllocationId": found["AllocationId"], "PublicIp": found["PublicIp"]})

    def tag_id(self, made: Made) -> str:
        """Its allocation."""
        return str(made.attributes["AllocationId"])

    def remove(self, owner: Owner, made: Made, properties: Mapping[str, Any]) -> None:
        """Give it back."""
        delete = owner.client("ec2").release_address
        delete_if_there(delete, "InvalidAllocationID.NotFound", AllocationId=made.attributes["AllocationId"])


class NatGateway(Named):
    """AWS::EC2::NatGateway."""

    fixed = frozenset({"AllocationId", "SubnetId"})

    def make(self, owner: Owner, name: str, given: Properties) -> Made:
        """The gateway."""
        found = owner.client("ec2").create_nat_gateway(
            **given.some("AllocationId", "SubnetId", "ConnectivityType")
        )["NatGateway"]["NatGatewayId"]
        self.tag(owner, found, given)
        return Made(found, {"NatGatewayId": found})

    def remove(self, owner: Owner, made: Made, properties: Mapping[str, Any]) -> None:
        """Delete it."""
        delete_if_there(owner.client("ec2").delete_nat_gateway, "NatGatewayNotFound", NatGatewayId=made.id)


class Endpoint(Named):
    """AWS::EC2::VPCEndpoint."""

    fixed = frozenset({"ServiceName", "VpcId", "VpcEndpointType"})

    def make(self, owner: Owner, name: str, given: Properties) -> Made:
        """The endpoint: its properties are the API's, but for the policy."""
        policy = {key: text(value) for key, value in given.some("PolicyDocument").items()}
        tags, rest, ec2 = given.tags(), given.rest(), owner.client("ec2")
        found = ec2.create_vpc_endpoint(**policy, **rest)["VpcEndpoint"]["VpcEndpointId"]
        ec2.create_tags(Resources=[found], Tags=tags)
        return Made(found, {"Id": found})

    def remove(self, owner: Owner, made: Made, properties: Mapping[str, Any]) -> None:
        """Delete it."""
        delete_if_there(
            owner.client("ec2").delete_vpc_endpoints,
            "InvalidVpcEndpointId.NotFound",
            VpcEndpointIds=[made.id],
        )


def truth(value: Any) -> bool:
    """A template's boolean, which may be a text."""
    return str(value).lower() == "true"


def delete_if_there(delete: Any, missing: str, **what: Any) -> None:
    """Delete it, unless it is gone, which EC2 calls `missing`."""
    try:
        delete(**what)
    except ClientError as error:
        if not gone(error, missing):
            raise


KINDS: dict[str, Kind] = {
    "AWS::EC2::VPC": Vpc(),
    "AWS::EC2::Subnet": Subnet(),
    "AWS::EC2::InternetGateway": InternetGateway(),
    "AWS::EC2::VPCGatewayAttachment": GatewayAttachment(),
    "AWS::EC2::RouteTable": RouteTable(),
    "AWS::EC2::Route": Route(),
    "AWS::EC2::SubnetRouteTableAssociation": RouteTableAssociation(),
    "AWS::EC2::EIP": Address(),
    "AWS::EC2::NatGateway": NatGateway(),
    "AWS::EC2::VPCEndpoint": Endpoint(),
}
