"""Requests, names and programs that mean harm, or are broken: refused or killed, and service as before."""

from __future__ import annotations

import http.client
import json
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from tests.contract.harness import (
    BUCKET,
    NAP,
    Endpoint,
    Flow,
    bash,
    command,
    http_ok,
    processes_with,
    wait_for,
)

if TYPE_CHECKING:
    from mypy_boto3_emr import EMRClient
    from mypy_boto3_s3 import S3Client

SCOPE = "AWS4-HMAC-SHA256 Credential=111122223333/20261123/eu-central-1/elasticmapreduce/aws4_request"
RUN: dict[str, Any] = {
    "Name": "n",
    "ReleaseLabel": "emr-7.13.0",
    "ServiceRole": "r",
    "JobFlowRole": "r",
    "Instances": {
        "InstanceGroups": [{"InstanceRole": "MASTER", "InstanceType": "m5.xlarge", "InstanceCount": 1}]
    },
}


@pytest.fixture(autouse=True)
def serves_on(endpoint: Endpoint) -> Iterator[None]:
    """Whatever came, the endpoint answers afterwards, and at once."""
    yield
    began = time.monotonic()
    assert http_ok(f"{endpoint.url}/health")
    assert time.monotonic() - began < 2


def post(
    endpoint: Endpoint, body: bytes, target: str = "ElasticMapReduce.ListClusters", **headers: str
) -> Any:
    """Status and document of a raw request."""
    with closing(http.client.HTTPConnection("127.0.0.1", endpoint.port, timeout=30)) as connection:
        sent = {"X-Amz-Target": target, "Authorization": SCOPE} | headers
        connection.request("POST", "/", body, sent)
        answer = connection.getresponse()
        content = answer.read()
        kind = answer.headers.get("Content-Type", "")
        return answer.status, json.loads(content) if "json" in kind else content


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"\xff\xfe",
        b'"text"',
        b"[1]",
        b"null",
        b"[" * 1_000_000,
        b'{"a":' * 1_000_000,
        b'{"Marker": ' + b"1" * 5000 + b"}",
        b'{"Marker": NaN}',
        b'{"ClusterStates": {"a": 1}}',
        b'{"CreatedAfter": 1e400}',
        b"\0" * 1000,
    ],
    ids=lambda body: repr(body[:20]),
)
def test_a_body_that_is_no_request(endpoint: Endpoint, body: bytes) -> None:
    status, document = post(endpoint, body)
    assert status == 400
    assert document["__type"] == "ValidationException"


def test_members_of_any_depth_that_are_unknown(endpoint: Endpoint) -> None:
    deep = b'{"a":' * 400 + b"1" + b"}" * 400
    status, _ = post(endpoint, b'{"Whatever":' + deep + b"}")
    assert status == 200  # unknown members are dropped


def test_members_that_are_known_and_nested_too_deeply(endpoint: Endpoint) -> None:
    deep = b'{"Classification":"a","Configurations":[' * 400 + b"]}" * 400
    body = json.dumps(RUN).encode()[:-1] + b',"Configurations":[' + deep + b"]}"
    status, document = post(endpoint, body, "ElasticMapReduce.RunJobFlow")
    assert status == 400
    assert "must not be nested deeper than" in document["message"]


def test_a_body_that_is_too_large(endpoint: Endpoint) -> None:
    with closing(http.client.HTTPConnection("127.0.0.1", endpoint.port, timeout=10)) as connection:
        connection.putrequest("POST", "/")
        connection.putheader("Content-Length", str(17 * 1024 * 1024))
        connection.endheaders(b"its beginning")
        assert connection.getresponse().status == 413


@pytest.mark.parametrize(
    "target",
    ["", "ElasticMapReduce", "ElasticMapReduce.", "ElasticMapReduce.__class__", "AmazonS3.List", "x" * 5000],
)
def test_a_target_that_is_not_there(endpoint: Endpoint, target: str) -> None:
    status, document = post(endpoint, b"{}", target)
    assert (status, document["__type"]) == (400, "UnsupportedOperationException")


@pytest.mark.parametrize(
    "change",
    [
        {"Instances": {"InstanceCount": 10**30, "MasterInstanceType": "m5.xlarge"}},
        {"Instances": {"InstanceCount": -1, "MasterInstanceType": "m5.xlarge"}},
        {"StepConcurrencyLevel": 2**40},
        {"EbsRootVolumeSize": 2**40},
        {"Name": "half \ud800 of a character"},
        {"Tags": [{"Key": "a\0b", "Value": "c"}]},
        {"Configurations": [{"Classification": "core-site", "Properties": {"\ud800": "x"}}]},
        {"Configurations": [{"Classification": "core-site", "Properties": {"x": "a\0b"}}]},
        {"Steps": {"0": {}}},
    ],
    ids=repr,
)
def test_values_that_no_program_can_take(endpoint: Endpoint, change: dict[str, Any]) -> None:
    status, document = post(endpoint, json.dumps(RUN | change).encode(), "ElasticMapReduce.RunJobFlow")
    assert (status, document["__type"]) == (400, "ValidationException"), document


