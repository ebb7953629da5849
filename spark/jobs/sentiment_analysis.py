"""Spark job: the mood of each tweet. One row in, one row out, with VADER's score of its text.

In:  parquet with tweet_id, tweets, station (strings) and date (timestamp, UTC, microseconds).
Out: the same columns and rows, and sentiment DOUBLE in [-1, 1]. Null, empty and blank text scores 0.0.

    spark-submit --py-files tweet_text.py,vader_scorer.py,tweet_job.py \\
        sentiment_analysis.py --input URI --output URI
"""

from collections.abc import Sequence

from pyspark.sql import DataFrame
from pyspark.sql.functions import udf
from pyspark.sql.types import DoubleType

import tweet_job
import tweet_text
from tweet_text import Cleaning


def score_tweets(tweets: DataFrame, cleaning: Cleaning = Cleaning.LIGHT) -> DataFrame:
    """Return every row of `tweets` (columns of tweet_job.TWEETS) and `sentiment`, a double in [-1, 1]."""

    def score(text: str | None) -> float:
        return tweet_text.sentiment(text, cleaning)

    return tweets.withColumn("sentiment", udf(score, DoubleType())("tweets"))


def main(argv: Sequence[str] | None = None) -> None:
    """Read --input, score every tweet, write --output; an InputError ends with exit code 1."""
    args = tweet_job.arguments("Score the sentiment of each tweet.").parse_args(argv)
    with tweet_job.session("SentimentAnalysis") as spark:
        tweets = tweet_job.read_tweets(spark, args.input)
        tweet_job.write(score_tweets(tweets, args.cleaning), args.output, source=args.input)


if __name__ == "__main__":
    main()
