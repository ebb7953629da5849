from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest
from pyspark.sql import SparkSession

import tweet_job

MONDAY = datetime(2026, 11, 9, 8, 30, tzinfo=UTC)

Parquet = Callable[..., Path]


def test_defaults_are_the_seeds() -> None:
    args = tweet_job.arguments("x").parse_args([])
    assert (args.input, args.output, args.cleaning) == ("/twitter_results", "/output", "light")


def test_tweets_are_read_in_the_order_of_the_contract(spark: SparkSession, parquet: Parquet) -> None:
    tweets = tweet_job.read_tweets(spark, str(parquet(more=pa.array([1, 2, 3]))))
    assert dict(tweets.dtypes) == dict(tweet_job.TWEETS)
    assert tweets.columns == ["tweet_id", "tweets", "date", "station"]
    assert tweets.count() == 3


def test_a_folder_with_several_files(spark: SparkSession, parquet: Parquet) -> None:
    folder = parquet("a.parquet").parent
    parquet("b.parquet")
    (folder / "_SUCCESS").touch()
    assert tweet_job.read_tweets(spark, str(folder)).count() == 6


def test_missing_columns_are_named(spark: SparkSession, parquet: Parquet) -> None:
    uri = str(parquet(date=None, station=None))
    with pytest.raises(tweet_job.MissingColumns) as error:
        tweet_job.read_tweets(spark, uri)
    assert str(error.value) == f"tweets at {uri} lack: date, station"


@pytest.mark.parametrize(
    ("column", "values", "found", "wanted"),
    [
        ("tweet_id", pa.array([1, 2, 3]), "bigint", "string"),
        ("date", pa.array(["2026-11-09"] * 3), "string", "timestamp"),
        (
            "date",
            pa.array([MONDAY.replace(tzinfo=None)] * 3, pa.timestamp("us")),
            "timestamp_ntz",
            "timestamp",
        ),
        ("tweets", pa.array([None] * 3, pa.null()), "int", "string"),
    ],
)
def test_a_wrong_type_is_named(
    spark: SparkSession, parquet: Parquet, column: str, values: pa.Array, found: str, wanted: str
) -> None:
    uri = str(parquet(**{column: values}))
    with pytest.raises(tweet_job.WrongType) as error:
        tweet_job.read_tweets(spark, uri)
    assert str(error.value) == f"tweets at {uri}: column {column} is {found}, wanted {wanted}"


def test_nanoseconds_are_named(spark: SparkSession, parquet: Parquet) -> None:
    with pytest.raises(
        tweet_job.UnreadableInput, match=r"Illegal Parquet type: INT64 \(TIMESTAMP\(NANOS,true\)\)$"
    ):
        tweet_job.read_tweets(spark, str(parquet(date=pa.array([MONDAY] * 3, pa.timestamp("ns", "UTC")))))


def test_a_missing_path_is_named(spark: SparkSession, tmp_path: Path) -> None:
    for uri in (str(tmp_path / "nothing"), str(tmp_path)):
        with pytest.raises(tweet_job.MissingInput) as error:
            tweet_job.read_tweets(spark, uri)
        assert str(error.value) == f"no tweets at {uri}: no parquet file is there"


def test_one_damaged_file_of_several_is_named(spark: SparkSession, parquet: Parquet) -> None:
    folder = parquet("a.parquet").parent
    broken = parquet("b.parquet")
    broken.write_bytes(broken.read_bytes()[:-20])
    with pytest.raises(tweet_job.UnreadableInput) as error:
        tweet_job.read_tweets(spark, str(folder))
    message = str(error.value)
    assert message.startswith(f"tweets at {folder}: ")
    assert "b.parquet is not a Parquet file. Expected magic number at tail" in message
    assert "\n" not in message


def test_damage_behind_a_good_footer_is_named_and_nothing_appears(
    spark: SparkSession, parquet: Parquet, tmp_path: Path
) -> None:
    broken = parquet(tweets=pa.array([f"{'long text ' * 500}{key}" for key in range(3)]))
    content = broken.read_bytes()
    broken.write_bytes(content[:60] + b"\xff" * 400 + content[460:])
    tweets = tweet_job.read_tweets(spark, str(broken))
    with pytest.raises(tweet_job.UnreadableInput, match="Encountered error while reading file"):
        tweet_job.write(tweets, str(tmp_path / "out"), source=str(broken))
    assert list((tmp_path / "out").glob("*")) == []


def test_other_failures_keep_their_own_name(spark: SparkSession, parquet: Parquet) -> None:
    tweets = tweet_job.read_tweets(spark, str(parquet()))
    with pytest.raises(Exception, match='No FileSystem for scheme "nowhere"') as error:
        tweet_job.write(tweets, "nowhere://x/", source="x")
    assert not isinstance(error.value, tweet_job.InputError)
