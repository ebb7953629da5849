"""Spark job: what the tweets talk about, at each station and in all London.

In:  parquet with tweet_id, tweets, station (strings) and date (timestamp, UTC, microseconds).
Out: date (timestamp, midnight UTC), station ('' = all London), rank (int, from 1), topic (string),
     tweet_count (bigint). One file, sorted by station and rank; the same input always gives the same rows.

    spark-submit --py-files tweet_text.py,tweet_topics.py,tweet_job.py \\
        topic_analysis.py --input URI --output URI

A topic is a stem. It counts the tweets that contain one of its words, each tweet once per station and once
for London, and is shown as the word that most of them use. Ties go to the word that comes first in code point
order, which is Spark's string order.

Spark brings a tweet's copies together and moves the counts; the workers count, each over its part of the
tweets (tweet_topics), and merge the counts of each station. Only the topics themselves reach the driver.
"""

import argparse
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from pyspark.sql import Column, DataFrame, Row, SparkSession
from pyspark.sql import functions as f

import tweet_job
import tweet_topics
from tweet_topics import LONDON, SEPARATOR, Rules, Topic

BATCH = 2_000  # tweets
RankedTopic = tuple[str, int, str, int]  # station, rank, topic, tweet_count
TOPICS = "station string, rank int, topic string, tweet_count bigint"


def stop_words(spark: SparkSession) -> frozenset[str]:
    """Return Spark ML's English stop words, lower case.

    Asked of the JVM itself: pyspark.ml's wrapper of this call imports numpy and adds 0.4 s to each run.
    """
    remover = spark.sparkContext._jvm.org.apache.spark.ml.feature.StopWordsRemover  # type: ignore[union-attr]
    return frozenset(remover.loadDefaultStopWords("english"))


def batches(tweets: DataFrame, rows: int) -> DataFrame:
    """Return rows (array of strings): the `rows` tweets in batches, as tweet_topics.count_terms takes them.

    Few large rows instead of many small ones, whose way from the JVM to Python would cost half of the job. A
    row without tweet_id is no tweet, and one without text has no topic.
    """
    tweet_id, station = _without_separator("tweet_id"), _without_separator("station")
    row = f.concat_ws(SEPARATOR, tweet_id, f.coalesce(station, f.lit(LONDON)), "tweets").alias("row")
    batch = f.pmod(f.hash(tweet_id), f.lit(max(1, rows // BATCH))).alias("batch")
    found = tweets.where("tweet_id is not null and tweets is not null").select(batch, row)
    # Moved first, else Spark would make lists twice, and sort them.
    return found.repartition("batch").groupBy("batch").agg(f.collect_list("row").alias("rows")).select("rows")


def _without_separator(column: str) -> Column:
    # Hardly any has it, and to look is a tenth of the work
    found = f.contains(f.col(column), f.lit(SEPARATOR))
    return f.when(found, f.translate(column, SEPARATOR, "")).otherwise(f.col(column))


def extent(tweets: DataFrame) -> tuple[int, date | None]:
    """Return the number of rows, and the newest one's day in UTC (None without rows)."""
    [(rows, newest)] = tweets.select(f.count(f.lit(1)), f.to_date(f.max("date"))).collect()
    return rows, newest


def top_topics(tweets: DataFrame, rows: int, rules: Rules, number: int) -> list[RankedTopic]:
    """Return the `number` topics of each station, and of London, for so many `rows` of tweets."""
    spark = tweets.sparkSession
    tweet_job.fit_shuffles(spark, rows)

    def counted(found: Iterable[Row]) -> Iterator[tuple[tweet_topics.Place, tweet_topics.Counts]]:
        return tweet_topics.count_terms((batch["rows"] for batch in found), rules)

    def best(counts: tweet_topics.Counts) -> list[Topic]:
        return tweet_topics.top(counts, number)

    parts = batches(tweets, rows).rdd.mapPartitions(counted)
    merging = min(parts.getNumPartitions(), 4 * spark.sparkContext.defaultParallelism)
    places = parts.reduceByKey(tweet_topics.merged, max(1, merging)).mapValues(best)
    topics: defaultdict[str, list[Topic]] = defaultdict(list)
    for (station, _), found in places.collect():
        topics[station] += found
    return [
        (station, rank, topic, tweet_count)
        for station, found in sorted(topics.items())
        for rank, (topic, tweet_count, _) in enumerate(tweet_topics.best(found, number), start=1)
    ]


def dated(spark: SparkSession, topics: list[RankedTopic], day: date | None) -> DataFrame:
    """Return the topics as the job writes them: in one part, with midnight UTC of `day`.

    They are a few rows per station, whatever the input's size.
    """
    found = spark.createDataFrame(spark.sparkContext.parallelize(topics, 1), TOPICS)
    return found.select(f.lit(day).cast("timestamp").alias("date"), *found.columns)


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
        rules = Rules(stop_words(spark), args.search_word, args.cleaning)
        with tweet_job.named_errors(args.input):
            rows, newest = extent(tweets)
            topics = top_topics(tweets, rows, rules, args.top)
        tweet_job.write(dated(spark, topics, args.date or newest), args.output, source=args.input)


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return number


if __name__ == "__main__":
    main()
