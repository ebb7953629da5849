"""The stack's EMR endpoint keeps the contract of tests/contract, and its clusters over a restart."""

import os
import subprocess
import sys
from typing import Any

import pytest

from tests.e2e.harness import ROOT, Stack, until, without


@pytest.mark.timeout(1500)
def test_the_contract_suite_passes_against_the_stack(stack: Stack) -> None:
    where = {
        "CONTRACT_EMR_ENDPOINT": stack.url("EMR"), "CONTRACT_S3_ENDPOINT": stack.url("LOCALSTACK"),
        "AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local",  # the endpoint's own
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "tests/contract", "--quiet", "-p", "no:cacheprovider"],
        cwd=ROOT, env={**os.environ, **where}, text=True, capture_output=True, check=False, timeout=1400,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-20_000:]
    assert " passed" in done.stdout.splitlines()[-1]


def start(stack: Stack, keep_alive: bool) -> str:
    """The id of a new cluster with a step."""
    jar = {"Jar": "command-runner.jar", "Args": ["true"]}
    cluster_id: str = stack.emr().run_job_flow(
        Name="restart", ReleaseLabel="emr-7.13.0", ServiceRole="r", JobFlowRole="r",
        Instances={
            "MasterInstanceType": "m5.xlarge", "InstanceCount": 1, "KeepJobFlowAliveWhenNoSteps": keep_alive,
        },
        Steps=[{"Name": "step", "ActionOnFailure": "CONTINUE", "HadoopJarStep": jar}],
    )["JobFlowId"]  # fmt: skip
    return cluster_id


def status(stack: Stack, cluster_id: str) -> Any:
    return stack.emr().describe_cluster(ClusterId=cluster_id)["Cluster"]["Status"]


def test_clusters_outlive_a_restart_of_the_endpoint(stack: Stack) -> None:
    ended, lives = start(stack, False), start(stack, True)
    until("the one has ended", lambda: status(stack, ended)["State"] == "TERMINATED", 60)
    until("the other one waits", lambda: status(stack, lives)["State"] == "WAITING", 60)
    before = status(stack, ended), stack.emr().list_steps(ClusterId=ended)["Steps"]
    with without(stack, "emr", "stop", "start"):
        pass
    assert (status(stack, ended), stack.emr().list_steps(ClusterId=ended)["Steps"]) == before
    lost = status(stack, lives)
    assert (lost["State"], lost["StateChangeReason"]["Code"]) == (
        "TERMINATED_WITH_ERRORS",
        "INSTANCE_FAILURE",
    )
