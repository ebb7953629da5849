"""A job as people write them for EMR: cluster paths as defaults, a udf, parquet that is overwritten."""

import argparse

from greeter import greeting  # type: ignore[import-not-found]  # the bootstrap action installs it
from pyspark.sql import SparkSession
from pyspark.sql.functions import udf
from pyspark.sql.types import StringType


def main() -> None:
    cli = argparse.ArgumentParser()
    cli.add_argument("--input", default="/twitter_results")
    cli.add_argument("--output", default="/output")
    options = cli.parse_args()
    spark = SparkSession.builder.appName("score posts").getOrCreate()
    posts = spark.read.parquet(options.input)
    greet = udf(greeting, StringType())
    posts.withColumn("score", greet("text")).write.mode("overwrite").parquet(options.output)
    spark.stop()


if __name__ == "__main__":
    main()
