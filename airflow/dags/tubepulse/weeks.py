"""The run key: which ISO week (UTC) a run is about."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from airflow.sdk.exceptions import AirflowFailException


class BadWeek(AirflowFailException):
    """A week that is no ISO week; a retry can't help."""


@dataclass(frozen=True)
class Week:
    """An ISO week in UTC: `start` is its Monday 00:00, `end` the next Monday 00:00 (exclusive)."""

    start: datetime

    @classmethod
    def parse(cls, key: str) -> "Week":
        """The week named by `key`, for example `2026-W46`; raises BadWeek."""
        match = re.fullmatch(r"(\d{4})-W(\d{2})", key)
        if not match:
            raise BadWeek(f"week {key!r} is not an ISO week: write it like 2026-W46")
        try:
            start = datetime.fromisocalendar(int(match[1]), int(match[2]), 1)
        except ValueError as error:
            raise BadWeek(f"week {key!r} does not exist: {error}") from None
        return cls(start.replace(tzinfo=UTC))

    @classmethod
    def last_complete_before(cls, moment: datetime) -> "Week":
        """The newest week that had ended at `moment` (aware)."""
        monday = moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        return cls(monday - timedelta(days=monday.weekday() + 7))

    @property
    def end(self) -> datetime:
        """The first moment after the week."""
        return self.start + timedelta(days=7)

    @property
    def key(self) -> str:
        """The ISO form, for example `2026-W46`: sorts by time."""
        year, week, _ = self.start.isocalendar()
        return f"{year}-W{week:02d}"

    @property
    def batch_nr(self) -> int:
        """The week as the lineage table's batch number, for example 202646."""
        year, week, _ = self.start.isocalendar()
        return year * 100 + week


def run_key(week: str | None, run_after: datetime) -> str:
    """The run key R: the DAG param `week` if given, else the last week complete before `run_after`.

    This is the only place where it is computed; the DAG's templates call it as a macro.
    """
    return (Week.parse(week) if week else Week.last_complete_before(run_after)).key
