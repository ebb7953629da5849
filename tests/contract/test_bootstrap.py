"""Bootstrap actions: their order, logs and failures."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tests.contract.harness import BUCKET, NAP, Flow, bash, processes_with, wait_for

if TYPE_CHECKING:
    from mypy_boto3_emr import EMRClient
    from mypy_boto3_s3 import S3Client


def action(s3: S3Client, name: str, script: str, *args: str) -> dict[str, Any]:
    s3.put_object(Bucket=BUCKET, Key=f"bootstrap/{name}.sh", Body=script.encode())
    return {
        "Name": name,
        "ScriptBootstrapAction": {"Path": f"s3://{BUCKET}/bootstrap/{name}.sh", "Args": list(args)},
    }


def test_actions_run_in_order_before_steps(start: Callable[..., Flow], s3: S3Client, emr: EMRClient) -> None:
    actions = [
        action(s3, "first", "#!/bin/sh\necho first $1 $2 >> $HOME/order\n", "a", "b c"),
        action(s3, "second", "echo second >> $HOME/order; cat $HOME/order\n"),
    ]
    flow = start(BootstrapActions=actions, Steps=[bash("test $(wc -l < $HOME/order) = 2")])
    flow.until("WAITING")
    assert flow.states() == ["COMPLETED"]
    listed = emr.list_bootstrap_actions(ClusterId=flow.id)["BootstrapActions"]
    assert listed == [
        {"Name": "first", "ScriptPath": f"s3://{BUCKET}/bootstrap/first.sh", "Args": ["a", "b c"]},
        {"Name": "second", "ScriptPath": f"s3://{BUCKET}/bootstrap/second.sh", "Args": []},
    ]
    logs = s3.list_objects_v2(Bucket=BUCKET, Prefix=f"logs/{flow.id}/node/")["Contents"]
    [stdout] = [entry["Key"] for entry in logs if entry["Key"].endswith("bootstrap-actions/2/stdout.gz")]
    assert stdout.startswith(f"logs/{flow.id}/node/i-")
    text = gzip.decompress(s3.get_object(Bucket=BUCKET, Key=stdout)["Body"].read()).decode()
    assert text == "first a b c\nsecond\n"


def test_failing_action_ends_the_cluster(start: Callable[..., Flow], s3: S3Client) -> None:
    actions = [action(s3, "fails", "echo broken >&2; exit 7"), action(s3, "never", "true")]
    flow = start(BootstrapActions=actions, Steps=[bash("true")])
    status = flow.until("TERMINATED", "TERMINATED_WITH_ERRORS")["Status"]
    assert status["State"] == "TERMINATED_WITH_ERRORS"
    reason = status["StateChangeReason"]
    assert reason["Code"] == "BOOTSTRAP_FAILURE"
    assert reason["Message"].startswith("On the master instance (i-")
    assert reason["Message"].endswith("), bootstrap action 1 returned a non-zero return code")
    assert status["ErrorDetails"][0]["ErrorCode"] == "BOOTSTRAP_FAILURE_PRIMARY_WITH_NON_ZERO_CODE"
    assert status["ErrorDetails"][0]["ErrorMessage"].endswith(": broken")
    assert flow.states() == ["CANCELLED"]
    assert "ReadyDateTime" not in status["Timeline"]


def test_missing_object_ends_the_cluster(start: Callable[..., Flow]) -> None:
    path = f"s3://{BUCKET}/bootstrap/absent.sh"
    flow = start(BootstrapActions=[{"Name": "absent", "ScriptBootstrapAction": {"Path": path}}])
    status = flow.until("TERMINATED", "TERMINATED_WITH_ERRORS")["Status"]
    assert status["State"] == "TERMINATED_WITH_ERRORS"
    assert status["StateChangeReason"]["Code"] == "BOOTSTRAP_FAILURE"
    assert status["StateChangeReason"]["Message"].endswith(
        ") failed attempting to download bootstrap action 1 file from S3"
    )
    [detail] = status["ErrorDetails"]
    assert detail["ErrorCode"] == "BOOTSTRAP_FAILURE_BA_DOWNLOAD_FAILED_PRIMARY"
    assert detail["ErrorMessage"].endswith(f"{path} does not exist")


def test_termination_while_bootstrapping(start: Callable[..., Flow], s3: S3Client) -> None:
    flow = start(BootstrapActions=[action(s3, "long", f"{NAP}; true")], Steps=[bash("true")])
    wait_for(lambda: processes_with(NAP), "the bootstrap action")
    assert flow.state() == "BOOTSTRAPPING"
    assert flow.end()["Status"]["State"] == "TERMINATED"
    assert processes_with(NAP) == []
    assert flow.states() == ["CANCELLED"]
