"""What Hadoop must be told for s3://, s3a:// and s3n://, as keys without `spark.hadoop.`

Through the gateway: ViewFS maps each bucket to it, by a line a bucket. Where a Spark home has Hadoop's own
S3A classes, those serve, and no gateway is needed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from botocore.exceptions import ClientError

from emr_local import s3
from emr_local.nodes.hadoop import VIEWFS
from emr_local.webhdfs.errors import DENIED, code_of

SCHEMES = ("s3", "s3a", "s3n")
S3A = "org.apache.hadoop.fs.s3a.S3AFileSystem"
COMMITTERS = "org.apache.hadoop.mapreduce.lib.output.FileOutputCommitterFactory"
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "access.key",
    "AWS_SECRET_ACCESS_KEY": "secret.key",
    "AWS_SESSION_TOKEN": "session.token",
}
# A rename copies inside S3, a delete may be of thousands of keys: Hadoop's minute can be too short.
TIMEOUT = "600s"


def for_gateway() -> dict[str, str]:
    """Settings that send the three schemes to mounted buckets."""
    conf = {f"fs.{scheme}.impl": VIEWFS for scheme in SCHEMES}
    # Hadoop's default for s3a is a class that comes with S3A only.
    conf |= {f"mapreduce.outputcommitter.factory.scheme.{scheme}": COMMITTERS for scheme in SCHEMES}
    conf["dfs.webhdfs.socket.read-timeout"] = TIMEOUT
    return conf


def mounts(address: str, token: str, buckets: Iterable[str]) -> dict[str, str]:
    """A mount for each bucket, of a gateway at `host:port`; one that is not named cannot be reached."""
    return {
        f"fs.viewfs.mounttable.{bucket}.linkFallback": f"webhdfs://{address}/{token}/{bucket}"
        for bucket in buckets
    }


def has_s3a(spark_home: Path) -> bool:
    """Whether a Spark home holds Hadoop's S3A classes."""
    return any((spark_home / "jars").glob("hadoop-aws-*.jar"))


def for_s3a(environ: Mapping[str, str]) -> dict[str, str]:
    """Settings for S3A, with endpoint, region and credentials of the AWS environment."""
    conf = {f"fs.{scheme}.impl": S3A for scheme in SCHEMES}
    endpoint = environ.get("AWS_ENDPOINT_URL_S3") or environ.get("AWS_ENDPOINT_URL")
    if endpoint:
        conf["fs.s3a.endpoint"] = endpoint
        conf["fs.s3a.path.style.access"] = "true"
        conf["fs.s3a.connection.ssl.enabled"] = str(endpoint.startswith("https://")).lower()
    region = environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION")
    if region:
        conf["fs.s3a.endpoint.region"] = region
    # By value: an executor on another machine has an environment of its own.
    for variable, key in CREDENTIALS.items():
        if variable in environ:
            conf[f"fs.s3a.{key}"] = environ[variable]
    return conf


def buckets(named: Iterable[str] = ()) -> list[str]:
    """The account's buckets and those `named`, sorted; only the named where listing them is denied."""
    found = set(named)
    try:
        for page in s3.client().get_paginator("list_buckets").paginate(PaginationConfig={"PageSize": 1000}):
            found.update(bucket["Name"] for bucket in page.get("Buckets", []))
    except ClientError as error:
        if code_of(error) not in DENIED:
            raise
    return sorted(found)
