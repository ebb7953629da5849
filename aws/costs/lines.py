"""What a profile's month and run consist of, as lines of quantity and price. Pure: data in, lines out."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from aws.costs.prices import Price, Prices
from embedded.errors import Unusable

HOURS = 730.0  # of a month
RUNS = 52 / 12  # a month, one a week
CLUSTER_HOURS = 0.5  # of a run, from the nodes' start to their end
SPOT = 0.5  # of the On-Demand price
NODE_DISK = 79.0  # GB a node: EMR's default for .xlarge, 64, and the root volume, 15
DATABASE_DISK = 20.0  # GB, as database.yaml makes it
METADATA = 10.0  # GB of MWAA's own database
BUCKET = 2.0  # GB: wheels, logs and results, with old versions
LOGS_INGESTED = 2.0  # GB a month: MWAA's five log groups
LOGS_KEPT = 12.0  # GB: half a year of them
NAT_STANDING = 5.0  # GB a month: Airflow with AWS's services
NAT_RUN = 0.5  # GB a run: posts, and the cluster with AWS's services
# GB a month, of housing-prices: two years' sales, the update file and a postcode directory; none confirmed
NAT_HOUSING = 2 * 0.15 + 0.03 + 0.25
BUCKET_HOUSING = 0.1  # GB: what its tasks leave for one another
DATABASE_SECRETS = 3  # master, pipeline, webapp

# Beginning of what a line is for ('': every profile has it), and what is assumed of it
ASSUMPTIONS = (
    ("", f"a month has {HOURS:g} hours and {RUNS:.2f} runs, one a week"),
    (
        "",
        f"a run's cluster lives {CLUSTER_HOURS * 60:g} minutes; its nodes are of the dearest type of each "
        "fleet",
    ),
    (
        "",
        f"Spot costs {SPOT:.0%} of On-Demand (not confirmed: it moves; a fall-back to On-Demand costs the "
        "rest)",
    ),
    ("", f"a node has {NODE_DISK:g} GB of EBS, the bucket {BUCKET:g} GB"),
    ("PostgreSQL", f"the database has {DATABASE_DISK:g} GB, its backups are within that"),
    (
        "Airflow",
        f"Airflow needs no second worker; its metadata take {METADATA:g} GB; of its logs, "
        f"{LOGS_INGESTED:g} GB a month, {LOGS_KEPT:g} GB are kept",
    ),
    ("NAT", f"the NAT gateway passes {NAT_STANDING:g} GB a month and {NAT_RUN:g} GB a run"),
    (
        "NAT",
        f"housing-prices runs once a month and downloads {NAT_HOUSING:.2g} GB (not confirmed): sales of two "
        "years, changes, postcodes",
    ),
    ("", f"what housing-prices stages takes {BUCKET_HOUSING:g} GB of the bucket (not confirmed)"),
    ("", "a run reads as many posts as it may at most (max_posts_read)"),
    ("", "without taxes, free tiers, requests to S3 and Secrets Manager, and data sent to the internet"),
)


@dataclass(frozen=True)
class Line:
    """`quantity` units of something; `price` is None where the table does not have it."""

    what: str
    quantity: float
    price: Price | None

    @property
    def amount(self) -> float | None:
        """US dollars."""
        return None if self.price is None else self.quantity * self.price.amount


def standing(parameters: Mapping[str, Mapping[str, str]], secrets: int, prices: Prices) -> Iterator[Line]:
    """A month without runs of the tweet DAG. `parameters`: the stacks', by key; `secrets`: the profile's."""
    network, database = parameters.get("network", {}), parameters.get("database")
    if airflow := parameters.get("airflow"):
        size = airflow["EnvironmentClass"]
        yield Line(f"Airflow (MWAA) {size}", HOURS, prices.find(f"mwaa {size}"))
        extra = int(airflow.get("MinWorkers", "1")) - 1
        if extra:
            worker = prices.find(f"mwaa worker {size}")
            yield Line(f"{extra} more Airflow workers, always", extra * HOURS, worker)
        yield Line("Airflow's metadata", METADATA, prices.find("mwaa metadata"))
        yield Line("Airflow's logs, written", LOGS_INGESTED, prices.find("logs ingested"))
        yield Line("Airflow's logs, kept", LOGS_KEPT, prices.find("logs kept"))
    if has_nat(network):
        yield Line("NAT gateway", HOURS, prices.find("nat hour"))
        yield Line("NAT gateway's address", HOURS, prices.find("public IPv4"))
        yield Line("NAT gateway's traffic", NAT_STANDING, prices.find("nat GB"))
        yield Line("NAT gateway's traffic, housing", NAT_HOUSING, prices.find("nat GB"))
    if database:
        size = database["InstanceClass"]
        yield Line(f"PostgreSQL (RDS) {size}", HOURS, prices.find(f"rds {size}"))
        yield Line("PostgreSQL's disk", DATABASE_DISK, prices.find("rds gp3"))
        if database.get("AllowedSiteCidr"):
            yield Line("PostgreSQL's public address", HOURS, prices.find("public IPv4"))
    yield Line("secrets", secrets + (DATABASE_SECRETS if database else 0), prices.find("secret"))
    yield Line("bucket", BUCKET, prices.find("s3"))
    yield Line("bucket, housing", BUCKET_HOUSING, prices.find("s3"))


def run(
    parameters: Mapping[str, Mapping[str, str]], cluster: Mapping[str, Any], posts: int, prices: Prices
) -> Iterator[Line]:
    """One run. `cluster` is the RunJobFlow base (connection emr_default's extra)."""
    fleets: list[dict[str, Any]] = cluster["Instances"].get("InstanceFleets", [])
    if not fleets:
        raise Unusable("connection emr_default has no InstanceFleets: make cost counts nodes by fleets only")
    nodes = 0
    for fleet in fleets:
        number, lines = nodes_of(fleet, prices)
        nodes += number
        yield from lines
    disk = nodes * NODE_DISK * CLUSTER_HOURS / HOURS
    yield Line("nodes' disks", disk, prices.find("ebs gp3"))
    network = parameters.get("network", {})
    if has_nat(network):
        yield Line("NAT gateway's traffic", NAT_RUN, prices.find("nat GB"))
    elif not network.get("ExistingVpcId"):  # then the nodes stand in public subnets
        yield Line("nodes' public addresses", nodes * CLUSTER_HOURS, prices.find("public IPv4"))
    yield Line("posts read from X, at most", posts, prices.find("x post"))


def nodes_of(fleet: Mapping[str, Any], prices: Prices) -> tuple[int, list[Line]]:
    """How many nodes a fleet may have, and its lines: of its dearest type, and of types without a price."""
    demand, spot = fleet.get("TargetOnDemandCapacity", 0), fleet.get("TargetSpotCapacity", 0)
    choices: list[tuple[float, int, list[Line]]] = []
    unknown: list[Line] = []
    for config in fleet["InstanceTypeConfigs"]:
        kind, weight = config["InstanceType"], config.get("WeightedCapacity", 1)
        node, charge = prices.find(f"ec2 {kind}"), prices.find(f"emr {kind}")
        number = math.ceil(demand / weight) + math.ceil(spot / weight)
        if node is None or charge is None:
            unknown.append(Line(f"{fleet['Name']}: {kind}", number * CLUSTER_HOURS, None))
            continue
        lines = [
            *_nodes(f"{fleet['Name']}: {{}} × {kind}", math.ceil(demand / weight), node),
            *_nodes(f"{fleet['Name']}: {{}} × {kind} Spot", math.ceil(spot / weight), cheaper(node)),
            Line(f"{fleet['Name']}: EMR's charge", number * CLUSTER_HOURS, charge),
        ]
        choices.append((total(lines), number, lines))
    dearest = max(choices, key=lambda choice: choice[0], default=(0.0, 0, []))
    number = max([dearest[1], *(round(line.quantity / CLUSTER_HOURS) for line in unknown)])
    return number, [*dearest[2], *unknown]


def cheaper(price: Price) -> Price:
    """The price on the Spot market, as assumed."""
    return Price(price.amount * SPOT, price.unit, price.doubt)


def has_nat(network: Mapping[str, str]) -> bool:
    """Whether the network stack makes a NAT gateway."""
    return network.get("NatGateway") == "true" and not network.get("ExistingVpcId")


def total(lines: Iterable[Line]) -> float:
    """US dollars of the lines that have a price."""
    return sum(line.amount or 0.0 for line in lines)


def _nodes(what: str, number: int, price: Price) -> list[Line]:
    return [Line(what.format(number), number * CLUSTER_HOURS, price)] if number else []
