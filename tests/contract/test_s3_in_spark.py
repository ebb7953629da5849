"""The contract: what runs on EMR reads and writes s3://, s3a:// and s3n:// inside Spark."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any

from tests.contract.harness import BUCKET, Flow, command

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PLACE = f"{BUCKET}/s3-in-spark"
# Partition values that S3 and URLs take for something else.
STATIONS = ["King's Cross", "A+B: 50% ü"]
WRITES = f"""\
from pyspark.sql import SparkSession
from pyspark.sql.utils import AnalysisException

spark = SparkSession.builder.getOrCreate()
rows = spark.read.csv("s3://{PLACE}/in/", header=True, schema="id int, station string")
out = "s3://{PLACE}/out"
rows.write.parquet(out + "/parquet", mode="overwrite")
rows.write.parquet(out + "/parquet", mode="overwrite")
rows.write.parquet("s3a://{PLACE}/out/parquet", mode="append")
rows.write.partitionBy("station").json("s3n://{PLACE}/out/json")
rows.selectExpr("station").write.text(out + "/text")
print("parquet", spark.read.parquet("s3n://{PLACE}/out/parquet").count())
read = spark.read.json("s3a://{PLACE}/out/json")
print("stations", sorted(row.station for row in read.select("station").distinct().collect()))
for place, write in (("absent", False), ("parquet", True)):
    try:
        rows.write.parquet(f"{{out}}/{{place}}") if write else spark.read.parquet(f"{{out}}/{{place}}")
    except AnalysisException as error:
        print("refused", error.getErrorClass())
"""
FILES = f"""\
from pyspark import SparkContext

spark = SparkContext.getOrCreate()
print("lines", spark.textFile("s3://{PLACE}/globs/*.json").count())
spark.parallelize(["a", "b"], 2).saveAsTextFile("s3://{PLACE}/rdd")
path = spark._jvm.org.apache.hadoop.fs.Path
place = path("s3://{PLACE}/rdd")
files = place.getFileSystem(spark._jsc.hadoopConfiguration())
print("renamed", files.rename(place, path("s3://{PLACE}/renamed")), files.exists(place))
print("made", files.mkdirs(path("s3://{PLACE}/made/empty")), files.exists(path("s3://{PLACE}/made")))
print("deleted", files.delete(path("s3://{PLACE}/made"), True), files.exists(path("s3://{PLACE}/made")))
spark.parallelize(range(4), 4).map(lambda number: (number, number)).saveAsTextFile("hdfs:///beside")
print("hdfs", spark.textFile("/beside").count())
"""


def submit(flow: Flow, s3: S3Client, name: str, job: str) -> dict[str, Any]:
    """What a job printed, by the first word of each line."""
    s3.put_object(Bucket=BUCKET, Key=f"scripts/{name}", Body=job.encode())
    [step_id] = flow.add(command("spark-submit", f"s3://{BUCKET}/scripts/{name}"))
    step = flow.step_until(step_id, "COMPLETED", "FAILED")
    assert step["Status"]["State"] == "COMPLETED", step["Status"]
    log = s3.get_object(Bucket=BUCKET, Key=f"logs/{flow.id}/steps/{step_id}/stdout.gz")["Body"].read()
    printed: dict[str, Any] = {}
    for line in gzip.decompress(log).decode().splitlines():
        name, _, value = line.partition(" ")
        printed.setdefault(name, []).append(value)
    return printed


def keys(s3: S3Client, prefix: str) -> list[str]:
    listed = s3.list_objects_v2(Bucket=BUCKET, Prefix=f"s3-in-spark/{prefix}").get("Contents", [])
    return [entry["Key"].removeprefix(f"s3-in-spark/{prefix}") for entry in listed]


def test_spark_writes_and_reads_s3_with_all_its_schemes(flow: Flow, s3: S3Client) -> None:
    rows = "".join(f"{number},{STATIONS[number % 2]}\n" for number in range(10))
    s3.put_object(Bucket=BUCKET, Key="s3-in-spark/in/rows.csv", Body=f"id,station\n{rows}".encode())
    printed = submit(flow, s3, "writes.py", WRITES)
    assert printed["parquet"] == ["20"]
    assert printed["stations"] == [str(sorted(STATIONS))]
    assert printed["refused"] == ["PATH_NOT_FOUND", "PATH_ALREADY_EXISTS"]
    partitions = {key.split("/")[0] for key in keys(s3, "out/json/")}
    assert partitions == {"_SUCCESS", "station=King%27s Cross", "station=A+B%3A 50%25 ü"}
    written = [key.split("/")[-1] for key in keys(s3, "out/")]
    assert written.count("_SUCCESS") == 3
    assert all(name == "_SUCCESS" or name.startswith("part-") for name in written)
    [file] = keys(s3, "out/json/station=King%27s Cross/")
    address = f"s3-in-spark/out/json/station=King%27s Cross/{file}"
    lines = s3.get_object(Bucket=BUCKET, Key=address)["Body"].read().splitlines()
    assert [json.loads(line)["id"] for line in lines] == [0, 2, 4, 6, 8]


def test_globs_text_files_and_hadoops_file_system_beside_hdfs(flow: Flow, s3: S3Client) -> None:
    for name in ("a.json", "b.json", "c.txt"):
        s3.put_object(Bucket=BUCKET, Key=f"s3-in-spark/globs/{name}", Body=b"{}\n{}\n")
    printed = submit(flow, s3, "files.py", FILES)
    assert printed == {
        "lines": ["4"],
        "renamed": ["True False"],
        "made": ["True True"],
        "deleted": ["True False"],
        "hdfs": ["4"],
    }
    assert keys(s3, "renamed/") == ["_SUCCESS", "part-00000", "part-00001"]
    assert keys(s3, "rdd") == keys(s3, "made") == []
