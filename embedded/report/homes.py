"""What the report says of prices: by type of home, and of where they come from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from embedded.report import text
from embedded.report.charts import weighted_mean
from embedded.report.data import HOME_TYPES, HomePrice, PriceSource, Station


@dataclass(frozen=True)
class Wording:
    """What a price is called: paid in a sale, or asked for in a listing."""

    noun: str  # without its s: one price
    price: str
    near: str  # the prices that are counted at a station


SALE = Wording("sale", "price", "sales near a station")
LISTING = Wording("listing", "asking price", "homes that are listed near a station")


def wording(source: PriceSource | None) -> Wording:
    """The words for a source's prices; without a source, those of a sale."""
    return LISTING if source and source.kind == "listing" else SALE


def type_names() -> list[str]:
    """HOME_TYPES for readers: Detached, Semi-detached, ..."""
    return [name.replace("_", "-").capitalize() for name in HOME_TYPES]


def london(stations: Sequence[Station]) -> list[tuple[str, HomePrice]]:
    """(name, London's mean) of each type that has sales, dearest first.

    The mean weighs each station by its sales. There is no median: stations' medians do not give one.
    """
    found = []
    for place, name in enumerate(type_names()):
        pairs = [(one.homes[place].average or 0.0, one.homes[place].sales) for one in stations]
        mean = weighted_mean(pairs)
        if mean is not None:
            found.append((name, HomePrice(mean, None, sum(sales for _, sales in pairs))))
    return sorted(found, key=lambda row: -(row[1].average or 0.0))


def facts(source: PriceSource) -> list[tuple[str, str]]:
    """(what, figure) of a source, for a short list."""
    words = wording(source)
    return [
        ("Period", text.days(source.first_day, source.last_day)),
        ("Listed homes" if words is LISTING else "Homes sold", f"{source.properties:,}"),
        (f"{words.noun.capitalize()}s counted at stations", f"{source.prices:,}"),
        ("Rows rejected", f"{source.rejected:,}"),
        ("Source", source.source),
        ("Loaded", f"{source.loaded_at.day} {source.loaded_at:%B %Y, %H:%M} UTC"),
    ]
