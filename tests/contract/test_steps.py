"""Steps: their life cycle, what their failure does, cancelling, logs, and what they find on the node."""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import WaiterError

from tests.contract.harness import (
    BUCKET,
    MINIMAL,
    NAP,
    Endpoint,
    Flow,
    bash,
    command,
    processes_with,
    wait_for,
)

if TYPE_CHECKING:
    from mypy_boto3_emr import EMRClient
    from mypy_boto3_s3 import S3Client


def read_log(s3: S3Client, key: str) -> str:
    return gzip.decompress(s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()).decode()


@pytest.mark.aws
def test_step_completes_and_is_described(flow: Flow, emr: EMRClient) -> None:
    [step_id] = flow.add(bash("echo done", name="says done"))
    emr.get_waiter("step_complete").wait(
        ClusterId=flow.id, StepId=step_id, WaiterConfig={"Delay": 1, "MaxAttempts": 30}
    )
    step = flow.step(step_id)
    assert step["Name"] == "says done"
    assert step["ActionOnFailure"] == "CONTINUE"
    assert step["Config"]["Args"] == ["bash", "-c", "echo done"]
    assert step["Config"]["Jar"] == "command-runner.jar"
    timeline = step["Status"]["Timeline"]
    assert timeline["CreationDateTime"] <= timeline["StartDateTime"] <= timeline["EndDateTime"]
    assert "FailureDetails" not in step["Status"]
    assert flow.state() == "WAITING"


@pytest.mark.aws
def test_waiter_fails_on_a_failed_step(flow: Flow, emr: EMRClient) -> None:
    [step_id] = flow.add(bash("exit 3"))
    with pytest.raises(WaiterError):
        emr.get_waiter("step_complete").wait(
            ClusterId=flow.id, StepId=step_id, WaiterConfig={"Delay": 1, "MaxAttempts": 30}
        )


@pytest.mark.aws
def test_continue_runs_the_next_step(flow: Flow) -> None:
    steps = flow.add(bash("exit 1"), bash("true"))
    flow.step_until(steps[1], "COMPLETED")
    assert flow.states() == ["FAILED", "COMPLETED"]
    assert flow.state() == "WAITING"


@pytest.mark.aws
def test_cancel_and_wait_cancels_the_rest(flow: Flow) -> None:
    steps = flow.add(bash("exit 1", "CANCEL_AND_WAIT"), bash("true"), bash("true"))
    flow.step_until(steps[2], "CANCELLED")
    assert flow.states() == ["FAILED", "CANCELLED", "CANCELLED"]
    assert flow.state() == "WAITING"


@pytest.mark.aws
@pytest.mark.parametrize("action", ["TERMINATE_CLUSTER", "TERMINATE_JOB_FLOW", None])
def test_terminate_cluster_ends_with_errors(flow: Flow, action: str | None) -> None:
    flow.add(bash("exit 1", action), bash("true"))
    status = flow.until("TERMINATED", "TERMINATED_WITH_ERRORS")["Status"]
    assert status["State"] == "TERMINATED_WITH_ERRORS"
    assert status["StateChangeReason"] == {"Code": "STEP_FAILURE", "Message": "Shut down as step failed"}
    assert flow.states() == ["FAILED", "CANCELLED"]


@pytest.mark.aws
def test_protected_cluster_survives_a_failed_step(start: Callable[..., Flow]) -> None:
    flow = start(Instances={**MINIMAL["Instances"], "TerminationProtected": True})
    steps = flow.add(bash("exit 1", "TERMINATE_CLUSTER"), bash("true"))
    flow.step_until(steps[1], "CANCELLED")
    flow.until("WAITING")


@pytest.mark.aws
def test_failed_steps_of_a_transient_cluster_are_told_at_its_end(start: Callable[..., Flow]) -> None:
    instances = {**MINIMAL["Instances"], "KeepJobFlowAliveWhenNoSteps": False}
    flow = start(Instances=instances, Steps=[bash("exit 1"), bash("true")])
    reason = flow.until("TERMINATED", "TERMINATED_WITH_ERRORS")["Status"]["StateChangeReason"]
    assert reason == {"Code": "STEP_FAILURE", "Message": "Steps completed with errors"}
    assert flow.states() == ["FAILED", "COMPLETED"]


