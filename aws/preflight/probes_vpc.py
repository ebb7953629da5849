"""The facts about an own VPC that checks_vpc.py judges, asked of EC2. Changes nothing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from aws.preflight.checks_vpc import Subnet, Vpc
from aws.preflight.probes import or_none

NO_VPC = ("InvalidVpcID.NotFound", "InvalidVpcID.Malformed", "InvalidParameterValue")
NO_SUBNET = ("InvalidSubnetID.NotFound", "InvalidSubnetID.Malformed", "InvalidParameterValue")


def vpc(ec2: Any, vpc_id: str, subnets: Iterable[str]) -> Vpc | None:
    """A VPC with these subnets (ids); None where there is no such VPC."""
    found = or_none(lambda: ec2.describe_vpcs(VpcIds=[vpc_id])["Vpcs"][0], *NO_VPC)
    if found is None:
        return None
    here = [{"Name": "vpc-id", "Values": [vpc_id]}]
    tables = ec2.describe_route_tables(Filters=here)["RouteTables"]
    endpoints = ec2.describe_vpc_endpoints(Filters=here)["VpcEndpoints"]
    of_s3 = {
        table
        for one in endpoints
        if one["ServiceName"].endswith(".s3") and one.get("VpcEndpointType") == "Gateway"
        for table in one.get("RouteTableIds", ())
    }
    return Vpc(
        vpc_id,
        _tags(found),
        all(_attribute(ec2, vpc_id, name) for name in ("enableDnsSupport", "enableDnsHostnames")),
        {one: _subnet(ec2, one, tables, of_s3) for one in subnets},
    )


def _subnet(ec2: Any, subnet: str, tables: list[dict[str, Any]], of_s3: set[str]) -> Subnet | None:
    found = or_none(lambda: ec2.describe_subnets(SubnetIds=[subnet])["Subnets"][0], *NO_SUBNET)
    if found is None:
        return None
    table = _table(subnet, tables)
    return Subnet(
        subnet,
        found["VpcId"],
        found["AvailabilityZone"],
        _tags(found),
        _way_out(table),
        table.get("RouteTableId") in of_s3,
    )


def _table(subnet: str, tables: list[dict[str, Any]]) -> dict[str, Any]:
    """A subnet's own route table, else the VPC's main one."""
    main: dict[str, Any] = {}
    for table in tables:
        for association in table.get("Associations", ()):
            if association.get("SubnetId") == subnet:
                return table
            if association.get("Main"):
                main = table
    return main


def _way_out(table: dict[str, Any]) -> str:
    for route in table.get("Routes", ()):
        if route.get("DestinationCidrBlock") == "0.0.0.0/0" and route.get("State") != "blackhole":
            ways = ("NatGatewayId", "GatewayId", "TransitGatewayId", "NetworkInterfaceId", "InstanceId")
            return next((str(route[way]) for way in ways if route.get(way)), "")
    return ""


def _attribute(ec2: Any, vpc_id: str, name: str) -> bool:
    answer = ec2.describe_vpc_attribute(VpcId=vpc_id, Attribute=name)
    return bool(answer[name[0].upper() + name[1:]]["Value"])


def _tags(found: dict[str, Any]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in found.get("Tags", ())}
