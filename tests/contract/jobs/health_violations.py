"""The shape of the EMR guide's first job: a csv and an output in S3, named by two arguments."""

import argparse

from pyspark.sql import SparkSession
from pyspark.sql.functions import col, count


def main() -> None:
    cli = argparse.ArgumentParser()
    cli.add_argument("--data_source", required=True)
    cli.add_argument("--output_uri", required=True)
    options = cli.parse_args()
    spark = SparkSession.builder.appName("red violations").getOrCreate()
    violations = spark.read.option("header", True).csv(options.data_source)
    red = violations.where(col("violation_type") == "RED").groupBy("name").agg(count("*").alias("red"))
    worst = red.orderBy(col("red").desc(), "name").limit(2)
    worst.coalesce(1).write.option("header", True).mode("overwrite").csv(options.output_uri)
    print(f"places with red violations: {red.count()}")  # noqa: T201 - the step's log shows it
    spark.stop()


if __name__ == "__main__":
    main()
