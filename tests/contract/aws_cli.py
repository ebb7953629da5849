"""The AWS CLI as contract tests drive it: the program from .venv-awscli, the endpoint of the fixtures."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.contract.harness import CREDENTIALS, REGION, ROOT, Endpoint, wait_for

if TYPE_CHECKING:
    from mypy_boto3_emr import EMRClient

AWS = ROOT / ".venv-awscli" / "bin" / "aws"


class Cli:
    """The `aws` program in an environment of its own; boto3 where a test waits before it asks the CLI."""

    def __init__(self, endpoint: Endpoint, s3_url: str, home: Path) -> None:
        self.emr: EMRClient = endpoint.client()
        self._env = {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "AWS_ACCESS_KEY_ID": CREDENTIALS["aws_access_key_id"],
            "AWS_SECRET_ACCESS_KEY": CREDENTIALS["aws_secret_access_key"],
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ENDPOINT_URL_EMR": endpoint.url,
            "AWS_ENDPOINT_URL_S3": s3_url,
        }

    def run(self, *words: str, **env: str) -> subprocess.CompletedProcess[bytes]:
        """Any command, whatever comes of it."""
        assert AWS.exists(), "make aws-cli installs the AWS CLI"
        return subprocess.run([AWS, *words], env={**self._env, **env}, capture_output=True, timeout=120)

    def read(self, *words: str, **env: str) -> bytes:
        """What a command that succeeds prints."""
        done = self.run(*words, **env)
        assert done.returncode == 0, (words, done.stderr.decode(), done.stdout.decode())
        return done.stdout

    def ask(self, command: str, *words: str) -> Any:
        """The document of an `aws emr` command; None where it prints nothing."""
        printed = self.read("emr", command, *words)
        return json.loads(printed) if printed.strip() else None

    def refusal(self, command: str, *words: str) -> str:
        """What an `aws emr` command says that fails."""
        done = self.run("emr", command, *words)
        assert done.returncode not in (0, 2), (words, done.stdout.decode(), done.stderr.decode())
        return done.stderr.decode().strip()

    def cluster_state(self, cluster_id: str) -> str:
        return str(self.emr.describe_cluster(ClusterId=cluster_id)["Cluster"]["Status"]["State"])

    def cluster_until(self, cluster_id: str, *states: str) -> None:
        wait_for(lambda: self.cluster_state(cluster_id) in states, f"{cluster_id} in {states}")

    def step_until(self, cluster_id: str, step_id: str, *states: str) -> None:
        def state() -> str:
            return str(
                self.emr.describe_step(ClusterId=cluster_id, StepId=step_id)["Step"]["Status"]["State"]
            )

        wait_for(lambda: state() in states, f"{step_id} in {states}, is {state()}", 120)
