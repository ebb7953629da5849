"""What the job tests share: one Spark session, frames of tweets, and spark-submit as a user calls it."""

import logging
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pyspark
import pytest
from pyspark.sql import DataFrame, SparkSession

JOBS = Path(__file__).parents[3] / "spark" / "jobs"
MODULES = [file for file in sorted(JOBS.glob("*.py")) if not file.stem.endswith("_analysis")]
SHORT_LIVED = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"  # a JVM that ends before optimised code would pay
MONDAY = datetime(2026, 11, 9, 8, 30, tzinfo=UTC)
SCHEMA = "tweet_id string, tweets string, date timestamp, station string"

Row = tuple[str | None, str | None, str | None]  # tweet_id, tweets, station
MakeTweets = Callable[..., DataFrame]
SparkSubmit = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    os.environ["PYSPARK_PYTHON"] = sys.executable
    logging.getLogger("py4j").setLevel(
        logging.WARNING
    )  # it says farewell when pytest's log is closed already
    session = (
        SparkSession.builder.master("local[2]")
        .config("spark.sql.shuffle.partitions", 2)
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.extraJavaOptions", SHORT_LIVED)
        .config("spark.sql.warehouse.dir", str(tmp_path_factory.mktemp("warehouse")))
        .getOrCreate()
    )
    for module in MODULES:
        session.sparkContext.addPyFile(str(module))  # what --py-files does for the workers
    yield session
    session.stop()


@pytest.fixture
def tweets(spark: SparkSession) -> MakeTweets:
    """Make a frame of (tweet_id, tweets, station) rows, all of one moment unless `date` says another."""

    def make(*rows: Row, date: datetime | None = MONDAY) -> DataFrame:
        return spark.createDataFrame([(key, text, date, station) for key, text, station in rows], SCHEMA)

    return make


@pytest.fixture
def parquet(tmp_path: Path) -> Callable[..., Path]:
    """Write three good tweets as parquet, with columns replaced (or left out where the value is None)."""

    def write(name: str = "tweets.parquet", **columns: pa.Array | None) -> Path:
        good = {
            "tweet_id": pa.array(["1", "2", "3"]),
            "tweets": pa.array(["I love the tube :)", None, "Awful delays, awful day"]),
            "date": pa.array([MONDAY] * 3, pa.timestamp("us", "UTC")),
            "station": pa.array(["Bank", "Bank", "Angel"]),
        }
        kept = {key: column for key, column in (good | columns).items() if column is not None}
        pq.write_table(pa.table(kept), tmp_path / name)
        return tmp_path / name

    return write


@pytest.fixture
def spark_submit() -> SparkSubmit:
    """Run a job file in its own process: spark_submit("sentiment_analysis.py", "--input", ...)."""

    def run(job: str, *args: str | Path) -> subprocess.CompletedProcess[str]:
        home = Path(pyspark.__file__).parent
        java = os.environ.get("JAVA_HOME") or str(Path(shutil.which("java") or "java").resolve().parents[1])
        shipped = ",".join(map(str, MODULES))
        command = [
            str(home / "bin" / "spark-submit"),
            "--master",
            "local[2]",
            "--driver-java-options",
            SHORT_LIVED,
        ]
        return subprocess.run(
            [*command, "--py-files", shipped, str(JOBS / job), *map(str, args)],
            env=os.environ | {"SPARK_HOME": str(home), "PYSPARK_PYTHON": sys.executable, "JAVA_HOME": java},
            capture_output=True,
            text=True,
            timeout=120,
        )

    return run
