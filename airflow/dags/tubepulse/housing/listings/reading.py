"""Numbers as portals write them."""

import re

METRES = {"miles": 1609.344, "km": 1000.0, "m": 1.0}  # of one unit
MOST_POUNDS, MOST_ROOMS, FARTHEST_M = 999_999_999, 99, 1_000_000.0
_UNITS = {"mile": "miles", "mi": "miles", "metres": "m", "metre": "m"}
_POUNDS = re.compile(r"£ ?([0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,12})(?:\.00)?")
_DISTANCE = re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,6})?) ?(miles|mile|mi|km|metres|metre|m)?\.?", re.IGNORECASE)


def pounds(text: str) -> int | None:
    """A price in GBP: £ and a whole number above 0, with or without commas; None where it is none."""
    found = _POUNDS.fullmatch(text)
    price = int(found[1].replace(",", "")) if found else 0
    return price if 0 < price <= MOST_POUNDS else None


def rooms(text: str) -> int | None:
    """A number of rooms, from 0 to 99; None where it is none."""
    return int(text) if re.fullmatch(r"[0-9]{1,2}", text) else None


def metres(text: str, unit: str) -> float | None:
    """A distance in metres; the text's own unit goes before `unit` (miles, km or m). None: can't be read."""
    found = _DISTANCE.fullmatch(text)
    if not found:
        return None
    own = (found[2] or unit).lower()
    away = float(found[1]) * METRES[_UNITS.get(own, own)]
    return away if away <= FARTHEST_M else None
