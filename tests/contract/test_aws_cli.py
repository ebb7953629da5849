"""The story of EMR's getting-started guide, told by the AWS CLI itself, from the upload to the end.

The CLI's waiters ask every 30 s. So what they wait for is there when they begin, and they answer at once.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.contract.aws_cli import Cli
from tests.contract.harness import BUCKET, NAP, Endpoint

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

JOB = Path(__file__).parent / "jobs" / "health_violations.py"
FOLDER = f"s3://{BUCKET}/guide"
STEP_NAME = "My Spark Application"
RESULTS = f"{FOLDER}/out"
LOG_URI = f"s3://{BUCKET}/guide-logs/"
CSV = "name,violation_type\nDeli,RED\nDeli,BLUE\nPho,RED\nDeli,RED\nCafé,RED\nPho,RED\nDeli,RED\nBar,BLUE\n"
WORST = "name,red\nDeli,3\nPho,2\n"
ENDED = ("TERMINATED", "TERMINATED_WITH_ERRORS")
JOB_ARGS = f"{FOLDER}/health_violations.py,--data_source,{FOLDER}/food.csv,--output_uri"


@pytest.fixture(scope="module")
def cli(endpoint: Endpoint, s3_url: str, tmp_path_factory: pytest.TempPathFactory) -> Cli:
    return Cli(endpoint, s3_url, tmp_path_factory.mktemp("home"))


@dataclass(frozen=True)
class Guide:
    """The cluster of the guide, with the step that it was created with."""

    cluster_id: str
    step_id: str


@pytest.fixture(scope="module")
def guide(cli: Cli, s3: S3Client, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guide]:
    """Uploads the job and its data, creates the cluster, waits for its step."""
    data = tmp_path_factory.mktemp("upload") / "food.csv"
    data.write_text(CSV, encoding="utf-8")
    for path in (data, JOB):
        cli.read("s3", "cp", str(path), f"{FOLDER}/{path.name}")
    created = cli.ask(
        "create-cluster", "--name", "My First EMR Cluster", "--release-label", "emr-7.13.0",
        "--applications", "Name=Spark", "--ec2-attributes", "KeyName=myEMRKeyPairName",
        "--instance-type", "m5.xlarge", "--instance-count", "3", "--use-default-roles",
        "--log-uri", LOG_URI, "--tags", "project=guide", "empty",
        "--steps", f"Type=Spark,Name={STEP_NAME},ActionOnFailure=CONTINUE,Args=[{JOB_ARGS},{RESULTS}]",
    )  # fmt: skip
    cluster_id = created["ClusterId"]
    assert created["ClusterArn"].endswith(f":cluster/{cluster_id}")
    try:
        [step] = cli.emr.list_steps(ClusterId=cluster_id)["Steps"]
        cli.step_until(cluster_id, step["Id"], "COMPLETED", "FAILED", "CANCELLED")
        cli.cluster_until(cluster_id, "WAITING")
        yield Guide(cluster_id, step["Id"])
    finally:
        cli.emr.terminate_job_flows(JobFlowIds=[cluster_id])
        cli.cluster_until(cluster_id, *ENDED)


def test_the_first_step_reads_and_writes_s3(cli: Cli, guide: Guide) -> None:
    described = cli.ask("describe-step", "--cluster-id", guide.cluster_id, "--step-id", guide.step_id)["Step"]
    assert described["Status"]["State"] == "COMPLETED", described["Status"].get("FailureDetails")
    assert described["Name"] == STEP_NAME
    assert described["Config"]["Jar"] == "command-runner.jar"
    assert described["Config"]["Args"] == ["spark-submit", *JOB_ARGS.split(","), RESULTS]
    cli.ask("wait", "cluster-running", "--cluster-id", guide.cluster_id)
    cli.ask("wait", "step-complete", "--cluster-id", guide.cluster_id, "--step-id", guide.step_id)
    names = [line.split()[-1] for line in cli.read("s3", "ls", f"{RESULTS}/").decode().splitlines()]
    [part] = [name for name in names if name.startswith("part-00000")]
    assert "_SUCCESS" in names
    assert cli.read("s3", "cp", f"{RESULTS}/{part}", "-").decode() == WORST


def test_its_logs_are_read_from_log_uri(cli: Cli, guide: Guide, tmp_path: Path) -> None:
    logs = f"{LOG_URI}{guide.cluster_id}/steps/{guide.step_id}/"
    listed = {line.split()[-1] for line in cli.read("s3", "ls", logs).decode().splitlines()}
    assert {"controller.gz", "stderr.gz", "stdout.gz"} <= listed
    stdout = gzip.decompress(cli.read("s3", "cp", f"{logs}stdout.gz", "-")).decode()
    assert "places with red violations: 3" in stdout
    cli.read("s3", "cp", "--recursive", "--quiet", logs, str(tmp_path))
    assert {path.name for path in tmp_path.iterdir()} == listed


def test_describe_cluster_shows_what_was_asked_for(cli: Cli, guide: Guide) -> None:
    cluster = cli.ask("describe-cluster", "--cluster-id", guide.cluster_id)["Cluster"]
    assert cluster["Status"]["State"] in ("RUNNING", "WAITING")
    assert cluster["Name"] == "My First EMR Cluster"
    assert cluster["ReleaseLabel"] == "emr-7.13.0"
    assert [application["Name"] for application in cluster["Applications"]] == ["Spark"]
    assert cluster["ServiceRole"] == "EMR_DefaultRole"
    assert cluster["Ec2InstanceAttributes"]["IamInstanceProfile"] == "EMR_EC2_DefaultRole"
    assert cluster["Ec2InstanceAttributes"]["Ec2KeyName"] == "myEMRKeyPairName"
    assert {tag["Key"]: tag["Value"] for tag in cluster["Tags"]} == {"project": "guide", "empty": ""}
    assert cluster["LogUri"].replace("s3n://", "s3://") == LOG_URI
    assert (cluster["AutoTerminate"], cluster["TerminationProtected"]) == (False, False)
    assert cluster["VisibleToAllUsers"] is True
    assert cluster["InstanceCollectionType"] == "INSTANCE_GROUP"
    groups = {group["InstanceGroupType"]: group for group in cluster["InstanceGroups"]}
    assert {kind: group["RequestedInstanceCount"] for kind, group in groups.items()} == {
        "MASTER": 1,
        "CORE": 2,
    }
    assert {group["Market"] for group in groups.values()} == {"ON_DEMAND"}
    assert cluster["BootstrapActions"] == []


def test_clusters_are_listed_by_state_and_by_date(cli: Cli, guide: Guide, endpoint: Endpoint) -> None:
    def listed(*words: str) -> bool:
        clusters = cli.ask("list-clusters", *words)["Clusters"]
        return guide.cluster_id in [cluster["Id"] for cluster in clusters]

    described = cli.emr.describe_cluster(ClusterId=guide.cluster_id)["Cluster"]
    created: datetime = described["Status"]["Timeline"]["CreationDateTime"]
    earlier, later = (created + timedelta(minutes=minutes) for minutes in (-1, 1))
    assert listed("--active")
    assert not listed("--terminated")
    assert not listed("--failed")
    assert listed("--created-after", earlier.isoformat(), "--created-before", later.isoformat())
    assert not listed("--created-after", later.isoformat())
    elsewhere = {"AWS_ENDPOINT_URL_EMR": "http://127.0.0.1:9"}
    words = ("emr", "list-clusters", "--active", "--endpoint-url", endpoint.url)
    query = ("--query", "Clusters[].Id", "--output", "text")
    assert guide.cluster_id in cli.read(*words, *query, **elsewhere).decode().split()


def test_instances_are_listed_by_group_and_by_state(cli: Cli, guide: Guide) -> None:
    def instances(*words: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = cli.ask("list-instances", "--cluster-id", guide.cluster_id, *words)[
            "Instances"
        ]
        return found

    running = instances("--instance-states", "RUNNING")
    assert len({instance["Ec2InstanceId"] for instance in running}) == 3
    assert {instance["InstanceType"] for instance in running} == {"m5.xlarge"}
    assert {instance["Market"] for instance in running} == {"ON_DEMAND"}
    groups = cli.emr.list_instance_groups(ClusterId=guide.cluster_id)["InstanceGroups"]
    [core] = [group["Id"] for group in groups if group["InstanceGroupType"] == "CORE"]
    by_kind = instances("--instance-group-types", "CORE")
    assert len(by_kind) == 2
    assert {instance["InstanceGroupId"] for instance in by_kind} == {core}
    assert instances("--instance-group-id", core) == by_kind
    assert instances("--instance-states", "TERMINATED") == []


def test_steps_are_added_in_words_and_from_a_file(cli: Cli, guide: Guide, tmp_path: Path) -> None:
    target = ("--cluster-id", guide.cluster_id)
    runner = "Type=CUSTOM_JAR,Jar=command-runner.jar"
    added = cli.ask(
        "add-steps", *target, "--steps",
        f"Type=Spark,Args=[--deploy-mode,cluster,--conf,spark.sql.shuffle.partitions=2,{JOB_ARGS},{FOLDER}/again]",
        f"{runner},Name=CustomJAR,ActionOnFailure=CANCEL_AND_WAIT,Args=[bash,-c,'echo one, two']",
        f"{runner},Args=[bash,-c,exit 7]",
    )["StepIds"]  # fmt: skip
    file = tmp_path / "steps.json"
    nap = {
        "Type": "CUSTOM_JAR",
        "Jar": "command-runner.jar",
        "Name": "from file",
        "Args": ["bash", "-c", "true"],
    }
    file.write_text(json.dumps([{**nap, "ActionOnFailure": "CONTINUE"}]))
    added += cli.ask("add-steps", *target, "--steps", f"file://{file}")["StepIds"]
    cli.step_until(guide.cluster_id, added[-1], "COMPLETED")

    steps = {step["Id"]: step for step in cli.ask("list-steps", *target)["Steps"]}
    assert list(steps)[-1] == guide.step_id  # newest first
    assert [step_id for step_id in steps if step_id in added] == added[::-1]
    assert [(steps[i]["Name"], steps[i]["ActionOnFailure"], steps[i]["Status"]["State"]) for i in added] == [
        ("Spark application", "CONTINUE", "COMPLETED"),
        ("CustomJAR", "CANCEL_AND_WAIT", "COMPLETED"),
        ("Custom JAR", "CONTINUE", "FAILED"),
        ("from file", "CONTINUE", "COMPLETED"),
    ]
    assert steps[added[0]]["Config"]["Args"][:3] == ["spark-submit", "--deploy-mode", "cluster"]
    assert steps[added[1]]["Config"]["Args"] == ["bash", "-c", "echo one, two"]
    failed = cli.ask("list-steps", *target, "--step-states", "FAILED")["Steps"]
    assert [step["Id"] for step in failed] == [added[2]]
    terminal = "Waiter StepComplete failed: Waiter encountered a terminal failure state"
    assert terminal in cli.refusal("wait", "step-complete", *target, "--step-id", added[2])


def test_steps_are_cancelled(cli: Cli, guide: Guide) -> None:
    target = ("--cluster-id", guide.cluster_id)
    step = "Type=CUSTOM_JAR,Jar=command-runner.jar"
    ids = cli.ask("add-steps", *target, "--steps", *[f"{step},Args=[bash,-c,{NAP}]"] * 2)["StepIds"]
    cli.step_until(guide.cluster_id, ids[0], "RUNNING")
    option = ("--step-cancellation-option", "TERMINATE_PROCESS")
    answers = cli.ask("cancel-steps", *target, "--step-ids", *ids, *option)["CancelStepsInfoList"]
    assert [(answer["StepId"], answer["Status"]) for answer in answers] == [(i, "SUBMITTED") for i in ids]
    for step_id in ids:
        cli.step_until(guide.cluster_id, step_id, "CANCELLED")


def test_an_unknown_step_is_refused_in_the_words_of_aws(cli: Cli, guide: Guide) -> None:
    target = ("--cluster-id", guide.cluster_id, "--step-id", "s-0000000000000")
    assert cli.refusal("describe-step", *target) == (
        "An error occurred (InvalidRequestException) when calling the DescribeStep operation: "
        "Step id 's-0000000000000' is not valid."
    )


@pytest.fixture
def fleet(cli: Cli, s3: S3Client) -> Iterator[Callable[..., str]]:
    """Creates clusters of instance fleets with a bootstrap action; ends those that a test leaves alive."""
    s3.put_object(Bucket=BUCKET, Key="guide/prepare.sh", Body=b"#!/bin/bash\necho prepared $1 $2\n")
    ids: list[str] = []

    def create(*words: str) -> str:
        kind = "InstanceTypeConfigs=[{InstanceType=m5.xlarge}]"
        created = cli.ask(
            "create-cluster", "--release-label", "emr-7.13.0", "--applications", "Name=Spark", "Name=Hadoop",
            "--service-role", "EMR_DefaultRole", "--ec2-attributes", "InstanceProfile=EMR_EC2_DefaultRole",
            "--log-uri", LOG_URI,
            "--instance-fleets", f"InstanceFleetType=MASTER,TargetOnDemandCapacity=1,{kind}",
            f"InstanceFleetType=CORE,TargetSpotCapacity=2,{kind}",
            "--bootstrap-actions", f"Path={FOLDER}/prepare.sh,Name=prepare,Args=[one,two]", *words,
        )  # fmt: skip
        ids.append(created["ClusterId"])
        return ids[-1]

    yield create
    for cluster_id in ids:
        if cli.cluster_state(cluster_id) not in ENDED:
            cli.emr.set_termination_protection(JobFlowIds=[cluster_id], TerminationProtected=False)
            cli.emr.terminate_job_flows(JobFlowIds=[cluster_id])
            cli.cluster_until(cluster_id, *ENDED)


def test_fleets_and_bootstrap_actions_are_described(cli: Cli, fleet: Callable[..., str]) -> None:
    cluster_id = fleet("--auto-termination-policy", "IdleTimeout=3600")
    cluster = cli.ask("describe-cluster", "--cluster-id", cluster_id)["Cluster"]
    assert cluster["Name"] == "Development Cluster"
    fleets = {entry["InstanceFleetType"]: entry for entry in cluster["InstanceFleets"]}
    assert fleets["MASTER"]["TargetOnDemandCapacity"] == 1
    assert fleets["CORE"]["TargetSpotCapacity"] == 2
    prepare = {"Name": "prepare", "ScriptPath": f"{FOLDER}/prepare.sh", "Args": ["one", "two"]}
    assert cluster["BootstrapActions"] == [prepare]
    policy = cli.ask("get-auto-termination-policy", "--cluster-id", cluster_id)
    assert policy == {"AutoTerminationPolicy": {"IdleTimeout": 3600}}


def test_attributes_are_modified_and_protection_holds(cli: Cli, fleet: Callable[..., str]) -> None:
    cluster_id = fleet("--termination-protected")
    target = ("--cluster-id", cluster_id)
    refused = cli.refusal("terminate-clusters", "--cluster-ids", cluster_id)
    assert (
        "(ValidationException) when calling the TerminateJobFlows operation: Could not shut down" in refused
    )
    cli.cluster_until(cluster_id, "WAITING")
    assert cli.ask("modify-cluster", *target, "--step-concurrency-level", "2") == {"StepConcurrencyLevel": 2}
    changes = ("--no-termination-protected", "--no-visible-to-all-users", "--unhealthy-node-replacement")
    cli.ask("modify-cluster-attributes", *target, *changes)
    changed = cli.emr.describe_cluster(ClusterId=cluster_id)["Cluster"]
    assert changed["TerminationProtected"] is False
    assert changed["VisibleToAllUsers"] is False
    assert changed["UnhealthyNodeReplacement"] is True
    assert changed["StepConcurrencyLevel"] == 2
    cli.ask("modify-cluster-attributes", *target, "--auto-terminate")  # nothing is left to run
    cli.cluster_until(cluster_id, *ENDED)


def test_a_terminated_cluster_is_waited_for_and_listed(cli: Cli, fleet: Callable[..., str]) -> None:
    cluster_id = fleet()
    assert cli.ask("terminate-clusters", "--cluster-ids", cluster_id) is None
    cli.cluster_until(cluster_id, *ENDED)
    cli.ask("wait", "cluster-terminated", "--cluster-id", cluster_id)
    ended = cli.ask("list-clusters", "--terminated")["Clusters"]
    [reason] = [entry["Status"]["StateChangeReason"] for entry in ended if entry["Id"] == cluster_id]
    assert reason == {"Code": "USER_REQUEST", "Message": "Terminated by user request"}


def test_a_cluster_that_terminates_itself_ends_after_its_steps(cli: Cli, fleet: Callable[..., str]) -> None:
    step = "Type=CUSTOM_JAR,Jar=command-runner.jar,Args=[bash,-c,true]"
    cluster_id = fleet("--auto-terminate", "--steps", step)
    cli.cluster_until(cluster_id, *ENDED)
    cluster = cli.ask("describe-cluster", "--cluster-id", cluster_id)["Cluster"]
    assert cluster["AutoTerminate"] is True
    assert cluster["Status"]["State"] == "TERMINATED"
    assert cluster["Status"]["StateChangeReason"]["Code"] == "ALL_STEPS_COMPLETED"
    late = cli.refusal("add-steps", "--cluster-id", cluster_id, "--steps", step)
    assert late.endswith("A job flow that is shutting down, terminated, or finished may not be modified.")
