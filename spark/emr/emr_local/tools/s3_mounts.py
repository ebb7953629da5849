"""What one JVM of the node finds in its configuration: the buckets that there are now, and its own entries.

That it reads and writes s3:// stands in the node's own configuration; buckets come and go.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from emr_local import s3
from emr_local.nodes import hadoop, properties
from emr_local.webhdfs import settings

VARIABLE = "EMR_LOCAL_S3_GATEWAY"  # host:port/token; not set where Hadoop's own classes serve s3://
_BUCKET = re.compile(r"s3[an]?://([^/\s,=]+)")


def install(arguments: Sequence[str], entries: Mapping[str, str] | None = None) -> None:
    """Gives what this process becomes a copy of the node's configuration that mounts the buckets, and in
    which `entries` of Spark win over the node's own.

    Not by options: a token or a password in them is no other user's business, and command lines are
    everybody's.
    """
    found = mounts(arguments)
    if not found and not entries:
        return
    own = Path(tempfile.mkdtemp(prefix="conf-", dir=Path(os.environ["EMR_LOCAL_NODE"]) / "tmp"))
    shutil.copytree(os.environ["HADOOP_CONF_DIR"], own, dirs_exist_ok=True)
    own.chmod(0o700)  # copied from the node's, too
    with (own / "spark-defaults.conf").open("a", encoding="utf-8") as file:
        # Spark takes the last of a key
        file.write(properties.dump({**hadoop.as_spark(found), **(entries or {})}))
    core_site = own / "core-site.xml"
    core_site.write_text(hadoop.with_more(core_site.read_text(encoding="utf-8"), found), encoding="utf-8")
    os.environ["SPARK_CONF_DIR"] = os.environ["HADOOP_CONF_DIR"] = str(own)


def mounts(arguments: Sequence[str]) -> dict[str, str]:
    """Hadoop settings, a mount a bucket: of all that S3 lists, and of those that the arguments name."""
    address, _, token = os.environ.get(VARIABLE, "").partition("/")
    if not token:
        return {}
    named = set(_BUCKET.findall(" ".join(arguments)))
    try:
        buckets = settings.buckets(named)
    except s3.S3_ERRORS:  # a job that needs no S3 runs without it; one that does says what is wrong
        buckets = sorted(named)
    return settings.mounts(address, token, buckets)
