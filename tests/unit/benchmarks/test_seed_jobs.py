"""The seed's jobs on the recorded weeks give what their rules, followed in plain Python, give."""

import subprocess
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from benchmarks import expected, spark
from benchmarks.jobs import seed_job
from fixtures import reference

SHORT_LIVED = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"


@pytest.fixture(scope="module")
def posts() -> list[reference.Tweet]:
    folder = Path(reference.__file__).parent / "x_api"
    return [post for week in reference.WEEKS for post in reference.read_tweets(folder / f"{week}.jsonl")]


@pytest.fixture(scope="module")
def tweets(posts: list[reference.Tweet], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("seed") / "tweets.parquet"
    dates = [datetime.fromisoformat(post.date) for post in posts]
    columns = {
        "tweet_id": pa.array([post.tweet_id for post in posts]),
        "tweets": pa.array([post.text for post in posts]),
        "date": pa.array(dates, pa.timestamp("us", "UTC")),
        "station": pa.array([post.station for post in posts]),
    }
    pq.write_table(pa.table(columns), path)
    return path


def run(name: str, tweets: Path, output: Path) -> pa.Table:
    job = seed_job(name)
    submit = [str(spark.spark_home() / "bin" / "spark-submit"), "--master", "local[2]"]
    light = ["--driver-java-options", SHORT_LIVED, "--conf", "spark.sql.shuffle.partitions=2"]
    done = subprocess.run(
        [*submit, *light, *job.arguments(tweets.as_uri(), output.as_uri())],
        env=spark.environment() | job.environment(), capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return pq.read_table(output)


def test_sentiment(tweets: Path, posts: list[reference.Tweet], tmp_path: Path) -> None:
    found = run("sentiment", tweets, tmp_path / "out")
    assert found.schema.names == ["date", "station", "tweets", "sentiment"]
    rows = Counter(
        (row["station"], row["date"].replace(tzinfo=UTC), row["tweets"], float(row["sentiment"]))
        for row in found.to_pylist()
    )
    assert rows == Counter(
        (
            post.station,
            datetime.fromisoformat(post.date),
            expected.seed_cleaned(post.text),
            expected.seed_score(post.text),
        )
        for post in posts
    )
    assert len({score for *_, score in rows}) > 50


def test_topics(tweets: Path, posts: list[reference.Tweet], tmp_path: Path) -> None:
    days = {time.strftime("%Y-%m-%d")}  # of this machine, as in the job
    [row] = run("topics", tweets, tmp_path / "out").to_pylist()
    days.add(time.strftime("%Y-%m-%d"))
    assert row["date"] in days
    counts = expected.seed_counts(post.text for post in posts)
    assert counts["london"] >= len({post.tweet_id for post in posts}) / 2
    assert expected.agrees(row["topics"], counts)


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("Hi @you_2: it's £5!", "Hi 2 its 5"),
        ("see https://t.co/a?b=c now", "see  now"),
        ("tab\there\nand café 😀", "tab\thereand caf "),
    ],
)
def test_the_seeds_cleaning(text: str, cleaned: str) -> None:
    assert expected.seed_cleaned(text) == cleaned


def test_the_seeds_score_has_two_decimals() -> None:
    assert expected.seed_score("I love it, really!") == round(0.6369, 2)


def test_the_seeds_count_is_of_stems_and_without_stop_words() -> None:
    assert expected.seed_counts(["The trains, the train!", "Training in London"]) == {"train": 3, "london": 1}


@pytest.mark.parametrize(
    ("topics", "agrees"),
    [
        ("a, b, c, d, ", True),  # with london the five most frequent
        ("a, b, d, c, ", False),
        ("a, b, c, e, ", True),  # as frequent as d
        ("a, b, c, ", False),
        ("a, b, c, d, e, ", False),
        ("a, a, c, d, ", False),
        ("a, b, c, f, ", False),
        ("a, b, c, d", False),
    ],
)
def test_topics_agree_with_a_count_up_to_ties(topics: str, agrees: bool) -> None:
    counts = Counter(london=9, a=8, b=7, c=6, d=5, e=5, f=4)
    assert expected.agrees(topics, counts) is agrees


def test_the_searched_word_may_lose_a_tie_for_the_last_place() -> None:
    counts = Counter(a=9, b=8, c=7, d=6, e=5, london=5)
    assert expected.agrees("a, b, c, d, ", counts)
    assert expected.agrees("a, b, c, d, e, ", counts)
    assert not expected.agrees("a, b, c, e, ", counts)
