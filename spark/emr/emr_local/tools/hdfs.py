"""The cluster's file system: hdfs:///path, hdfs://<cluster>/path and /path are one place."""

from __future__ import annotations

import os
import posixpath
from pathlib import Path
from urllib.parse import unquote, urlsplit


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