def test_failure_details_name_the_exception_and_its_log(flow: Flow, s3: S3Client) -> None:
    [step_id] = flow.add(command("python3", "-c", "import json; json.loads('{')"))
    failure = flow.step_until(step_id, "FAILED")["Status"]["FailureDetails"]
    assert failure["Reason"] == "Unknown Error."
    assert failure["Message"].startswith("json.decoder.JSONDecodeError: Expecting property name")
    assert failure["LogFile"] == f"s3://{BUCKET}/logs/{flow.id}/steps/{step_id}/stderr.gz"
    assert "JSONDecodeError" in read_log(s3, failure["LogFile"].removeprefix(f"s3://{BUCKET}/"))


def test_logs_have_emrs_layout(flow: Flow, s3: S3Client) -> None:
    [step_id] = flow.add(bash("echo to stdout; echo to stderr >&2; exit 4"))
    flow.step_until(step_id, "FAILED")
    prefix = f"logs/{flow.id}/steps/{step_id}"
    found = s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix)["Contents"]
    assert [entry["Key"] for entry in found] == [
        f"{prefix}/{name}.gz" for name in ("controller", "stderr", "stdout", "syslog")
    ]
    assert read_log(s3, f"{prefix}/stdout.gz") == "to stdout\n"
    assert read_log(s3, f"{prefix}/stderr.gz") == "to stderr\n"
    controller = read_log(s3, f"{prefix}/controller.gz")
    assert "INFO startExec 'hadoop jar command-runner.jar bash -c echo to stdout" in controller
    assert "INFO waitProcessCompletion ended with exit code 4 : " in controller
    assert "WARN Step failed with exitCode 4 and took " in controller


def test_other_jar_fails_by_name_in_the_controller_log(flow: Flow, s3: S3Client) -> None:
    jar = f"s3://{BUCKET}/libs/script-runner/script-runner.jar"
    [step_id] = flow.add(
        {"Name": "jar", "ActionOnFailure": "CONTINUE", "HadoopJarStep": {"Jar": jar, "Args": ["s3://x/y.sh"]}}
    )
    failure = flow.step_until(step_id, "FAILED")["Status"]["FailureDetails"]
    assert jar in failure["Message"]
    assert failure["LogFile"].endswith("/controller.gz")
    assert jar in read_log(s3, failure["LogFile"].removeprefix(f"s3://{BUCKET}/"))


def test_unknown_program_fails_the_step(flow: Flow) -> None:
    [step_id] = flow.add(command("no-such-program", "--run"))
    failure = flow.step_until(step_id, "FAILED")["Status"]["FailureDetails"]
    assert failure["Message"] == 'Cannot run program "no-such-program": No such file or directory'


@pytest.mark.aws
def test_list_steps_by_ids_by_states_and_in_pages(flow: Flow, emr: EMRClient) -> None:
    first, *_ = flow.add(bash(NAP), *(bash("true") for _ in range(51)))
    flow.step_until(first, "RUNNING")
    page = emr.list_steps(ClusterId=flow.id)
    rest = emr.list_steps(ClusterId=flow.id, Marker=page["Marker"])
    assert (len(page["Steps"]), len(rest["Steps"])) == (50, 2)
    assert rest["Steps"][-1]["Id"] == first
    assert "Marker" not in dict(rest)
    assert [s["Id"] for s in emr.list_steps(ClusterId=flow.id, StepStates=["RUNNING"])["Steps"]] == [first]
    assert [s["Id"] for s in emr.list_steps(ClusterId=flow.id, StepIds=[first])["Steps"]] == [first]
    flow.end()
    assert processes_with(NAP) == []


def test_paging_survives_a_change_of_state(flow: Flow, emr: EMRClient) -> None:
    """The step that the marker names is no longer PENDING when the next page is asked for."""
    flow.add(bash(NAP), *(bash("true") for _ in range(52)))
    page = emr.list_steps(ClusterId=flow.id, StepStates=["PENDING"])
    assert len(page["Steps"]) == 50
    emr.cancel_steps(ClusterId=flow.id, StepIds=[page["Steps"][-1]["Id"]])
    rest = emr.list_steps(ClusterId=flow.id, StepStates=["PENDING"], Marker=page["Marker"])
    assert 2 <= len(rest["Steps"]) <= 3
    flow.end()


def test_an_object_goes_to_stdout_and_a_folder_among_the_logs_hides_none(
    flow: Flow, emr: EMRClient, s3: S3Client
) -> None:
    s3.put_object(Bucket=BUCKET, Key="greet.sh", Body=b"echo hello from $0")
    line = f'mkdir "$HADOOP_LOG_DIR/history"; aws s3 cp s3://{BUCKET}/greet.sh - | bash -s; '
    [step_id] = flow.add(bash(line))
    flow.step_until(step_id, "COMPLETED")
    log_uri = emr.describe_cluster(ClusterId=flow.id)["Cluster"]["LogUri"]
    prefix = log_uri.partition(f"{BUCKET}/")[2]
    assert read_log(s3, f"{prefix}{flow.id}/steps/{step_id}/stdout.gz") == "hello from bash\n"


