"""What outlives the service: ended clusters as they were, and a true end of what it ran."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.contract.harness import (
    BUCKET,
    NAP,
    Endpoint,
    Flow,
    bash,
    command,
    free_port,
    processes_with,
    start_endpoint,
    stop,
    wait_for,
)
from tests.contract.test_service import start_and_fail

if TYPE_CHECKING:
    from mypy_boto3_emr import EMRClient
    from mypy_boto3_s3 import S3Client

Begin = Callable[..., Endpoint]


@pytest.fixture
def begin(s3: S3Client, s3_url: str, tmp_path: Path) -> Iterator[Begin]:
    """Starts services one after the other in the same work dir."""
    started: list[Endpoint] = []

    def begin_one(*options: str) -> Endpoint:
        started.append(start_endpoint(tmp_path, s3_url, *options))
        return started[-1]

    yield begin_one
    for endpoint in started:
        stop(endpoint.process)


def without_metadata(answer: Any) -> Any:
    return {key: value for key, value in answer.items() if key != "ResponseMetadata"}


def told(emr: EMRClient, cluster_id: str) -> list[Any]:
    """All that the endpoint tells of a cluster."""
    answers: list[Any] = [
        emr.describe_cluster(ClusterId=cluster_id),
        emr.list_clusters(),
        emr.list_steps(ClusterId=cluster_id),
        emr.list_bootstrap_actions(ClusterId=cluster_id),
        emr.list_instance_groups(ClusterId=cluster_id),
        emr.get_auto_termination_policy(ClusterId=cluster_id),
        *(
            emr.describe_step(ClusterId=cluster_id, StepId=step["Id"])
            for step in emr.list_steps(ClusterId=cluster_id)["Steps"]
        ),
    ]
    return [without_metadata(answer) for answer in answers]


def test_ended_clusters_stay_as_they_were(begin: Begin) -> None:
    first = begin()
    emr = first.client()
    flow = Flow(
        emr,
        Name="zwölf",
        Tags=[{"Key": "a", "Value": "b"}],
        AutoTerminationPolicy={"IdleTimeout": 600},
        Configurations=[{"Classification": "spark-defaults", "Properties": {"spark.a": "1"}}],
        Steps=[bash("true"), bash("echo ValueError: no >&2; exit 3"), bash(NAP)],
    )
    flow.until("RUNNING")
    wait_for(lambda: flow.states()[2] == "RUNNING", "the third step")
    flow.end()
    Flow(emr, Name="another").end()
    before = told(emr, flow.id)
    stop(first.process)
    second = begin()
    assert told(second.client(), flow.id) == before
    assert [c["Name"] for c in second.client().list_clusters()["Clusters"]] == ["another", "zwölf"]


@pytest.mark.parametrize("killed", [False, True])
def test_what_ran_is_ended_with_a_reason_and_its_logs_are_kept(
    begin: Begin, s3: S3Client, killed: bool
) -> None:
    first = begin()
    flow = Flow(first.client(), Steps=[bash("true"), bash(f"echo begun; {NAP}; true"), bash("true")])
    flow.until("RUNNING")
    wait_for(lambda: flow.states() == ["COMPLETED", "RUNNING", "PENDING"], "the second step")
    waiting = Flow(first.client())
    waiting.until("WAITING")
    wait_for(lambda: processes_with(NAP), "the program")
    if killed:
        first.process.kill()
    else:
        first.process.terminate()
    first.process.wait(10)
    second = begin()
    flow.emr = waiting.emr = second.client()
    for one in (flow, waiting):
        status = one.describe()["Status"]
        assert status["State"] == "TERMINATED_WITH_ERRORS"
        assert status["StateChangeReason"]["Code"] == "INSTANCE_FAILURE"
        assert status["StateChangeReason"]["Message"].endswith("the EMR endpoint was stopped")
        assert status["Timeline"]["EndDateTime"] >= status["Timeline"]["CreationDateTime"]
    assert flow.states() == ["COMPLETED", "CANCELLED", "CANCELLED"]
    assert processes_with(NAP) == []
    step_id = second.client().list_steps(ClusterId=flow.id)["Steps"][1]["Id"]
    key = f"logs/{flow.id}/steps/{step_id}/stdout.gz"
    wait_for(lambda: key in keys(s3, f"logs/{flow.id}/"), "the log")
    assert gzip.decompress(s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()) == b"begun\n"
    wait_for(lambda: not list((second.work_dir / "clusters").iterdir()), "the folders' end")


def keys(s3: S3Client, prefix: str) -> list[str]:
    return [entry["Key"] for entry in s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", [])]


def test_a_service_goes_on_with_new_work_after_a_restart(begin: Begin) -> None:
    stop(begin().process)
    flow = Flow(begin().client(), Steps=[bash("true")])
    flow.until("WAITING")
    assert flow.states() == ["COMPLETED"]
    flow.end()


@pytest.mark.parametrize("content", [b"no database", b"SQLite format 3\0" + bytes(4096)])
def test_a_state_that_cannot_be_read_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "state.db").write_bytes(content)
    line = start_and_fail("--port", "0", "--work-dir", str(tmp_path))
    assert line.startswith(f"emr_local: {tmp_path}/state.db cannot be used (")
    assert line.endswith("): remove it, or use another --work-dir")


def test_logs_are_pushed_while_a_step_runs(begin: Begin, s3: S3Client) -> None:
    flow = Flow(
        begin("--log-push-interval", "0.1").client(),
        Steps=[bash(f"echo one; sleep 1; echo two; {NAP}; true")],
    )
    flow.until("RUNNING")
    step_id = flow.emr.list_steps(ClusterId=flow.id)["Steps"][0]["Id"]
    key = f"logs/{flow.id}/steps/{step_id}/stdout.gz"

    def pushed() -> bytes:
        if key not in keys(s3, f"logs/{flow.id}/"):
            return b""
        return gzip.decompress(s3.get_object(Bucket=BUCKET, Key=key)["Body"].read())

    wait_for(lambda: pushed() == b"one\n", "the log's first line")
    wait_for(lambda: pushed() == b"one\ntwo\n", "the log's second line")
    assert flow.states() == ["RUNNING"]
    flow.end()


def test_a_cluster_is_starting_for_as_long_as_it_is_told_to(begin: Begin) -> None:
    flow = Flow(begin("--provisioning-seconds", "3600").client(), Steps=[bash("true")])
    assert flow.state() == "STARTING"
    assert "ReadyDateTime" not in flow.describe()["Status"]["Timeline"]
    assert flow.states() == ["PENDING"]
    assert flow.end()["Status"]["State"] == "TERMINATED"
    assert flow.states() == ["CANCELLED"]


def test_a_lower_concurrency_while_steps_wait_to_start(begin: Begin) -> None:
    flow = Flow(begin().client(), StepConcurrencyLevel=100)
    flow.until("WAITING")
    flow.add(*[bash("sleep 0.2")] * 100)
    flow.emr.modify_cluster(ClusterId=flow.id, StepConcurrencyLevel=1)
    wait_for(lambda: flow.states().count("COMPLETED") >= 20, "most of the steps")
    assert flow.state() == "RUNNING"
    flow.end()


def test_logs_that_s3_does_not_take_are_pushed_later(
    s3: S3Client, s3_url: str, tmp_path: Path, begin: Begin
) -> None:
    away = start_endpoint(tmp_path, f"http://127.0.0.1:{free_port()}")
    flow = Flow(away.client(), Steps=[bash("echo kept")])
    flow.until("WAITING")
    step_id = flow.emr.list_steps(ClusterId=flow.id)["Steps"][0]["Id"]
    flow.end()
    stop(away.process)
    key = f"logs/{flow.id}/steps/{step_id}/stdout.gz"
    begin()
    wait_for(lambda: key in keys(s3, f"logs/{flow.id}/"), "the log")
    assert gzip.decompress(s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()) == b"kept\n"
    wait_for(lambda: not list((tmp_path / "work" / "unpushed-logs").iterdir()), "nothing kept any more")


def test_a_log_with_an_odd_name_holds_up_no_other(begin: Begin, s3: S3Client) -> None:
    odd = (
        r"""cd "$HADOOP_LOG_DIR"; touch "$(printf 'a\377')"; mkdir aa; ln -s /etc/passwd aa/link; echo said"""
    )
    flow = Flow(begin().client(), Steps=[bash(odd)])
    flow.until("WAITING")
    step_id = flow.emr.list_steps(ClusterId=flow.id)["Steps"][0]["Id"]
    pushed = keys(s3, f"logs/{flow.id}/steps/{step_id}/")
    assert [key.rpartition("/")[2] for key in pushed] == [
        "controller.gz",
        "stderr.gz",
        "stdout.gz",
        "syslog.gz",
    ]
    flow.end()


def test_a_cluster_whose_folder_is_deep_ends(begin: Begin) -> None:
    endpoint = begin()
    deep = "import os; [(os.mkdir('d'), os.chdir('d')) for _ in range(1500)]"
    flow = Flow(endpoint.client(), Steps=[command("python3", "-c", deep)])
    flow.until("WAITING")
    assert flow.states() == ["COMPLETED"]
    assert flow.end()["Status"]["State"] == "TERMINATED"
    assert not (endpoint.work_dir / "clusters" / flow.id).exists()


def test_the_state_is_no_other_users_business(begin: Begin) -> None:
    work_dir = begin().work_dir
    assert {file.stat().st_mode & 0o077 for file in work_dir.glob("state.db*")} == {0}
