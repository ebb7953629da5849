"""A look into the running stack's AWS services."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import boto3

from embedded.stack import Stack

BUCKET = "london-housing-webapp"  # of profiles/embedded


def keep_logs(stack: Stack, cluster: str) -> Path:
    """Unpack the cluster's logs from the bucket, which goes with the stack, into the home folder."""
    s3 = client(stack, "s3", stack.endpoints.aws_url)
    prefix = f"logs/{cluster}/"
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=prefix):
        for item in page.get("Contents", ()):
            body = s3.get_object(Bucket=BUCKET, Key=item["Key"])["Body"].read()
            file = stack.logs / item["Key"].removeprefix("logs/").removesuffix(".gz")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(gzip.decompress(body))
    return stack.logs / cluster


def client(stack: Stack, service: str, url: str) -> Any:
    """A boto3 client of the stack; the caller's own AWS settings do not matter."""
    given = stack.settings
    return boto3.client(  # type: ignore[call-overload]
        service,
        endpoint_url=url,
        region_name=given["AWS_DEFAULT_REGION"],
        aws_access_key_id=given["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=given["AWS_SECRET_ACCESS_KEY"],
    )
