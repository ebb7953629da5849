"""The Compose stack under test, and the ways in that a user has: make, HTTP, boto3, SQL, docker."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import psycopg2
import requests
from localstack_client.session import Session

ROOT = Path(__file__).parents[2]
OUT = ROOT / "build" / "e2e"
TWEETS, HOUSING = "london-housing-webapp", "housing-prices"
BUCKET = "london-housing-webapp"
REGION = "eu-west-2"
FOREIGN = ("AWS_", "COMPOSE_", "PROFILE", "ENV_FILE", "MAKE", "MFLAGS")  # may name another stack or cloud
UNITS = {"B": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}
LIVE = ["STARTING", "BOOTSTRAPPING", "RUNNING", "WAITING", "TERMINATING"]
# Questions to MariaDB, which publishes no port, by the way that WordPress has
QUERIES = """
$settings = ['WORDPRESS_DB_HOST', 'WORDPRESS_DB_USER', 'WORDPRESS_DB_PASSWORD', 'WORDPRESS_DB_NAME'];
$db = new mysqli(...array_map('getenv', $settings));
$db->set_charset('utf8mb4');
$rows = static fn ($answer) => is_bool($answer) ? [] : $answer->fetch_all();
$answers = array_map(static fn ($query) => $rows($db->query($query)), array_slice($argv, 1));
echo json_encode($answers, JSON_THROW_ON_ERROR);
"""
# What the stack mounts, and what `make` needs to work on it
MOUNTED = ("airflow", "aws", "fixtures", "localstack", "postgres", "profiles", "spark", "wordpress")
TOOLS = ("airgap", "compose", "embedded", "requirements")
FILES = ("Makefile", "docker-compose.yml", ".env.example")


def copy_checkout(target: Path) -> None:
    """A copy of what the stack is made from, so that a test may edit it."""
    shutil.rmtree(target, ignore_errors=True)
    debris = shutil.ignore_patterns("__pycache__", ".*_cache", "*.zip")  # a user's plugin is no test's
    for folder in (*MOUNTED, *TOOLS):
        shutil.copytree(ROOT / folder, target / folder, ignore=debris)
    for file in FILES:
        shutil.copy(ROOT / file, target / file)


def set_value(env_file: Path, name: str, value: str) -> None:
    lines = [line for line in env_file.read_text().splitlines() if not line.startswith(f"{name}=")]
    env_file.write_text("\n".join([*lines, f"{name}={value}", ""]))


def until(what: str, condition: Callable[[], Any], seconds: float) -> Any:
    """The first answer of `condition` that is true; fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        answer = condition()
        if answer:
            return answer
        time.sleep(0.3)
    raise AssertionError(f"{what}: not within {seconds} s")


