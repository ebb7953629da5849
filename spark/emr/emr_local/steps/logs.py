"""Logs: one line at a time on the node, and pushed to LogUri in EMR's layout.

The node's log folder mirrors what LogUri gets below `<LogUri>/<cluster id>/`: `steps/<step id>/<name>` and
`node/<instance id>/bootstrap-actions/<n>/<name>`, each file gzipped with `.gz` appended. Whoever reads a
log that is being pushed gets what it held at that moment.
"""

from __future__ import annotations

import gzip
import logging
import os
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock

from emr_local import s3

log = logging.getLogger("emr_local")
CHUNK_BYTES = 1024 * 1024
PAUSE_SECONDS = 10.0


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


class Pusher:
    """Brings a cluster's logs to LogUri, whole files that have changed; without LogUri it does nothing."""

    def __init__(self, log_uri: str | None, cluster_id: str, logs_dir: Path, scratch: Path) -> None:
        self._log_uri = log_uri
        self._cluster_id = cluster_id
        self._logs_dir = logs_dir
        self._scratch = scratch  # a folder for what is packed
        self._pushed: dict[Path, tuple[int, int]] = {}
        self._lock = Lock()
        self._paused_until = 0.0

    def push(self, folder: Path | None = None) -> bool:
        """Pushes what is in `folder`, or all; False where something is not there: see the service's log.

        After S3 has failed it is left alone for a while: whatever waits for a push must not wait for each.
        """
        if not self._log_uri:
            return True
        with self._lock:
            if time.monotonic() < self._paused_until:
                return False
            whole = True
            for file in _files(folder or self._logs_dir):
                try:
                    self._push(self._log_uri, file)
                except FileNotFoundError:
                    continue  # the step removed it
                except OSError as error:
                    whole = False
                    log.warning("%s %s was not pushed: %s", self._cluster_id, file.name, error)
                except ValueError as error:
                    log.warning("%s %r cannot be pushed: %s", self._cluster_id, file.name, error)
                except s3.S3_ERRORS as error:
                    self._paused_until = time.monotonic() + PAUSE_SECONDS
                    log.warning("%s %s was not pushed: %s", self._cluster_id, file.name, error)
                    return False
            return whole

    def _push(self, log_uri: str, file: Path) -> None:
        status = file.stat()
        seen = (status.st_size, status.st_mtime_ns)
        if self._pushed.get(file) == seen:
            return
        relative = file.relative_to(self._logs_dir).as_posix()
        with tempfile.NamedTemporaryFile(dir=self._scratch, suffix=".gz") as packed:
            # A program that writes on and on must not make this endless
            with file.open("rb") as plain, gzip.open(packed, "wb", compresslevel=1) as target:
                left = status.st_size
                while left and (chunk := plain.read(min(left, CHUNK_BYTES))):
                    target.write(chunk)
                    left -= len(chunk)
            packed.flush()
            s3.upload(Path(packed.name), destination(log_uri, self._cluster_id, relative))
        self._pushed[file] = seen


def _files(folder: Path) -> list[Path]:
    """The files below a folder that changes meanwhile; links are none."""
    found = (Path(root) / name for root, _, names in os.walk(folder) for name in names)
    return sorted(file for file in found if file.is_file() and not file.is_symlink())
