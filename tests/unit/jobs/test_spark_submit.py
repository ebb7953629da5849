"""The job files as a user runs them: a process of their own, files in, files out, an exit code."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq

Parquet = Callable[..., Path]
SparkSubmit = Callable[..., subprocess.CompletedProcess[str]]


def test_sentiment(parquet: Parquet, spark_submit: SparkSubmit, tmp_path: Path) -> None:
    done = spark_submit("sentiment_analysis.py", "--input", parquet(), "--output", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    (file,) = (tmp_path / "out").glob("*.parquet")
    result = pq.read_table(file)
    assert result.column_names == ["tweet_id", "tweets", "date", "station", "sentiment"]
    assert str(result.schema.field("date").type) == "timestamp[us, tz=UTC]"
    assert str(result.schema.field("sentiment").type) == "double"
    assert result["sentiment"].to_pylist() == [0.802, 0.0, -0.7184]


def test_topics(parquet: Parquet, spark_submit: SparkSubmit, tmp_path: Path) -> None:
    done = spark_submit("topic_analysis.py", "--input", parquet(), "--output", tmp_path / "out", "--top", "2")
    assert done.returncode == 0, done.stderr
    (file,) = (tmp_path / "out").glob("*.parquet")
    result = pq.read_table(file)
    types = ["timestamp[us, tz=UTC]", "string", "int32", "string", "int64"]
    assert [str(field.type) for field in result.schema] == types
    rows = result.to_pylist()
    assert {row.pop("date").isoformat() for row in rows} == {"2026-11-09T00:00:00+00:00"}
    assert [tuple(row.values()) for row in rows] == [
        ("", 1, "awful", 1),
        ("", 2, "day", 1),
        ("Angel", 1, "awful", 1),
        ("Angel", 2, "day", 1),
        ("Bank", 1, "love", 1),
        ("Bank", 2, "tube", 1),
    ]


def test_a_missing_column_fails_the_sentiment_job(
    parquet: Parquet, spark_submit: SparkSubmit, tmp_path: Path
) -> None:
    given = parquet(date=None)
    done = spark_submit("sentiment_analysis.py", "--input", given, "--output", tmp_path / "out")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == f"InputError.MissingColumns: tweets at {given} lack: date"
    assert not (tmp_path / "out").exists()


def test_a_corrupt_file_fails_the_topic_job(spark_submit: SparkSubmit, tmp_path: Path) -> None:
    (tmp_path / "tweets.parquet").write_text("this is no parquet file at all")
    done = spark_submit(
        "topic_analysis.py", "--input", tmp_path / "tweets.parquet", "--output", tmp_path / "out"
    )
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert last.startswith(f"InputError.UnreadableInput: tweets at {tmp_path}/tweets.parquet: ")
    assert "tweets.parquet is not a Parquet file. Expected magic number at tail" in last
    assert not (tmp_path / "out").exists()


def test_another_failure_is_said_too(parquet: Parquet, spark_submit: SparkSubmit) -> None:
    done = spark_submit("sentiment_analysis.py", "--input", parquet(), "--output", "nowhere://x/out")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == 'Py4JJavaError: No FileSystem for scheme "nowhere"'
    assert "Traceback" in done.stdout
