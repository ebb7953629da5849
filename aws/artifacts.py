"""What the pipeline needs in its bucket: jobs, wheelhouse, stations, prices."""

import hashlib
from collections.abc import Callable, Container
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from aws.profile import ROOT

JOBS = ROOT / "spark" / "jobs"
WHEELS = "scripts/wheels/"


def planned(key1: str, key2: str, wheels: Path) -> dict[str, Path]:
    """Object key -> file. `key1` and `key2` are the Variable's keys of the stations and prices files."""
    jobs = [path for path in sorted(JOBS.iterdir()) if path.suffix in (".py", ".sh")]
    return {
        **{f"scripts/{path.name}": path for path in jobs},
        **{WHEELS + path.name: path for path in sorted(wheels.iterdir())},
        key1: ROOT / "fixtures" / "stations.csv",
        key2: ROOT / "fixtures" / "housing_prices.csv",
    }


def ensure_bucket(s3: Any, bucket: str) -> bool:
    """Create the bucket unless it exists; returns whether it was created."""
    try:
        s3.head_bucket(Bucket=bucket)
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] != 404:
            raise
        region = s3.meta.region_name
        # The oldest region is the one that must not be named
        where = {"CreateBucketConfiguration": {"LocationConstraint": region}} if region != "us-east-1" else {}
        s3.create_bucket(Bucket=bucket, **where)
        return True
    return False


def upload(
    s3: Any, bucket: str, plan: dict[str, Path], say: Callable[[str], None], first_only: Container[str] = ()
) -> int:
    """Make the bucket hold what is planned; only changed objects are written, wheels no longer needed go.

    The keys of `first_only` are written only where there is nothing yet. Returns the number of changes.
    """
    present = _etags(s3, bucket)
    changes = 0
    for key, path in plan.items():
        if key in first_only and key in present:
            continue
        if present.get(key) != hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest():
            # put_object, not upload_file: a multipart upload's ETag is no MD5
            s3.put_object(Bucket=bucket, Key=key, Body=path.read_bytes())
            say(f"s3://{bucket}/{key}")
            changes += 1
    for key in present:
        if key.startswith(WHEELS) and key not in plan:
            s3.delete_object(Bucket=bucket, Key=key)
            say(f"s3://{bucket}/{key} removed")
            changes += 1
    return changes


def _etags(s3: Any, bucket: str) -> dict[str, str]:
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    return {item["Key"]: item["ETag"].strip('"') for page in pages for item in page.get("Contents", ())}
