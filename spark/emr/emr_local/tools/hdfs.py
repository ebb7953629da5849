"""The cluster's file system: hdfs:///path, hdfs://<cluster>/path and /path are one place; and `hdfs` itself.

`hdfs dfs` is Hadoop's own shell (see `hadoop`). What asks an HDFS daemon is refused by name.
"""

from __future__ import annotations

import os
import posixpath
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit

from emr_local.tools import hadoop

CLASSES = {"dfs": hadoop.SHELL, "version": hadoop.CLASSES["version"]}
_NO_DAEMON = "no HDFS daemon runs here: the cluster's file system is a folder"
REFUSED = dict.fromkeys(
    (
        "dfsadmin",
        "fsck",
        "namenode",
        "datanode",
        "balancer",
        "cacheadmin",
        "haadmin",
        "mover",
        "storagepolicies",
    ),
    _NO_DAEMON,
)


def address(given: str) -> str:
    """The full form, `hdfs://<cluster>/path` or `file:///path`; ValueError for anything else."""
    if given.startswith("/"):
        return _named(given)
    parts = urlsplit(given)
    if parts.scheme == "file":
        return f"file://{posixpath.normpath(unquote(parts.path))}"
    if parts.scheme != "hdfs" or not parts.path.startswith("/"):
        raise ValueError(f"{given} is not an absolute address (s3://, hdfs://, file:// or /path)")
    return _named(given.removeprefix("hdfs:").removeprefix(f"//{parts.netloc}"))


def _named(path: str) -> str:
    kept = "/" if path.endswith("/") and path.strip("/") else ""
    return f"hdfs://{os.environ['EMR_CLUSTER_ID']}/{posixpath.normpath(path).lstrip('/')}{kept}"


def local_path(full: str) -> Path:
    """Where the node keeps what a full address names; it never leaves the cluster's folder."""
    scheme, _, rest = full.partition("://")
    if scheme == "file":
        return Path(rest)
    path = posixpath.normpath(f"/{rest.partition('/')[2]}").lstrip("/")
    return Path(os.environ["EMR_LOCAL_NODE"]) / "hdfs" / path


def main(arguments: Sequence[str]) -> int:
    """Runs `hdfs`; its exit code."""
    return hadoop.run("hdfs", CLASSES, REFUSED, arguments)
