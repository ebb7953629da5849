"""Every secret of the env file is random, so each is a canary: after a run it is found nowhere."""

import base64
import gzip
import json
import subprocess
from contextlib import closing
from urllib.parse import quote

import pytest
from psycopg2 import sql

from tests.e2e.conftest import FirstRun
from tests.e2e.harness import Stack, environment, run
from tests.e2e.website import site_content

CHUNK = 16 * 1024 * 1024


@pytest.fixture(scope="module")
def canaries(stack: Stack) -> dict[str, bytes]:
    """How a secret would look in a text, by what it is called: as it is, quoted, in base64."""
    assert len(stack.secrets) >= 12
    assert len(set(stack.secrets.values())) == len(stack.secrets)
    forms = {}
    for name, value in stack.secrets.items():
        assert len(value) >= 16, name
        forms[name] = value.encode()
        forms[f"{name}, quoted"] = quote(value, safe="").encode()
        forms[f"{name}, base64"] = base64.b64encode(value.encode())
    return forms


def found(text: bytes, canaries: dict[str, bytes]) -> list[str]:
    return [name for name, form in canaries.items() if form in text]


def test_the_search_finds_what_is_there(stack: Stack, canaries: dict[str, bytes]) -> None:
    secret = stack.secrets_manager().get_secret_value(SecretId="airflow/connections/postgres_default")
    assert found(secret["SecretString"].encode(), canaries) == [
        "PIPELINE_PASSWORD",
        "PIPELINE_PASSWORD, quoted",
    ]


def test_container_logs(stack: Stack, first_run: FirstRun, canaries: dict[str, bytes]) -> None:
    for name in stack.containers():
        log = run(["docker", "logs", name]).encode()
        assert found(log, canaries) == [], name


def test_task_logs(stack: Stack, first_run: FirstRun, canaries: dict[str, bytes]) -> None:
    container = f"{stack.project}-airflow-scheduler-1"
    archive = subprocess.run(
        ["docker", "cp", f"{container}:/opt/airflow/logs", "-"], check=True, capture_output=True,
        env=environment(),
    ).stdout  # fmt: skip
    assert b"watch_step" in archive
    assert found(archive, canaries) == []


def test_airflows_database(stack: Stack, first_run: FirstRun, canaries: dict[str, bytes]) -> None:
    """XComs, rendered templates, audit log, everything else."""
    with (
        closing(stack.postgres("airflow", "airflow", stack.env["AIRFLOW_DB_PASSWORD"])) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        tables = [name for (name,) in cursor.fetchall()]
        assert {"xcom", "rendered_task_instance_fields", "log"} <= set(tables)
        rows = 0
        for table in tables:
            cursor.execute(sql.SQL("SELECT t::text FROM {} AS t").format(sql.Identifier(table)))
            for (row,) in cursor:
                rows += 1
                assert found(row.encode(), canaries) == [], table
        assert rows > 100


def test_the_websites_database(stack: Stack, first_run: FirstRun, canaries: dict[str, bytes]) -> None:
    content = site_content(stack)
    assert {"wp_options", "wp_posts", "wp_users"} <= set(content)
    text = json.dumps(content).encode()
    assert b"admin@tubepulse.invalid" in text
    assert found(text, canaries) == []


def test_objects_in_s3(stack: Stack, first_run: FirstRun, canaries: dict[str, bytes]) -> None:
    looked_at = 0
    for key, body in stack.objects():
        text = gzip.decompress(body) if key.endswith(".gz") else body
        assert found(text, canaries) == [], key
        looked_at += 1
    assert looked_at > 20


def test_command_lines(first_run: FirstRun, canaries: dict[str, bytes]) -> None:
    seen = first_run.samples.command_lines
    assert len(seen) >= 14
    for name, lines in seen.items():
        assert len(lines) > 1 or "migrate" in name or "wordpress-init" in name, name
        for line in lines:
            assert found(line.encode(), canaries) == [], name


def test_images(stack: Stack, canaries: dict[str, bytes]) -> None:
    images = set(stack.compose("config", "--images").split())
    assert len(images) == 7
    for image in sorted(images):
        history = run(["docker", "history", "--no-trunc", image]) + run(["docker", "image", "inspect", image])
        assert found(history.encode(), canaries) == [], image
        there = {**canaries, "a name that every image holds": b"Debian GNU/Linux"}
        assert in_files(image, there) == {"a name that every image holds"}, image


def in_files(image: str, wanted: dict[str, bytes]) -> set[str]:
    """Which of these are in the image's files."""
    longest, tail, hits = max(map(len, wanted.values())), b"", set()
    container = run(["docker", "create", image]).split()[-1]
    try:
        with subprocess.Popen(["docker", "export", container], stdout=subprocess.PIPE) as export:
            assert export.stdout
            while chunk := export.stdout.read(CHUNK):
                hits |= set(found(tail + chunk, wanted))
                tail = chunk[-longest:]
    finally:
        run(["docker", "rm", "--volumes", container])
    assert export.returncode == 0
    return hits
