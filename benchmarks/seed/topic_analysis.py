"""The first topic job: the most frequent stems of all tweets, found through one long text a station.

In:  parquet with tweets and station. Out: one row with date (today, a string) and topics ("a, b, c, ").

    spark-submit topic_analysis.py --input URI --output URI
"""

import argparse
from datetime import datetime

from nltk.stem.snowball import SnowballStemmer
from pyspark.ml.feature import StopWordsRemover, Tokenizer
from pyspark.sql import SparkSession
from pyspark.sql.functions import col, collect_list, concat_ws, lower, regexp_replace, udf
from pyspark.sql.types import ArrayType, StringType

REMOVED = r"(@[A-Za-z0-9]+)|([^0-9A-Za-z \t])|(\w+:\/\/\S+)"
SEARCHED = "london"
TOP = 5

stemmer = SnowballStemmer(language="english")


def stems(tokens: list[str]) -> list[str]:
    """Every token's stem, each anew."""
    return [stemmer.stem(token) for token in tokens]


def words(text: str) -> list[str]:
    """The words of a station's text."""
    for mark in ",.-":
        text = text.replace(mark, " ")
    return text.split()


def main() -> None:
    """Read, clean, stem, count, write."""
    cli = argparse.ArgumentParser()
    cli.add_argument("--input", default="/twitter_results")
    cli.add_argument("--output", default="/output")
    args = cli.parse_args()
    spark = SparkSession.builder.appName("TopicAnalysis").getOrCreate()

    tweets = spark.read.parquet(args.input)
    tweets = tweets.withColumn("tweets", lower(regexp_replace(col("tweets"), REMOVED, "")))
    tweets = tweets.withColumn("tweets", regexp_replace(col("tweets"), " +", " "))
    tokens = Tokenizer(inputCol="tweets", outputCol="tweets_token").transform(tweets)
    kept = StopWordsRemover(inputCol="tweets_token", outputCol="tweets_kept").transform(tokens)
    stemmed = kept.withColumn("stems", udf(stems, ArrayType(StringType()))(col("tweets_kept")))
    joined = stemmed.withColumn("tweets", udf(lambda parts: ",".join(parts), StringType())(col("stems")))
    by_station = (
        joined.select("tweets", "station")
        .groupby("station")
        .agg(concat_ws(" ", collect_list("tweets")).alias("tweets"))
    )

    texts = by_station.select("tweets").rdd.map(lambda row: row[0]).filter(lambda text: text != "")
    counts = texts.flatMap(words).map(lambda word: (word, 1)).reduceByKey(lambda a, b: a + b)
    top = counts.takeOrdered(TOP, key=lambda pair: -pair[1])  # type: ignore[type-var]
    topics = "".join(f"{word}, " for word, _ in top if word != SEARCHED)
    today = datetime.now().strftime("%Y-%m-%d")  # noqa: DTZ005 - the machine's day, as it was
    row = spark.createDataFrame([(today, topics)], ["date", "topics"])
    row.write.mode("overwrite").parquet(args.output)


if __name__ == "__main__":
    main()
