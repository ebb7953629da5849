"""Clusters on a standalone Spark: a master and two workers as child processes, which share the work dir."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.contract.harness import (
    BUCKET,
    MINIMAL,
    Endpoint,
    Flow,
    command,
    free_port,
    http_ok,
    processes_with,
    start_endpoint,
    stop,
    wait_for,
)

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

DEPLOY = "org.apache.spark.deploy"
LIGHT = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
CORE = {
    "InstanceGroups": [
        {"InstanceRole": "MASTER", "InstanceType": "m5.xlarge", "InstanceCount": 1},
        {"InstanceRole": "CORE", "InstanceType": "m5.xlarge", "InstanceCount": 2},
    ],
    "KeepJobFlowAliveWhenNoSteps": True,
}
# Sizes of EMR's machines: no worker here could ever give such an executor.
EMR_SIZES = {
    "spark.executor.memory": "18g",
    "spark.executor.cores": "5",
    "spark.dynamicAllocation.enabled": "true",
    "spark.shuffle.service.enabled": "true",
    "spark.sql.shuffle.partitions": "3",
}
# Writes through hdfs://, one row a task: the folder of the executor that ran it.
JOB = b"""\
import os, sys, time
from pyspark.sql import SparkSession

seconds, tasks = float(sys.argv[1]), int(sys.argv[2])

def work(number):
    time.sleep(seconds)
    return number, os.getcwd()

spark = SparkSession.builder.appName("standalone").getOrCreate()
rows = spark.sparkContext.parallelize(range(tasks), tasks).map(work).toDF("number int, folder string")
rows.write.json("hdfs:///rows/", mode="overwrite")
print("partitions", spark.conf.get("spark.sql.shuffle.partitions"))
"""


# Its own code asks for executors that fit on no worker.
TOO_LARGE = b"""\
from pyspark.sql import SparkSession

SparkSession.builder.config("spark.executor.memory", "64g").getOrCreate().range(9).count()
"""


@dataclass
class Spark:
    """A running standalone Spark."""

    url: str
    ui: str
    folder: Path

    def state(self) -> Any:
        with urllib.request.urlopen(f"{self.ui}/json/", timeout=5) as answer:
            return json.load(answer)

    def idle(self) -> bool:
        """No application, no core in use, no executor's process."""
        state = self.state()
        return not (state["activeapps"] or state["coresused"] or self.executors())

    def executors(self) -> list[int]:
        """The processes of the workers' executors: each runs in a folder of its own below theirs."""
        found = processes_with("CoarseGrainedExecutorBackend")
        return [pid for pid in found if self.folder in folder_of(pid).parents]


def folder_of(pid: int) -> Path:
    try:
        return (Path("/proc") / str(pid) / "cwd").readlink()
    except OSError:
        return Path("/")


@pytest.fixture(scope="module")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Spark]:
    folder = tmp_path_factory.mktemp("spark")
    port, ui = free_port(), free_port()
    package = find_spec("pyspark")
    assert package is not None
    assert package.origin is not None
    home = Path(package.origin).parent
    env = {
        **{name: os.environ[name] for name in ("PATH", "JAVA_HOME", "LANG") if name in os.environ},
        "SPARK_HOME": str(home),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_DAEMON_MEMORY": "192m",
        "SPARK_DAEMON_JAVA_OPTS": LIGHT,
    }
    processes: list[subprocess.Popen[bytes]] = []

    def start(name: str, *arguments: str) -> None:
        with (folder / f"{name}.log").open("wb") as log:
            line = [str(home / "bin" / "spark-class"), *arguments]
            processes.append(subprocess.Popen(line, env=env, cwd=folder, stdout=log, stderr=log))

    running = Spark(f"spark://127.0.0.1:{port}", f"http://127.0.0.1:{ui}", folder)
    try:
        start(
            "master",
            f"{DEPLOY}.master.Master",
            "--host",
            "127.0.0.1",
            "--port",
            str(port),
            "--webui-port",
            str(ui),
        )
        wait_for(lambda: http_ok(f"{running.ui}/json/"), "Spark master up")
        for name in ("one", "two"):
            size = ("--cores", "2", "--memory", "1g", "--work-dir", str(folder / name))
            start(name, f"{DEPLOY}.worker.Worker", running.url, "--webui-port", "0", *size)
        wait_for(lambda: running.state()["aliveworkers"] == 2, "Spark workers up")
        yield running
    finally:
        for process in reversed(processes):
            stop(process)


