"""The embedded stack with the pipeline on it, and one Airflow process that runs DAGs on request."""

import json
import os
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import boto3
import psycopg2
import requests

ROOT = Path(__file__).parents[2]
TWEETS, HOUSING = "london-housing-webapp", "housing-prices"
BUCKET = "london-housing-webapp"
RUN_TIMEOUT = 240  # seconds; a run takes some 25 on two cores
LIVE = ["STARTING", "BOOTSTRAPPING", "RUNNING", "WAITING", "TERMINATING"]

Outcome = dict[str, Any]


def client(settings: dict[str, str], service: str) -> Any:
    """A boto3 client of a stack, from the settings that its line names."""
    return boto3.Session().client(  # type: ignore[call-overload]
        service,
        endpoint_url=settings[f"AWS_ENDPOINT_URL_{service.upper().replace('MANAGER', '_MANAGER')}"],
        region_name=settings["AWS_DEFAULT_REGION"],
        aws_access_key_id=settings["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=settings["AWS_SECRET_ACCESS_KEY"],
    )


class Pipeline:
    """What `python -m embedded.pipeline up` said, clients for it, and runs of its DAGs."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self._up = subprocess.Popen(
            [sys.executable, "-m", "embedded.pipeline", "up", "--home", home],
            cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        assert self._up.stdout
        assert self._up.stderr
        line = self._up.stdout.readline()
        assert line, self._up.stderr.read()
        self.said = json.loads(line)
        self.log = home / "airflow.log"
        self._outcomes = home / "outcomes.jsonl"
        self._seen = 0
        with self.log.open("w") as log:
            self._airflow = subprocess.Popen(
                [sys.executable, "-m", "embedded.run_dags", "--outcomes", self._outcomes],
                cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=log, stderr=log, env=self.environment(),
            )  # fmt: skip

    def environment(self, **more: str) -> dict[str, str]:
        return {**os.environ, **self.said["settings"], **more}

    def run(self, dag_id: str, **conf: Any) -> Outcome:
        """One run of a DAG, to its end."""
        assert self._airflow.stdin
        self._airflow.stdin.write(f"{dag_id}={json.dumps(conf)}\n")
        self._airflow.stdin.flush()
        deadline = time.monotonic() + RUN_TIMEOUT
        while time.monotonic() < deadline:
            written = self._outcomes.read_text() if self._outcomes.exists() else ""
            lines = written.split("\n")[:-1]  # what follows the last newline is still being written
            if len(lines) > self._seen:
                self._seen = len(lines)
                outcome: Outcome = json.loads(lines[-1])
                return outcome
            assert self._airflow.poll() is None, self.log.read_text()[-3000:]
            time.sleep(0.1)
        raise AssertionError(f"{dag_id} did not end in {RUN_TIMEOUT} s: {self.log.read_text()[-3000:]}")

    def logged_since(self, position: int) -> str:
        with self.log.open() as log:
            log.seek(position)
            return log.read()

    def client(self, service: str) -> Any:
        return client(self.said["settings"], service)

    def rows(self, query: str, *parameters: object) -> list[tuple[Any, ...]]:
        with (
            closing(psycopg2.connect(self.said["pipeline_dsn"])) as connection,
            connection.cursor() as cursor,
        ):
            cursor.execute(query, parameters)
            return list(cursor.fetchall())

    def clusters(self, *states: str) -> list[str]:
        pages = self.client("emr").get_paginator("list_clusters").paginate(ClusterStates=list(states))
        return [cluster["Id"] for page in pages for cluster in page["Clusters"]]

    def no_cluster_lives(self) -> bool:
        """Terminations take a moment: waits for them, with a deadline."""
        deadline = time.monotonic() + 30
        while self.clusters(*LIVE):
            if time.monotonic() > deadline:
                return False
            time.sleep(0.1)
        return True

    def put(self, key: str, body: bytes) -> None:
        self.client("s3").put_object(Bucket=BUCKET, Key=key, Body=body)

    def deploy(self) -> None:
        """Put the artifacts back as they are in the checkout."""
        for path in [*(ROOT / "spark" / "jobs").glob("*.py")]:
            self.put(f"scripts/{path.name}", path.read_bytes())
        self.put("input/stations.csv", (ROOT / "fixtures" / "stations.csv").read_bytes())

    def fault(self, **fault: int) -> None:
        """Make the next searches of the replay server fail."""
        answer = requests.post(f"{self.said['fixtures_url']}/_faults", json=fault, timeout=10)
        assert answer.ok, answer.text

    def clear_faults(self) -> None:
        assert requests.delete(f"{self.said['fixtures_url']}/_faults", timeout=10).ok

    def close(self) -> None:
        for process in (self._airflow, self._up):
            assert process.stdin
            process.stdin.close()
            process.wait(60)
        assert self._up.returncode == 0
        remove = ["-m", "embedded.postgres", "remove", "--home", str(self.home)]
        subprocess.run([sys.executable, *remove], cwd=ROOT, check=True)
