"""What a source of housing prices does, and what it says of what it did."""

from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any, Protocol

from airflow.sdk.exceptions import AirflowFailException

from tubepulse.housing.months import Window
from tubepulse.housing.stage import FETCHED, Stage
from tubepulse.stations import Station


class TooManyRejects(AirflowFailException):
    """So much of the source cannot be used that the rest can't be trusted; a retry can't help."""


class NothingFetched(AirflowFailException):
    """The stage holds no complete data of the task before."""


@dataclass(frozen=True)
class Fetched:
    """What fetch_prices left: `counts` says what became of the rows that were read."""

    first_day: date
    last_day: date
    attribution: str
    counts: dict[str, int] = field(default_factory=dict)

    def write(self, stage: Stage) -> None:
        """Mark the stage as complete."""
        stage.write_json(FETCHED, asdict(self))

    @classmethod
    def read(cls, stage: Stage) -> "Fetched":
        """Raises NothingFetched where the stage is incomplete."""
        if FETCHED not in stage.names():
            raise NothingFetched(f"{stage.uri} holds no {FETCHED}: run fetch_prices of this month first")
        values: dict[str, Any] = stage.read_json(FETCHED)
        days = {name: date.fromisoformat(values[name]) for name in ("first_day", "last_day")}
        return cls(**{**values, **days})


class Source(Protocol):
    """A source of prices. `kind` is sale or listing; a reject is written, and counted, never dropped."""

    @property
    def name(self) -> str:
        """The `source` of its rows."""

    @property
    def kind(self) -> str:
        """What its prices are: of a sale, or asked for in a listing."""

    def fetch(self, raw: Stage, window: Window) -> Fetched:
        """Read from outside into `raw`; the Fetched is written last. Goes on where a failed try ended."""

    def match(self, raw: Stage, matched: Stage, stations: list[Station]) -> dict[str, int]:
        """Write prices.parquet (PRICES) and rejects.parquet (REJECTS, all of them, of fetch too).

        One row a property and station within reach. Returns counts, among them `properties`.
        """


def check_rejects(rejected: int, read: int, most: float, where: str) -> None:
    """Raise TooManyRejects if more than the share `most` of what was read had to be rejected."""
    if rejected > most * read:
        raise TooManyRejects(
            f"{where}: {rejected} of {read} rows cannot be used, more than {most:.1%} (housing.max_rejected "
            "of the Variable). Has its layout changed? Nothing is loaded; the earlier prices stay"
        )
