"""What the demo's report shows, as plain data: the rows of the webapp's views and the times of one run."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

WHOLE_CITY = ""  # the `station` of a topic that was counted over all of London


@dataclass(frozen=True)
class Station:
    """A row of london_schema.station_overview: prices in GBP, sentiment a mean VADER compound in [-1, 1]."""

    station: str
    zone: float  # half zones stand for stations on a boundary: 2.5 is in zones 2 and 3
    latitude: float
    longitude: float
    average_price: float | None
    sales: int
    week: str | None  # the newest loaded ISO week, as 2026-W46; this and the next two describe it
    week_tweets: int
    week_sentiment: float | None
    tweets: int  # over all loaded weeks, as is `sentiment`
    sentiment: float | None


@dataclass(frozen=True)
class Mood:
    """A row of london_schema.mood_by_week: one ISO week in one zone."""

    run: str
    zone: float
    tweets: int
    sentiment: float


@dataclass(frozen=True)
class Topic:
    """A word of the newest week: rank counts from 1; `station` is WHOLE_CITY for all of London."""

    station: str
    rank: int
    topic: str
    tweet_count: int


@dataclass(frozen=True)
class Lineage:
    """A row of london_schema.data_lineage: which step moved which data where."""

    batch_nr: int
    job_nr: int
    timestamp: datetime
    step_airflow: str
    source: str
    destination: str


@dataclass(frozen=True)
class StepTime:
    """A step of the EMR cluster: its last state in EMR's words, how long it ran (None: it never started)."""

    name: str
    state: str
    seconds: float | None


@dataclass(frozen=True)
class Report:
    """Everything on the page. `week` is the week this run loaded; `seconds` is the tweet DAG's run."""

    week: str
    stations: list[Station]
    moods: list[Mood]
    topics: list[Topic]
    lineage: list[Lineage]
    seconds: float
    generated_at: datetime
    steps: list[StepTime] = field(default_factory=list)
    phases: dict[str, float] = field(default_factory=dict)  # name -> seconds, in the order they ran
