"""A cluster's Hadoop configuration: the node's own settings, the job flow's, and the files that Hadoop reads.

hdfs://<cluster>/path, hdfs:///path and /path are one place: Hadoop's ViewFS maps them to the cluster's
folder, so no Hadoop daemon runs. Two mounts lie on each other: a listing of the outer one's root asks the
files below for their owner under their new name, which local ones cannot answer; those of an inner mount
can. The raw local file system below both writes no .crc files.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from xml.sax.saxutils import escape

VIEWFS = "org.apache.hadoop.fs.viewfs.ViewFileSystemOverloadScheme"
SPARK_PREFIX = "spark.hadoop."
# The user of a primary node; relative paths are below /user/hadoop.
USER = "hadoop"
# Without these the node has no file system: a job flow that sets them means another machine.
_NODES = re.compile(
    r"fs\.defaultFS|fs\.default\.name|hadoop\.user\.group\.static\.mapping\.overrides"
    r"|fs\.(AbstractFileSystem\.)?(hdfs|viewfs|emrfs-local|s3|s3a|s3n)\.impl|fs\.viewfs\..*"
    r"|mapreduce\.outputcommitter\.factory\.scheme\.(s3|s3a|s3n)"
)
_END = "</configuration>\n"
# What XML 1.0 cannot hold, escaped or not
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def settings(cluster_id: str, folder: Path) -> dict[str, str]:
    """What makes `folder`/hdfs the file system of the node in `folder`."""
    inner = f"{cluster_id}-node"
    return {
        "fs.defaultFS": f"hdfs://{cluster_id}/",
        "fs.hdfs.impl": VIEWFS,
        "fs.emrfs-local.impl": "org.apache.hadoop.fs.RawLocalFileSystem",
        f"fs.viewfs.mounttable.{cluster_id}.linkFallback": f"viewfs://{inner}/hdfs",
        f"fs.viewfs.mounttable.{inner}.link./hdfs": f"emrfs-local://{folder / 'hdfs'}",
        # a user of this name need not exist on the machine
        "hadoop.user.group.static.mapping.overrides": f"{USER}={USER};dr.who=",
    }


def is_nodes(key: str) -> bool:
    """Whether a Hadoop property says which file systems the node has."""
    return _NODES.fullmatch(key) is not None


def takes(key: str, value: str) -> bool:
    """Whether a job flow's entry can go into a configuration file of the node."""
    return not is_nodes(key) and not _NOT_XML.search(key + value)


def as_spark(properties: Mapping[str, str]) -> dict[str, str]:
    """Hadoop properties as Spark's."""
    return {f"{SPARK_PREFIX}{key}": value for key, value in properties.items()}


def of_spark(conf: Mapping[str, str]) -> dict[str, str]:
    """The Hadoop properties among Spark's."""
    return {k.removeprefix(SPARK_PREFIX): v for k, v in conf.items() if k.startswith(SPARK_PREFIX)}


def site_file(properties: Mapping[str, str]) -> str:
    """A *-site.xml; Hadoop reads back the values as they are, an empty one as none, and keys without spaces
    around them."""
    return with_more(f'<?xml version="1.0" encoding="UTF-8"?>\n<configuration>\n{_END}', properties)


def with_more(site: str, properties: Mapping[str, str]) -> str:
    """A *-site.xml of `site_file` with further properties."""
    entries = "".join(
        f"<property><name>{_text(key)}</name><value>{_text(value)}</value></property>\n"
        for key, value in properties.items()
    )
    return f"{site.removesuffix(_END)}{entries}{_END}"


def _text(text: str) -> str:
    """A parser turns a bare carriage return into a line feed."""
    return escape(text, {"\r": "&#13;"})
