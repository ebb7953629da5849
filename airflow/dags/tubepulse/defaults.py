"""What every task of every DAG has unless it says otherwise, and how often a waiting task looks."""

from typing import Any

from airflow.sdk.configuration import conf

from tubepulse import notify

DEFAULT_ARGS: dict[str, Any] = {
    "retries": 3,
    "retry_exponential_backoff": 2,
    "on_failure_callback": notify.mail_failure,
}
# Seconds between two looks at a step, of Airflow's own settings ([tubepulse] poke_interval): AWS limits the
# requests of an account, an endpoint on the same machine has steps that last a few seconds.
POKE_INTERVAL: float = conf.getfloat("tubepulse", "poke_interval", fallback=5.0)
