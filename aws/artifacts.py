"""What the pipeline needs in its bucket: jobs, wheelhouse, stations, and what MWAA takes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from aws.profile import ROOT

JOBS = ROOT / "spark" / "jobs"
AIRFLOW = ROOT / "airflow"
WHEELS = "scripts/wheels/"
DAGS = "dags/"
REQUIREMENTS, STARTUP = "requirements.txt", "startup.sh"
NOT_DAGS = {"__pycache__", "ruff.toml", ".ruff_cache", ".mypy_cache"}


@dataclass(frozen=True)
class Difference:
    """An object that is not as planned; `path` is the file that it shall be, None: it is to go."""

    key: str
    path: Path | None
    new: bool = False


def planned(key1: str, wheels: Path) -> dict[str, Path]:
    """Object key -> file. `key1` is the Variable's key of the stations file."""
    return {
        **{f"scripts/{path.name}": path for path in jobs()},
        **{WHEELS + path.name: path for path in sorted(wheels.iterdir())},
        key1: ROOT / "fixtures" / "stations.csv",
    }


def jobs() -> list[Path]:
    """The files of spark/jobs that go to the cluster."""
    return [path for path in sorted(JOBS.iterdir()) if path.suffix in (".py", ".sh")]


def airflow(folder: Path = AIRFLOW) -> dict[str, Path]:
    """Object key -> file: what MWAA takes from its bucket."""
    dags = sorted(path for path in (folder / "dags").rglob("*") if path.is_file())
    return {
        **{
            path.relative_to(folder).as_posix(): path
            for path in dags
            if not NOT_DAGS.intersection(path.relative_to(folder).parts)
        },
        REQUIREMENTS: folder / REQUIREMENTS,
        STARTUP: folder / STARTUP,
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


def differences(
    s3: Any, bucket: str, plan: dict[str, Path], ours: Collection[str] = (WHEELS,)
) -> list[Difference]:
    """What the bucket lacks of the plan, or holds otherwise, and what is no longer needed.

    Below the prefixes `ours` nothing lies that is not planned.
    """
    present = _etags(s3, bucket)
    changed = [
        Difference(key, path, key not in present)
        for key, path in plan.items()
        if present.get(key) != hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()
    ]
    gone = [Difference(key, None) for key in present if key.startswith(tuple(ours)) and key not in plan]
    return changed + gone


def upload(
    s3: Any,
    bucket: str,
    plan: dict[str, Path],
    say: Callable[[str], None],
    ours: Collection[str] = (WHEELS,),
) -> int:
    """Make the bucket hold what is planned: see `differences`. Returns the number of changes."""
    found = differences(s3, bucket, plan, ours)
    for one in found:
        if one.path:
            # put_object, not upload_file: a multipart upload's ETag is no MD5
            s3.put_object(Bucket=bucket, Key=one.key, Body=one.path.read_bytes())
            say(f"s3://{bucket}/{one.key}")
        else:
            s3.delete_object(Bucket=bucket, Key=one.key)
            say(f"s3://{bucket}/{one.key} removed")
    return len(found)


def version(s3: Any, bucket: str, key: str) -> str:
    """The version of an object of a versioned bucket; '' where there is no such object."""
    try:
        # "null" is S3's own name for the version of what was written before there were any
        return str(s3.head_object(Bucket=bucket, Key=key).get("VersionId", "null"))
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] != 404:
            raise
        return ""


def _etags(s3: Any, bucket: str) -> dict[str, str]:
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    return {item["Key"]: item["ETag"].strip('"') for page in pages for item in page.get("Contents", ())}
