"""A run's result on the console."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from embedded.plain import plain, shown
from embedded.report import text
from embedded.report.data import WHOLE_CITY, PriceSource, Report, Station, Topic

SHOWN = 15  # stations


def show(console: Console, report: Report, home: Path) -> None:
    """The demo's week, and where the rest is."""
    show_week(console, report.week, report.stations, report.topics, report.prices)
    console.print(
        f"Report: [bold]{home / 'report.html'}[/]   Summary: {home / 'summary.json'}", soft_wrap=True
    )


def show_week(
    console: Console, week: str, stations: list[Station], topics: list[Topic], prices: PriceSource | None
) -> None:
    """The busiest stations, in the order given, what their prices are, and London's topics."""
    busiest = stations[:SHOWN]
    table = Table(title=f"Week {week}: the {len(busiest)} busiest of {len(stations)} stations")
    table.add_column("station")
    for name in ("zone", "tweets", "mean sentiment", "average price"):
        table.add_column(name, justify="right")
    for station in busiest:
        table.add_row(
            shown(station.station),
            f"{station.zone:g}",
            str(station.week_tweets),
            "–" if station.week_sentiment is None else f"{station.week_sentiment:+.3f}",
            "–" if station.average_price is None else f"£{station.average_price:,.0f}",
        )
    console.print(table)
    console.print(f"[bold]Prices:[/] {shown(prices_line(prices))}", soft_wrap=True)
    words = [f"{shown(topic.topic)} ({topic.tweet_count})" for topic in topics if topic.station == WHOLE_CITY]
    console.print(f"[bold]Topics of the week:[/] {', '.join(words)}")


def prices_line(prices: PriceSource | None) -> str:
    """Where prices come from: 20 sales, 1 August 2025 to 31 July 2026 (land_registry); 2 rows rejected."""
    if prices is None:
        return "none are loaded yet"
    return (
        f"{text.count(prices.properties, prices.kind)}, {text.days(prices.first_day, prices.last_day)} "
        f"({prices.source}); {text.count(prices.rejected, 'row')} rejected"
    )


def show_errors(console: Console, outcomes: list[dict[str, Any]]) -> None:
    """The last exception of every failed task."""
    for run in outcomes:
        for task, error in run["errors"].items():
            console.print(f"[red]✘ {run['dag_id']}.{task}[/]", end=" ")
            console.print(plain(error), markup=False, soft_wrap=True)


def show_failure(console: Console, failure: dict[str, str], logs: Path | None = None) -> None:
    """What the failed run's task found out, and where the cluster's logs were put, if anywhere."""
    console.print(f"[red]✘ {shown(failure['what'])}[/]: {shown(failure['reason'])}", soft_wrap=True)
    if failure["message"]:
        console.print(f"  {plain(failure['message'])}", markup=False, soft_wrap=True)
    unpacked = f", unpacked in {logs}" if logs else ""
    console.print(f"  log {failure['log']}{unpacked}", markup=False, soft_wrap=True)
