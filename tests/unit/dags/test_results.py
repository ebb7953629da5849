from datetime import UTC, datetime
from io import BytesIO

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

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


def test_every_row_of_a_large_file_comes_once_and_in_order() -> None:
    """Several row groups, each longer than a batch and no multiple of one."""
    count = 100_003
    columns = topics(
        date=pa.array([datetime(2026, 11, 9, tzinfo=UTC)] * count, pa.timestamp("us", tz="UTC")),
        station=pa.array([""] * count),
        rank=pa.array(range(1, count + 1), pa.int32()),
        topic=pa.array(["market"] * count),
        tweet_count=pa.array([7] * count, pa.int64()),
    )
    buffer = BytesIO()
    pq.write_table(pa.table(columns), buffer, row_group_size=45_001)
    buffer.seek(0)
    batches = list(read_parquet(buffer, "s3://b/k", TOPICS, "2026-W46"))
    assert max(batch.num_rows for batch in batches) <= 20_000
    assert [rank for batch in batches for rank in batch["rank"].to_pylist()] == list(range(1, count + 1))
    assert {run for batch in batches for run in batch["run"].to_pylist()} == {"2026-W46"}


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
