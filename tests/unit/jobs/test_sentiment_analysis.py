from collections.abc import Callable
from datetime import UTC, datetime

from chispa import assert_df_equality
from pyspark.sql import DataFrame, SparkSession

from sentiment_analysis import score_tweets
from tweet_text import Cleaning

MONDAY = datetime(2026, 11, 9, 8, 30, tzinfo=UTC)
SCORED = "tweet_id string, tweets string, date timestamp, station string, sentiment double"


def test_every_row_gets_a_score(spark: SparkSession, tweets: Callable[..., DataFrame]) -> None:
    given = tweets(
        ("1", "I love the tube :)", "Bank"),
        ("1", "I love the tube :)", "Angel"),
        ("2", None, "Bank"),
        ("3", "", "Bank"),
        ("4", " \n", None),
        (None, "Awful delays, awful day", "Angel"),
    )
    expected = spark.createDataFrame(
        [
            ("1", "I love the tube :)", MONDAY, "Bank", 0.802),
            ("1", "I love the tube :)", MONDAY, "Angel", 0.802),
            ("2", None, MONDAY, "Bank", 0.0),
            ("3", "", MONDAY, "Bank", 0.0),
            ("4", " \n", MONDAY, None, 0.0),
            (None, "Awful delays, awful day", MONDAY, "Angel", -0.7184),
        ],
        SCORED,
    )
    assert_df_equality(score_tweets(given), expected, ignore_row_order=True)


def test_cleaning_is_chosen(tweets: Callable[..., DataFrame]) -> None:
    given = tweets(("1", "GREAT day!!! 😀", "Bank"))
    light, seed = (score_tweets(given, cleaning).head() for cleaning in Cleaning)
    assert light is not None
    assert seed is not None
    assert light["sentiment"] > seed["sentiment"] > 0
    assert light["tweets"] == seed["tweets"] == "GREAT day!!! 😀"
