"""Task load_housing_prices: sales near stations, from a CSV in the bucket into PostgreSQL."""

import csv
import io
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

import pyarrow as pa
from airflow.providers.amazon.aws.hooks.s3 import S3Hook
from airflow.sdk.exceptions import AirflowFailException

from tubepulse import lineage
from tubepulse.database import connect, copy_batch
from tubepulse.results import upsert_stations
from tubepulse.settings import Settings
from tubepulse.tweets import load_stations

log = logging.getLogger(__name__)

SCHEMA = pa.schema(
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
    }
)
CODES = {"property_type": "DSTF", "new_build": "YN", "tenure": "FL"}


class BadHousingFile(AirflowFailException):
    """The prices file can't be used; the text names file, line and value. A retry can't help."""


@dataclass(frozen=True)
class Month:
    """The month of a load, as the lineage's batch."""

    first_day: date

    @property
    def batch_nr(self) -> int:
        """For example 202611."""
        return self.first_day.year * 100 + self.first_day.month


def load_housing_prices(loaded_at: str) -> dict[str, int]:
    """Upsert s3://B/<key2> into london_schema.housing_prices, in one transaction; returns the row count.

    `loaded_at`: ISO time of the run. Raises BadHousingFile, BadStationsFile.
    """
    settings = Settings.load()
    s3 = S3Hook(aws_conn_id="aws_default")
    source = f"s3://{settings.bucket_name}/{settings.key2}"
    stations = load_stations(s3, settings)
    content = s3.get_key(settings.key2, settings.bucket_name).get()["Body"].read()
    rows = list(read_sales(content, source, {station.name for station in stations}))
    with connect() as connection, connection.cursor() as cursor:
        upsert_stations(cursor, stations)
        cursor.execute(
            "CREATE TEMPORARY TABLE staging_housing_prices (LIKE london_schema.housing_prices) ON COMMIT DROP"
        )
        copy_batch(cursor, "staging_housing_prices", pa.RecordBatch.from_pylist(rows, SCHEMA))
        cursor.execute(
            """
            INSERT INTO london_schema.housing_prices SELECT * FROM staging_housing_prices
            ON CONFLICT (source, transaction_id, station) DO UPDATE
               SET price = excluded.price, date = excluded.date, property_type = excluded.property_type,
                   new_build = excluded.new_build, tenure = excluded.tenure, distance_m = excluded.distance_m
            """
        )
    log.info("%d sales from %s", len(rows), source)
    month = Month(datetime.fromisoformat(loaded_at).date().replace(day=1))
    lineage.record(month, 4, "load_housing_prices", source, "PostgreSQL: london_schema.housing_prices")
    return {"housing_prices": len(rows)}


def read_sales(content: bytes, source: str, stations: set[str]) -> Iterator[dict[str, object]]:
    """Parse the prices file (UTF-8 CSV, SCHEMA's columns) into rows of SCHEMA; raises BadHousingFile."""
    reader = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), restkey="(more)")
    missing = [name for name in SCHEMA.names if name not in (reader.fieldnames or ())]
    if missing:
        raise BadHousingFile(f"{source}, line 1: column {', '.join(missing)} missing")
    seen: dict[tuple[str, str, str], int] = {}
    for row in reader:
        place = f"{source}, line {reader.line_num}"
        try:
            sale = _sale(row, stations)
        except ValueError as error:
            raise BadHousingFile(f"{place}: {error}") from None
        key = (row["source"], row["transaction_id"], row["station"])
        if key in seen:
            raise BadHousingFile(f"{place}: {key} stands in line {seen[key]} already")
        seen[key] = reader.line_num
        yield sale


def _sale(row: dict[str, str], stations: set[str]) -> dict[str, object]:
    if None in row.values() or "(more)" in row:
        raise ValueError(f"not as many fields as in the header: {row}")
    for column, codes in CODES.items():
        if row[column] not in tuple(codes):
            raise ValueError(f"{column} {row[column]!r} is none of {', '.join(codes)}")
    if row["station"] not in stations:
        raise ValueError(f"station {row['station']!r} is not in the stations file")
    price, distance = int(row["price"]), int(row["distance_m"])
    if price <= 0 or distance < 0:
        raise ValueError(f"price {price} must be above 0 and distance_m {distance} not below")
    return {
        **row,
        "price": price,
        "date": date.fromisoformat(row["date"]),
        "new_build": row["new_build"] == "Y",
        "distance_m": distance,
    }