@pytest.mark.aws
def test_cancel_a_pending_step(flow: Flow, emr: EMRClient) -> None:
    running, pending = flow.add(bash("sleep 1"), bash("echo never", "TERMINATE_CLUSTER"))
    flow.step_until(running, "RUNNING")
    [info] = emr.cancel_steps(ClusterId=flow.id, StepIds=[pending])["CancelStepsInfoList"]
    assert (info["StepId"], info["Status"]) == (pending, "SUBMITTED")
    assert flow.step(pending)["Status"]["State"] == "CANCELLED"
    flow.step_until(running, "COMPLETED")
    assert flow.state() == "WAITING"
    [info] = emr.cancel_steps(ClusterId=flow.id, StepIds=[running])["CancelStepsInfoList"]
    assert info["Status"] == "FAILED"
    assert "COMPLETED" in info["Reason"]


@pytest.mark.parametrize("option", ["SEND_INTERRUPT", "TERMINATE_PROCESS"])
def test_cancel_a_running_step(flow: Flow, emr: EMRClient, option: str) -> None:
    trap = "trap '' TERM; " if option == "TERMINATE_PROCESS" else ""
    running, after = flow.add(
        bash(f"{trap}echo started; {NAP} & {NAP}; {NAP}", "TERMINATE_CLUSTER"), bash("true")
    )
    flow.step_until(running, "RUNNING")
    wait_for(lambda: len(processes_with(NAP)) >= 3, "the children")
    emr.cancel_steps(ClusterId=flow.id, StepIds=[running], StepCancellationOption=option)  # type: ignore[arg-type]
    assert flow.step_until(running, "CANCELLED")["Status"]["State"] == "CANCELLED"
    assert processes_with(NAP) == []
    flow.step_until(after, "COMPLETED")
    assert flow.state() == "WAITING"


def test_cancelled_step_that_ends_well_is_completed(flow: Flow, emr: EMRClient) -> None:
    [step_id] = flow.add(bash("trap 'exit 0' TERM; echo armed > armed; while true; do sleep 0.05; done"))
    flow.step_until(step_id, "RUNNING")
    time.sleep(0.3)
    emr.cancel_steps(ClusterId=flow.id, StepIds=[step_id])
    flow.step_until(step_id, "COMPLETED")


@pytest.mark.aws
def test_step_concurrency_level(start: Callable[..., Flow], emr: EMRClient) -> None:
    flow = start(StepConcurrencyLevel=3)
    assert flow.until("WAITING")["StepConcurrencyLevel"] == 3
    flow.add(*(bash(NAP) for _ in range(4)))
    wait_for(lambda: flow.states().count("RUNNING") == 3, "three running steps")
    assert flow.states() == ["RUNNING", "RUNNING", "RUNNING", "PENDING"]
    flow.end()
    assert processes_with(NAP) == []


def test_the_node_is_clean(flow: Flow, s3: S3Client, endpoint: Endpoint) -> None:
    modules = "'pyspark', 'py4j', 'pip', 'boto3', 'moto'"
    script = (
        "import os, json, importlib.util as u; "
        f"print(json.dumps([u.find_spec(m) is not None for m in ({modules})])); "
        "print(json.dumps(dict(os.environ)))"
    )
    [step_id] = flow.add(command("python3.11", "-c", script))
    flow.step_until(step_id, "COMPLETED")
    found, environ = map(json.loads, read_log(s3, f"logs/{flow.id}/steps/{step_id}/stdout.gz").splitlines())
    assert found == [True, True, True, False, False]
    assert "LEAKED_FROM_PARENT" not in environ
    assert "PYTHONPATH" not in environ
    assert environ["PATH"].split(":")[0] == str(endpoint.work_dir / "clusters" / flow.id / "bin")


def test_flooding_step_is_cut_short_on_disk_only(flow: Flow, endpoint: Endpoint) -> None:
    [step_id] = flow.add(bash("head -c 70000000 /dev/zero"))
    flow.step_until(step_id, "COMPLETED")
    stdout = endpoint.work_dir / "clusters" / flow.id / "logs" / "steps" / step_id / "stdout"
    limit = 64 * 1024 * 1024
    assert limit < stdout.stat().st_size < limit + 200
    assert (
        stdout.read_bytes()[limit:]
        == f"\n[the rest is not kept: this log is limited to {limit} bytes]\n".encode()
    )
