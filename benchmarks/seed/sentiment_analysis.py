"""The first sentiment job: one call of Python and one of VADER's own scorer a row, a text for a result.

In:  parquet with tweets, station and date. Out: date, station, tweets (cleaned) and sentiment, which is a
string: the function is registered without a type, and strings are Spark's default.

    spark-submit sentiment_analysis.py --input URI --output URI
"""

import argparse

from pyspark.sql import SparkSession
from pyspark.sql.functions import col, regexp_replace, udf
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

REMOVED = r"(@[A-Za-z0-9]+)|([^0-9A-Za-z \t])|(\w+:\/\/\S+)"

# A global of the script goes to the workers inside of the function that names it, lexicon and all.
analyzer = SentimentIntensityAnalyzer()


def sentiment(text: str) -> float:
    """VADER's compound score, two decimals of it."""
    return float(round(analyzer.polarity_scores(text)["compound"], 2))


def main() -> None:
    """Read, clean, score, write."""
    cli = argparse.ArgumentParser()
    cli.add_argument("--input", default="/twitter_results")
    cli.add_argument("--output", default="/output")
    args = cli.parse_args()
    spark = SparkSession.builder.appName("SentimentAnalysis").getOrCreate()
    tweets = spark.read.parquet(args.input)
    cleaned = tweets.select("date", "station", regexp_replace(col("tweets"), REMOVED, "").alias("tweets"))
    scored = cleaned.withColumn("sentiment", udf(sentiment)(col("tweets")))
    scored.write.mode("overwrite").parquet(args.output)


if __name__ == "__main__":
    main()
