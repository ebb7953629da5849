"""What a step may be: programs of command-runner.jar, script-runner.jar, and what is refused by name."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
import zipfile
from typing import TYPE_CHECKING, Any

import pytest

from tests.contract.harness import BUCKET, Flow, bash, command

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

SCRIPT_RUNNER = "s3://eu-central-1.elasticmapreduce/libs/script-runner/script-runner.jar"


def jar_step(jar: str, *args: str, **more: Any) -> dict[str, Any]:
    return {
        "Name": "jar",
        "ActionOnFailure": "CONTINUE",
        "HadoopJarStep": {"Jar": jar, "Args": list(args), **more},
    }


def log(s3: S3Client, flow: Flow, step_id: str, name: str) -> str:
    key = f"logs/{flow.id}/steps/{step_id}/{name}.gz"
    return gzip.decompress(s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()).decode()


def output(s3: S3Client, flow: Flow, step: dict[str, Any]) -> str:
    """What a step that completes writes to stdout."""
    [step_id] = flow.add(step)
    ended = flow.step_until(step_id, "COMPLETED", "FAILED")
    assert ended["Status"]["State"] == "COMPLETED", log(s3, flow, step_id, "stderr")
    return log(s3, flow, step_id, "stdout")


def failure(flow: Flow, step: dict[str, Any]) -> Any:
    [step_id] = flow.add(step)
    return flow.step_until(step_id, "FAILED", "COMPLETED")["Status"]["FailureDetails"]


def test_hadoop_fs_is_hadoops_own_shell(flow: Flow, s3: S3Client) -> None:
    script = """
    printf 'one\\n' > a; printf 'two\\n' > b
    hadoop fs -mkdir -p /in/deep relative
    hadoop fs -put a b hdfs:///in/deep
    hdfs dfs -getmerge /in/deep all; cat all
    hdfs dfs -ls -C / /user/hadoop | sort
    """
    lines = output(s3, flow, bash(script)).splitlines()
    assert lines == ["one", "two", "/in", "/tmp", "/user", "/user/hadoop/relative", "/var"]
    [step_id] = flow.add(command("hadoop", "fs", "-test", "-d", "/in/deep/a"))
    flow.step_until(step_id, "FAILED")
    assert "ended with exit code 1 :" in log(s3, flow, step_id, "controller")
    details = failure(flow, command("hadoop", "fs", "-rm", "/absent"))
    assert details["Message"] == "rm: `/absent': No such file or directory"


@pytest.mark.parametrize("program", ["hadoop", "/usr/lib/hadoop-hdfs/bin/hdfs"])
def test_hadoop_says_its_version(flow: Flow, s3: S3Client, program: str) -> None:
    assert output(s3, flow, command(program, "version")).startswith("Hadoop 3.")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("hive-script --run-hive-script", "no Hive here"),
        ("hadoop-streaming -files x", "no MapReduce here"),
        ("spark-sql -e x", "give spark-submit a script"),
        ("/usr/bin/pyspark", "give spark-submit a script"),
        ("spark-example SparkPi", "examples are not installed"),
        ("/usr/lib/spark/bin/spark-shell", "give spark-submit a script"),
    ],
)
def test_programs_that_are_not_here_are_refused_by_name(flow: Flow, words: str, said: str) -> None:
    details = failure(flow, command(*words.split()))
    assert details["Message"].startswith(f'Cannot run program "{words.split()[0]}": ')
    assert said in details["Message"]
    assert "This EMR endpoint runs spark-submit, s3-dist-cp, " in details["Message"]
    assert details["LogFile"].endswith("/controller.gz")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("hadoop jar x.jar", "hadoop jar: not supported on this node: no MapReduce runs here"),
        ("hadoop distcp a b", "hadoop distcp: not supported on this node: no MapReduce runs here"),
        ("hdfs dfsadmin -report", "hdfs dfsadmin: not supported on this node: no HDFS daemon runs here"),
        ("hdfs getconf", "hdfs getconf: not supported on this node: it knows dfs, version, classpath"),
        ("hadoop", "hadoop: give it one of fs, dfs, version"),
    ],
)
def test_commands_of_hadoop_that_are_not_here_are_refused_by_name(flow: Flow, words: str, said: str) -> None:
    assert failure(flow, command(*words.split()))["Message"].startswith(said)


@pytest.mark.parametrize(
    ("jar", "more"),
    [
        ("/usr/lib/hadoop-mapreduce/hadoop-streaming.jar", {}),
        (f"s3://{BUCKET}/jars/there.jar", {}),
        (f"s3n://{BUCKET}/jars/there.jar", {"MainClass": "org.example.Main"}),
        ("s3://eu-central-1.elasticmapreduce/libs/hive/hive.jar", {}),
        (f"s3://{BUCKET}/jars/command-runner.jar", {}),
    ],
)
def test_other_jars_are_refused_by_name(flow: Flow, s3: S3Client, jar: str, more: dict[str, str]) -> None:
    for name in ("there", "command-runner"):
        s3.put_object(Bucket=BUCKET, Key=f"jars/{name}.jar", Body=b"PK")
    details = failure(flow, jar_step(jar, "x", **more))
    assert details["Message"].startswith(jar)
    assert more.get("MainClass", "") in details["Message"]
    assert "is not run by this EMR endpoint" in details["Message"]
    assert "script-runner.jar" in details["Message"]


def test_a_jar_that_is_not_there_is_said_in_the_controller_log_only(flow: Flow, s3: S3Client) -> None:
    jar = f"s3://{BUCKET}/jars/absent.jar"
    [step_id] = flow.add(jar_step(jar))
    details = flow.step_until(step_id, "FAILED")["Status"]["FailureDetails"]
    assert details["Message"] == f"Error whilst fetching '{jar}': {jar} does not exist"
    assert jar in log(s3, flow, step_id, "controller")
    found = s3.list_objects_v2(Bucket=BUCKET, Prefix=f"logs/{flow.id}/steps/{step_id}/")["Contents"]
    assert [entry["Key"].rpartition("/")[2] for entry in found] == ["controller.gz"]


@pytest.mark.parametrize("jar", [SCRIPT_RUNNER, "s3://elasticmapreduce/libs/script-runner/script-runner.jar"])
@pytest.mark.parametrize("first_line", ["#!/bin/bash\n", "#!/usr/bin/env python3\n", ""])
def test_script_runner_runs_a_script_from_s3(flow: Flow, s3: S3Client, jar: str, first_line: str) -> None:
    text = 'import sys; print(*sys.argv[1:], sep="|")' if "python" in first_line else 'echo "$1|$2"'
    s3.put_object(Bucket=BUCKET, Key="scripts/own.sh", Body=f"{first_line}{text}\n".encode())
    step = jar_step(jar, f"s3://{BUCKET}/scripts/own.sh", "a", "b c")
    assert output(s3, flow, step) == "a|b c\n"


def test_script_runner_fails_as_its_script_does(flow: Flow, s3: S3Client) -> None:
    s3.put_object(Bucket=BUCKET, Key="scripts/fails.sh", Body=b"echo broken >&2; exit 7")
    [step_id] = flow.add(jar_step(SCRIPT_RUNNER, f"s3://{BUCKET}/scripts/fails.sh"))
    assert flow.step_until(step_id, "FAILED")["Status"]["FailureDetails"]["Message"] == "broken"
    assert "exit code 7" in log(s3, flow, step_id, "controller")
    absent = f"s3://{BUCKET}/scripts/absent.sh"
    message = failure(flow, jar_step(SCRIPT_RUNNER, absent))["Message"]
    assert message == f"java.io.FileNotFoundException: {absent} does not exist"
    assert "as its first argument" in failure(flow, jar_step(SCRIPT_RUNNER))["Message"]


def test_a_step_finds_a_primary_nodes_environment(flow: Flow, s3: S3Client) -> None:
    script = "import json, os; print(json.dumps(dict(os.environ)))"
    [step_id] = flow.add(command("/usr/bin/python3.11", "-c", script))
    flow.step_until(step_id, "COMPLETED")
    environ = json.loads(log(s3, flow, step_id, "stdout"))
    assert environ["EMR_STEP_ID"] == step_id
    assert environ["USER"] == environ["LOGNAME"] == "hadoop"
    assert environ["HADOOP_CONF_DIR"] == environ["SPARK_CONF_DIR"]
    assert environ["HOME"].endswith(f"/{flow.id}/home")
    script = 'ls "$HADOOP_CONF_DIR/core-site.xml" "$SPARK_HOME/bin/spark-submit" "$JAVA_HOME/bin/java"; '
    programs = "aws hadoop hdfs s3-dist-cp spark-submit python3.11"
    assert output(s3, flow, bash(f"{script} command -v {programs}")).count("\n") == 3 + 6
    own_pip = output(s3, flow, command("sudo", "/usr/bin/pip3", "--version"))
    assert own_pip == output(s3, flow, command("python3", "-m", "pip", "--version"))


READER = """
import glob, json, os, sys
import helper
from pyspark import SparkFiles
from pyspark.sql import SparkSession
spark = SparkSession.builder.getOrCreate()
sc = spark.sparkContext
def below(name):
    return open(SparkFiles.get(name)).read()
