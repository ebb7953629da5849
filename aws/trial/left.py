"""What of a trial is still on the account."""

from __future__ import annotations

from collections.abc import Mapping

from botocore.exceptions import ClientError

from aws import leftovers, secret_store
from aws.account import Account
from aws.target import DATABASE


def found(account: Account, tags: Mapping[str, str]) -> list[str]:
    """Each thing in words, as a person would look for it; `tags` are the deployment's."""
    prefix = tags["prefix"]
    rds, logs = account.client("rds"), account.client("logs")
    return [
        *stacks(account, prefix),
        *bucket(account, prefix),
        *(f"database snapshot {name}" for name in leftovers.snapshots(rds, f"{prefix}-{DATABASE}")),
        *secrets(account, tags),
        *(f"cluster {name}" for name in leftovers.clusters(account.client("emr"), tags)),
        *(f"log group {name}" for name in leftovers.log_groups(logs, prefix)),
        *(f"log group {name}" for name in function_logs(account, prefix)),
    ]


def stacks(account: Account, prefix: str) -> list[str]:
    """Stacks, also those that could not be made or deleted."""
    pages = account.client("cloudformation").get_paginator("describe_stacks").paginate()
    return [
        f"stack {stack['StackName']} ({stack['StackStatus']})"
        for page in pages
        for stack in page["Stacks"]
        if stack["StackName"].startswith(f"{prefix}-") and stack["StackStatus"] != "DELETE_COMPLETE"
    ]


def bucket(account: Account, prefix: str) -> list[str]:
    """The bucket."""
    name = f"{prefix}-{account.id}-{account.region}"
    try:
        account.client("s3").head_bucket(Bucket=name)
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
            return []
        raise
    return [f"bucket {name}"]


def secrets(account: Account, tags: Mapping[str, str]) -> list[str]:
    """Airflow's secrets with the deployment's tags, and the database's."""
    client = account.client("secretsmanager")
    databases = [f"{tags['prefix']}/database/{role}" for role in ("pipeline", "webapp")]
    mine = (secret_store.find(client, name) for name in databases)
    there = [name for name, found in zip(databases, mine, strict=True) if found and not found.leaving]
    return [f"secret {name}" for name in [*there, *secret_store.owned(client, tags, ())]]


def function_logs(account: Account, prefix: str) -> list[str]:
    """The log groups of the recordings' function."""
    pages = account.client("logs").get_paginator("describe_log_groups")
    groups = pages.paginate(logGroupNamePrefix=f"/aws/lambda/{prefix}-")
    return [group["logGroupName"] for page in groups for group in page["logGroups"]]
