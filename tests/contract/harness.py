"""How contract tests start the EMR endpoint, and what they repeat: boto3 and HTTP, none of our packages.

The endpoint is a child process, unless the environment names another one:

CONTRACT_EMR_ENDPOINT    the address of a running endpoint (the Compose stack's), or `aws` for EMR itself
CONTRACT_S3_ENDPOINT     the address of the S3 that it uses, with the credentials of the environment
CONTRACT_BUCKET          a bucket that exists there; on AWS it is needed

Tests that need the child's process, its work dir or its log are left out then. On EMR itself only those with
the mark `aws` run, with the credentials and region of the environment and EMR's default roles; each cluster
takes minutes and costs money: `CONTRACT_EMR_ENDPOINT=aws CONTRACT_BUCKET=… pytest -m aws tests/contract`.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import boto3

if TYPE_CHECKING:
    from mypy_boto3_emr import EMRClient

ROOT = Path(__file__).parents[2]
REGION: Final = "eu-central-1"
ENDPOINT = os.environ.get("CONTRACT_EMR_ENDPOINT")
S3_ENDPOINT = os.environ.get("CONTRACT_S3_ENDPOINT")
ON_AWS = ENDPOINT == "aws"
BUCKET = os.environ.get("CONTRACT_BUCKET", "contract-bucket")
CREDENTIALS = {"aws_access_key_id": "111122223333", "aws_secret_access_key": "secret", "region_name": REGION}
DEADLINE_S = 1200.0 if ON_AWS else 120.0 if ENDPOINT else 60.0
# EMR's floor, which the child process is told to lower
SHORTEST_IDLE_S = 60 if ENDPOINT else 1
# A program that would run on; its process number keeps two runs of the tests apart.
NAP = f"sleep 600.{os.getpid()}"
MINIMAL: dict[str, Any] = {
    "ReleaseLabel": "emr-7.13.0",
    "LogUri": f"s3n://{BUCKET}/logs/",
    "Instances": {
        "InstanceGroups": [{"InstanceRole": "MASTER", "InstanceType": "m5.xlarge", "InstanceCount": 1}],
        "KeepJobFlowAliveWhenNoSteps": True,
    },
    "Applications": [{"Name": "Spark"}],
    "JobFlowRole": "EMR_EC2_DefaultRole",
    "ServiceRole": "EMR_DefaultRole",
}


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(condition: Callable[[], Any], what: str, seconds: float = DEADLINE_S) -> Any:
    """The first true answer of `condition`; fails with `what` after the deadline."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        answer = condition()
        if answer:
            return answer
        time.sleep(0.03)
    raise AssertionError(f"not within {seconds} s: {what}")


def http_ok(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, ConnectionError):
        return False


def processes_with(text: str) -> list[int]:
    """The ids of living processes whose command line holds `text`."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:
                continue
            if text in command and int(entry.name) != os.getpid():
                found.append(int(entry.name))
    return found


@dataclass
class Endpoint:
    """A running EMR endpoint."""

    process: subprocess.Popen[bytes]
    port: int
    work_dir: Path
    log: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def client(self, **credentials: str) -> EMRClient:
        return emr_client(self.url, **credentials)


def emr_client(url: str, **credentials: str) -> EMRClient:
    """A client of the endpoint at `url`."""
    return boto3.client("emr", endpoint_url=url, **{**CREDENTIALS, **credentials})  # type: ignore[call-overload,no-any-return]  # keywords from a dictionary


def start_endpoint(folder: Path, s3_url: str, *options: str) -> Endpoint:
    """A child process that answers /health; `folder` gets its work dir and its log."""
    port, log = free_port(), folder / "emr.log"
    env = {
        **{
            name: value for name, value in os.environ.items() if name in ("PATH", "JAVA_HOME", "HOME", "LANG")
        },
        "PYTHONPATH": str(ROOT / "spark" / "emr"),
        "AWS_ENDPOINT_URL_S3": s3_url,
        "AWS_ACCESS_KEY_ID": CREDENTIALS["aws_access_key_id"],
        "AWS_SECRET_ACCESS_KEY": CREDENTIALS["aws_secret_access_key"],
        "AWS_DEFAULT_REGION": REGION,
        "LEAKED_FROM_PARENT": "yes",
    }
    command = [
        sys.executable,
        "-m",
        "emr_local",
        "--port",
        str(port),
        "--work-dir",
        str(folder / "work"),
        *options,
    ]
    with log.open("wb") as stream:
        process = subprocess.Popen(command, env=env, stdout=stream, stderr=stream)
    endpoint = Endpoint(process, port, folder / "work", log)
    wait_for(lambda: http_ok(f"{endpoint.url}/health") or process.poll() is not None, "EMR endpoint up")
    assert process.poll() is None, log.read_text()
    return endpoint


def stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


class Flow:
    """One job flow of a test, with the calls that tests repeat."""

    def __init__(self, emr: EMRClient, **overrides: Any) -> None:
        self.emr = emr
        request: dict[str, Any] = {"Name": "contract", **MINIMAL, **overrides}
        self.id = emr.run_job_flow(**request)["JobFlowId"]

    def describe(self) -> Any:
        return self.emr.describe_cluster(ClusterId=self.id)["Cluster"]

    def state(self) -> str:
        return str(self.describe()["Status"]["State"])

    def until(self, *states: str) -> Any:
        """The cluster, once it is in one of the states."""
        wait_for(lambda: self.state() in states, f"{self.id} in {states}, is {self.state()}")
        return self.describe()

    def add(self, *steps: dict[str, Any]) -> list[str]:
        return self.emr.add_job_flow_steps(JobFlowId=self.id, Steps=steps)["StepIds"]  # type: ignore[arg-type]  # plain dictionaries

    def step(self, step_id: str) -> Any:
        return self.emr.describe_step(ClusterId=self.id, StepId=step_id)["Step"]

    def step_until(self, step_id: str, *states: str) -> Any:
        """The step, once it is in one of the states."""

        def arrived() -> bool:
            return self.step(step_id)["Status"]["State"] in states

        wait_for(
            arrived, f"step {step_id} in {states}: {json.dumps(self.step(step_id)['Status'], default=str)}"
        )
        return self.step(step_id)

    def states(self) -> list[str]:
        """The states of all steps, oldest first."""
        return [str(s["Status"]["State"]) for s in self.emr.list_steps(ClusterId=self.id)["Steps"]][::-1]

    def end(self) -> Any:
        self.emr.set_termination_protection(JobFlowIds=[self.id], TerminationProtected=False)
        self.emr.terminate_job_flows(JobFlowIds=[self.id])
        return self.until("TERMINATED", "TERMINATED_WITH_ERRORS")


def bash(script: str, on_failure: str | None = "CONTINUE", name: str = "bash") -> dict[str, Any]:
    """A step that runs a line of bash."""
    return command("bash", "-c", script, on_failure=on_failure, name=name)


def command(*args: str, on_failure: str | None = "CONTINUE", name: str = "step") -> dict[str, Any]:
    """A command-runner.jar step."""
    step: dict[str, Any] = {"Name": name, "HadoopJarStep": {"Jar": "command-runner.jar", "Args": list(args)}}
    return {**step, "ActionOnFailure": on_failure} if on_failure else step
