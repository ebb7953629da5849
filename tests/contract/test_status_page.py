"""What a person sees of the endpoint, over HTTP."""

from __future__ import annotations

import re
import socket
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from tests.contract.harness import BUCKET, NAP, REGION, Endpoint, Flow, bash, wait_for

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def fetch(endpoint: Endpoint, path: str, method: str = "GET", **headers: str) -> tuple[int, str, str]:
    """Status, content type and body."""
    request = urllib.request.Request(f"{endpoint.url}{path}", method=method, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.headers["Content-Type"], answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.headers["Content-Type"], error.read().decode()


def test_clusters_steps_and_logs_from_first_to_last(
    start: Callable[..., Flow], s3: S3Client, endpoint: Endpoint
) -> None:
    s3.put_object(Bucket=BUCKET, Key="scripts/hello.sh", Body=b"echo hello from bootstrap")
    script = {"Path": f"s3://{BUCKET}/scripts/hello.sh", "Args": []}
    flow = start(
        Name="days & nights",
        Tags=[{"Key": "project", "Value": "pages"}],
        BootstrapActions=[{"Name": "hello", "ScriptBootstrapAction": script}],
        Steps=[
            bash("echo 'a < b'; echo oops >&2; exit 3", name="fails"),
            bash(f"echo here; {NAP}", name="naps"),
        ],
    )
    flow.until("RUNNING")
    failed, naps = [step["Id"] for step in flow.emr.list_steps(ClusterId=flow.id)["Steps"]][::-1]
    flow.step_until(naps, "RUNNING")

    status, kind, page = fetch(endpoint, "/")
    assert (status, kind) == (200, "text/html; charset=utf-8")
    assert f'href="/clusters/{flow.id}"' in page
    assert "days &amp; nights" in page
    assert "project=pages" in page
    assert REGION in page
    assert 'http-equiv="refresh"' in page
    assert "://" not in page

    _, _, page = fetch(endpoint, f"/clusters/{flow.id}")
    assert page.index("fails") < page.index("naps")
    assert "oops" in page
    assert f"s3://{BUCKET}/logs/{flow.id}/steps/{failed}/stderr.gz" in page
    log = f"/clusters/{flow.id}/steps/{failed}"
    assert f'href="{log}/stderr"' in page
    naps_log = f"/clusters/{flow.id}/steps/{naps}/stdout"
    wait_for(lambda: fetch(endpoint, naps_log) == (200, "text/plain; charset=utf-8", "here\n"), "live log")
    assert fetch(endpoint, f"{log}/stdout")[2] == "a < b\n"
    flow.end()

    assert fetch(endpoint, f"{log}/stdout") == (200, "text/plain; charset=utf-8", "a < b\n")
    assert "startExec" in fetch(endpoint, f"{log}/controller")[2]
    action = f"/clusters/{flow.id}/bootstrap-actions/1"
    assert fetch(endpoint, f"{action}/stdout")[2] == "hello from bootstrap\n"
    assert 'http-equiv="refresh"' not in fetch(endpoint, f"/clusters/{flow.id}")[2]
    assert "emr-7.13.0 on Spark" in fetch(endpoint, f"/clusters/{flow.id}/provision.log")[2]


@pytest.mark.parametrize(
    "path",
    [
        "/clusters/j-0000000000000",
        "/clusters/..%2f..%2fetc%2fpasswd",
        "/clusters/j-0000000000000/steps/s-0000000000000/stderr",
        "/favicon.ico",
        "/clusters",
    ],
)
def test_what_is_not_there_says_so(endpoint: Endpoint, path: str) -> None:
    status, kind, body = fetch(endpoint, path)
    assert (status, kind) == (404, "text/plain; charset=utf-8")
    assert body.endswith(".\n")


def test_logs_that_are_not_there(flow: Flow, endpoint: Endpoint) -> None:
    [step_id] = flow.add(bash("true"))
    flow.step_until(step_id, "COMPLETED")
    folder = f"/clusters/{flow.id}/steps/{step_id}"
    assert fetch(endpoint, f"{folder}/stdout") == (200, "text/plain; charset=utf-8", "")
    assert fetch(endpoint, f"{folder}/..%2f..%2f..%2fconf%2fspark-env.sh")[0] == 404
    assert fetch(endpoint, f"{folder}/stdin")[0] == 404
    assert fetch(endpoint, f"/clusters/{flow.id}/bootstrap-actions/1/stdout")[0] == 404
    flow.end()
    absent = f"/clusters/{flow.id}/steps/s-0000000000000/stderr"
    assert fetch(endpoint, absent)[::2] == (
        404,
        f"There is no s3://{BUCKET}/logs/{flow.id}/steps/s-0000000000000/stderr.gz.\n",
    )


def test_pages_are_read_only_and_only_for_own_names(endpoint: Endpoint) -> None:
    assert fetch(endpoint, "/", Host="evil.example")[0] == 403
    assert fetch(endpoint, "/", Host=f"localhost:{endpoint.port}")[0] == 200
    assert fetch(endpoint, "/", Origin="http://evil.example")[0] == 403
    for method in ("PUT", "DELETE", "OPTIONS"):
        assert fetch(endpoint, "/clusters/j-1", method)[0] == 404
    assert fetch(endpoint, "/", "HEAD")[::2] == (200, "")
    with socket.create_connection(("127.0.0.1", endpoint.port)) as bare:
        bare.sendall(b"HEAD / HTTP/1.1\r\nHost: emr\r\nConnection: close\r\n\r\n")
        answer = b"".join(iter(lambda: bare.recv(4096), b"")).decode()
    assert answer.startswith("HTTP/1.1 200 OK")
    assert answer.endswith("\r\n\r\n")


def test_pages_forbid_everything_but_themselves(start: Callable[..., Flow], endpoint: Endpoint) -> None:
    """Names may hold an ampersand; tags and steps whatever they like."""
    evil, shown = "<script src=pepper>", "&lt;script src=pepper&gt;"
    flow = start(Name="salt & pepper", Tags=[{"Key": "a", "Value": evil}], Steps=[bash("true", name=evil)])
    for path, times in (("/", 1), (f"/clusters/{flow.id}", 2)):
        with urllib.request.urlopen(f"{endpoint.url}{path}") as answer:
            headers, page = answer.headers, answer.read().decode()
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cache-Control"] == "no-store"
        assert headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'sha256-")
        assert "salt &amp; pepper" in page
        assert "salt & pepper" not in page
        assert page.count(shown) == times
        page = page.replace(shown, "")
        assert "script" not in page
        assert re.findall(r"\b(?:src|action|on\w+)=", page) == []
