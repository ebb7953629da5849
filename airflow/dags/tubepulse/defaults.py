"""What every task of every DAG has unless it says otherwise."""

from typing import Any

from tubepulse import notify

DEFAULT_ARGS: dict[str, Any] = {
    "retries": 3,
    "retry_exponential_backoff": 2,
    "on_failure_callback": notify.mail_failure,
}
