"""Configurations: what a job flow sets is what Spark and `hadoop fs` see; what has no effect is said."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from tests.contract.harness import BUCKET, Endpoint, Flow, bash, command
from tests.contract.test_commands import log, output

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

ODD = "= a \\ b: #é😀 <&>\"' ${nothing} $(x) %d"
SHOWN = """
import json
from pyspark.sql import SparkSession
spark = SparkSession.builder.getOrCreate()
java = spark._jvm
hadoop = spark._jsc.hadoopConfiguration()
home = java.org.apache.hadoop.fs.FileSystem.get(hadoop).getHomeDirectory().toString()
names = ["my.odd", "my.copy", "fs.defaultFS", "dfs.replication", "mapreduce.my"]
print(json.dumps({
    **{name: hadoop.get(name) for name in names},
    "spark.my.odd": spark.conf.get("spark.my.odd"),
    "spark.hadoop": hadoop.get("my.spark"),
    "home": home,
    "exported": __import__("os").environ["MY_VARIABLE"],
}))
spark._jvm.org.apache.logging.log4j.LogManager.getLogger("my.logger").info("said by my logger")
"""


def classification(name: str, *nested: dict[str, Any], **properties: str) -> dict[str, Any]:
    entry: dict[str, Any] = {"Classification": name}
    if nested:
        entry["Configurations"] = list(nested)
    if properties:
        entry["Properties"] = {key.replace("__", "."): value for key, value in properties.items()}
    return entry


CONFIGURATIONS = [
    classification(
        "core-site",
        my__odd=ODD,
        my__copy="${my.odd}",
        fs__defaultFS="s3://b/",
        fs__s3__impl="org.example.EmrFS",
    ),
    classification("hdfs-site", dfs__replication="2"),
    classification("mapred-site", mapreduce__my="seen"),
    classification(
        "spark-defaults", spark__my__odd=ODD, spark__hadoop__my__spark="yes", spark__master="yarn"
    ),
    classification("spark-env", classification("export", MY_VARIABLE=ODD), OUTSIDE="x"),
    classification("hadoop-env", classification("export", HADOOP_CLIENT_OPTS='"-Duser.timezone=Asia/Tokyo"')),
    classification("spark-log4j2", logger__mine__name="my.logger", logger__mine__level="info"),
    classification("spark", maximizeResourceAllocation="true"),
    classification("yarn-site", yarn__x="y"),
    classification("my-own-site", a="b"),
]


@pytest.fixture
def configured(start: Callable[..., Flow]) -> Flow:
    flow = start(Configurations=CONFIGURATIONS, ReleaseLabel="emr-6.15.0")
    flow.until("WAITING")
    return flow


def test_spark_and_hadoop_see_what_the_job_flow_sets(configured: Flow, s3: S3Client) -> None:
    flow = configured
    s3.put_object(Bucket=BUCKET, Key="scripts/shown.py", Body=SHOWN.encode())
    [step_id] = flow.add(command("spark-submit", f"s3://{BUCKET}/scripts/shown.py"))
    flow.step_until(step_id, "COMPLETED")
    assert json.loads(log(s3, flow, step_id, "stdout")) == {
        "my.odd": ODD,
        "my.copy": ODD,
        "fs.defaultFS": f"hdfs://{flow.id}/",
        "dfs.replication": "2",
        "mapreduce.my": "seen",
        "spark.my.odd": ODD,
        "spark.hadoop": "yes",
        "home": f"hdfs://{flow.id}/user/hadoop",
        "exported": ODD,
    }
    assert "said by my logger" in log(s3, flow, step_id, "stderr")
    script = "touch -d @0 old; hadoop fs -put -p old /; hadoop fs -ls / | grep old"
    assert "1970-01-01 09:00 /old" in output(s3, flow, bash(script))


def test_what_has_no_effect_is_said_in_the_nodes_log(configured: Flow, endpoint: Endpoint) -> None:
    folder = endpoint.work_dir / "clusters" / configured.id / "logs" / "node"
    [provision] = folder.glob("i-*/provision-node/provision.log")
    warnings = [
        line.partition(" WARN ")[2] for line in provision.read_text().splitlines() if " WARN " in line
    ]
    release, *others = warnings
    assert release.startswith("release emr-6.15.0 comes with Spark 3.0 to 3.4; steps here run on Spark 3.5.")
    assert others == [
        "core-site: fs.defaultFS is left out: it belongs to the node",
        "core-site: fs.s3.impl is left out: it belongs to the node",
        "spark-defaults: spark.master is left out: it belongs to the node",
        "spark-env: OUTSIDE without effect: variables go into its export",
        "spark: without effect, sizes are what Spark here is started with, "
        "maximizeResourceAllocation included",
        "yarn-site: without effect, no YARN runs here",
        "my-own-site: without effect, this EMR endpoint does not know it",
    ]


def test_a_release_with_this_spark_is_not_warned_about(flow: Flow, endpoint: Endpoint) -> None:
    folder = endpoint.work_dir / "clusters" / flow.id / "logs" / "node"
    [provision] = folder.glob("i-*/provision-node/provision.log")
    assert "INFO emr-7.13.0 on Spark 3.5." in provision.read_text()
    assert "WARN" not in provision.read_text()


HIDDEN = """
import json, pathlib, sys
from pyspark.sql import SparkSession
spark = SparkSession.builder.getOrCreate()
password = spark.conf.get("spark.my.password")
lines = []
for process in pathlib.Path("/proc").glob("[0-9]*"):
    try:
        lines.append((process / "cmdline").read_bytes())
    except OSError:
        pass
told = [line.replace(b"\\0", b" ").decode("utf-8", "replace") for line in lines if password.encode() in line]
print(json.dumps([password, told, spark.conf.get("spark.my.a"), spark.conf.get("spark.my.b")]))
"""


def test_a_properties_file_goes_over_the_nodes_defaults_and_onto_no_command_line(
    start: Callable[..., Flow], s3: S3Client
) -> None:
    password = f"hush-{os.getpid()}"
    file = f"spark.my.password {password}\nspark.my.a file\nspark.my.b file\n"
    for name, text in (("hidden.py", HIDDEN), ("hidden.conf", file)):
        s3.put_object(Bucket=BUCKET, Key=f"scripts/{name}", Body=text.encode())
    defaults = classification("spark-defaults", spark__my__a="node", spark__my__b="node")
    flow = start(Configurations=[defaults])
    options = ["--properties-file", f"s3://{BUCKET}/scripts/hidden.conf", "--conf", "spark.my.b=option"]
    step = command("spark-submit", *options, f"s3://{BUCKET}/scripts/hidden.py")
    flow.until("WAITING")
    assert json.loads(output(s3, flow, step)) == [password, [], "file", "option"]


def test_no_password_of_kerberos_is_kept(start: Callable[..., Flow], endpoint: Endpoint) -> None:
    names = ("KdcAdminPassword", "CrossRealmTrustPrincipalPassword", "ADDomainJoinPassword")
    passwords = {name: f"{name}-is-a-secret" for name in names}
    flow = start(KerberosAttributes={"Realm": "KEPT.INTERNAL", **passwords})
    flow.until("WAITING")
    files = [path for path in endpoint.work_dir.rglob("*") if path.is_file()]
    assert any(b"KEPT.INTERNAL" in path.read_bytes() for path in files)
    assert [path for path in files if b"-is-a-secret" in path.read_bytes()] == []
    assert flow.describe()["KerberosAttributes"] == {"Realm": "KEPT.INTERNAL", **dict.fromkeys(names, "****")}