@pytest.fixture(scope="module")
def on_spark(
    spark: Spark, s3: S3Client, s3_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Endpoint]:
    """An EMR endpoint whose clusters use that Spark."""
    s3.put_object(Bucket=BUCKET, Key="scripts/standalone.py", Body=JOB)
    running = start_endpoint(tmp_path_factory.mktemp("emr"), s3_url, *options(spark))
    yield running
    stop(running.process)
    assert "defect" not in running.log.read_text()


def options(spark: Spark) -> list[str]:
    sizes = (
        "spark.driver.host=127.0.0.1",
        "spark.executor.memory=512m",
        f"spark.driver.extraJavaOptions={LIGHT}",
        f"spark.executor.extraJavaOptions={LIGHT}",
    )
    return ["--spark-master", spark.url, *(f"--spark-conf={size}" for size in sizes)]


@pytest.fixture
def start_on(on_spark: Endpoint) -> Iterator[Callable[..., Flow]]:
    flows: list[Flow] = []

    def start_flow(**overrides: Any) -> Flow:
        flows.append(Flow(on_spark.client(), **{"Instances": CORE, **overrides}))
        return flows[-1]

    yield start_flow
    for flow in flows:
        if not flow.state().startswith("TERMINAT"):
            flow.end()


def job(seconds: float, tasks: int, *submit: str) -> dict[str, Any]:
    return command("spark-submit", *submit, f"s3://{BUCKET}/scripts/standalone.py", str(seconds), str(tasks))


def log(s3: S3Client, flow: Flow, step_id: str, name: str) -> str:
    key = f"logs/{flow.id}/steps/{step_id}/{name}.gz"
    return gzip.decompress(s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()).decode()


def test_executors_by_instances_sizes_by_the_site(
    start_on: Callable[..., Flow], s3: S3Client, spark: Spark
) -> None:
    flow = start_on(
        Configurations=[{"Classification": "spark-defaults", "Properties": EMR_SIZES}],
        Steps=[
            job(0.5, 16, "--executor-memory", "20g", "--num-executors", "40"),
            command("s3-dist-cp", "--src=hdfs:///rows/", f"--dest=s3://{BUCKET}/standalone/"),
        ],
    )
    submitted, copied = [step["Id"] for step in flow.emr.list_steps(ClusterId=flow.id)["Steps"]][::-1]
    flow.step_until(copied, "COMPLETED", "FAILED")
    controller = log(s3, flow, submitted, "controller")
    assert flow.states() == ["COMPLETED", "COMPLETED"], log(s3, flow, submitted, "stderr")
    for size in ("spark.executor.memory=18g", "spark.dynamicAllocation.enabled=true",
                 "--executor-memory 20g", "--num-executors 40"):  # fmt: skip
        assert size in controller.split("not taken over, because sizes on this Spark are its site's: ")[1]
    assert "partitions 3" in log(s3, flow, submitted, "stdout")
    listed = s3.list_objects_v2(Bucket=BUCKET, Prefix="standalone/part-")["Contents"]
    lines = b"".join(s3.get_object(Bucket=BUCKET, Key=entry["Key"])["Body"].read() for entry in listed)
    rows = [json.loads(line) for line in lines.splitlines()]
    assert sorted(row["number"] for row in rows) == list(range(16))
    folders = {Path(row["folder"]).relative_to(spark.folder).parts[0] for row in rows}
    assert folders == {"one", "two"}
    assert len({row["folder"] for row in rows}) == 2
    wait_for(spark.idle, "no application left")


