"""What every source makes of its properties: rows of london_schema.housing_prices, and rejects."""

from dataclasses import dataclass

import pyarrow as pa

PRICES = pa.schema(
    {
        "source": pa.string(),
        "transaction_id": pa.string(),
        "station": pa.string(),
        "price": pa.int64(),  # GBP
        "date": pa.date32(),
        "property_type": pa.string(),  # D detached, S semi-detached, T terraced, F flat
        "new_build": pa.bool_(),
        "tenure": pa.string(),  # F freehold, L leasehold
        "distance_m": pa.int32(),  # metres from the station
        "postcode": pa.string(),  # without a space
        "link": pa.string(),
        "address": pa.string(),
        "bedrooms": pa.int32(),
        "bathrooms": pa.int32(),
        "living_rooms": pa.int32(),
    }
)
REJECTS = pa.schema({"file": pa.string(), "line": pa.int32(), "reason": pa.string(), "value": pa.string()})
LONGEST_VALUE = 200  # characters of a rejected value that are kept


@dataclass(frozen=True)
class Reject:
    """A row that cannot be used: where it stands (lines count from 1), why, and the value at fault."""

    file: str
    line: int
    reason: str
    value: str

    def row(self) -> dict[str, object]:
        """A row of REJECTS."""
        value = self.value.replace("\0", "\N{REPLACEMENT CHARACTER}")[:LONGEST_VALUE]
        return {"file": self.file, "line": self.line, "reason": self.reason, "value": value}
