"""The run key and the days that it asks for."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tubepulse.housing.months import BadMonth, Month, run_key

NOVEMBER = datetime(2026, 11, 1, 5, tzinfo=UTC)


def test_the_month_of_the_run_in_utc() -> None:
    assert run_key(None, NOVEMBER) == "2026-11"
    assert run_key(None, datetime(2026, 12, 1, 0, 30, tzinfo=timezone(timedelta(hours=1)))) == "2026-11"


def test_a_given_month_wins() -> None:
    assert run_key("2020-02", NOVEMBER) == "2020-02"


@pytest.mark.parametrize(
    "key", ["2026-13", "2026-00", "2026-1", "2026-11-01", "0000-01", "", "٢٠٢٦-01", "2026-11\n"]
)
def test_what_is_no_month(key: str) -> None:
    with pytest.raises(BadMonth):
        Month.parse(key)


def test_a_month_that_has_not_begun() -> None:
    with pytest.raises(BadMonth, match="2026-12 has not begun: it is 2026-11"):
        run_key("2026-12", NOVEMBER)


@pytest.mark.parametrize(
    ("key", "months", "registration", "first", "last"),
    [
        ("2026-11", 12, 3, date(2025, 8, 1), date(2026, 7, 31)),
        ("2026-01", 12, 3, date(2024, 10, 1), date(2025, 9, 30)),
        ("2026-03", 1, 0, date(2026, 2, 1), date(2026, 2, 28)),
        ("2024-03", 1, 0, date(2024, 2, 1), date(2024, 2, 29)),
        ("2026-11", 24, 1, date(2024, 10, 1), date(2026, 9, 30)),
    ],
)
def test_windows(key: str, months: int, registration: int, first: date, last: date) -> None:
    window = Month.parse(key).window(months, registration)
    assert (window.first_day, window.last_day) == (first, last)
    assert first in window
    assert last in window
    assert first - timedelta(days=1) not in window
    assert last + timedelta(days=1) not in window


def test_there_are_no_months_before_the_calendar() -> None:
    with pytest.raises(BadMonth, match="there is no month 12 months before"):
        Month.parse("0001-06").window(12, 3)


@given(st.dates(date(1995, 1, 1), date(2100, 1, 1)), st.integers(1, 40), st.integers(0, 12))
def test_a_window_has_whole_months_next_to_each_other(day: date, months: int, registration: int) -> None:
    month = Month(day.replace(day=1))
    window = month.window(months, registration)
    assert window.first_day.day == 1
    assert (window.last_day + timedelta(days=1)).day == 1
    months_of = (
        (window.last_day.year - window.first_day.year) * 12 + window.last_day.month - window.first_day.month
    )
    assert months_of + 1 == months
    assert month.before(1).window(months, registration).last_day == window.last_day.replace(
        day=1
    ) - timedelta(days=1)
    assert month.batch_nr == int(month.key.replace("-", ""))
