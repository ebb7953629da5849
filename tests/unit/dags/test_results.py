from datetime import UTC, date, datetime
from io import BytesIO
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tubepulse.housing import BadHousingFile, read_sales
from tubepulse.results import TOPICS, BadResults, read_parquet


def parquet(**columns: pa.Array) -> BytesIO:
    buffer = BytesIO()
    pq.write_table(pa.table(columns), buffer)
    buffer.seek(0)
    return buffer


def topics(**change: pa.Array) -> dict[str, pa.Array]:
    moment = datetime(2026, 11, 9, 1, 2, 3, tzinfo=UTC)
    return {
        "date": pa.array([moment], pa.timestamp("us", tz="UTC")),
        "station": pa.array([""]),
        "rank": pa.array([1], pa.int32()),
        "topic": pa.array(["market"]),
        "tweet_count": pa.array([7], pa.int64()),
    } | change


@pytest.mark.parametrize("kind", [pa.timestamp("us", tz="UTC"), pa.timestamp("ns"), pa.timestamp("ms")])
def test_batches_have_the_run_and_utc(kind: pa.DataType) -> None:
    dates = pa.array([datetime(2026, 11, 9, 1, 2, 3, tzinfo=UTC)], kind)
    (batch,) = read_parquet(parquet(**topics(date=dates)), "s3://b/k", TOPICS, "2026-W46")
    assert batch.to_pylist() == [
        {
            "date": datetime(2026, 11, 9, 1, 2, 3), "station": "", "rank": 1, "topic": "market",
            "tweet_count": 7, "run": "2026-W46",
        }
    ]  # fmt: skip


def test_what_is_no_parquet_is_named() -> None:
    with pytest.raises(BadResults, match="s3://b/k is no Parquet file"):
        list(read_parquet(BytesIO(b"PAR1 nonsense"), "s3://b/k", TOPICS, "2026-W46"))


def test_a_missing_column_is_named() -> None:
    columns = topics()
    del columns["rank"]
    with pytest.raises(BadResults, match="s3://b/k lacks the column rank"):
        list(read_parquet(parquet(**columns), "s3://b/k", TOPICS, "2026-W46"))


def test_a_wrong_type_is_named() -> None:
    with pytest.raises(BadResults, match="s3://b/k: column rank is string, not int32"):
        list(read_parquet(parquet(**topics(rank=pa.array(["first"]))), "s3://b/k", TOPICS, "2026-W46"))


HEADER = "source,transaction_id,station,price,date,property_type,new_build,tenure,distance_m"
SALE = "synthetic,t1,Angel,500000,2026-03-04,F,N,L,120"


def test_a_sale() -> None:
    assert list(read_sales(f"{HEADER}\n{SALE}\n".encode(), "h.csv", {"Angel"})) == [
        {
            "source": "synthetic", "transaction_id": "t1", "station": "Angel", "price": 500000,
            "date": date(2026, 3, 4), "property_type": "F", "new_build": False, "tenure": "L",
            "distance_m": 120,
        }
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (SALE.replace("500000", "0"), "price 0 must be above 0"),
        (SALE.replace("500000", "POA"), "'POA'"),
        (SALE.replace("03-04", "13-04"), "month must be in 1..12"),
        (SALE.replace(",F,", ",X,"), "property_type 'X' is none of D, S, T, F"),
        (SALE.replace("Angel", "Angle"), "station 'Angle' is not in the stations file"),
        (SALE.rsplit(",", 1)[0], "not as many fields"),
        (SALE + ",more", "not as many fields"),
        (f"{SALE}\n{SALE}", "stands in line 2 already"),
    ],
)
def test_a_bad_sale_is_named_with_its_line(line: str, message: str) -> None:
    with pytest.raises(BadHousingFile, match=r"h\.csv, line ") as error:
        list(read_sales(f"{HEADER}\n{line}\n".encode(), "h.csv", {"Angel"}))
    assert message in str(error.value)


def test_missing_columns_are_named() -> None:
    rows: Any = read_sales(b"source,price\n", "h.csv", set())
    with pytest.raises(BadHousingFile, match=r"h\.csv, line 1: column transaction_id, station"):
        list(rows)
