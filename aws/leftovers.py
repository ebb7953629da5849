"""What AWS's services leave beside our stacks: clusters, security groups, log groups, snapshots."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from aws.infrastructure.events import elapsed
from aws.pauses import pauses

ALIVE = ["STARTING", "BOOTSTRAPPING", "RUNNING", "WAITING", "TERMINATING"]
EMR_GROUPS = "ElasticMapReduce-*"  # EMR makes them once in a VPC, and never removes them
AIRFLOW_LOGS = ("DAGProcessing", "Scheduler", "Task", "WebServer", "Worker")
SILENCE = 30.0  # seconds until a sign of life


def clusters(emr: Any, tags: Mapping[str, str]) -> list[str]:
    """The clusters that are not gone and have these tags."""
    found = []
    for page in emr.get_paginator("list_clusters").paginate(ClusterStates=ALIVE):
        for item in page["Clusters"]:
            cluster = emr.describe_cluster(ClusterId=item["Id"])["Cluster"]
            own = {tag["Key"]: tag["Value"] for tag in cluster.get("Tags", ())}
            if own.items() >= tags.items():
                found.append(item["Id"])
    return found


def terminate(emr: Any, ids: list[str], say: Callable[[str], None], look: float) -> None:
    """Terminate clusters and wait until they are gone. `look`: seconds between two looks."""
    emr.set_termination_protection(JobFlowIds=ids, TerminationProtected=False)
    emr.terminate_job_flows(JobFlowIds=ids)
    begun = spoke = time.monotonic()
    left, wait = list(ids), pauses(look)
    while True:
        for cluster in list(left):
            state = emr.describe_cluster(ClusterId=cluster)["Cluster"]["Status"]["State"]
            if state.startswith("TERMINATED"):
                say(f"  {cluster}  {state}  {elapsed(time.monotonic() - begun)}")
                left.remove(cluster)
        if not left:
            return
        if time.monotonic() - spoke >= SILENCE:
            say(f"  {', '.join(left)}: still terminating  {elapsed(time.monotonic() - begun)}")
            spoke = time.monotonic()
        next(wait)


def emr_groups(ec2: Any, vpc: str) -> dict[str, str]:
    """Id -> name of the security groups that EMR has made in a VPC."""
    if not vpc:
        return {}
    filters = [{"Name": "vpc-id", "Values": [vpc]}, {"Name": "group-name", "Values": [EMR_GROUPS]}]
    pages = ec2.get_paginator("describe_security_groups").paginate(Filters=filters)
    return {item["GroupId"]: item["GroupName"] for page in pages for item in page["SecurityGroups"]}


def remove_groups(ec2: Any, ids: list[str]) -> None:
    """Delete security groups, which name each other in their rules: the rules go first."""
    groups = ec2.describe_security_groups(GroupIds=ids)["SecurityGroups"]
    for group in groups:
        if group["IpPermissions"]:
            ec2.revoke_security_group_ingress(GroupId=group["GroupId"], IpPermissions=group["IpPermissions"])
        if group["IpPermissionsEgress"]:
            ec2.revoke_security_group_egress(
                GroupId=group["GroupId"], IpPermissions=group["IpPermissionsEgress"]
            )
    for group in groups:
        ec2.delete_security_group(GroupId=group["GroupId"])


def log_groups(logs: Any, environment: str) -> list[str]:
    """The names of the log groups that MWAA has made for an environment, and not for a longer-named one."""
    pages = logs.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=f"airflow-{environment}-")
    ours = {f"airflow-{environment}-{kind}" for kind in AIRFLOW_LOGS}
    return [
        item["logGroupName"] for page in pages for item in page["logGroups"] if item["logGroupName"] in ours
    ]


def snapshots(rds: Any, stack: str) -> list[str]:
    """The snapshots that CloudFormation took of a database when it was deleted with its stack."""
    pages = rds.get_paginator("describe_db_snapshots").paginate(SnapshotType="manual")
    return [
        item["DBSnapshotIdentifier"]
        for page in pages
        for item in page["DBSnapshots"]
        if item["DBSnapshotIdentifier"].startswith(f"{stack}-snapshot-")
    ]
