"""What every task of every DAG has unless it says otherwise, and how often a waiting task looks."""

from typing import Any

from airflow.sdk.configuration import conf

from tubepulse import notify

DEFAULT_ARGS: dict[str, Any] = {
    "retries": 3,
    "retry_exponential_backoff": 2,
    "on_failure_callback": notify.mail_failure,
}
# Whole seconds between two looks at a step, at least one, of Airflow's own settings ([tubepulse]
# poke_interval): AWS limits an account's requests; on the same machine steps last a few seconds.
POKE_INTERVAL = max(1, conf.getint("tubepulse", "poke_interval", fallback=5))
