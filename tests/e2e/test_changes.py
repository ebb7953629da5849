"""What a developer does with a running stack: edit, deploy, run again, stop and start."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import WEEK, FirstRun
from tests.e2e.harness import HOUSING, LIVE, TWEETS, Stack, until
from tests.e2e.website import fresh

SCORE = "SELECT avg(sentiment) FROM london_schema.sentiment WHERE run = %s"
ALL_ROWS = "SELECT run, count(*) FROM london_schema.sentiment GROUP BY run ORDER BY run"
SMALL = {"number_of_stations": 12, "number_of_tweets": 5}


@pytest.fixture
def job(stack: Stack) -> Iterator[Path]:
    """The sentiment job of the copy; deployed as it was in the end."""
    path = stack.checkout / "spark" / "jobs" / "sentiment_analysis.py"
    source = path.read_text()
    yield path
    path.write_text(source)
    stack.make("deploy")


def test_a_second_run_of_a_week_adds_no_rows(stack: Stack, first_run: FirstRun) -> None:
    before = stack.rows(ALL_ROWS)
    assert stack.ended(TWEETS, stack.trigger(TWEETS, week=WEEK)) == "success"
    assert stack.rows(ALL_ROWS) == before


def test_an_edited_job_changes_the_result_after_make_deploy(stack: Stack, job: Path) -> None:
    week = "2026-W40"
    assert stack.ended(TWEETS, stack.trigger(TWEETS, week=week, **SMALL)) == "success"
    assert stack.rows(SCORE, week)[0][0] != 0.125
    source = job.read_text()
    scored = 'udf(score, DoubleType())("tweets")'
    assert scored in source
    job.write_text(source.replace(scored, 'udf(lambda text: 0.125, DoubleType())("tweets")'))
    said = stack.make("deploy")
    assert "scripts/sentiment_analysis.py" in said
    assert stack.ended(TWEETS, stack.trigger(TWEETS, week=week, **SMALL)) == "success"
    assert stack.rows(SCORE, week)[0][0] == 0.125


def test_deploy_without_an_edit_changes_nothing(stack: Stack) -> None:
    assert "nothing to change" in stack.make("deploy")


def test_an_edited_dag_is_live_without_a_deploy(stack: Stack) -> None:
    dag = stack.checkout / "airflow" / "dags" / "housing_prices.py"
    source = dag.read_text()
    try:
        dag.write_text(source.replace('tags=["tubepulse"', 'tags=["edited", "tubepulse"'))
        until(
            "the edited DAG is parsed",
            lambda: "edited" in [tag["name"] for tag in stack.airflow("GET", f"/dags/{HOUSING}")["tags"]],
            60,
        )
    finally:
        dag.write_text(source)


def test_down_and_up_keeps_the_data(stack: Stack, first_run: FirstRun) -> None:
    before = stack.rows(ALL_ROWS)
    stack.make("down")
    assert stack.containers() == []
    assert stack.site in stack.make("up", WPDATATABLES="off")  # whatever the network brings
    assert stack.rows(ALL_ROWS) == before
    assert "Piccadilly Circus" in fresh(stack.site).text
    assert stack.airflow("GET", f"/dags/{TWEETS}/dagRuns/{first_run.run_id}")["state"] == "success"


def test_localstack_heals_itself_after_a_restart(stack: Stack) -> None:
    stack.s3().put_object(Bucket="london-housing-webapp", Key="forgotten", Body=b"")
    stack.compose("restart", "localstack")
    stack.compose("up", "--detach", "--wait", "--wait-timeout", "120", "localstack")
    assert dict(stack.objects("forgotten")) == {}  # it did restart
    run_id = stack.trigger(TWEETS, week=WEEK, **SMALL)
    assert stack.ended(TWEETS, run_id) == "success"
    assert stack.clusters(*LIVE) == []