@pytest.mark.parametrize("option", ["SEND_INTERRUPT", "TERMINATE_PROCESS"])
def test_a_cancelled_step_leaves_nothing_on_the_workers(
    start_on: Callable[..., Flow], spark: Spark, option: str
) -> None:
    flow = start_on()
    [step_id] = flow.add(job(600, 4))
    wait_for(lambda: spark.state()["coresused"] == 2, "two executors")
    flow.emr.cancel_steps(ClusterId=flow.id, StepIds=[step_id], StepCancellationOption=option)  # type: ignore[arg-type]
    flow.step_until(step_id, "CANCELLED")
    wait_for(spark.idle, "no application left", 15)


def test_two_clusters_at_once_and_their_end_leaves_neither_files_nor_executors(
    start_on: Callable[..., Flow], on_spark: Endpoint, spark: Spark
) -> None:
    flows = [start_on(), start_on()]
    for flow in flows:
        flow.add(job(600, 4))
    wait_for(lambda: spark.state()["coresused"] == 4, "two executors a cluster")
    for flow in flows:
        flow.end()
    folders = [on_spark.work_dir / "clusters" / flow.id for flow in flows]
    wait_for(spark.idle, "no application left", 15)
    assert not any(folder.is_dir() for folder in folders)
    assert list(on_spark.work_dir.glob("removed-*")) == []


def test_a_service_that_stops_or_dies_leaves_nothing(
    s3: S3Client, s3_url: str, spark: Spark, on_spark: Endpoint, tmp_path: Path
) -> None:
    """A stopped service takes its drivers along; those of a killed one end when it starts again."""
    service = start_endpoint(tmp_path, s3_url, *options(spark))
    Flow(service.client(), Instances=CORE, Steps=[job(600, 4)])
    wait_for(lambda: spark.state()["coresused"] == 2, "two executors")
    service.process.kill()
    service.process.wait()
    service = start_endpoint(tmp_path, s3_url, *options(spark))
    wait_for(spark.idle, "no application left", 15)
    Flow(service.client(), Instances=CORE, Steps=[job(600, 4)])
    wait_for(lambda: spark.state()["coresused"] == 2, "two executors")
    stop(service.process)
    assert service.process.returncode == 0
    wait_for(spark.idle, "no application left", 15)
    assert list((service.work_dir / "clusters").iterdir()) == []


def test_an_application_that_waits_for_ever_says_so(
    start_on: Callable[..., Flow], s3: S3Client, on_spark: Endpoint, spark: Spark
) -> None:
    s3.put_object(Bucket=BUCKET, Key="scripts/too_large.py", Body=TOO_LARGE)
    s3.put_object(Bucket=BUCKET, Key="scripts/job.conf", Body=b"# soon\nspark.starvation.timeout = 1s\n")
    flow = start_on()
    files = (f"s3://{BUCKET}/scripts/job.conf", f"s3://{BUCKET}/scripts/too_large.py")
    [step_id] = flow.add(command("spark-submit", "--properties-file", *files))
    controller = on_spark.work_dir / "clusters" / flow.id / "logs" / "steps" / step_id / "controller"
    wait_for(
        lambda: controller.exists() and " WARN Spark waits for executors: " in controller.read_text(), "WARN"
    )
    assert flow.step(step_id)["Status"]["State"] == "RUNNING"
    flow.end()
    wait_for(spark.idle, "no application left", 15)


def test_minimal_flow_gets_one_executor(start_on: Callable[..., Flow], spark: Spark) -> None:
    flow = start_on(Instances=MINIMAL["Instances"], Steps=[job(600, 2)])
    wait_for(lambda: spark.state()["activeapps"], "the application")
    wait_for(lambda: spark.state()["coresused"] == 1, "one executor")
    assert spark.state()["activeapps"][0]["memoryperslave"] == 512
    flow.end()
    wait_for(spark.idle, "no application left", 15)
