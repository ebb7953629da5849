"""The embedded stack from outside: `python -m embedded.stack up` as a child process."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest

from tests.integration.harness import client

ROOT = Path(__file__).parents[2]
PATIENCE = 60  # seconds
Homes = Callable[[str], Path]


class Up:
    """A running stack: what it said about itself, and how to end it."""

    def __init__(self, home: Path | str, **env: str) -> None:
        argv = [sys.executable, "-m", "embedded.stack", "up", "--home", home]
        self.process = subprocess.Popen(
            argv, cwd=ROOT, env={**os.environ, **env}, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        assert self.process.stdout and self.process.stderr
        line = self.process.stdout.readline()
        assert line, self.process.stderr.read()
        self.said = json.loads(line)
        supervisor = psutil.Process(self.said["pids"]["supervisor"])
        self.family = [supervisor, *supervisor.children(recursive=True)]

    def client(self, service: str) -> Any:
        return client(self.said["settings"], service)

    def sql(self, role: str, *statements: str) -> list[tuple[Any, ...]]:
        """Run statements as a role; the rows of the last one, if it gives any."""
        with psycopg.connect(self.said[f"{role}_dsn"]) as connection, connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def assert_all_gone(self) -> None:
        _, left = psutil.wait_procs(self.family, timeout=PATIENCE)
        assert not left

    def close(self) -> int:
        assert self.process.stdin and self.process.stdout and self.process.stderr
        self.process.stdin.close()
        code = self.process.wait(PATIENCE)
        self.process.stdout.close()
        self.process.stderr.close()
        return code


@pytest.fixture(scope="module")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Homes]:
    """Makes home folders, and removes in the end what a stack of them keeps elsewhere."""
    made = []

    def make(name: str) -> Path:
        made.append(tmp_path_factory.mktemp(name))
        return made[-1]

    yield make
    for home in made:
        subprocess.run(
            [sys.executable, "-m", "embedded.postgres", "remove", "--home", home], cwd=ROOT, check=True
        )


@pytest.fixture(scope="module")
def stack(homes: Homes) -> Iterator[Up]:
    running = Up(homes("stack"), AWS_PROFILE="production", AWS_SESSION_TOKEN="real", PGHOST="elsewhere")
    yield running
    assert running.close() == 0
    running.assert_all_gone()


def test_every_service_answers(stack: Up) -> None:
    s3, secrets = stack.client("s3"), stack.client("secretsmanager")
    s3.create_bucket(Bucket="bucket", CreateBucketConfiguration={"LocationConstraint": "eu-west-2"})
    s3.put_object(Bucket="bucket", Key="k", Body=b"value")
    assert s3.get_object(Bucket="bucket", Key="k")["Body"].read() == b"value"
    secrets.create_secret(Name="airflow/variables/x", SecretString="1")
    assert secrets.get_secret_value(SecretId="airflow/variables/x")["SecretString"] == "1"
    assert stack.client("sts").get_caller_identity()["Account"]
    assert stack.client("emr").list_clusters()["Clusters"] == []
    with urllib.request.urlopen(stack.said["fixtures_url"] + "/health") as answer:
        assert answer.status == 200


@pytest.mark.parametrize("service", ["aws", "emr", "fixtures"])
def test_the_callers_credentials_reach_no_service(stack: Up, service: str) -> None:
    env = psutil.Process(stack.said["pids"][service]).environ()
    assert not {"AWS_PROFILE", "AWS_SESSION_TOKEN", "PGHOST"} & set(env)
    assert env["AWS_ACCESS_KEY_ID"] == "embedded"


def test_pipeline_owns_the_database(stack: Up) -> None:
    made = ["CREATE SCHEMA mine", "CREATE TABLE mine.t (n int)", "INSERT INTO mine.t VALUES (1)"]
    assert stack.sql("pipeline", *made, "SELECT n, current_setting('TimeZone') FROM mine.t") == [(1, "UTC")]
    assert stack.sql("pipeline", "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") == [(False,)]


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE public.t (n int)",
        "CREATE SCHEMA s",
        "CREATE TEMPORARY TABLE t (n int)",
        "SELECT lo_create(0)",
        "SELECT * FROM secret.t",
        "SELECT rolpassword FROM pg_authid",
        "SET ROLE pipeline",
    ],
)
def test_webapp_may_connect_and_nothing_else(stack: Up, statement: str) -> None:
    stack.sql("pipeline", "CREATE SCHEMA IF NOT EXISTS secret", "CREATE TABLE IF NOT EXISTS secret.t (n int)")
    assert stack.sql("webapp", "SHOW default_transaction_read_only") == [("on",)]
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        stack.sql("webapp", "SET TRANSACTION READ WRITE", statement)


def test_webapp_may_not_leave_its_database(stack: Up) -> None:
    with pytest.raises(psycopg.OperationalError, match="permission denied"):
        psycopg.connect(stack.said["webapp_dsn"].replace("/tubepulse", "/postgres"))


def test_a_second_stack_runs_beside_it(stack: Up, homes: Homes) -> None:
    other = Up(homes("other"))
    try:
        assert other.said["aws_url"] != stack.said["aws_url"]
        other.sql("pipeline", "CREATE SCHEMA only_here")
        assert stack.sql("pipeline", "SELECT FROM pg_namespace WHERE nspname = 'only_here'") == []
        other.process.send_signal(signal.SIGTERM)
        other.assert_all_gone()
    finally:
        assert other.close() == 128 + signal.SIGTERM
    assert stack.client("emr").list_clusters()["Clusters"] == []


def refused(home: Path | str, **env: str) -> str:
    """Start a stack that must not come up; its one line."""
    argv = [sys.executable, "-m", "embedded.stack", "up", "--home", home]
    answer = subprocess.run(
        argv, cwd=ROOT, env={**os.environ, **env}, stdin=subprocess.DEVNULL, capture_output=True, text=True,
        timeout=PATIENCE,
    )  # fmt: skip
    assert (answer.returncode, answer.stdout, answer.stderr.count("\n")) == (2, "", 1)
    return answer.stderr


def test_a_second_one_in_the_same_folder_is_refused(stack: Up) -> None:
    begun = time.monotonic()
    assert f"process {stack.process.pid} runs a stack" in refused(stack.said["home"])
    assert time.monotonic() - begun < 10


def test_a_busy_port_is_named_with_its_variable(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        line = refused(tmp_path, TUBEPULSE_EMR_PORT=port)
    assert port in line
    assert "TUBEPULSE_EMR_PORT" in line


def test_a_folder_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert str(tmp_path / "file") in refused(tmp_path / "file" / "home")


def test_killed_it_leaves_nothing_but_its_data(homes: Homes) -> None:
    home = homes("killed")
    first = Up(home)
    first.sql("pipeline", "CREATE TABLE kept (n int)", "INSERT INTO kept VALUES (42)")
    open_transaction = psycopg.connect(first.said["pipeline_dsn"])
    open_transaction.cursor().execute("INSERT INTO kept VALUES (43)")
    (home / "emr" / "debris").touch()
    first.process.kill()
    second = Up(home)  # at once: it waits for the other's end
    try:
        first.assert_all_gone()
        assert second.sql("pipeline", "SELECT n FROM kept") == [(42,)]
        assert not (home / "emr" / "debris").exists()
        # and when the supervisor is killed, too
        os.kill(second.said["pids"]["supervisor"], signal.SIGKILL)
        second.assert_all_gone()
    finally:
        open_transaction.close()
        first.close()
        assert second.close() == 2  # it noticed
    third = Up(home)
    assert third.sql("pipeline", "SELECT n FROM kept") == [(42,)]
    assert third.close() == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's data is elsewhere")
def test_roots_data_is_in_a_closed_folder_and_can_be_removed(stack: Up, homes: Homes) -> None:
    process = psutil.Process(stack.said["pids"]["postgres"])
    folder = Path(process.cwd()).parent
    assert process.username() == "nobody"
    assert folder.name.startswith("tubepulse-")
    assert folder.stat().st_mode & 0o777 == 0o700
    command = [sys.executable, "-m", "embedded.postgres", "remove", "--home", stack.said["home"]]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert (answer.returncode, answer.stderr.count("\n")) == (2, 1)
    assert folder.exists()
