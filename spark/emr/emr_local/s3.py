"""S3 for the service and its node programs: addresses, one client, bounded transfers.

s3, s3n and s3a addresses mean the same. Endpoint, region and credentials are the AWS SDK's own environment
variables.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from botocore.response import StreamingBody
    from mypy_boto3_s3 import S3Client

ABSENT = ("404", "NoSuchKey", "NoSuchBucket")
SCHEMES = ("s3://", "s3n://", "s3a://")
S3_ERRORS = (BotoCoreError, ClientError, boto3.exceptions.Boto3Error)
# No transfer threads: they would outlive a killed step's program, and files here are small.
TRANSFER = TransferConfig(use_threads=False)
# An object comes in one request, whatever its size: S3's stand-ins read all of it again for each range.
ONE_REQUEST = TransferConfig(use_threads=False, multipart_threshold=2**63)


class NotThere(Exception):
    """S3 has no object, or no bucket, of that address."""


class How(NamedTuple):
    """How a transfer goes: boto3's settings of uploads, what the target object gets, who hears of its bytes.

    An exception of `progress` ends the transfer; parts that were uploaded already are aborted.
    """

    config: TransferConfig = TRANSFER
    extra: Mapping[str, str] = {}
    progress: Callable[[int], None] | None = None


PLAIN = How()


class S3Uri(NamedTuple):
    """A bucket and a key or key prefix."""

    bucket: str
    key: str

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.key}"


class S3Object(NamedTuple):
    """One listed object; `size` in bytes, `modified` in seconds since 1970."""

    uri: S3Uri
    size: int
    modified: float


def is_s3(address: str) -> bool:
    """Whether the address names something in S3."""
    return address.startswith(SCHEMES)


def parse(address: str) -> S3Uri:
    """`s3://bucket/key` in its parts; ValueError when there is no bucket."""
    scheme, _, rest = address.partition("://")
    bucket, _, key = rest.partition("/")
    if f"{scheme}://" not in SCHEMES or not bucket:
        raise ValueError(f"{address} is not an S3 address")
    return S3Uri(bucket, key)


def use_endpoint(endpoint: str) -> None:
    """Makes this process use another S3 endpoint: a URL, or a host name that is reached by https."""
    os.environ["AWS_ENDPOINT_URL_S3"] = endpoint if "://" in endpoint else f"https://{endpoint}"
    client.cache_clear()


@cache
def client() -> S3Client:
    """The S3 client of this process; an own endpoint has no subdomain a bucket, so paths name them."""
    own_endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    config = Config(
        connect_timeout=5,
        retries={"mode": "standard", "max_attempts": 3},
        s3={"addressing_style": "path"} if own_endpoint else {},
    )
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or "us-east-1"
    return boto3.session.Session().client("s3", region_name=region, config=config)


def list_objects(prefix: S3Uri, markers: bool = False) -> Iterator[S3Object]:
    """Every object whose key begins with `prefix.key`, in key order; `markers` takes in folder markers."""
    pages = client().get_paginator("list_objects_v2").paginate(Bucket=prefix.bucket, Prefix=prefix.key)
    for page in pages:
        for entry in page.get("Contents", []):
            if markers or not entry["Key"].endswith("/"):
                uri = S3Uri(prefix.bucket, entry["Key"])
                yield S3Object(uri, entry["Size"], entry["LastModified"].timestamp())


def download(source: S3Uri, target: Path, how: How = PLAIN) -> None:
    """Streams an object to a file, which appears when it is whole."""
    target.parent.mkdir(parents=True, exist_ok=True)
    client().download_file(source.bucket, source.key, str(target), Config=ONE_REQUEST, Callback=how.progress)


def stream(source: S3Uri, target: BinaryIO) -> None:
    """Streams an object to an open file."""
    client().download_fileobj(source.bucket, source.key, target, Config=ONE_REQUEST)


@contextmanager
def reader(source: S3Uri) -> Iterator[StreamingBody]:
    """An object as a stream; NotThere when S3 has none."""
    try:
        body = client().get_object(Bucket=source.bucket, Key=source.key)["Body"]
    except ClientError as error:
        if error.response["Error"]["Code"] in ABSENT:
            raise NotThere(str(source)) from None
        raise
    with closing(body):
        yield body


def upload(source: Path, target: S3Uri, how: How = PLAIN) -> None:
    """Streams a file to an object."""
    client().upload_file(
        str(source), target.bucket, target.key, dict(how.extra), Config=how.config, Callback=how.progress
    )


def upload_stream(source: BinaryIO, target: S3Uri, how: How = PLAIN) -> None:
    """Streams what can only be read once to an object; holds about two parts of a multipart upload in memory.

    `read(n)` has to give n bytes until the last.
    """
    client().upload_fileobj(
        source, target.bucket, target.key, dict(how.extra), Config=how.config, Callback=how.progress
    )


def copy(source: S3Uri, target: S3Uri, how: How = PLAIN) -> None:
    """Copies an object inside S3."""
    client().copy(
        {"Bucket": source.bucket, "Key": source.key},
        target.bucket,
        target.key,
        dict(how.extra),
        Config=how.config,
        Callback=how.progress,
    )


def delete(uri: S3Uri) -> None:
    """Removes an object."""
    client().delete_object(Bucket=uri.bucket, Key=uri.key)


def explain(address: str, error: Exception) -> str:
    """One sentence on why S3 did not do what was asked with `address`."""
    code = error.response["Error"]["Code"] if isinstance(error, ClientError) else ""
    return f"{address} does not exist" if code in ABSENT else f"{address}: {error}"


def below(folder: Path, relative: str) -> Path:
    """The file `relative` inside `folder`; ValueError for a key that would climb out of it."""
    if ".." in PurePosixPath(relative).parts:
        raise ValueError(f"the key {relative} leaves its folder")
    return folder / relative.lstrip("/")
