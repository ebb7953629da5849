"""What breaks in a cluster: a lost worker costs time only, a failing step is named and leaves nothing."""

import gzip
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.e2e.conftest import FirstRun
from tests.e2e.harness import LIVE, TWEETS, Stack, run, until

WEEK = "2026-W41"  # a week of their own, so that the other tests' rows stay
STEP = "run sentiment analysis"


@contextmanager
def edited_job(stack: Stack, job: str, old: str, new: str) -> Iterator[None]:
    """A job of the copy edited and deployed; the good one comes back in the end."""
    path = stack.checkout / "spark" / "jobs" / job
    source = path.read_text()
    assert old in source
    path.write_text(source.replace(old, new))
    stack.make("deploy")
    yield
    path.write_text(source)
    stack.make("deploy")


@pytest.fixture
def broken_job(stack: Stack) -> Iterator[None]:
    """A sentiment job that ends in an error."""
    failing = 'raise MissingColumns(["mood"], source=uri)'
    with edited_job(stack, "tweet_job.py", "return tweets.select(*TWEETS)", failing):
        yield


@pytest.fixture
def slow_job(stack: Stack) -> Iterator[None]:
    """A sentiment job whose scores are right and take their time."""
    scored = "return tweet_text.sentiment(text, cleaning)"
    slower = f"__import__('time').sleep(0.005)\n        {scored}"
    with edited_job(stack, "sentiment_analysis.py", scored, slower):
        yield


def test_a_worker_killed_mid_step(stack: Stack, first_run: FirstRun, slow_job: None) -> None:
    run_id = stack.trigger(TWEETS, week=WEEK)

    def with_a_task() -> str:
        """The worker whose executor has a Python process, which is where the scores are made."""
        busy = (
            name for name in (stack.worker(1), stack.worker(2)) if "pyspark" in run(["docker", "top", name])
        )
        return next(busy, "") if stack.running_step(STEP) else ""

    victim = until("a worker scores tweets", with_a_task, 120)
    run(["docker", "kill", victim])
    try:
        assert stack.running_step(STEP), "the step was over before the worker was killed"
        assert stack.ended(TWEETS, run_id) == "success"
    finally:
        run(["docker", "start", victim])
    cluster = stack.clusters("TERMINATED")[0]
    errors = b"".join(
        gzip.decompress(body) for key, body in stack.objects(f"logs/{cluster}/steps/") if "stderr" in key
    )
    assert b"Lost executor" in errors
    assert stack.rows("SELECT count(*) FROM london_schema.sentiment WHERE run = %s", WEEK)[0][0] > 3000
    until("the worker is back", lambda: len(alive_workers(stack)) == 2, 60)


def alive_workers(stack: Stack) -> list[str]:
    return [worker["id"] for worker in stack.spark_master()["workers"] if worker["state"] == "ALIVE"]


def test_a_failing_step(stack: Stack, first_run: FirstRun, broken_job: None) -> None:
    before = stack.rows("SELECT * FROM london_schema.sentiment ORDER BY 1, 2, 3")
    output = stack.make("run", check=False, WEEK=WEEK)
    tasks = stack.tasks(TWEETS, stack.newest_run(TWEETS)["dag_run_id"])
    assert tasks["watch_step"] == "failed"
    assert tasks["terminate_emr_cluster"] == "success"
    assert tasks["save_result_to_postgres_db"] == "upstream_failed"
    for cause in (STEP, "MissingColumns", "mood", "s3://london-housing-webapp/logs/j-"):
        assert cause in output
    assert stack.clusters(*LIVE) == []
    assert stack.rows("SELECT * FROM london_schema.sentiment ORDER BY 1, 2, 3") == before


def test_a_cancelled_cluster_leaves_no_executor(stack: Stack, first_run: FirstRun) -> None:
    run_id = stack.trigger(TWEETS, week=WEEK)
    until(
        "the step runs on Spark", lambda: stack.running_step(STEP) and stack.spark_master()["activeapps"], 120
    )
    stack.emr().terminate_job_flows(JobFlowIds=stack.clusters(*LIVE))
    until("no application is left", lambda: not stack.spark_master()["activeapps"], 30)
    until(
        "no executor is left",
        lambda: not any(stack.worker_state(number)["executors"] for number in (1, 2)),
        30,
    )
    assert stack.ended(TWEETS, run_id) == "failed"
    assert stack.inside("emr", "find", "/var/lib/emr/clusters", "-mindepth", "1", "-type", "d") == ""
