"""Why a run failed: each failed task's exception, what the task found out about EMR, and the step's log."""

from __future__ import annotations

import gzip
import re
import zlib
from collections import deque
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console

from compose.airflow_api import Airflow, Run
from compose.site import Pages
from embedded import tables
from embedded.plain import plain, shown
from embedded.watch import Task

TAIL = 12  # lines of a step's log
LONGEST = 2000  # bytes of a line
BEST_FIRST = ("stderr", "stdout", "controller")


@dataclass(frozen=True)
class Failure:
    """A failed task; `found` is what tubepulse.job_flow.explain_failure pushed, if that was anything."""

    task: Task
    error: str
    found: dict[str, str] | None


def failures(airflow: Airflow, run: Run) -> list[Failure]:
    """The failed tasks of a run, first that which failed first."""
    failed = [task for task in airflow.tasks(run.dag_id, run.run_id) if task.state == "failed"]
    return [Failure(task, airflow.last_error(task), _found(airflow, task)) for task in failed]


def show(console: Console, run: Run, found: list[Failure], s3: Any, pages: Pages) -> None:
    """Say why the run failed and where to read on."""
    tables.show_errors(
        console, [{"dag_id": run.dag_id, "errors": {one.task.task_id: one.error for one in found}}]
    )
    for one in found:
        if one.found:
            tables.show_failure(console, one.found)
            for line in log_tail(s3, one.found["log"]):
                console.print(f"  │ {plain(line)}", markup=False, soft_wrap=True)
            console.print(f"  cluster: {pages.cluster(one.found['cluster'])}", markup=False, soft_wrap=True)
    for one in found:
        page = pages.task(run.dag_id, run.run_id, one.task.task_id)
        tries = f" after {one.task.try_number} tries" if one.task.try_number > 1 else ""
        console.print(f"  {shown(one.task.task_id)} failed{tries}: {page}", soft_wrap=True)
    if not found:
        console.print(
            f"  no task failed, somebody ended the run: {pages.run(run.dag_id, run.run_id)}",
            soft_wrap=True,
        )


def log_tail(s3: Any, uri: str, lines: int = TAIL) -> list[str]:
    """The last lines of a log in S3 (a .gz file, or the most telling one of a folder), else why not."""
    match = re.fullmatch(r"s3[an]?://([^/]+)/(.+)", uri)
    if not match:
        return [f"({uri or 'the log'} is no address in S3)"]
    bucket, key = match.groups()
    try:
        keys = [key] if key.endswith(".gz") else _logs_below(s3, bucket, key)
        for one in keys:
            tail = _last(s3.get_object(Bucket=bucket, Key=one)["Body"], lines)
            if tail:
                return tail
    except (BotoCoreError, ClientError, OSError, EOFError, zlib.error) as error:
        return [f"(the log cannot be read: {error})"]
    return ["(the log is empty)" if keys else "(there is no log yet)"]


def _last(body: Any, lines: int) -> list[str]:
    """The last lines with text of a zipped stream, whatever its size, each cut to a readable length."""
    with gzip.GzipFile(fileobj=body) as stream:
        pieces = iter(lambda: stream.readline(LONGEST), b"")
        tail = deque((piece for piece in pieces if piece.strip()), maxlen=lines)
    return [piece.decode(errors="replace").rstrip() for piece in tail]


def _found(airflow: Airflow, task: Task) -> dict[str, str] | None:
    found: dict[str, str] | None = airflow.xcom(task.dag_id, task.run_id, task.task_id, "failure")
    # A task that failed by itself leaves a cluster in which nothing went wrong
    return found if found and (found["message"] or found["reason"] != "unknown") else None


def _logs_below(s3: Any, bucket: str, prefix: str) -> list[str]:
    """The logs in a folder, best first: errors before output before what EMR itself says."""
    listed = s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", ())
    keys = [item["Key"] for item in listed if item["Key"].endswith(".gz")]
    return sorted(keys, key=lambda key: [name not in key.rpartition("/")[2] for name in BEST_FIRST])
