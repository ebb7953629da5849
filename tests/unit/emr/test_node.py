"""Spark's configuration of a node, failure causes, log addresses, and the package's own rules."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import emr_local
from emr_local.nodes import programs, spark
from emr_local.s3 import S3Uri
from emr_local.state.model import Step
from emr_local.steps import commands, failures, logs

PYTHON = Path("/w/clusters/j-1/python/bin/python")
FOLDER = Path("/w/clusters/j-1")


def step(jar: str, *args: str) -> Step:
    return Step("s-1", "n", jar, "CONTINUE", datetime(2026, 1, 1, tzinfo=UTC), args)


def test_job_flow_settings_win_but_do_not_move_the_cluster() -> None:
    job_flow = {
        "spark.master": "yarn",
        "spark.submit.deployMode": "cluster",
        "spark.ui.enabled": "true",
        "spark.hadoop.fs.defaultFS": "s3://b/",
        "spark.pyspark.python": "/usr/bin/python3.11",
        "spark.pyspark.driver.python": "/opt/other/python",
    }
    hadoop_settings = {"fs.defaultFS": "hdfs://j-1/"}
    site = {"spark.ui.enabled": "no", "a": "b"}
    conf = spark.defaults(FOLDER, "spark://m:7077", hadoop_settings, site, job_flow, PYTHON)
    assert conf["spark.master"] == "spark://m:7077"
    assert "spark.submit.deployMode" not in conf
    assert conf["spark.ui.enabled"] == "true"
    assert conf["a"] == "b"
    assert conf["spark.pyspark.python"] == str(PYTHON)
    assert conf["spark.pyspark.driver.python"] == "/opt/other/python"
    assert conf["spark.hadoop.fs.defaultFS"] == "hdfs://j-1/"
    assert "spark.local.dir" not in conf


@pytest.mark.parametrize("system", ["python3", "/usr/bin/python3", "/usr/bin/python3.11", "/bin/python"])
def test_system_python_is_the_nodes_python(system: str) -> None:
    exports = spark.environment({"PYSPARK_PYTHON": system, "OTHER": "x y"}, PYTHON)
    assert exports == {"PYSPARK_PYTHON": str(PYTHON), "PYSPARK_DRIVER_PYTHON": str(PYTHON), "OTHER": "x y"}
    assert "export OTHER='x y'\n" in spark.env_file(exports)


def test_nested_classifications() -> None:
    configurations: list[dict[str, Any]] = [
        {"Classification": "spark-defaults", "Properties": {"a": "1"}},
        {
            "Classification": "spark-env",
            "Configurations": [{"Classification": "export", "Properties": {"B": "2"}}],
        },
    ]
    assert spark.classification(configurations, "spark-defaults") == {"a": "1"}
    assert spark.classification(configurations, "spark-env", "export") == {"B": "2"}
    assert spark.classification(configurations, "hive-site") == {}


def test_a_jar_decides_what_runs() -> None:
    path = "/bin:/usr/bin"
    assert commands.command_line(step("command-runner.jar", "sh", "-c", "x"), path)[1:] == ["-c", "x"]
    node_path = "/var/lib/aws/emr/step-runner/hadoop-jars/command-runner.jar"
    assert commands.command_line(step(node_path, "sh"), path)
    for jar in ("/usr/lib/hadoop-mapreduce/hadoop-streaming.jar", "s3://elasticmapreduce/libs/x.jar"):
        with pytest.raises(commands.CannotRun, match=f"^{jar} is not run by this EMR endpoint"):
            commands.command_line(step(jar, "x"), path)
    with pytest.raises(commands.CannotRun, match="first argument"):
        commands.command_line(step("command-runner.jar"), path)
    with pytest.raises(commands.CannotRun, match='Cannot run program "no-such": No such file or directory'):
        commands.command_line(step("command-runner.jar", "no-such"), path)


@pytest.mark.parametrize("region", ["", "eu-central-1.", "us-gov-west-1."])
@pytest.mark.parametrize("scheme", ["s3", "s3n", "s3a"])
def test_script_runner_is_known_in_every_region(tmp_path: Path, scheme: str, region: str) -> None:
    program = tmp_path / "script-runner"
    program.touch(0o755)
    jar = f"{scheme}://{region}elasticmapreduce/libs/script-runner/script-runner.jar"
    assert commands.command_line(step(jar, "s3://b/x.sh", "1"), str(tmp_path)) == [
        str(program), "s3://b/x.sh", "1",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("/usr/bin/spark-submit", "spark-submit"),
        ("/usr/lib/spark/bin/spark-submit", "spark-submit"),
        ("/usr/lib/hadoop/bin/hadoop", "hadoop"),
        ("/bin/aws", "aws"),
        ("/usr/bin/python3.11", "python3.11"),
        ("/usr/bin/sort", "/usr/bin/sort"),
        ("/opt/bin/aws", "/opt/bin/aws"),
        ("s3-dist-cp", "s3-dist-cp"),
    ],
)
def test_emrs_paths_mean_the_nodes_programs(given: str, meant: str) -> None:
    assert programs.on_node(given) == meant


TRACEBACK = 'Traceback (most recent call last):\n  File "x.py", line 1\n    load()\n'


@pytest.mark.parametrize(
    ("stderr", "stdout", "cause"),
    [
        (f"{TRACEBACK}NoSuchWeek: 2026-W60\nbye\n", "", ("NoSuchWeek: 2026-W60", "stderr")),
        ("26/11/22 10:00:00 WARN Utils: x\n", f"{TRACEBACK}KeyError: 'a'\n", ("KeyError: 'a'", "stdout")),
        (
            f"{TRACEBACK}py4j.protocol.Py4JJavaError: An error occurred while calling o1.load.\n"
            ": org.apache.spark.SparkException: Job aborted\n\tat x.y(Z.java:1)\n",
            "",
            (
                "py4j.protocol.Py4JJavaError: An error occurred while calling o1.load. "
                "org.apache.spark.SparkException: Job aborted",
                "stderr",
            ),
        ),
        (
            f"org.apache.spark.api.python.PythonException: {TRACEBACK}ValueError: bad row\n\n\tat org.x.Y\n",
            "",
            ("ValueError: bad row", "stderr"),
        ),
        (
            'WARN x\nException in thread "main" java.io.IOException: no space\n\tat a.b\n',
            "",
            ('Exception in thread "main" java.io.IOException: no space', "stderr"),
        ),
        ("first\ngrep: x: No such file\n\n", "out\n", ("grep: x: No such file", "stderr")),
        ("", "out\n", ("", "stderr")),
    ],
)
def test_cause_of_a_failure(tmp_path: Path, stderr: str, stdout: str, cause: tuple[str, str]) -> None:
    (tmp_path / "stderr").write_text(stderr)
    (tmp_path / "stdout").write_text(stdout)
    assert failures.find_cause(tmp_path) == cause


def test_no_logs_no_cause(tmp_path: Path) -> None:
    assert failures.find_cause(tmp_path) == ("", "stderr")


@pytest.mark.parametrize(
    ("log_uri", "key"),
    [
        ("s3://b/logs/", "logs/j-1/steps/s-1/stderr.gz"),
        ("s3n://b/logs", "logs/j-1/steps/s-1/stderr.gz"),
        ("s3a://b", "j-1/steps/s-1/stderr.gz"),
    ],
)
def test_log_addresses(log_uri: str, key: str) -> None:
    assert logs.destination(log_uri, "j-1", "steps/s-1/stderr") == S3Uri("b", key)


@pytest.mark.parametrize("word", ["tweet", "sentiment", "london", "airflow"])
def test_the_endpoint_is_its_own_product(word: str) -> None:
    for file in Path(emr_local.__file__).parent.rglob("*.py"):
        assert word not in file.read_text().lower(), file
