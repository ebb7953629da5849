"""Whether an own VPC and its subnets can hold the pipeline. Judges facts, asks nobody."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from aws.preflight.checks import Finding

TAG = "for-use-with-amazon-emr-managed-policies"


@dataclass(frozen=True)
class Subnet:
    """A subnet: its VPC, its zone, its tags, where 0.0.0.0/0 leads (nat-…, igw-…, ''), S3's endpoint."""

    id: str
    vpc: str
    zone: str
    tags: Mapping[str, str]
    way_out: str
    has_s3: bool


@dataclass(frozen=True)
class Vpc:
    """A VPC with the subnets that were asked for, by id; None: there is no such subnet."""

    id: str
    tags: Mapping[str, str]
    resolves: bool  # enableDnsSupport and enableDnsHostnames
    subnets: Mapping[str, Subnet | None] = field(default_factory=dict)


def vpc(
    name: str, found: Vpc | None, private: list[str], public: list[str], airflow: bool
) -> Iterator[Finding]:
    """An own VPC `name`; `found` is None where there is none. `airflow`: MWAA is to live there."""
    if found is None:
        yield Finding(False, f"there is no VPC {name} here: correct VPC_ID, or AWS_REGION")
        return
    yield Finding(True, f"VPC {name}")
    yield from _tagged("VPC", name, found.tags)
    if not found.resolves:
        yield Finding(
            False,
            f"VPC {name} does not resolve names: aws ec2 modify-vpc-attribute --vpc-id {name} "
            "--enable-dns-hostnames, and the same with --enable-dns-support",
        )
    if not private and (airflow or not public):
        yield Finding(
            False, f"VPC {name} is given without subnets: export PRIVATE_SUBNET_IDS=subnet-…,subnet-…"
        )
    for variable, ids, kind in (
        ("PRIVATE_SUBNET_IDS", private, "private"),
        ("PUBLIC_SUBNET_IDS", public, "public"),
    ):
        if ids:
            yield from _subnets(variable, [(one, found.subnets.get(one)) for one in ids], name, kind)


def _subnets(
    variable: str, asked: list[tuple[str, Subnet | None]], vpc_id: str, kind: str
) -> Iterator[Finding]:
    there = [one for _, one in asked if one]
    for name, one in asked:
        if one is None:
            yield Finding(False, f"there is no subnet {name} here: correct {variable}")
        elif one.vpc != vpc_id:
            yield Finding(False, f"subnet {name} is of {one.vpc}, not of {vpc_id}: correct {variable}")
        else:
            yield from _subnet(one, kind)
    zones = sorted({one.zone for one in there})
    if len(there) == len(asked) and (len(asked) != 2 or len(zones) != 2):
        yield Finding(
            False,
            f"{variable} has {len(asked)} subnets in {', '.join(zones)}: give two, of two zones",
        )


def _subnet(one: Subnet, kind: str) -> Iterator[Finding]:
    yield from _tagged("subnet", one.id, one.tags)
    text = f"{kind} subnet {one.id} ({one.zone})"
    if kind == "public":
        ok = one.way_out.startswith("igw-")
        yield Finding(
            ok or None,
            text if ok else f"{text} has no way to an internet gateway: for an AllowedSiteCidr only",
        )
    elif one.way_out.startswith("igw-"):
        yield Finding(False, f"{text} is public, as it leads to {one.way_out}: Airflow needs private subnets")
    elif not one.way_out:
        yield Finding(False, f"{text} has no way out: give its route table 0.0.0.0/0 through a NAT gateway")
    elif not one.has_s3:
        yield Finding(
            None, f"{text} has no gateway endpoint of S3: its data pass {one.way_out} and are billed"
        )
    else:
        yield Finding(True, f"{text}, out through {one.way_out}, S3 by its endpoint")


def _tagged(kind: str, name: str, tags: Mapping[str, str]) -> Iterator[Finding]:
    if tags.get(TAG) != "true":
        yield Finding(
            False,
            f"{kind} {name} lacks the tag that EMR's policy demands: aws ec2 create-tags --resources {name} "
            f"--tags Key={TAG},Value=true",
        )
