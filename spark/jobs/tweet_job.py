"""What both jobs do around their work: command line, session, the check of the input at the door, the write.

Errors in the input have names. They end the job with exit code 1 and one last line on stderr, for example
`InputError.MissingColumns: tweets at hdfs:///week/in/ lack: date`. The check comes before the write, and
Spark commits a write as a whole: a job that fails leaves no result. spark-submit ships this file with
--py-files.
"""

import argparse
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from py4j.protocol import Py4JJavaError
from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame, SparkSession

from tweet_text import Cleaning

# Column -> Spark's name of its type. A timestamp is an instant, in UTC and microseconds.
TWEETS: Mapping[str, str] = {
    "tweet_id": "string",
    "tweets": "string",
    "date": "timestamp",
    "station": "string",
}

# Tweets of a task after a shuffle: seconds of counting, some 100 MB; and what is worth a task at all
TWEETS_PER_TASK = 200_000
LEAST_TWEETS = 10_000
# Spark's 128 MB would be held in memory by each task that writes, and by each reader of the result.
ROW_GROUP_BYTES = 32 * 2**20

# Of a failed task Spark's messages tell first where it ran; these say nothing of the cause.
_WRAPPERS = ("Job aborted", "Exception thrown in awaitResult", "[TASK_WRITE_FAILED]")
_READ_FAILED = ("Encountered error while reading file", "[CANNOT_READ_FILE_FOOTER]")


class InputError(Exception):
    """The input can't be used; the message says which input and what is wrong with it."""


class MissingInput(InputError):
    """There is no parquet file at the input's URI."""


class UnreadableInput(InputError):
    """Spark can't read a file of the input; the message holds Spark's reason."""


class MissingColumns(InputError):
    """The input lacks columns."""

    def __init__(self, missing: list[str], *, source: str) -> None:
        super().__init__(f"tweets at {source} lack: {', '.join(missing)}")


class WrongType(InputError):
    """A column of the input has a type that the jobs don't work with."""

    def __init__(self, column: str, *, found: str, wanted: str, source: str) -> None:
        super().__init__(f"tweets at {source}: column {column} is {found}, wanted {wanted}")


def arguments(description: str) -> argparse.ArgumentParser:
    """Return a parser with the options of both jobs: --input, --output, --cleaning."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument(
        "--input", default="/twitter_results", help="URI of the tweets, parquet (%(default)s)"
    )
    parser.add_argument(
        "--output", default="/output", help="URI of the result, which is replaced (%(default)s)"
    )
    parser.add_argument("--cleaning", type=Cleaning, default=Cleaning.LIGHT, help="light (default) or seed")
    return parser


@contextmanager
def session(name: str) -> Iterator[SparkSession]:
    """Give the job its session and stop it at the end; what went wrong is the last line on stderr.

    An InputError ends the process with exit code 1, and its line starts with `InputError.`. Other exceptions
    pass, so that their traceback is seen: spark-submit writes a driver's traceback to stdout.
    """
    builder = SparkSession.builder.appName(name).config("spark.sql.session.timeZone", "UTC")
    # Spark's default is INT96, which readers take for a local time in nanoseconds.
    spark = builder.config("spark.sql.parquet.outputTimestampType", "TIMESTAMP_MICROS").getOrCreate()
    try:
        yield spark
    except InputError as error:
        _last_word(spark, f"InputError.{type(error).__name__}: {error}")
        raise SystemExit(1) from error
    except Py4JJavaError as error:
        _last_word(spark, f"{type(error).__name__}: {'; '.join(_reasons(error))}")
        raise
    except Exception as error:
        _last_word(spark, f"{type(error).__name__}: {_first_line(str(error).strip())}")
        raise
    finally:
        spark.stop()


def read_tweets(spark: SparkSession, uri: str) -> DataFrame:
    """Return the tweets at `uri` with the columns of TWEETS, in that order; other columns are left out.

    Raises MissingInput, UnreadableInput, MissingColumns or WrongType. All files' footers are read (in
    parallel), not only the first one's: a damaged file is named now, not in the middle of the work.
    """
    try:
        tweets = spark.read.parquet(uri, mergeSchema=True)
    except AnalysisException as error:
        if error.getErrorClass() in {"PATH_NOT_FOUND", "UNABLE_TO_INFER_SCHEMA"}:
            raise MissingInput(f"no tweets at {uri}: no parquet file is there") from error
        raise UnreadableInput(f"tweets at {uri}: {_first_line(str(error))}") from error
    except Py4JJavaError as error:
        raise UnreadableInput(f"tweets at {uri}: {'; '.join(_reasons(error))}") from error
    found = {field.name: field.dataType.simpleString() for field in tweets.schema}
    if missing := [column for column in TWEETS if column not in found]:
        raise MissingColumns(missing, source=uri)
    for column, wanted in TWEETS.items():
        if found[column] != wanted:
            raise WrongType(column, found=found[column], wanted=wanted, source=uri)
    return tweets.select(*TWEETS)


def fit_shuffles(spark: SparkSession, tweets: int) -> None:
    """Let shuffles of that many tweets have partitions enough: one for 1,000, all cores' for millions.

    Spark's own joining of partitions goes by compressed bytes, which tell little of repeated texts.
    """
    at_once = max(1, min(spark.sparkContext.defaultParallelism, -(-tweets // LEAST_TWEETS)))
    times = max(1, -(-tweets // (at_once * TWEETS_PER_TASK)))
    spark.conf.set("spark.sql.shuffle.partitions", at_once * times)
    spark.conf.set("spark.sql.adaptive.coalescePartitions.enabled", False)


def write(result: DataFrame, uri: str, *, source: str) -> None:
    """Replace what is at `uri` with `result`; raises UnreadableInput if a file at `source` proves damaged."""
    with named_errors(source):
        result.write.option("parquet.block.size", ROW_GROUP_BYTES).parquet(uri, mode="overwrite")


@contextmanager
def named_errors(source: str) -> Iterator[None]:
    """Run what reads the tweets at `source`; raises UnreadableInput if a file there proves damaged."""
    try:
        yield
    except Py4JJavaError as error:
        reasons = _reasons(error)
        if any(reason.startswith(_READ_FAILED) for reason in reasons):
            raise UnreadableInput(f"tweets at {source}: {'; '.join(reasons)}") from error
        raise


def _last_word(spark: SparkSession, line: str) -> None:
    """Write `line` to stderr through the JVM: what Python writes there, spark-submit sends to stdout."""
    spark.sparkContext.setLogLevel("WARN")  # or the JVM's farewell would follow the line that matters
    spark.sparkContext._jvm.System.err.println(line)  # type: ignore[union-attr]


def _reasons(error: Py4JJavaError) -> list[str]:
    """Return what Spark says about a failure, from the outside in, without stacks and wrappers."""
    reasons: list[str] = []
    cause = error.java_exception
    while cause is not None:
        reason = _first_line(cause.getMessage() or cause.getClass().getName())
        if not reason.startswith(_WRAPPERS) and reason not in reasons:
            reasons.append(reason)
        cause = cause.getCause()
    return reasons


def _first_line(message: str) -> str:
    """Return a message's first line without Spark's advice after it."""
    return message.partition("\n")[0].partition(" Please ")[0].removesuffix(" Details:").rstrip(":. ")
