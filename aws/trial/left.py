"""What of a trial is still on the account."""

from __future__ import annotations

from botocore.exceptions import ClientError

from aws.account import Account

LIVE = ["STARTING", "BOOTSTRAPPING", "RUNNING", "WAITING", "TERMINATING"]


def found(account: Account, profile: str, prefix: str) -> list[str]:
    """Each thing in words, as a person would look for it."""
    return [
        *stacks(account, prefix),
        *bucket(account, prefix),
        *snapshots(account, prefix),
        *secrets(account, profile, prefix),
        *clusters(account, profile),
        *logs(account, prefix),
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


def snapshots(account: Account, prefix: str) -> list[str]:
    """The database's last snapshots, which nothing but a command deletes."""
    pages = account.client("rds").get_paginator("describe_db_snapshots").paginate(SnapshotType="manual")
    return [
        f"database snapshot {one['DBSnapshotIdentifier']}"
        for page in pages
        for one in page["DBSnapshots"]
        if one["DBSnapshotIdentifier"].startswith(f"{prefix}-")
    ]


def secrets(account: Account, profile: str, prefix: str) -> list[str]:
    """Airflow's secrets with the profile's tag, and the database's."""
    tag = [{"Key": "tag-key", "Values": ["project"]}, {"Key": "tag-value", "Values": ["tubepulse"]}]
    pages = account.client("secretsmanager").get_paginator("list_secrets").paginate(Filters=tag)
    listed = [secret for page in pages for secret in page["SecretList"]]
    return [
        f"secret {one['Name']}"
        for one in listed
        if one["Name"].startswith(f"{prefix}/")
        or (one["Name"].startswith("airflow/") and {"Key": "profile", "Value": profile} in one["Tags"])
    ]


def clusters(account: Account, profile: str) -> list[str]:
    """EMR clusters that have not ended."""
    emr = account.client("emr")
    pages = emr.get_paginator("list_clusters").paginate(ClusterStates=LIVE)
    ids = [cluster["Id"] for page in pages for cluster in page["Clusters"]]
    ours = {"Key": "project", "Value": "tubepulse"}, {"Key": "profile", "Value": profile}
    tags = {one: emr.describe_cluster(ClusterId=one)["Cluster"].get("Tags", []) for one in ids}
    return [f"cluster {one}" for one in ids if all(tag in tags[one] for tag in ours)]


def logs(account: Account, prefix: str) -> list[str]:
    """Log groups, MWAA's and the function's."""
    client = account.client("logs")
    return [
        f"log group {group['logGroupName']}"
        for begins in (f"airflow-{prefix}-", f"/aws/lambda/{prefix}-")
        for page in client.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=begins)
        for group in page["logGroups"]
    ]
