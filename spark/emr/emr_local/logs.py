"""Logs: one line at a time on the node, and pushed to LogUri in EMR's layout.

The node's log folder mirrors what LogUri gets below `<LogUri>/<cluster id>/`: `steps/<step id>/<name>` and
`node/<instance id>/bootstrap-actions/<n>/<name>`, each file gzipped with `.gz` appended.
"""

from __future__ import annotations

import gzip
import logging
import shutil
from datetime import UTC, datetime
from pathlib import Path

from emr_local import s3

log = logging.getLogger("emr_local")


def stamp() -> str:
    """Now, as a log line begins."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def write_line(file: Path, level: str, text: str) -> None:
    """Appends one line with its time."""
    with file.open("a", encoding="utf-8") as stream:
        stream.write(f"{stamp()} {level} {text}\n")


def destination(log_uri: str, cluster_id: str, relative: str) -> s3.S3Uri:
    """Where LogUri (s3, s3n or s3a) holds a log file, `.gz` included."""
    bucket, prefix = s3.parse(log_uri)
    return s3.S3Uri(bucket, "/".join([*filter(None, [prefix.strip("/")]), cluster_id, f"{relative}.gz"]))


def push(log_uri: str | None, cluster_id: str, logs_dir: Path, folder: Path) -> None:
    """Pushes every file of `folder` (inside `logs_dir`); a failure goes to the service's log only."""
    if not log_uri:
        return
    try:
        for file in sorted(path for path in folder.iterdir() if path.is_file() and path.suffix != ".gz"):
            packed = file.with_name(f"{file.name}.gz")
            with file.open("rb") as plain, gzip.open(packed, "wb", compresslevel=1) as target:
                shutil.copyfileobj(plain, target)
            s3.upload(packed, destination(log_uri, cluster_id, file.relative_to(logs_dir).as_posix()))
            packed.unlink()
    except (OSError, ValueError, *s3.S3_ERRORS) as error:
        log.warning("%s logs of %s were not pushed: %s", cluster_id, folder.name, error)
