"""X's rate limit: what a task says that ran into it, and when it is tried again.

Apart from x_api, which brings tweepy along: the retry policy belongs to the DAG and is read with it.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.sdk import Context, RetryDecision, RetryPolicy
from airflow.sdk.exceptions import AirflowException
from typing_extensions import override


class RateLimited(AirflowException):
    """X wants no more requests before `reset_at` (UTC)."""

    def __init__(self, reset_at: datetime) -> None:
        super().__init__(f"X's rate limit is used up until {reset_at:%H:%M:%S} UTC")
        self.reset_at = reset_at


class RetryAfterReset(RetryPolicy):
    """Retry a rate-limited task when X's window resets: the worker never sleeps for it."""

    @override
    def evaluate(
        self, exception: BaseException, try_number: int, max_tries: int, context: Context | None = None
    ) -> RetryDecision:
        """Wait for the reset after RateLimited; anything else keeps the task's own back-off."""
        if not isinstance(exception, RateLimited):
            return RetryDecision.default()
        wait = max(exception.reset_at - datetime.now(UTC), timedelta()) + timedelta(seconds=1)
        return RetryDecision.retry(delay=wait, reason=str(exception))

    @override
    def serialize(self) -> dict[str, Any]:
        """There is nothing to keep."""
        return {}

    @classmethod
    @override
    def deserialize(cls, data: dict[str, Any]) -> "RetryAfterReset":
        """Make it again."""
        return cls()
