"""What the demo's report shows, as plain data: the rows of the webapp's views and the times of one run."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

WHOLE_CITY = ""  # the `station` of a topic that was counted over all of London
HOME_TYPES = ("detached", "semi_detached", "terraced", "flat")  # as the view's columns begin


@dataclass(frozen=True)
class HomePrice:
    """What one type of home costs near a station, in GBP; None and 0 where there is no sale of it."""

    average: float | None = None
    median: float | None = None
    sales: int = 0


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
    median_price: float | None = None
    homes: tuple[HomePrice, ...] = (HomePrice(),) * len(HOME_TYPES)  # in the order of HOME_TYPES


@dataclass(frozen=True)
class PriceSource:
    """The row of london_schema.price_source: where the shown prices come from."""

    source: str
    kind: str  # sale, or listing: then its prices are asked for, and nothing of it is sold yet
    first_day: date  # both days are included
    last_day: date
    properties: int
    prices: int  # a property counts at each station that it is near
    rejected: int
    attribution: str
    loaded_at: datetime  # UTC, without a time zone


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
    prices: PriceSource | None = None  # None: no prices were ever loaded
