"""Files from S3 on the node, before a program that cannot read S3 starts."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from emr_local import s3


class NotFetched(Exception):
    """A file that the command names could not be brought to the node, or read there."""


def fetch_to_node(address: str) -> str:
    """Downloads a file from S3 into a folder of its own, under its own name."""
    folder = Path(os.environ["EMR_LOCAL_NODE"]) / "fetched"
    folder.mkdir(exist_ok=True)
    try:
        uri = s3.parse(address)
        target = Path(tempfile.mkdtemp(dir=folder)) / (uri.key.rpartition("/")[2] or "main")
        s3.download(uri, target)
    except (OSError, ValueError, *s3.S3_ERRORS) as error:
        raise NotFetched(s3.explain(address, error)) from None
    return str(target)
