"""A Spark job that loads the classes most jobs need; see `class_archive`."""

import sys

from pyspark.sql import SparkSession, Window  # noqa: TID251 - a job: it runs in Spark's own process
from pyspark.sql import functions as f  # noqa: TID251

COLUMNS = "key string, text string, at timestamp"


def main(folder: str) -> None:
    """Writes and reads parquet in `folder`, with Python functions, aggregations and a window between."""
    spark = SparkSession.builder.config("spark.sql.shuffle.partitions", 2).getOrCreate()
    rows = spark.range(100).selectExpr(
        "cast(id % 7 as string) key", "'some text' text", "current_timestamp() at"
    )
    rows.write.parquet(f"{folder}/rows", mode="overwrite")
    read = spark.read.parquet(f"{folder}/rows", mergeSchema=True)
    upper = f.udf(lambda text: text.upper(), "string")
    words = read.withColumn("word", f.explode(f.split(upper("text"), " "))).where("key is not null")
    counts = words.groupBy("key", "word").agg(f.count("*").alias("n"), f.max("at").alias("at"))
    order = Window.partitionBy("key").orderBy(f.desc("n"), "word")
    ranked = counts.withColumn("rank", f.row_number().over(order)).where("rank < 3")
    newest = rows.agg(f.date_trunc("day", f.max("at")).alias("day"))
    ranked.crossJoin(f.broadcast(newest)).repartition(1).sortWithinPartitions("key").write.parquet(
        f"{folder}/counts", mode="overwrite"
    )
    texts = read.groupBy("key").agg(f.collect_list(f.concat_ws(" ", "key", "text")).alias("texts")).rdd
    texts.map(lambda row: (row["key"], len(row["texts"]))).reduceByKey(int.__add__).collect()
    spark.createDataFrame([("1", "x", None)], COLUMNS).collect()
    spark.stop()


if __name__ == "__main__":
    main(sys.argv[1])
