from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tubepulse.weeks import BadWeek, Week, run_key


@pytest.mark.parametrize(
    ("moment", "key"),
    [
        ("2026-11-16T00:00:00+00:00", "2026-W46"),  # the first moment after week 46
        ("2026-11-15T23:59:59+00:00", "2026-W45"),
        ("2026-11-16T00:30:00+01:00", "2026-W45"),  # 23:30 on Sunday in UTC
        ("2027-01-08T12:00:00+00:00", "2026-W53"),  # 2026 has 53 weeks
        ("2025-01-01T00:00:00+00:00", "2024-W52"),
    ],
)
def test_the_last_complete_week(moment: str, key: str) -> None:
    assert run_key(None, datetime.fromisoformat(moment)) == key


def test_a_given_week_wins() -> None:
    assert run_key("2026-W03", datetime(2026, 11, 22, tzinfo=UTC)) == "2026-W03"


def test_bounds_and_batch_number() -> None:
    week = Week.parse("2026-W46")
    assert week.start == datetime(2026, 11, 9, tzinfo=UTC)
    assert week.end == datetime(2026, 11, 16, tzinfo=UTC)
    assert week.batch_nr == 202646


@pytest.mark.parametrize(
    "key", ["2026-W54", "2025-W53", "2026-W00", "2026-46", "2026-W4", "W46", "", "2026-W46x"]
)
def test_what_is_no_week(key: str) -> None:
    with pytest.raises(BadWeek, match=key or "''"):
        Week.parse(key)


@given(st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)), st.integers(-12, 14))
def test_any_moment_has_one_last_week(moment: datetime, hours: int) -> None:
    aware = moment.replace(tzinfo=timezone(timedelta(hours=hours)))
    week = Week.last_complete_before(aware)
    assert week.end <= aware < week.end + timedelta(days=7)
    assert Week.parse(week.key) == week
    assert week.start.weekday() == 0