@dataclass
class Stack:
    """The running stack: `checkout` is the copy that it is mounted from, `env` what its env file says."""

    checkout: Path
    env_file: Path
    env: dict[str, str]
    _token: str = field(default="", repr=False)

    @property
    def project(self) -> str:
        return self.env["COMPOSE_PROJECT_NAME"]

    @property
    def secrets(self) -> dict[str, str]:
        """Every secret of the env file, by name."""
        return {
            name: value
            for name, value in self.env.items()
            if name.endswith(("_PASSWORD", "_KEY", "_SECRET", "_TOKEN"))
        }

    @property
    def site(self) -> str:
        """The website by its own name: WordPress sends visitors of any other one there."""
        return f"http://localhost:{self.env['WORDPRESS_PORT']}"

    def url(self, service: str) -> str:
        return f"http://127.0.0.1:{self.env[f'{service}_PORT']}"

    # make and docker -----------------------------------------------------------------------------------

    def make(self, target: str, check: bool = True, **variables: str) -> str:
        """What `make TARGET` wrote, run as a user would, in the copy, on this stack."""
        words = [f"{name}={value}" for name, value in variables.items()]
        done = subprocess.run(
            # -o: the copy has no .venv; the one that runs this test is installed already
            ["make", "-o", "setup", target, f"RUN={sys.executable}", f"ENV_FILE={self.env_file}", *words],
            cwd=self.checkout, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
            stdin=subprocess.DEVNULL, env=environment(),
        )  # fmt: skip
        assert not check or done.returncode == 0, done.stdout
        assert check or done.returncode != 0, done.stdout
        return done.stdout

    def compose(self, *words: str, profile: str = "local", **variables: str) -> str:
        """What Compose wrote; `variables` win over the env file, as the shell's do."""
        command = ["docker", "compose", "--env-file", str(self.env_file), "-p", self.project]
        return run([*command, *words], True, self.checkout, COMPOSE_PROFILES=profile, **variables)

    def inside(self, service: str, *argv: str) -> str:
        return self.compose("exec", "-T", service, *argv)

    def containers(self) -> list[str]:
        shown = run(["docker", "ps", "--all", "--format", "{{.Names}}",
                     "--filter", f"label=com.docker.compose.project={self.project}"])  # fmt: skip
        return shown.split()

    def memory(self) -> float:
        """What all containers take now, in GiB."""
        used = run(["docker", "stats", "--no-stream", "--format", "{{.MemUsage}}", *self.containers()])
        sizes = (re.match(r"([\d.]+)(\w+)", line) for line in used.splitlines())
        return sum(float(size[1]) * UNITS[size[2]] for size in sizes if size) / 2**30

    def worker(self, number: int) -> str:
        return f"{self.project}-spark-worker-{number}"

    # Airflow -------------------------------------------------------------------------------------------

    def airflow(self, method: str, path: str, body: Any = None) -> Any:
        """An answer of Airflow's REST API; tokens are fetched as needed."""
        if not self._token:
            login = {"username": "admin", "password": self.env["AIRFLOW_ADMIN_PASSWORD"]}
            answer = requests.post(f"{self.url('AIRFLOW')}/auth/token", json=login, timeout=30)
            assert answer.status_code == 201, answer.text
            self._token = answer.json()["access_token"]
        answer = requests.request(
            method, f"{self.url('AIRFLOW')}/api/v2{path}", json=body, timeout=30,
            headers={"Authorization": f"Bearer {self._token}"},
        )  # fmt: skip
        assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json()

    def trigger(self, dag: str, **conf: Any) -> str:
        """Starts a run; its id."""
        self.airflow("PATCH", f"/dags/{dag}", {"is_paused": False})
        asked = {"logical_date": None, "conf": conf}
        return str(self.airflow("POST", f"/dags/{dag}/dagRuns", asked)["dag_run_id"])

    def ended(self, dag: str, run_id: str, seconds: float = 300) -> str:
        """Waits for a run's end; its state."""

        def state() -> str:
            found = str(self.airflow("GET", f"/dags/{dag}/dagRuns/{run_id}")["state"])
            return found if found in ("success", "failed") else ""

        return str(until(f"{dag} {run_id} ends", state, seconds))

    def newest_run(self, dag: str) -> dict[str, Any]:
        runs = self.airflow("GET", f"/dags/{dag}/dagRuns?order_by=-run_after&limit=1")
        return dict(runs["dag_runs"][0])

    def tasks(self, dag: str, run_id: str) -> dict[str, str]:
        found = self.airflow("GET", f"/dags/{dag}/dagRuns/{run_id}/taskInstances")
        return {task["task_id"]: task["state"] for task in found["task_instances"]}

    def task_log(self, dag: str, run_id: str, task: str) -> str:
        path = f"/dags/{dag}/dagRuns/{run_id}/taskInstances/{task}/logs/1?full_content=true"
        return json.dumps(self.airflow("GET", path)["content"])

    # AWS, Spark, SQL -----------------------------------------------------------------------------------

    def s3(self) -> Any:
        return self._localstack().client("s3")

    def secrets_manager(self) -> Any:
        return self._localstack().client("secretsmanager")

    def _localstack(self) -> Session:
        os.environ["AWS_ENDPOINT_URL"] = self.url("LOCALSTACK")  # where localstack-client looks
        return Session(aws_access_key_id="local", aws_secret_access_key="local", region_name=REGION)

    def objects(self, prefix: str = "") -> Iterator[tuple[str, bytes]]:
        """Key and body of every object of the pipeline's bucket."""
        s3 = self.s3()
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=prefix):
            for item in page.get("Contents", []):
                yield item["Key"], s3.get_object(Bucket=BUCKET, Key=item["Key"])["Body"].read()

    def emr(self) -> Any:
        return boto3.Session().client(
            "emr", endpoint_url=self.url("EMR"), region_name=REGION, aws_access_key_id="local",
            aws_secret_access_key="local",
        )  # fmt: skip

    def clusters(self, *states: str) -> list[str]:
        """Ids of the clusters in these states, the newest first."""
        pages = self.emr().get_paginator("list_clusters").paginate(ClusterStates=list(states))
        return [cluster["Id"] for page in pages for cluster in page["Clusters"]]

    def running_step(self, name: str) -> str:
        """The id of the running step of that name, or ''."""
        for cluster in self.clusters(*LIVE):
            for step in self.emr().list_steps(ClusterId=cluster, StepStates=["RUNNING"])["Steps"]:
                if step["Name"] == name:
                    return str(step["Id"])
        return ""

    def spark_master(self) -> dict[str, Any]:
        answer = requests.get(f"{self.url('SPARK_UI')}/json/", timeout=30)
        assert answer.ok, answer.text
        return dict(answer.json())

    def worker_state(self, number: int) -> dict[str, Any]:
        """A worker's own account of its executors."""
        fetch = "import urllib.request as r; print(r.urlopen('http://127.0.0.1:8081/json/').read().decode())"
        return dict(json.loads(run(["docker", "exec", self.worker(number), "python3", "-c", fetch])))

    def postgres(self, role: str = "pipeline", database: str = "tubepulse", password: str = "") -> Any:
        """A connection as that role."""
        return psycopg2.connect(
            host="127.0.0.1", port=self.env["POSTGRES_PORT"], user=role, dbname=database,
            password=password or self.env[f"{role.upper()}_PASSWORD"],
        )  # fmt: skip

    def rows(self, query: str, *parameters: object, role: str = "pipeline") -> list[tuple[Any, ...]]:
        with closing(self.postgres(role)) as connection, connection.cursor() as cursor:
            cursor.execute(query, parameters or None)
            return list(cursor.fetchall())

    def write(self, statement: str, *parameters: object) -> None:
        """A change to the results, as the pipeline's role."""
        with closing(self.postgres()) as connection, connection, connection.cursor() as cursor:
            cursor.execute(statement, parameters or None)

    # the website ---------------------------------------------------------------------------------------

    def provision(self, **variables: str) -> str:
        """What the website's provisioning says when it runs once more, as it does at each start."""
        return self.compose("run", "--rm", "--no-TTY", "wordpress-init", **variables)

    def site_rows(self, query: str) -> list[list[Any]]:
        """Rows of the website's own database, texts but for NULL."""
        return self.site_answers(query)[0]

    def site_answers(self, *queries: str) -> list[list[list[Any]]]:
        """The rows of each query."""
        container = f"{self.project}-wordpress-1"
        return list(json.loads(run(["docker", "exec", container, "php", "-r", QUERIES, "--", *queries])))


@contextmanager
def without(stack: Stack, service: str, stop: str, start: str) -> Iterator[None]:
    """A service stopped or paused; it is healthy again in the end."""
    name = f"{stack.project}-{service}-1"
    run(["docker", stop, name])
    try:
        yield
    finally:
        run(["docker", start, name])
        healthy = ["docker", "inspect", "--format", "{{.State.Health.Status}}", name]
        until(f"{service} is healthy", lambda: run(healthy).strip() == "healthy", 120)


def environment() -> dict[str, str]:
    """The caller's environment without what names another stack or cloud."""
    return {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}


def run(command: list[str], check: bool = True, cwd: Path | None = None, **variables: str) -> str:
    """What a command wrote, stdout and stderr."""
    done = subprocess.run(
        command, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, cwd=cwd,
        env={**environment(), **variables},
    )  # fmt: skip
    assert not check or done.returncode == 0, f"{command}: {done.stdout[-3000:]}"
    return done.stdout
