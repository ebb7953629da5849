"""A second job that overwrites what the first has written."""

import argparse

from pyspark.sql import SparkSession
from pyspark.sql.functions import explode, split


def main() -> None:
    cli = argparse.ArgumentParser()
    cli.add_argument("--input", default="/twitter_results")
    cli.add_argument("--output", default="/output")
    options = cli.parse_args()
    spark = SparkSession.builder.appName("count words").getOrCreate()
    words = spark.read.parquet(options.input).select(explode(split("text", " ")).alias("word"))
    words.groupBy("word").count().coalesce(1).write.mode("overwrite").parquet(options.output)
    spark.stop()


if __name__ == "__main__":
    main()
