"""What `make e2e PROFILE=aws` tells of the deployment that it made, by the environment.

libpq's own PGHOST, PGPORT, PGDATABASE, PGSSLMODE, ...; PIPELINE_PASSWORD and WEBAPP_PASSWORD; CHECKED_BUCKET
and CHECKED_WEEK. AWS is where boto3 looks for it.
"""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import boto3
import psycopg2
import pytest

LIVE = ["STARTING", "BOOTSTRAPPING", "RUNNING", "WAITING", "TERMINATING"]


def connection(role: str) -> Any:
    """A connection as that role, all else as libpq reads it from the environment."""
    return psycopg2.connect("", user=role, password=os.environ[f"{role.upper()}_PASSWORD"])


def until(what: str, condition: Callable[[], Any], seconds: float = 600, pause: float = 5) -> Any:
    """The first answer of `condition` that is true; fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while not (answer := condition()):
        assert time.monotonic() < deadline, f"{what}: not within {seconds} s"
        time.sleep(pause)
    return answer


@pytest.fixture
def pipeline() -> Iterator[Any]:
    """A connection as the role that owns the results."""
    with closing(connection("pipeline")) as connected:
        yield connected


@pytest.fixture
def webapp() -> Iterator[Any]:
    """A connection as the website's role, by the website's road."""
    with closing(connection("webapp")) as connected:
        connected.autocommit = True
        yield connected


@pytest.fixture(scope="session")
def week() -> str:
    """The ISO week that was run."""
    return os.environ["CHECKED_WEEK"]


@pytest.fixture(scope="session")
def bucket() -> str:
    """The pipeline's bucket."""
    return os.environ["CHECKED_BUCKET"]


@pytest.fixture(scope="session")
def objects(bucket: str) -> Callable[[str], dict[str, int]]:
    """Keys below a prefix, with their sizes."""
    s3 = boto3.client("s3")

    def listed(prefix: str) -> dict[str, int]:
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        return {item["Key"]: item["Size"] for page in pages for item in page.get("Contents", ())}

    return listed


@pytest.fixture(scope="session")
def clusters() -> Callable[[list[str]], list[dict[str, Any]]]:
    """The project's clusters in some states, newest first."""
    emr: Any = boto3.client("emr")

    def described(states: list[str]) -> list[dict[str, Any]]:
        pages = emr.get_paginator("list_clusters").paginate(ClusterStates=states)
        ids = [cluster["Id"] for page in pages for cluster in page["Clusters"]]
        found = [dict(emr.describe_cluster(ClusterId=one)["Cluster"]) for one in ids]
        return [one for one in found if {"Key": "project", "Value": "tubepulse"} in one.get("Tags", [])]

    return described