print(json.dumps({
    "args": sys.argv[1:],
    "helper": helper.NAME,
    "file": below("given.txt"),
    "archive": below("env/inner.txt"),
    "executor": sc.parallelize([1], 1).map(lambda _: helper.NAME + below("given.txt")).first(),
    "jars": sc._jsc.sc().listJars().mkString(" ").rpartition("/")[2],
    "folder": sorted(name for name in os.listdir(".") if name in ("given.txt", "env")),
    "conf": spark.conf.get("spark.a.b"),
    "container": [os.environ.get("OF_CONTAINER"), sc.pythonExec.startswith("./")],
    "property": sc._jvm.System.getProperty("step.key"),
}))
"""


@pytest.fixture(scope="module")
def job(s3: S3Client) -> str:
    """A job that shows what its options brought; the address of its folder."""
    packed, archive = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(packed, "w") as zipped:
        zipped.writestr("helper.py", "NAME = 'helper'\n")
    with tarfile.open(fileobj=archive, mode="w:gz") as tar:
        info = tarfile.TarInfo("inner.txt")
        info.size = 5
        tar.addfile(info, io.BytesIO(b"inner"))
        python = tarfile.TarInfo("bin/python")
        text = b'#!/bin/sh\nexec python3 "$@"\n'
        python.size, python.mode = len(text), 0o755
        tar.addfile(python, io.BytesIO(text))
    files = {
        "reader.py": READER.encode(), "helper.zip": packed.getvalue(), "given.txt": b"given",
        "env.tar.gz": archive.getvalue(), "some.jar": packed.getvalue(),
        "job.conf": b"spark.a.b from the file",
    }  # fmt: skip
    for name, body in files.items():
        s3.put_object(Bucket=BUCKET, Key=f"job/{name}", Body=body)
    return f"s3://{BUCKET}/job"


@pytest.mark.parametrize(("mode", "as_conf"), [("client", True), ("cluster", False)])
def test_spark_submit_brings_files_from_s3(
    flow: Flow, s3: S3Client, job: str, mode: str, as_conf: bool
) -> None:
    lists = {
        ("--py-files", "spark.submit.pyFiles"): "helper.zip",
        ("--files", "spark.files"): "given.txt",
        ("--archives", "spark.archives"): "env.tar.gz#env",
        ("--jars", "spark.jars"): "some.jar",
    }
    options = ["--master", "yarn", "--deploy-mode", mode]
    for variable, value in (("OF_CONTAINER", "yes"), ("PYSPARK_PYTHON", "./env/bin/python")):
        options += ["--conf", f"spark.yarn.appMasterEnv.{variable}={value}"]
    for (option, key), name in lists.items():
        options += ["--conf", f"{key}={job}/{name}"] if as_conf else [option, f"{job}/{name}"]
    options += ["--properties-file", f"{job}/job.conf"] if as_conf else ["--conf", "spark.a.b=a = b"]
    step = command("/usr/lib/spark/bin/spark-submit", *options, f"{job}/reader.py", "--input", f"{job}/in")
    step["HadoopJarStep"]["Properties"] = [{"Key": "step.key", "Value": 'a "b" \\c'}]
    assert json.loads(output(s3, flow, step)) == {
        "args": ["--input", f"{job}/in"],
        "helper": "helper",
        "file": "given",
        "archive": "inner",
        "executor": "helpergiven",
        "jars": "some.jar",
        "folder": ["env", "given.txt"] if mode == "cluster" else [],
        "conf": "from the file" if as_conf else "a = b",
        "container": ["yes", True] if mode == "cluster" else [None, False],
        "property": 'a "b" \\c',
    }


@pytest.mark.parametrize("option", ["--files", "--archives", "--py-files", "--jars", "--properties-file"])
def test_a_file_that_is_not_in_s3_fails_the_step_with_its_address(flow: Flow, job: str, option: str) -> None:
    message = failure(flow, command("spark-submit", option, f"{job}/absent.zip", f"{job}/reader.py"))[
        "Message"
    ]
    assert message == f"java.io.FileNotFoundException: {job}/absent.zip does not exist"


def test_properties_of_a_step_reach_hadoops_jvm(flow: Flow, s3: S3Client) -> None:
    script = "touch -d @0 old; hadoop fs -ls file://$PWD/old"
    step = bash(script)
    step["HadoopJarStep"]["Properties"] = [{"Key": "user.timezone", "Value": "Asia/Tokyo"}]
    assert "1970-01-01 09:00 file:///" in output(s3, flow, step)
