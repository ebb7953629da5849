"""Real runs over the recorded weeks, against results that the pipeline did not compute."""

import csv
import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from tests.integration.harness import BUCKET, HOUSING, ROOT, TWEETS, Outcome, Pipeline

EXPECTED = ROOT / "fixtures" / "expected"
WEEKS = ["2026-W43", "2026-W44", "2026-W45", "2026-W46"]
FIRST_ORDER = ["2026-W46", "2026-W43", "2026-W45", "2026-W44"]
SECOND_ORDER = ["2026-W44", "2026-W45", "2026-W46", "2026-W43"]
TABLES = {
    "sentiment": "SELECT * FROM london_schema.sentiment ORDER BY run, station, tweet_id",
    "station_topics": "SELECT * FROM london_schema.station_topics ORDER BY run, station, rank",
    "stations": "SELECT * FROM london_schema.stations ORDER BY station",
    "vsentiment": "SELECT * FROM london_schema.vsentiment ORDER BY subway_station",
    "lineage": "SELECT batch_nr, job_nr, source, destination FROM london_schema.data_lineage ORDER BY 1, 2",
}


def read(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def prices(pipeline: Pipeline) -> Outcome:
    return pipeline.run(HOUSING)


@pytest.fixture(scope="module")
def runs(pipeline: Pipeline, prices: Outcome) -> dict[str, Outcome]:
    """All four weeks, newest first; the second run is refused once by X's rate limit."""
    outcomes = {}
    for number, week in enumerate(FIRST_ORDER):
        if number == 1:
            pipeline.fault(status=429, times=1, reset_in=3)
        outcomes[week] = pipeline.run(TWEETS, week=week)
    return outcomes


@pytest.fixture(scope="module")
def tables(pipeline: Pipeline, runs: dict[str, Outcome]) -> dict[str, list[tuple[Any, ...]]]:
    return {name: pipeline.rows(query) for name, query in TABLES.items()}


def test_every_run_succeeds(runs: dict[str, Outcome]) -> None:
    assert {week: outcome["state"] for week, outcome in runs.items()} == dict.fromkeys(WEEKS, "success")
    for outcome in runs.values():
        assert set(outcome["tasks"].values()) == {"success"}


@pytest.mark.parametrize("week", WEEKS)
def test_every_sentiment_is_the_references(pipeline: Pipeline, runs: dict[str, Outcome], week: str) -> None:
    rows = pipeline.rows(
        "SELECT tweet_id, station, date, sentiment FROM london_schema.sentiment WHERE run = %s", week
    )
    expected = read(EXPECTED / week / "sentiment.csv")
    assert len(expected) > 3000
    assert {(tweet, station): (moment, score) for tweet, station, moment, score in rows} == {
        (row["tweet_id"], row["station"]): (
            datetime.fromisoformat(row["date"]).astimezone(UTC).replace(tzinfo=None),
            float(row["sentiment"]),
        )
        for row in expected
    }
    assert len(rows) == len(expected)


@pytest.mark.parametrize("week", WEEKS)
def test_every_topic_is_the_references(pipeline: Pipeline, runs: dict[str, Outcome], week: str) -> None:
    rows = pipeline.rows(
        "SELECT station, rank, topic, tweet_count FROM london_schema.station_topics WHERE run = %s", week
    )
    expected = read(EXPECTED / week / "topics.csv")
    assert sorted(rows) == sorted(
        (row["station"], int(row["rank"]), row["topic"], int(row["tweet_count"])) for row in expected
    )
    assert any(row["station"] == "" for row in expected)


def test_texts_are_kept_as_written(pipeline: Pipeline, runs: dict[str, Outcome]) -> None:
    recorded = ROOT / "fixtures" / "x_api" / "2026-W46.jsonl"
    pages = [page for line in recorded.open(encoding="utf-8") for page in json.loads(line)["pages"]]
    written = {
        post["id"]: post.get("note_tweet", {}).get("text") or post["text"]
        for page in pages
        for post in page.get("data", ())
    }
    rows = pipeline.rows("SELECT tweet_id, tweets FROM london_schema.sentiment WHERE run = '2026-W46'")
    assert dict(rows) == written
    assert "" in written.values()


def test_views(pipeline: Pipeline, prices: Outcome, runs: dict[str, Outcome]) -> None:
    counts = json.loads((EXPECTED / "counts.json").read_text())
    topics = dict(pipeline.rows("SELECT date, topics FROM london_schema.topics"))
    assert sorted(topics.values()) == sorted(", ".join(counts[week]["topics"]) for week in WEEKS)
    assert {day.date() for day in topics} == {date.fromisocalendar(2026, int(week[-2:]), 7) for week in WEEKS}

    housing = {row["station"]: row for row in read(EXPECTED / "housing.csv")}
    means_of_prices = {station: float(row["average_price"]) for station, row in housing.items()}
    overview = pipeline.rows("SELECT station, average_price, sales, week FROM london_schema.station_overview")
    assert {station: float(price) for station, price, *_ in overview} == pytest.approx(
        means_of_prices, abs=0.0051
    )
    assert {station: sales for station, _, sales, _ in overview} == {
        station: int(row["sales"]) for station, row in housing.items()
    }
    assert {week for *_, week in overview} == {"2026-W46"}

    words: dict[str, list[str]] = {}
    for row in read(EXPECTED / "2026-W46" / "topics.csv"):
        if row["station"] and int(row["rank"]) <= 5:
            words.setdefault(row["station"], []).append(row["topic"])
    shown = pipeline.rows("SELECT station, topics FROM london_schema.station_overview")
    assert {name: topics for name, topics in shown if topics} == {
        name: ", ".join(topics) for name, topics in words.items()
    }
    assert len(words) > 200

    scores: dict[str, dict[str, float]] = {}
    for week in WEEKS:
        for row in read(EXPECTED / week / "sentiment.csv"):
            scores.setdefault(row["station"], {})[row["tweet_id"]] = float(row["sentiment"])
    means = {station: sum(by_id.values()) / len(by_id) for station, by_id in scores.items()}
    view = pipeline.rows("SELECT subway_station, price, sentiment FROM london_schema.vsentiment")
    assert {station: sentiment for station, _, sentiment in view} == pytest.approx(means)
    assert {name: float(price) for name, price, _ in view} == pytest.approx(
        {name: means_of_prices[name] for name, *_ in view}, abs=0.0051
    )

    moods = pipeline.rows(
        "SELECT run, sum(tweets), sum(tweets * sentiment) FROM london_schema.mood_by_week GROUP BY run"
    )
    assert {run: int(tweets) for run, tweets, _ in moods} == {
        week: counts[week]["sentiment_rows"] for week in WEEKS
    }
    for run, tweets, total in moods:
        assert total / float(tweets) == pytest.approx(counts[run]["mean_sentiment"], abs=1e-6)


def test_a_tweet_of_two_weeks_counts_once_in_the_views(pipeline: Pipeline, runs: dict[str, Outcome]) -> None:
    mood = "SELECT sentiment FROM london_schema.vsentiment WHERE subway_station = 'Oxford Circus'"
    tweets = "SELECT tweets, sentiment FROM london_schema.station_overview WHERE station = 'Oxford Circus'"
    before = pipeline.rows(mood), pipeline.rows(tweets)
    connection = psycopg2.connect(pipeline.said["pipeline_dsn"])
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO london_schema.sentiment
            SELECT '2026-W42', tweet_id, tweets, date, station, sentiment FROM london_schema.sentiment
            WHERE run = '2026-W46' AND station = 'Oxford Circus' ORDER BY sentiment DESC LIMIT 5
            """
        )
        assert cursor.rowcount == 5
        cursor.execute(mood)
        moods = cursor.fetchall()
        cursor.execute(tweets)
        assert (moods, cursor.fetchall()) == before
    connection.rollback()
    connection.close()


def test_lineage_names_what_was_read_and_written(pipeline: Pipeline, runs: dict[str, Outcome]) -> None:
    rows = pipeline.rows(
        "SELECT job_nr, step_airflow, source, destination FROM london_schema.data_lineage"
        " WHERE batch_nr = 202646 ORDER BY job_nr"
    )
    raw, scored = f"s3://{BUCKET}/api_output/run=2026-W46/", f"s3://{BUCKET}/sentiment/run=2026-W46/"
    topics = f"s3://{BUCKET}/topics/run=2026-W46/"
    loaded = "PostgreSQL: london_schema.sentiment, london_schema.station_topics"
    assert rows == [
        (1, "get_twitter_data", "External: X API", f"{raw}tweets.parquet"),
        (2, "all_spark_jobs", raw, f"{scored}, {topics}"),
        (3, "save_result_to_postgres_db", f"{scored}, {topics}", loaded),
    ]
    newest = pipeline.rows(
        "SELECT job_nr, step_airflow, source, destination FROM london_schema.latest_lineage"
        " WHERE batch_nr = 202646 ORDER BY job_nr"
    )
    assert newest == rows
    jobs = pipeline.rows("SELECT job_nr FROM london_schema.latest_lineage ORDER BY job_nr")
    assert [int(job) for (job,) in jobs] == [1, 2, 3, 4, 5, 6]


def test_a_rate_limit_is_waited_for_outside_the_worker(pipeline: Pipeline, runs: dict[str, Outcome]) -> None:
    assert runs[FIRST_ORDER[1]]["tasks"]["get_twitter_data"] == "success"
    assert "X's rate limit is used up until" in pipeline.logged_since(0)
    assert "retry_delay_seconds" in pipeline.logged_since(
        0
    ) or "Retry policy decision" in pipeline.logged_since(0)


def test_nothing_is_left_of_the_clusters(pipeline: Pipeline, runs: dict[str, Outcome]) -> None:
    assert pipeline.no_cluster_lives()
    assert len(pipeline.clusters("TERMINATED")) >= len(WEEKS)
    assert list((Path(pipeline.said["home"]) / "emr" / "clusters").glob("j-*")) == []


def test_emr_logs_are_in_s3(pipeline: Pipeline, runs: dict[str, Outcome]) -> None:
    cluster = runs["2026-W46"]["results"]["create_emr_cluster"]
    listed = pipeline.client("s3").list_objects_v2(Bucket=BUCKET, Prefix=f"logs/{cluster}/")["Contents"]
    keys = [item["Key"] for item in listed]
    for step in runs["2026-W46"]["results"]["add_steps"]:
        assert f"logs/{cluster}/steps/{step}/controller.gz" in keys
        assert f"logs/{cluster}/steps/{step}/stderr.gz" in keys
    assert any("/bootstrap-actions/1/" in key for key in keys)


def test_the_websites_role_reads_the_views_and_nothing_else(
    pipeline: Pipeline, runs: dict[str, Outcome]
) -> None:
    tables = ["sentiment", "station_topics", "stations", "data_lineage", "housing_prices"]
    views = ["topics", "vsentiment", "station_overview", "mood_by_week", "latest_lineage"]
    connection = psycopg2.connect(pipeline.said["webapp_dsn"])
    connection.autocommit = True
    with connection.cursor() as cursor:
        for view in views:
            cursor.execute(f"SELECT count(*) FROM london_schema.{view}")
            assert cursor.fetchall()[0][0] > 0
        for table in tables:
            with pytest.raises(psycopg2.errors.InsufficientPrivilege):
                cursor.execute(f"SELECT 1 FROM london_schema.{table}")
        for statement in ("DELETE FROM london_schema.sentiment", "CREATE TABLE london_schema.mine (n int)"):
            cursor.execute("BEGIN READ WRITE")
            with pytest.raises(psycopg2.errors.InsufficientPrivilege):
                cursor.execute(statement)
            cursor.execute("ROLLBACK")
    connection.close()


def test_the_same_weeks_in_another_order_leave_the_same_tables(
    pipeline: Pipeline, tables: dict[str, list[tuple[Any, ...]]]
) -> None:
    again = {week: pipeline.run(TWEETS, week=week)["state"] for week in SECOND_ORDER}
    assert set(again.values()) == {"success"}
    for name, query in TABLES.items():
        assert pipeline.rows(query) == tables[name], name


def test_without_a_week_it_is_the_last_complete_one(pipeline: Pipeline, prices: Outcome) -> None:
    """Posts of a week that was never recorded are replayed, moved into it, with ids of their own."""
    outcome = pipeline.run(TWEETS, number_of_stations=12, number_of_tweets=5)
    assert outcome["state"] == "success"
    begun = datetime.fromisoformat(outcome["run_id"].split("_")[2]).astimezone(UTC).date()
    last = begun - timedelta(days=begun.weekday() + 7)
    year, number, _ = last.isocalendar()
    dates = pipeline.rows(
        "SELECT min(date), max(date), count(*) FROM london_schema.sentiment WHERE run = %s",
        f"{year}-W{number:02d}",
    )
    first, newest, count = dates[0]
    assert last <= first.date() <= newest.date() <= last + timedelta(days=6)
    assert 0 < count <= 12 * 5
