"""What AWS and X ask for: the dated table aws/costs/prices.json, with the source of each figure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from embedded.errors import Unusable

TABLE = Path(__file__).resolve().parent / "prices.json"


@dataclass(frozen=True)
class Price:
    """US dollars for one `unit`; `doubt`: why the figure is not confirmed, '' where it is."""

    amount: float
    unit: str
    doubt: str = ""


@dataclass(frozen=True)
class Prices:
    """The prices of one region, by item; `date` is when they were looked up."""

    region: str
    date: str
    items: dict[str, Price]

    @classmethod
    def read(cls, region: str, file: Path = TABLE) -> Prices:
        """The table's prices of a region; raises Unusable for one that it does not have."""
        table: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        known = sorted({place for item in table["prices"].values() for place in item} - {"unit"})
        if region not in known:
            raise Unusable(
                f"aws/costs/prices.json has no prices of {region}: set AWS_REGION to {' or '.join(known)}, "
                "or add them"
            )
        items = {
            name: Price(
                item[region]["price"],
                item["unit"],
                table["sources"][item[region]["source"]] if item[region].get("unverified") else "",
            )
            for name, item in table["prices"].items()
            if region in item
        }
        return cls(region, table["date"], items)

    def find(self, item: str) -> Price | None:
        """The price of an item; None where the table does not have it."""
        return self.items.get(item)
