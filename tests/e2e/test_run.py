"""One week through the whole stack: rows, logs and traces are what they must be, and nothing is left."""

import gzip
import hashlib
import json
import re
from contextlib import closing

import requests

from tests import reference_rows
from tests.e2e.conftest import WEEK, FirstRun
from tests.e2e.harness import BUCKET, LIVE, ROOT, TWEETS, Stack, run


def test_every_sentiment_row_is_the_references(stack: Stack, first_run: FirstRun) -> None:
    with closing(stack.postgres()) as connection:
        reference_rows.assert_sentiment(connection, WEEK)


def test_every_topic_is_the_references(stack: Stack, first_run: FirstRun) -> None:
    with closing(stack.postgres()) as connection:
        reference_rows.assert_topics(connection, WEEK)


def test_the_website_role_reads_the_views(stack: Stack, first_run: FirstRun) -> None:
    assert stack.rows("SELECT count(*) FROM london_schema.station_overview", role="webapp") == [(308,)]
    assert stack.rows("SELECT count(*) FROM london_schema.vsentiment", role="webapp")[0][0] > 200


def test_make_run_showed_it(stack: Stack, first_run: FirstRun) -> None:
    counts = json.loads((reference_rows.EXPECTED / "counts.json").read_text())[WEEK]
    for seen in ("get_twitter_data", "watch_step", "run sentiment analysis", "end_data_pipeline"):
        assert seen in first_run.output
    for topic in counts["topics"]:
        assert topic in first_run.output
    assert "Piccadilly Circus" in first_run.output


def test_the_stack_fits_into_a_laptops_memory(stack: Stack, first_run: FirstRun) -> None:
    assert 0.5 < max(first_run.samples.memory) < 6
    assert 0.5 < stack.memory() < 4


ARCHIVE = """
import os
from pathlib import Path
from emr_local import settings
from emr_local.nodes import class_path

folder = Path("/var/lib/spark/class-archives")
spark_home = settings.find_spark_home(os.environ, settings.find_packages())
print(class_path.find(folder, settings.find_java(os.environ), spark_home) in list(folder.glob("*.jsa")))
"""


def test_sparks_classes_are_archived_in_the_image(stack: Stack) -> None:
    assert stack.inside("emr", "python", "-c", ARCHIVE).split()[-1] == "True"


def test_both_workers_had_executors(first_run: FirstRun) -> None:
    assert len(first_run.executors[1]) == len(first_run.executors[2]) == 2, first_run.executors


def test_nothing_of_the_cluster_is_left(stack: Stack, first_run: FirstRun) -> None:
    assert stack.clusters(*LIVE) == []
    assert stack.inside("emr", "find", "/var/lib/emr/clusters", "-mindepth", "1", "-type", "d") == ""
    assert stack.spark_master()["activeapps"] == []


def test_emrs_logs_are_in_s3(stack: Stack, first_run: FirstRun) -> None:
    cluster = stack.clusters("TERMINATED")[-1]
    logs = {key: gzip.decompress(body).decode() for key, body in stack.objects(f"logs/{cluster}/")}
    steps = {match[1] for key in logs if (match := re.search(r"/steps/(s-\w+)/", key))}
    assert len(steps) == 5
    assert any("waitProcessCompletion ended with exit code 0" in text for text in logs.values())
    assert any("/node/" in key for key in logs)


def test_a_task_log_is_read_through_airflows_api(stack: Stack, first_run: FirstRun) -> None:
    assert re.search(r"j-[0-9A-Z]{10,}", stack.task_log(TWEETS, first_run.run_id, "create_emr_cluster"))


def test_airflow_asks_for_a_login(stack: Stack) -> None:
    assert requests.get(f"{stack.url('AIRFLOW')}/api/v2/dags", timeout=30).status_code == 401
    for password in ("", "admin", "airflow"):
        login = {"username": "admin", "password": password}
        answer = requests.post(f"{stack.url('AIRFLOW')}/auth/token", json=login, timeout=30)
        assert 400 <= answer.status_code < 500, password


def test_the_pages_answer(stack: Stack, first_run: FirstRun) -> None:
    cluster = stack.clusters("TERMINATED")[-1]
    emr = requests.get(f"{stack.url('EMR')}/clusters/{cluster}", timeout=30)
    assert emr.ok
    assert "run sentiment analysis" in emr.text
    assert "text/html" in emr.headers["Content-Type"]
    master = requests.get(stack.url("SPARK_UI"), timeout=30)
    assert "Spark Master" in master.text
    worker = stack.spark_master()["workers"][0]["id"]
    assert "Spark Worker" in requests.get(f"{stack.url('SPARK_UI')}/proxy/{worker}/", timeout=30).text
    assert requests.get(stack.url("AIRFLOW"), timeout=30).ok


def test_the_containers_have_the_checkouts_files(stack: Stack) -> None:
    """What the local profile runs is, byte for byte, what the embedded one runs and what AWS is given."""
    mounts = {
        ("airflow-scheduler", "/opt/airflow/dags"): "airflow/dags",
        ("airflow-dag-processor", "/opt/airflow/dags"): "airflow/dags",
        ("emr", "/opt/emr"): "spark/emr",
        ("localstack", "/opt/tubepulse/aws"): "aws",
        ("localstack", "/opt/tubepulse/profiles"): "profiles",
        ("localstack", "/opt/tubepulse/spark/jobs"): "spark/jobs",
        ("fixtures", "/opt/tubepulse/fixtures"): "fixtures",
    }
    tracked = run(["git", "ls-files"], cwd=ROOT).splitlines()
    for (service, place), folder in mounts.items():
        wanted = {
            f"{place}{name.removeprefix(folder)}": hashlib.sha256((ROOT / name).read_bytes()).hexdigest()
            for name in tracked
            if name.startswith(f"{folder}/")
        }
        lines = [line.split(maxsplit=1) for line in stack.inside(service, "sha256sum", *wanted).splitlines()]
        assert {path: digest for digest, path in lines} == wanted, service


def test_the_bucket_has_the_checkouts_jobs(stack: Stack) -> None:
    stored = dict(stack.objects("scripts/"))
    jobs = [path for path in (ROOT / "spark" / "jobs").iterdir() if path.suffix in (".py", ".sh")]
    assert len(jobs) >= 5
    for job in jobs:
        assert stored[f"scripts/{job.name}"] == job.read_bytes()
    inputs = dict(stack.objects("input/"))
    assert inputs["input/stations.csv"] == (ROOT / "fixtures" / "stations.csv").read_bytes()
    assert stack.s3().head_bucket(Bucket=BUCKET)
