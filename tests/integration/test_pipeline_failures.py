"""What goes wrong in a run: the cause is named, the cluster is gone, the tables are as before."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.integration.harness import BUCKET, ROOT, TWEETS, Pipeline

WEEK = "2026-W46"
SMALL = {"week": WEEK, "number_of_stations": 12, "number_of_tweets": 5}
LOADED = "SELECT * FROM london_schema.{} ORDER BY 1, 2, 3, 4"

Tables = Callable[[], list[Any]]


@pytest.fixture(scope="module")
def loaded(pipeline: Pipeline) -> None:
    """A good run of the week that the tests then fail to replace."""
    assert pipeline.run(TWEETS, **SMALL)["state"] == "success"


@pytest.fixture
def tables(pipeline: Pipeline, loaded: None) -> Tables:
    """Reads the loaded tables."""

    def read() -> list[Any]:
        found = [pipeline.rows(LOADED.format(table)) for table in ("sentiment", "station_topics")]
        assert all(found)
        return found

    return read


@pytest.fixture
def edited(pipeline: Pipeline) -> Iterator[Callable[[str, str, str], None]]:
    """Edits a deployed job in the bucket; the checkout's comes back in the end."""

    def edit(job: str, old: str, new: str) -> None:
        source = (ROOT / "spark" / "jobs" / job).read_text()
        assert old in source
        pipeline.put(f"scripts/{job}", source.replace(old, new).encode())

    yield edit
    pipeline.deploy()


def test_a_failing_middle_step(
    pipeline: Pipeline, tables: Tables, edited: Callable[[str, str, str], None]
) -> None:
    before = tables()
    edited("tweet_job.py", "return tweets.select(*TWEETS)", 'raise MissingColumns(["mood"], source=uri)')
    outcome = pipeline.run(TWEETS, **SMALL)
    assert outcome["state"] == "failed"
    tasks = outcome["tasks"]
    assert tasks["watch_step"] == "failed"
    assert tasks["terminate_emr_cluster"] == "success"
    assert {tasks[name] for name in ("summarised_data_lineage_spark", "save_result_to_postgres_db")} == {
        "upstream_failed"
    }
    failure = outcome["failure"]
    assert "run sentiment analysis" in failure["what"]
    assert "MissingColumns" in failure["message"]
    assert "mood" in failure["message"]
    assert failure["log"].startswith(f"s3://{BUCKET}/logs/{failure['cluster']}/steps/")
    key = failure["log"].removeprefix(f"s3://{BUCKET}/")
    assert pipeline.client("s3").head_object(Bucket=BUCKET, Key=key)["ContentLength"] > 0
    assert pipeline.no_cluster_lives()
    assert tables() == before


def test_a_failing_bootstrap_action(pipeline: Pipeline, tables: Tables) -> None:
    before = tables()
    script = "scripts/python-libraries.sh"
    good = pipeline.client("s3").get_object(Bucket=BUCKET, Key=script)["Body"].read()
    pipeline.put(script, b"#!/bin/bash\necho no wheels today >&2\nexit 3\n")
    try:
        outcome = pipeline.run(TWEETS, **SMALL)
    finally:
        pipeline.put(script, good)
    assert outcome["state"] == "failed"
    assert outcome["failure"]["reason"] == "BOOTSTRAP_FAILURE"
    assert pipeline.no_cluster_lives()
    assert tables() == before


def test_a_result_that_the_database_refuses_changes_nothing(
    pipeline: Pipeline, tables: Tables, edited: Callable[[str, str, str], None]
) -> None:
    """Topics would load; sentiment 2.0 breaks the table's check: neither is there afterwards."""
    before = tables()
    edited("sentiment_analysis.py", "return tweet_text.sentiment(text, cleaning)", "return 2.0")
    outcome = pipeline.run(TWEETS, **SMALL)
    assert outcome["tasks"]["save_result_to_postgres_db"] == "failed"
    assert outcome["tasks"]["end_data_pipeline"] == "upstream_failed"
    assert tables() == before
    assert pipeline.no_cluster_lives()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            b"station,latitude,longitude,zone\nA,51.5,-0.1,1\nA,51.6,-0.1,1\n",
            "line 3: station 'A' stands in line 2",
        ),
        (b"", "line 1: the file is empty"),
    ],
)
def test_a_bad_stations_file_costs_nothing(pipeline: Pipeline, content: bytes, message: str) -> None:
    clusters = len(pipeline.client("emr").list_clusters()["Clusters"])
    start = pipeline.log.stat().st_size
    pipeline.put("input/stations.csv", content)
    # The first search would be refused with 401: its error would be another.
    pipeline.fault(status=401, times=1)
    try:
        outcome = pipeline.run(TWEETS, **SMALL)
    finally:
        pipeline.deploy()
        pipeline.clear_faults()
    assert outcome["tasks"]["get_twitter_data"] == "failed"
    assert outcome["errors"]["get_twitter_data"].startswith(
        f"BadStationsFile: s3://{BUCKET}/input/stations.csv, {message}"
    )
    assert "NotAuthorised" not in pipeline.logged_since(start)
    assert len(pipeline.client("emr").list_clusters()["Clusters"]) == clusters


@pytest.mark.parametrize("status", [401, 403])
def test_refused_credentials_fail_at_once(pipeline: Pipeline, status: int) -> None:
    start = pipeline.log.stat().st_size
    pipeline.fault(status=status, times=1)
    outcome = pipeline.run(TWEETS, **SMALL)
    assert outcome["tasks"]["get_twitter_data"] == "failed"
    assert "X refused the credentials of connection x_api" in pipeline.logged_since(start)


def test_no_tweets_at_all_start_no_cluster(pipeline: Pipeline) -> None:
    clusters = len(pipeline.client("emr").list_clusters()["Clusters"])
    start = pipeline.log.stat().st_size
    pipeline.put("input/stations.csv", b"station,latitude,longitude,zone\nNowhere,51.0001,0.9,6\n")
    try:
        outcome = pipeline.run(TWEETS, week=WEEK)
    finally:
        pipeline.deploy()
    assert outcome["tasks"]["get_twitter_data"] == "failed"
    assert outcome["tasks"]["create_emr_cluster"] == "upstream_failed"
    assert "no post found in week 2026-W46 around 1 stations" in pipeline.logged_since(start)
    assert len(pipeline.client("emr").list_clusters()["Clusters"]) == clusters


def test_an_unreachable_database_is_tried_again_then_named(pipeline: Pipeline, tables: Tables) -> None:
    before = tables()
    secrets, name = pipeline.client("secretsmanager"), "airflow/connections/postgres_default"
    good = secrets.get_secret_value(SecretId=name)["SecretString"]
    secrets.put_secret_value(SecretId=name, SecretString=json.dumps(json.loads(good) | {"port": "1"}))
    start = pipeline.log.stat().st_size
    try:
        outcome = pipeline.run(TWEETS, **SMALL)
    finally:
        secrets.put_secret_value(SecretId=name, SecretString=good)
    assert outcome["tasks"]["create_schema"] == "failed"
    assert pipeline.logged_since(start).count("[DAG TEST] starting task_id=create_schema") == 4
    assert tables() == before
