"""What the stack's PostgreSQL has, on the console."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict

import psycopg
from rich.console import Console
from rich.table import Table

from embedded import outcome, tables
from embedded.report.data import Mood

SHOWN = 6  # weeks


def no_prices(connection: psycopg.Connection) -> bool:
    """Is london_schema.housing_loads empty, or not there?

    Prices that an earlier version loaded have no row there, and the views do not show them.
    """
    row = connection.execute("SELECT to_regclass('london_schema.housing_loads') IS NULL").fetchone()
    if row and row[0]:
        return True
    return connection.execute("SELECT 1 FROM london_schema.housing_loads LIMIT 1").fetchone() is None


def show_week(console: Console, connection: psycopg.Connection, week: str) -> None:
    """A week's busiest stations, its prices and topics, and how many rows it has."""
    tables.show_week(
        console,
        week,
        outcome.stations(connection, week),
        outcome.topics(connection, week),
        outcome.price_source(connection),
    )
    console.print(f"[bold]Rows:[/] {rows(outcome.counted(connection, week))}", soft_wrap=True)


def rows(counts: outcome.Counts) -> str:
    """Counts in words."""
    return ", ".join(f"{number} {name.replace('_', ' ')}" for name, number in asdict(counts).items())


def show_moods(console: Console, moods: list[Mood]) -> None:
    """Mean sentiment, a row a zone and a column a week: the newest weeks, oldest first."""
    weeks = sorted({mood.run for mood in moods})[-SHOWN:]
    table = Table(title="Mood by week: mean sentiment of each zone")
    table.add_column("zone", justify="right")
    for week in weeks:
        table.add_column(week, justify="right")
    by_place = {(mood.zone, mood.run): mood.sentiment for mood in moods}
    for zone in sorted({mood.zone for mood in moods}):
        cells = (by_place.get((zone, week)) for week in weeks)
        table.add_row(f"{zone:g}", *("–" if mood is None else f"{mood:+.3f}" for mood in cells))
    totals: dict[str, int] = defaultdict(int)
    sums: dict[str, float] = defaultdict(float)
    for mood in moods:
        totals[mood.run] += mood.tweets
        sums[mood.run] += mood.tweets * mood.sentiment
    table.add_section()
    table.add_row("all", *(f"{sums[week] / totals[week]:+.3f}" for week in weeks))
    table.add_row("tweets", *(str(totals[week]) for week in weeks))
    console.print(table)
