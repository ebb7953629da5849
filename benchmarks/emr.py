"""What the EMR endpoint costs: `.venv/bin/python -m benchmarks.emr`, about a minute.

Steps are `true`, so that all that is measured is the endpoint's own: time per step beside that of starting
the same program directly, how long list and describe calls take while a step runs on a cluster of 500, how
long 20 clusters take at once, and the memory of the service over 1,000 steps. Exit code 1 where a call's p99
is above 50 ms, or memory grew by more than a tenth.
"""

import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import psutil
from botocore.exceptions import EndpointConnectionError

from embedded.endpoints import java_home

if TYPE_CHECKING:
    from mypy_boto3_emr import EMRClient

ROOT = Path(__file__).parents[1]
STEPS_AT_ONCE = 250  # below EMR's limit of 256 active ones
CALLS = 1000
SLOWEST_P99_MS, MOST_GROWTH = 50.0, 1.1
GROUPS: Any = [{"InstanceRole": "MASTER", "InstanceType": "m5.xlarge", "InstanceCount": 1}]


@contextmanager
def service(*options: str, work_dir: Path | None = None) -> Iterator[tuple["EMRClient", psutil.Process]]:
    """A client of a running endpoint, which is started with the `options`, and its process."""
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        place = work_dir or Path(folder) / "work"
        command = [sys.executable, "-m", "emr_local", "--port", str(port), "--work-dir", str(place), *options]
        env = {**os.environ, "JAVA_HOME": str(java_home()), "PYTHONPATH": str(ROOT / "spark" / "emr")}
        with (Path(folder) / "log").open("wb") as log:
            process = subprocess.Popen(command, env=env, stdout=log, stderr=log)
        client: EMRClient = boto3.client(
            "emr",
            endpoint_url=f"http://127.0.0.1:{port}",
            region_name="eu-west-2",
            aws_access_key_id="benchmark",
            aws_secret_access_key="benchmark",  # noqa: S106 - any will do
        )
        try:
            until(lambda: process.poll() is not None or answers(client))
            if process.poll() is not None:
                raise RuntimeError(f"the endpoint has ended: {(Path(folder) / 'log').read_text()}")
            yield client, psutil.Process(process.pid)
        finally:
            process.terminate()
            process.wait()


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(client: "EMRClient") -> bool:
    """Whether the service is up."""
    try:
        client.list_clusters()
    except EndpointConnectionError:
        return False
    return True


def until(condition: Callable[[], bool], patience: float = 60, look: float = 0.005) -> None:
    """Waits for it, `patience` seconds at most; looks every `look` seconds."""
    deadline = time.monotonic() + patience
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(look)


def step(*args: str) -> Any:
    """A step that runs a program."""
    jar = {"Jar": "command-runner.jar", "Args": list(args)}
    return {"Name": args[0], "ActionOnFailure": "CONTINUE", "HadoopJarStep": jar}


def start(client: "EMRClient", *steps: Any, keep_alive: bool = True) -> str:
    """The id of a new cluster."""
    return client.run_job_flow(
        Name="benchmark",
        ReleaseLabel="emr-7.13.0",
        ServiceRole="benchmark",
        JobFlowRole="benchmark",
        Instances={"InstanceGroups": GROUPS, "KeepJobFlowAliveWhenNoSteps": keep_alive},
        Steps=steps,
    )["JobFlowId"]


def in_state(client: "EMRClient", cluster_id: str, state: str) -> bool:
    """Whether the cluster is in that state."""
    return client.describe_cluster(ClusterId=cluster_id)["Cluster"]["Status"]["State"] == state


def run_steps(client: "EMRClient", cluster_id: str, count: int) -> float:
    """Runs that many steps, as many at once as EMR takes; seconds."""
    began = time.perf_counter()
    for first in range(0, count, STEPS_AT_ONCE):
        client.add_job_flow_steps(
            JobFlowId=cluster_id, Steps=[step("true")] * min(STEPS_AT_ONCE, count - first)
        )
        until(lambda: in_state(client, cluster_id, "WAITING"))
    return time.perf_counter() - began


def p99(name: str, call: Callable[[], object]) -> float:
    """Prints how long the call takes; milliseconds."""
    milliseconds = []
    for _ in range(CALLS):
        began = time.perf_counter()
        call()
        milliseconds.append((time.perf_counter() - began) * 1000)
    cuts = statistics.quantiles(milliseconds, n=100)
    print(f"{name}: p50 {cuts[49]:.1f} ms, p99 {cuts[98]:.1f} ms")
    return cuts[98]


def directly(count: int) -> float:
    """Seconds of starting the same program that often without any endpoint."""
    began = time.perf_counter()
    for _ in range(count):
        subprocess.run(["true"], check=True)
    return time.perf_counter() - began


def one_step(client: "EMRClient", cluster_id: str, count: int = 240) -> dict[str, float]:
    """Milliseconds of a step that does nothing, of its program alone, and between the two."""
    until(lambda: in_state(client, cluster_id, "WAITING"))
    run_steps(client, cluster_id, 10)
    taken, alone = run_steps(client, cluster_id, count) / count * 1000, directly(count) / count * 1000
    return {"step_ms": taken, "program_alone_ms": alone, "overhead_ms": taken - alone}


def step_cost() -> dict[str, float]:
    """What `one_step` says of an endpoint of its own."""
    with service() as (client, _):
        return one_step(client, start(client))


def overhead_and_calls() -> list[float]:
    """Prints what a step and the calls cost; the calls' p99 in milliseconds."""
    with service() as (client, _):
        cluster_id = start(client)
        cost = one_step(client, cluster_id)
        print(f"a step: {cost['step_ms']:.1f} ms, its program alone {cost['program_alone_ms']:.1f} ms")
        run_steps(client, cluster_id, 250)
        [running] = client.add_job_flow_steps(JobFlowId=cluster_id, Steps=[step("sleep", "600")])["StepIds"]
        print("beside 500 steps, while one runs:")
        return [
            p99("  DescribeStep", lambda: client.describe_step(ClusterId=cluster_id, StepId=running)),
            p99("  DescribeCluster", lambda: client.describe_cluster(ClusterId=cluster_id)),
            p99("  ListSteps, a page of 50", lambda: client.list_steps(ClusterId=cluster_id)),
        ]


def clusters_and_memory() -> float:
    """Prints what many clusters and steps cost; by what the memory grew."""
    with service() as (client, process):
        began = time.perf_counter()
        ids = [start(client, step("true"), keep_alive=False) for _ in range(20)]
        until(lambda: all(in_state(client, one, "TERMINATED") for one in ids))
        print(f"20 clusters of one step each at once: {time.perf_counter() - began:.1f} s")
        cluster_id = start(client)
        run_steps(client, cluster_id, 250)
        before = process.memory_info().rss
        run_steps(client, cluster_id, 1000)
        after = process.memory_info().rss
        print(f"memory: {before / 1e6:.1f} MB after 250 steps, {after / 1e6:.1f} MB after 1,000 more")
        return float(after / before)


def main() -> int:
    """Measures; the exit code."""
    slowest = max(overhead_and_calls())
    growth = clusters_and_memory()
    return 0 if slowest <= SLOWEST_P99_MS and growth <= MOST_GROWTH else 1


if __name__ == "__main__":
    sys.exit(main())