@pytest.mark.parametrize(
    "tricky",
    [
        "../../etc",
        "j-../../x",
        "j-\u0660",
        "j-1;true",
        "s-$(true)",
        "J-1",
        " j-1",
        "%2e%2e",
        "j-" + "A" * 9000,
    ],
)
def test_ids_that_are_none(endpoint: Endpoint, tricky: str) -> None:
    for target, document in (
        ("DescribeCluster", {"ClusterId": tricky}),
        ("ListSteps", {"ClusterId": tricky, "StepIds": [tricky]}),
        ("TerminateJobFlows", {"JobFlowIds": [tricky]}),
        ("AddTags", {"ResourceId": tricky, "Tags": []}),
    ):
        status, answer = post(endpoint, json.dumps(document).encode(), f"ElasticMapReduce.{target}")
        assert status == 400, answer
        assert answer["__type"] in ("ValidationException", "InvalidRequestException")


@pytest.mark.parametrize(
    "path",
    [
        "/../../etc/passwd",
        "/clusters/../../etc/passwd",
        "/clusters/j-1/steps/../../../../etc/passwd",
        "/clusters/j-1/steps/s-1/%2e%2e%2fcontroller",
        "//etc/passwd",
        "/clusters/" + "A" * 9000,
    ],
)
def test_paths_that_climb(endpoint: Endpoint, path: str) -> None:
    with closing(http.client.HTTPConnection("127.0.0.1", endpoint.port, timeout=10)) as connection:
        connection.request("GET", path)
        answer = connection.getresponse()
        assert answer.status == 404
        assert b"root:" not in answer.read()


def test_half_requests_hold_nobody_up(endpoint: Endpoint, emr: EMRClient) -> None:
    with ThreadPoolExecutor(20) as pool:
        half = list(pool.map(lambda _: socket.create_connection(("127.0.0.1", endpoint.port)), range(20)))
    try:
        for one in half:
            one.sendall(b"POST / HTTP/1.1\r\nContent-Length: 100\r\n\r\nhalf")
        began = time.monotonic()
        emr.list_clusters()
        assert time.monotonic() - began < 5
    finally:
        for one in half:
            one.close()


@pytest.mark.parametrize(
    "key", ["..", "../../../outside", "a/../../outside.py", "", "%2e%2e/x", "a b'$(touch outside).py"]
)
def test_s3_keys_that_climb_stay_on_the_node(flow: Flow, endpoint: Endpoint, s3: S3Client, key: str) -> None:
    if key.strip("."):
        s3.put_object(Bucket=BUCKET, Key=f"tricky/{key}", Body=b"print('it ran')")
    address = f"s3://{BUCKET}/tricky/{key}"
    [fetched, copied] = flow.add(
        command("spark-submit", "--py-files", address, address),
        command("aws", "s3", "cp", "--recursive", f"s3://{BUCKET}/tricky/", "down"),
    )
    for step_id in (fetched, copied):
        flow.step_until(step_id, "COMPLETED", "FAILED")
    found = [path for path in endpoint.work_dir.parent.rglob("outside*") if flow.id not in path.parts]
    assert found == []


def test_a_step_that_ignores_sigterm_is_killed_when_asked(flow: Flow, emr: EMRClient) -> None:
    [step_id] = flow.add(bash(f"trap '' TERM; {NAP}; {NAP}; true"))
    wait_for(lambda: processes_with(NAP), "the program")
    emr.cancel_steps(ClusterId=flow.id, StepIds=[step_id])
    assert flow.step(step_id)["Status"]["State"] == "CANCEL_PENDING"
    answer = emr.cancel_steps(
        ClusterId=flow.id, StepIds=[step_id], StepCancellationOption="TERMINATE_PROCESS"
    )
    assert answer["CancelStepsInfoList"][0]["Status"] == "SUBMITTED"
    flow.step_until(step_id, "CANCELLED")
    assert processes_with(NAP) == []


def test_a_cluster_whose_step_ignores_sigterm_ends(flow: Flow) -> None:
    flow.add(bash(f"trap '' TERM INT HUP; (trap '' TERM; {NAP}) & {NAP}; {NAP}"))
    wait_for(lambda: processes_with(NAP), "the program")
    assert flow.end()["Status"]["State"] == "TERMINATED"
    assert processes_with(NAP) == []


def test_a_step_that_forks_and_forks_is_gone_with_its_cluster(flow: Flow) -> None:
    flow.add(bash(f"for n in $(seq 200); do (setsid {NAP} &); done; {NAP}"))
    wait_for(lambda: len(processes_with(NAP)) > 200, "the children")
    flow.end()
    assert processes_with(NAP) == []
