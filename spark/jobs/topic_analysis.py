"""Spark job: what the tweets talk about, at each station and in all London.

In:  parquet with tweet_id, tweets, station (strings) and date (timestamp, UTC, microseconds).
Out: date (timestamp, midnight UTC), station ('' = all London), rank (int, from 1), topic (string),
     tweet_count (bigint). One file, sorted by station and rank; the same input always gives the same rows.

    spark-submit --py-files tweet_text.py,tweet_job.py topic_analysis.py --input URI --output URI

A topic is a stem. It counts the tweets that contain one of its words, each tweet once per station and once
for London, and is shown as the word that most of them use. Ties go to the word that comes first in code point
order, which is Spark's string order.
"""

import argparse
from collections.abc import Sequence, Set
from datetime import date

from pyspark.sql import DataFrame, SparkSession, Window
from pyspark.sql import functions as f
from pyspark.sql.types import ArrayType, StringType

import tweet_job
import tweet_text
from tweet_text import Cleaning

LONDON = ""  # the station that stands for all of them


def stop_words(spark: SparkSession) -> frozenset[str]:
    """Return Spark ML's English stop words, lower case.

    Asked of the JVM itself: pyspark.ml's wrapper of this call imports numpy and adds 0.4 s to each run.
    """
    remover = spark.sparkContext._jvm.org.apache.spark.ml.feature.StopWordsRemover  # type: ignore[union-attr]
    return frozenset(remover.loadDefaultStopWords("english"))


def tweets_per_term(
    tweets: DataFrame, dropped: Set[str], search_word: str, cleaning: Cleaning = Cleaning.LIGHT
) -> DataFrame:
    """Return station, term (see tweet_text.terms), tweets: how many distinct tweets there have the term.

    The first aggregation makes one row of a tweet's copies, so that it counts once in London, and once at a
    station however often it is there. What is shuffled after that are counts, not tweets. A row without
    tweet_id is no tweet; one without station counts for London only.
    """

    def terms(text: str | None) -> list[str]:
        return tweet_text.terms(text, dropped, search_word, cleaning)

    seen = tweets.select(
        "tweet_id", "station", f.udf(terms, ArrayType(StringType()))("tweets").alias("terms")
    )
    by_tweet = (
        seen.where("tweet_id is not null")
        .groupBy("tweet_id")
        .agg(
            f.collect_set(f.struct(f.coalesce("station", f.lit(LONDON)).alias("station"), "terms")).alias(
                "seen"
            )
        )
    )
    by_station = by_tweet.select(
        "seen", f.explode(f.array_union(f.array(f.lit(LONDON)), f.col("seen.station"))).alias("station")
    )
    here = f.filter("seen", lambda copy: (f.col("station") == LONDON) | (copy["station"] == f.col("station")))
    terms_here = f.array_distinct(f.flatten(f.transform(here, lambda copy: copy["terms"])))
    by_term = by_station.select("station", f.explode(terms_here).alias("term"))
    return by_term.groupBy("station", "term").agg(f.count("*").alias("tweets"))


def top_topics(counts: DataFrame, top: int) -> DataFrame:
    """Return station, rank, topic, tweet_count: each station's `top` stems in `counts` (tweets_per_term)."""
    stem_and_word = f.split("term", " ")
    # By station, as the window below wants it: grouped by stem first, the rows would move once more.
    forms = counts.repartition("station").select(
        "station", "tweets", stem_and_word[0].alias("stem"), stem_and_word[1].alias("word")
    )
    stems = forms.groupBy("station", "stem").agg(
        f.max(f.when(f.col("word").isNull(), f.col("tweets"))).alias("tweet_count"),
        f.min(f.when(f.col("word").isNotNull(), f.struct(-f.col("tweets"), "word")))["word"].alias("topic"),
    )
    order = Window.partitionBy("station").orderBy(f.desc("tweet_count"), "topic", "stem")
    ranked = stems.withColumn("rank", f.row_number().over(order)).where(f.col("rank") <= top)
    return ranked.select("station", "rank", "topic", "tweet_count")


def day_of(tweets: DataFrame, day: date | None) -> DataFrame:
    """Return one row with `date`, midnight UTC of `day`, or else of the newest tweet's day."""
    if day is None:
        return tweets.select(f.date_trunc("day", f.max("date")).alias("date"))
    return tweets.sparkSession.range(1).select(f.lit(day).cast("timestamp").alias("date"))


def main(argv: Sequence[str] | None = None) -> None:
    """Read --input, find the topics, write --output; an InputError ends with exit code 1."""
    parser = tweet_job.arguments("Find the topics of the tweets, per station and for all London.")
    parser.add_argument(
        "--search-word", default="london", help="what was searched for, never a topic (%(default)s)"
    )
    parser.add_argument("--top", type=_positive, default=5, help="topics per station (%(default)s)")
    parser.add_argument(
        "--date", type=date.fromisoformat, help="YYYY-MM-DD (default: day of the newest tweet)"
    )
    args = parser.parse_args(argv)
    with tweet_job.session("TopicAnalysis") as spark:
        tweets = tweet_job.read_tweets(spark, args.input)
        counts = tweets_per_term(tweets, stop_words(spark), args.search_word, args.cleaning)
        topics = top_topics(counts, args.top).crossJoin(f.broadcast(day_of(tweets, args.date)))
        # A few rows per station, whatever the input's size: one sorted file.
        result = topics.select("date", "station", "rank", "topic", "tweet_count").repartition(1)
        tweet_job.write(result.sortWithinPartitions("station", "rank"), args.output, source=args.input)


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return number


if __name__ == "__main__":
    main()
