"""Numbers and dates as the report writes them."""

from __future__ import annotations

from datetime import date, timedelta

MINUS = "\N{MINUS SIGN}"  # as wide as the plus sign, so columns of signed numbers line up
NONE = "\N{EN DASH}"  # an absent value


def px(value: float) -> str:
    """An SVG coordinate with one decimal at most: 12.0 -> 12, 3.14159 -> 3.1."""
    text = f"{value:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text


def signed(value: float | None, digits: int = 2) -> str:
    """A sentiment with its sign: +0.21, −0.05, and 0.00 without one."""
    if value is None:
        return NONE
    rounded = round(value, digits)
    sign = "+" if rounded > 0 else MINUS if rounded < 0 else ""
    return f"{sign}{abs(rounded):.{digits}f}"


def pounds(value: float | None) -> str:
    """A price to the pound: £612,340."""
    return NONE if value is None else f"£{value:,.0f}"


def short_pounds(value: float) -> str:
    """A price for an axis: £450k, £1.2m."""
    if abs(value) >= 1_000_000:
        return f"£{value / 1_000_000:.2f}".rstrip("0").rstrip(".") + "m"
    return f"£{value / 1000:,.0f}k" if abs(value) >= 1000 else f"£{value:,.0f}"


def count(value: int, noun: str) -> str:
    """A number with its noun: 1 tweet, 2,310 tweets."""
    return f"{value:,} {noun}{'' if value == 1 else 's'}"


def days(first: date, last: date) -> str:
    """A span of days: 1 August 2025 to 31 July 2026; one day stands alone."""
    ends = [f"{day.day} {day:%B %Y}" for day in (first, last)]
    return " to ".join(ends if first != last else ends[:1])


def duration(seconds: float | None) -> str:
    """A time span: 0.8 s, 38.2 s, 2 min 05 s."""
    if seconds is None:
        return NONE
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    return f"{whole // 60} min {whole % 60:02} s"


def zone(value: float) -> str:
    """A fare zone: 3, or 2/3 for a station on the boundary (2.5 in the data)."""
    return f"{value:.0f}" if value == int(value) else f"{int(value)}/{int(value) + 1}"


def monday(run: str) -> date | None:
    """The first day of an ISO week such as 2026-W46; None for anything else."""
    try:
        year, week = run.split("-W")
        return date.fromisocalendar(int(year), int(week), 1)
    except ValueError:
        return None


def week_name(run: str) -> str:
    """An ISO week for readers: 2026-W46 -> Week 46 of 2026."""
    return f"Week {int(run.split('-W')[1])} of {run.split('-W')[0]}" if monday(run) else run


def week_days(run: str) -> str:
    """The days of an ISO week: 9–15 November 2026; empty for anything else."""
    first = monday(run)
    if first is None:
        return ""
    last = first + timedelta(days=6)
    start = f"{first.day}"
    if first.month != last.month:
        start += f" {first:%B}"
    if first.year != last.year:
        start += f" {first.year}"
    joint = "\N{EN DASH}" if start == f"{first.day}" else " \N{EN DASH} "
    return f"{start}{joint}{last.day} {last:%B %Y}"
