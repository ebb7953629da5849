"""The run key of the housing DAG: a month, and the days of sales that a run of it asks for."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from airflow.sdk.exceptions import AirflowFailException


class BadMonth(AirflowFailException):
    """A month that is none, or that has not begun; a retry can't help."""


@dataclass(frozen=True)
class Window:
    """The days that are asked for: from `first_day` to `last_day`, both included."""

    first_day: date
    last_day: date

    def __contains__(self, day: date) -> bool:
        return self.first_day <= day <= self.last_day


@dataclass(frozen=True)
class Month:
    """A calendar month."""

    first_day: date

    @classmethod
    def parse(cls, key: str) -> "Month":
        """The month named by `key`, for example `2026-11`; raises BadMonth."""
        match = re.fullmatch(r"([0-9]{4})-([0-9]{2})", key)
        try:
            if not match:
                raise ValueError("write it like 2026-11")
            return cls(date(int(match[1]), int(match[2]), 1))
        except ValueError as error:
            raise BadMonth(f"month {key!r} is none: {error}") from None

    @property
    def key(self) -> str:
        """For example `2026-11`: sorts by time."""
        return f"{self.first_day:%Y-%m}"

    @property
    def batch_nr(self) -> int:
        """The month as the lineage table's batch number, for example 202611."""
        return self.first_day.year * 100 + self.first_day.month

    def before(self, months: int) -> "Month":
        """The month so many months earlier; raises BadMonth where there is no such year."""
        year, month = divmod(self.first_day.year * 12 + self.first_day.month - 1 - months, 12)
        if year < 1:
            raise BadMonth(f"there is no month {months} months before {self.key}")
        return Month(date(year, month + 1, 1))

    def window(self, months: int, registration_months: int) -> Window:
        """The `months` complete months before the newest `registration_months`, this one not counted."""
        end = self.before(registration_months)
        return Window(end.before(months).first_day, end.first_day - timedelta(days=1))


def run_key(month: str | None, run_after: datetime) -> str:
    """The run key: the DAG param `month` if given, else the month of `run_after`, in UTC; raises BadMonth."""
    present = Month(run_after.astimezone(UTC).date().replace(day=1))
    asked = Month.parse(month) if month else present
    if asked.first_day > present.first_day:
        raise BadMonth(f"month {asked.key} has not begun: it is {present.key}")
    return asked.key
