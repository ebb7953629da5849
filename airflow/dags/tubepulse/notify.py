"""A mail about every failed task, if connection `smtp_default` exists; without it nothing is sent.

The connection's extra says from whom and to whom: `from_email` and `to_email` (several: with commas between).
A task with tries left is not reported, nor is one that did not run because another had failed.
"""

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Any

from airflow.providers.smtp.notifications.smtp import SmtpNotifier
from airflow.sdk import Connection, Context
from airflow.sdk._shared.secrets_masker import redact  # it has no public name in 3.3.1
from airflow.sdk.exceptions import AirflowNotFoundException

from tubepulse import weeks
from tubepulse.housing import months

log = logging.getLogger(__name__)

CONNECTION = "smtp_default"
LONGEST = 2000  # characters of a cause; the whole text is in the logs


@dataclass(frozen=True)
class Failure:
    """What a mail says about a task that has failed."""

    dag_id: str
    run_id: str
    week: str | None  # the run key, in a DAG that has one: of weeks or of months
    month: str | None
    task_id: str
    tries: int
    is_teardown: bool
    error: str | None  # None: the task's process was killed
    finding: dict[str, str] | None  # what job_flow.explain_failure found, if it was called
    log_url: str


def mail_failure(context: Context) -> None:
    """Failure callback of every task. Trouble with the mail is one line in the log, and changes nothing."""
    try:
        connection = Connection.get(CONNECTION)
    except AirflowNotFoundException:
        return
    except Exception as error:
        log.warning("no mail about this failure: %s cannot be read: %r", CONNECTION, error)
        return
    try:
        failure = of_context(context)
        notifier = SmtpNotifier(
            to=connection.extra_dejson["to_email"],
            subject=subject(failure),
            html_content=body(failure),
            smtp_conn_id=CONNECTION,
        )
        # Not notifier(context): that would render the texts, and what stands in them comes from outside
        notifier.notify(context)
    except Exception as error:
        log.warning("no mail about this failure could be sent through %s: %r", CONNECTION, error)


def of_context(context: Context) -> Failure:
    """The failure that Airflow calls back about; secrets are masked, as in the logs."""
    ti: Any = context["ti"]
    error: Any = context.get("exception")
    if isinstance(error, BaseException):
        error = f"{type(error).__name__}: {error}"
    finding: Any = redact(ti.xcom_pull(task_ids=ti.task_id, key="failure"))
    return Failure(
        dag_id=ti.dag_id,
        run_id=ti.run_id,
        week=_run_key(context, "week", weeks.run_key),
        month=_run_key(context, "month", months.run_key),
        task_id=ti.task_id,
        tries=ti.try_number,
        is_teardown=ti.task.is_teardown,
        error=str(redact(error)) if error else None,
        finding=finding,
        log_url=ti.log_url,
    )


def _run_key(context: Context, param: str, of_run: Callable[[str | None, datetime], str]) -> str | None:
    """What the run is about; as it was given where it is no run key."""
    params: Any = context["params"]
    if param not in params:
        return None
    given = str(params[param]) if params[param] else None
    run: Any = context.get("dag_run")  # not there where Airflow reports a task whose process is gone
    if run is None:
        return given
    try:
        return of_run(given, run.run_after)
    except (weeks.BadWeek, months.BadMonth):
        return given


def subject(failure: Failure) -> str:
    """The mail's subject: one line."""
    about = failure.week or failure.month or failure.run_id
    text = f"{failure.dag_id} {about}: {failure.task_id} failed"
    return " ".join(text.split())


def body(failure: Failure) -> str:
    """The mail's text, as HTML."""
    rows = {
        "What": f"Task {failure.task_id} of DAG {failure.dag_id}, run {failure.run_id}",
        "Week": failure.week,
        "Month": failure.month,
        "Tries": str(failure.tries),
        "Why": _cut(failure.error or "The task's process ended without a word; it may have been killed."),
    }
    if failure.finding:
        found = {key: str(value) for key, value in failure.finding.items()}
        rows |= {
            "Cause": _cut(f"{found['what']}. Reason: {found['reason']} Message: {found['message']}"),
            "Step log": found["log"],
        }
    table = "".join(_row(name, escape(text)) for name, text in rows.items() if text)
    link = f'<a href="{escape(failure.log_url)}">{escape(failure.log_url)}</a>'
    advice = "".join(f"<li>{escape(line)}</li>" for line in what_to_do(failure))
    return f"<table>{table}{_row('Task log', link)}</table><p>What to do:</p><ol>{advice}</ol>"


def what_to_do(failure: Failure) -> list[str]:
    """The next steps of whoever reads the mail, in order."""
    if failure.is_teardown:
        return [
            "What this task should have ended may still run and cost money: look for it, and end it by hand.",
            f"Clear {failure.task_id} in Airflow to try again.",
        ]
    log_file = (failure.finding or {}).get("log", "")
    if log_file.endswith("/"):
        read = [f"Read the logs: aws s3 cp --recursive {log_file} ."]
    elif log_file:
        read = [f"Read the step's log: aws s3 cp {log_file} - | gunzip"]
    else:
        read = ["Read the task's log, and put right what it names."]
    again = f"Trigger {failure.dag_id} again"
    if failure.week:
        return [*read, f"{again}, with {json.dumps({'week': failure.week})}: a rerun replaces the week."]
    if failure.month:
        return [
            *read,
            f"{again}, with {json.dumps({'month': failure.month})}: a rerun replaces the month; "
            "the prices that are loaded stay until then.",
        ]
    return [*read, f"{again}: a rerun updates, and never doubles."]


def _row(name: str, content: str) -> str:
    return f'<tr><th align="left" valign="top">{name}</th><td><pre>{content}</pre></td></tr>'


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]} …"
