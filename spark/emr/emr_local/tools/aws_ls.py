"""`aws s3 ls`: buckets, or what is below a prefix, in the AWS CLI's columns (times are the node's)."""

from __future__ import annotations

import sys
from datetime import datetime

from emr_local import s3


def run(address: str, recursive: bool, summarize: bool) -> int:
    """Prints the listing; 1 when nothing has the prefix."""
    if address in ("", "s3://"):
        for bucket in s3.client().list_buckets().get("Buckets", []):
            print(f"{_time(bucket['CreationDate'])} {bucket['Name']}")
        return 0
    bucket_name, prefix = s3.parse(address if "://" in address else f"s3://{address}")
    delimiter = "" if recursive else "/"
    folder = "" if recursive else prefix[: prefix.rfind("/") + 1]
    count = size = folders = 0
    pages = (
        s3.client()
        .get_paginator("list_objects_v2")
        .paginate(Bucket=bucket_name, Prefix=prefix, Delimiter=delimiter)
    )
    for page in pages:
        for common in page.get("CommonPrefixes", []):
            folders += 1
            print(f"{'PRE':>30} {common['Prefix'][len(folder) :]}")
        for entry in page.get("Contents", []):
            count, size = count + 1, size + entry["Size"]
            print(f"{_time(entry['LastModified'])} {entry['Size']:>10} {entry['Key'][len(folder) :]}")
        sys.stdout.flush()
    if summarize:
        print(f"\nTotal Objects: {count}\n   Total Size: {size}")
    return 1 if prefix and not count and not folders else 0


def _time(moment: datetime) -> str:
    return moment.astimezone().strftime("%Y-%m-%d %H:%M:%S")
