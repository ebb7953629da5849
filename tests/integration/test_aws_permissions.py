"""The DAGs, run on the embedded stack, call AWS only as MWAA's execution role may.

Every call of the operators and hooks is recorded where botocore makes it, and put to the role of roles.yaml
for this bucket. Where the embedded profile differs from profile aws (tags, names of roles), what the latter
says is put.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests import aws_calls
from tests.aws_permissions import needs
from tests.integration.harness import BUCKET, HOUSING, ROOT, RUN_TIMEOUT, TWEETS, Pipeline
from tests.unit.aws.policies import allowed, documents
from tests.unit.aws.templates import ACCOUNT, REGION, render

# A week that no other test of this worker loads
SMALL = {"week": "2026-W40", "number_of_stations": 5, "number_of_tweets": 5}
PARAMETERS = {"Prefix": "tubepulse", "BucketName": BUCKET, "EnvironmentName": "tubepulse"}

# What is known to happen, so that an empty record proves nothing
CERTAIN = {
    "secretsmanager GetSecretValue", "emr RunJobFlow", "emr DescribeCluster", "emr AddJobFlowSteps",
    "emr DescribeStep", "emr ListSteps", "emr TerminateJobFlows", "s3 GetObject", "s3 ListObjectsV2",
    "s3 PutObject", "s3 DeleteObjects",
}  # fmt: skip


@pytest.fixture(scope="module")
def calls(pipeline: Pipeline, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """The calls of a week's run, of the housing prices, and of a rerun with a job that fails."""
    folder = tmp_path_factory.mktemp("calls")
    _run(pipeline, aws_calls.start(folder), folder, "success", f"{TWEETS}={json.dumps(SMALL)}", HOUSING)
    first = aws_calls.calls(folder)
    pipeline.put("scripts/sentiment_analysis.py", b"raise SystemExit('broken for a test')\n")
    try:
        _run(pipeline, aws_calls.start(folder), folder, "failed", f"{TWEETS}={json.dumps(SMALL)}")
    finally:
        pipeline.deploy()
    return [*first, *aws_calls.calls(folder)]


def _run(pipeline: Pipeline, recorder: dict[str, str], folder: Path, state: str, *runs: str) -> None:
    outcomes = folder / "outcomes.jsonl"
    outcomes.unlink(missing_ok=True)
    done = subprocess.run(
        [sys.executable, "-m", "embedded.run_dags", "--outcomes", str(outcomes), *runs],
        cwd=ROOT, env=pipeline.environment(**recorder), capture_output=True, text=True, check=False,
        timeout=RUN_TIMEOUT,
    )  # fmt: skip
    assert outcomes.exists(), done.stderr[-3000:]
    states = [json.loads(line)["state"] for line in outcomes.read_text().splitlines()]
    assert states == [state] * len(runs), done.stdout[-3000:]


def test_the_record_has_what_is_known_to_happen(calls: list[dict[str, Any]]) -> None:
    assert {f"{call['service']} {call['operation']}" for call in calls} >= CERTAIN
    buckets = {call["params"]["Bucket"] for call in calls if call["service"] == "s3"}
    assert buckets == {BUCKET}
    staged = {
        call["params"]["Key"].partition("/month=")[0]
        for call in calls
        if call["operation"] == "PutObject" and call["params"]["Key"].startswith("housing/")
    }
    assert staged == {"housing/raw", "housing/matched"}


def test_airflows_role_allows_every_call(calls: list[dict[str, Any]]) -> None:
    role = documents("roles", PARAMETERS)["AirflowRole"]
    tags, roles = _of_profile_aws()
    asked = {
        (
            need.action,
            need.resource,
            tuple(sorted((key, str(value)) for key, value in need.context.items())),
        ): need
        for call in calls
        for need in needs(
            {**call, "region": REGION}, ACCOUNT, cluster_tags=tags, request_tags=tags, roles=roles
        )
    }
    refused = [need for need in asked.values() if not allowed(role, need.action, need.resource, need.context)]
    assert asked
    assert not refused


def test_the_role_allows_nothing_of_it_elsewhere(calls: list[dict[str, Any]]) -> None:
    """The same calls, on clusters and requests without our tag, and with another bucket's role."""
    _, roles = _of_profile_aws()
    other = documents("roles", {**PARAMETERS, "BucketName": "another-bucket"})["AirflowRole"]
    foreign = {"project": "somebody-elses"}
    seen = set()
    for call in calls:
        if call["service"] not in ("s3", "emr") or call["operation"] == "ListClusters":
            continue
        asked = needs(
            {**call, "region": REGION}, ACCOUNT, cluster_tags=foreign, request_tags=foreign, roles=roles
        )
        assert not allowed(other, asked[0].action, asked[0].resource, asked[0].context), asked[0]
        seen.add(call["operation"])
    assert seen >= {"RunJobFlow", "TerminateJobFlows", "PutObject", "GetObject"}


def _of_profile_aws() -> tuple[dict[str, str], dict[str, str]]:
    """The tags of profile aws's clusters, and the names of their roles as its stack makes them."""
    profile = json.loads((ROOT / "profiles" / "aws" / "connections.json").read_text())
    request = profile["emr_default"]["extra"]
    outputs = render("roles", PARAMETERS)["Outputs"]
    tags = {tag["Key"]: tag["Value"] for tag in request["Tags"]}
    roles = {
        parameter: outputs[request[parameter].removeprefix("${").removesuffix("}")]["Value"]
        for parameter in ("ServiceRole", "JobFlowRole")
    }
    return tags, roles
