"""The EMR endpoint and an S3 server as child processes of the test session, ended by their ids."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from tests.contract.harness import (
    BUCKET,
    CREDENTIALS,
    ENDPOINT,
    ON_AWS,
    REGION,
    S3_ENDPOINT,
    Endpoint,
    Flow,
    emr_client,
    free_port,
    http_ok,
    start_endpoint,
    stop,
    wait_for,
)

if TYPE_CHECKING:
    from mypy_boto3_emr import EMRClient
    from mypy_boto3_s3 import S3Client

OWN_PROCESS = {"endpoint", "s3_url"}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves out what needs a child process, where the environment names another endpoint."""
    if not ENDPOINT:
        return
    left_out = [item for item in items if not OWN_PROCESS.isdisjoint(getattr(item, "fixturenames", ()))]
    if ON_AWS:
        left_out += [item for item in items if item not in left_out and not item.get_closest_marker("aws")]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]


@pytest.fixture(scope="session")
def s3_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A moto server, for S3."""
    port = free_port()
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with (tmp_path_factory.mktemp("moto") / "moto.log").open("wb") as stream:
        process = subprocess.Popen(command, stdout=stream, stderr=stream)
    url = f"http://127.0.0.1:{port}"
    try:
        wait_for(lambda: http_ok(f"{url}/moto-api/data.json"), "moto server up")
        yield url
    finally:
        stop(process)


@pytest.fixture(scope="session")
def s3(request: pytest.FixtureRequest) -> S3Client:
    """The S3 server with a bucket."""
    if ON_AWS:
        return boto3.client("s3")
    client: S3Client
    if S3_ENDPOINT:
        client = boto3.client("s3", endpoint_url=S3_ENDPOINT, region_name=REGION)
    else:
        client = boto3.client("s3", endpoint_url=request.getfixturevalue("s3_url"), **CREDENTIALS)  # type: ignore[call-overload]  # keywords from a dictionary
    with suppress(client.exceptions.BucketAlreadyOwnedByYou):
        client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    return client


@pytest.fixture(scope="session")
def endpoint(s3: S3Client, s3_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    """The EMR endpoint that the suite shares; idle timeouts of a second are let through."""
    running = start_endpoint(
        tmp_path_factory.mktemp("emr"), s3_url, "--spark-master", "local[2]", "--min-idle-timeout", "1"
    )
    yield running
    stop(running.process)
    assert "defect" not in running.log.read_text()


@pytest.fixture(scope="session")
def emr(request: pytest.FixtureRequest) -> EMRClient:
    """A client of the endpoint that is tested."""
    if ON_AWS:
        return boto3.client("emr")
    if ENDPOINT:
        return emr_client(ENDPOINT)
    endpoint: Endpoint = request.getfixturevalue("endpoint")
    return endpoint.client()


@pytest.fixture
def start(emr: EMRClient) -> Iterator[Callable[..., Flow]]:
    """Starts job flows and ends those that a test leaves alive."""
    flows: list[Flow] = []

    def start_flow(**overrides: Any) -> Flow:
        flows.append(Flow(emr, **overrides))
        return flows[-1]

    yield start_flow
    for flow in flows:
        if not flow.state().startswith("TERMINAT"):
            flow.end()


@pytest.fixture
def flow(start: Callable[..., Flow]) -> Flow:
    """A cluster that is WAITING."""
    waiting = start()
    waiting.until("WAITING")
    return waiting


@pytest.fixture(scope="module")
def shared(emr: EMRClient) -> Iterator[Flow]:
    """A cluster that is WAITING, for tests that change nothing of it."""
    flow = Flow(emr)
    flow.until("WAITING")
    yield flow
    flow.end()
