"""What a cluster gets of a standalone Spark."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from emr_local.nodes import sizing
from emr_local.nodes.node import Node
from emr_local.settings import Settings, SettingsError, check_url, parse_spark_conf
from emr_local.state.model import Cluster, Owner
from emr_local.tools.spark_submit import entries, parse, rewrite


def groups(**counts: int) -> dict[str, Any]:
    return {"InstanceGroups": [{"InstanceRole": role, "InstanceCount": n} for role, n in counts.items()]}


def fleet(kind: str, on_demand: int = 0, spot: int = 0, weights: tuple[int, ...] = ()) -> dict[str, Any]:
    plain = {"InstanceFleetType": kind, "TargetOnDemandCapacity": on_demand, "TargetSpotCapacity": spot}
    types = [{"InstanceType": "m5.xlarge", "WeightedCapacity": weight} for weight in weights]
    return {**plain, "InstanceTypeConfigs": types} if types else plain


@pytest.mark.parametrize(
    ("instances", "concurrency", "count"),
    [
        (groups(MASTER=1), 1, 1),
        (groups(MASTER=1, CORE=2), 1, 2),
        (groups(MASTER=3, CORE=2, TASK=3), 1, 5),
        (groups(MASTER=1, CORE=2), 2, 1),
        (groups(MASTER=1, CORE=7), 3, 2),
        (groups(MASTER=1, CORE=1), 5, 1),
        ({"InstanceFleets": [fleet("MASTER", 1), fleet("CORE", 1, 2), fleet("TASK", spot=4)]}, 1, 7),
        ({"InstanceFleets": [fleet("MASTER", 1)]}, 1, 1),
        ({"InstanceFleets": [fleet("MASTER", 1), fleet("CORE", 8, weights=(4,))]}, 1, 2),
        ({"InstanceFleets": [fleet("CORE", 9, weights=(8, 4)), fleet("TASK", 3, 3, weights=(2,))]}, 1, 7),
        ({"InstanceFleets": [{**fleet("CORE", 3), "InstanceTypeConfigs": [{"InstanceType": "x"}]}]}, 1, 3),
        ({"MasterInstanceType": "m5.xlarge", "SlaveInstanceType": "m5.xlarge", "InstanceCount": 3}, 1, 2),
        ({"MasterInstanceType": "m5.xlarge", "InstanceCount": 1}, 1, 1),
    ],
)
def test_executors_are_the_core_and_task_instances(
    instances: dict[str, Any], concurrency: int, count: int
) -> None:
    assert sizing.executors({"Instances": instances, "StepConcurrencyLevel": concurrency}) == count


@pytest.mark.parametrize(
    ("site", "cores", "most"),
    [
        ({}, "1", "5"),
        ({"spark.cores.max": "2"}, "1", "2"),
        ({"spark.cores.max": "9"}, "1", "5"),
        ({"spark.executor.cores": "2"}, "2", "10"),
        ({"spark.executor.cores": "4", "spark.cores.max": "2"}, "4", "4"),
    ],
)
def test_the_site_bounds_what_the_instances_give(site: dict[str, str], cores: str, most: str) -> None:
    request = {"Instances": groups(MASTER=1, CORE=5)}
    assert sizing.limits(request, site) == {"spark.executor.cores": cores, "spark.cores.max": most}


SIZES = [
    "spark.executor.memory", "spark.executor.memoryOverhead", "spark.executor.memoryOverheadFactor",
    "spark.executor.cores", "spark.executor.instances", "spark.executor.pyspark.memory",
    "spark.executor.resource.gpu.amount", "spark.task.cpus", "spark.task.resource.gpu.amount",
    "spark.driver.memory", "spark.driver.memoryOverhead", "spark.driver.cores", "spark.cores.max",
    "spark.dynamicAllocation.enabled", "spark.dynamicAllocation.minExecutors",
    "spark.shuffle.service.enabled",
    "spark.yarn.am.memory", "spark.memory.offHeap.size", "spark.driver.host", "spark.driver.bindAddress",
    "spark.driver.port", "spark.driver.blockManager.port", "spark.blockManager.port",
    "SPARK_EXECUTOR_MEMORY", "SPARK_EXECUTOR_CORES", "SPARK_DRIVER_MEMORY", "SPARK_MEM",
]  # fmt: skip
OTHERS = [
    "spark.executor.extraJavaOptions", "spark.executor.heartbeatInterval", "spark.executorEnv.X",
    "spark.driver.extraJavaOptions", "spark.driver.maxResultSize", "spark.sql.shuffle.partitions",
    "spark.memory.fraction", "spark.shuffle.compress", "spark.default.parallelism", "SPARK_LOG_DIR",
]  # fmt: skip


@pytest.mark.parametrize("key", SIZES)
def test_sizes_are_left_out_and_named(key: str) -> None:
    assert sizing.split({key: "8", "spark.x": "y"}) == ({"spark.x": "y"}, [f"{key}=8"])


@pytest.mark.parametrize("key", OTHERS)
def test_everything_else_is_taken_over(key: str) -> None:
    assert sizing.split({key: "8"}) == ({key: "8"}, [])


@pytest.mark.parametrize(
    ("given", "kept", "named"),
    [
        ("--executor-memory 20g x.py", "x.py", ["--executor-memory 20g"]),
        ("--num-executors=9 --executor-cores 5 x.py", "x.py", ["--num-executors 9", "--executor-cores 5"]),
        ("--total-executor-cores 9 --driver-memory 8g --driver-cores 4 x.py", "x.py",
         ["--total-executor-cores 9", "--driver-memory 8g", "--driver-cores 4"]),
        ("--conf spark.executor.memory=20g -c a=b x.py", "-c a=b x.py", ["spark.executor.memory=20g"]),
        ("--conf=spark.yarn.am.memory=1g x.py", "x.py", ["spark.yarn.am.memory=1g"]),
        ("--name n x.py --executor-memory 20g", "--name n x.py --executor-memory 20g", []),
        ("--deploy-mode cluster --master yarn x.py", "x.py", []),
    ],
)  # fmt: skip
def test_sizes_of_spark_submit_are_left_out_on_a_standalone_spark(
    given: str, kept: str, named: list[str]
) -> None:
    left_out: list[str] = []
    assert rewrite(given.split(), str, left_out) == kept.split()
    assert left_out == named


def test_sizes_of_spark_submit_stay_on_a_local_spark() -> None:
    given = "--executor-memory 20g --conf spark.executor.cores=5 --driver-memory 2g x.py"
    assert rewrite(given.split(), str) == given.split()


def test_the_node_tells_its_programs_what_was_left_out(tmp_path: Path) -> None:
    assert sizing.read_left_out(tmp_path) is None
    (tmp_path / "conf").mkdir()
    (tmp_path / sizing.LEFT_OUT_FILE).write_text("")
    assert sizing.read_left_out(tmp_path) == []
    (tmp_path / sizing.LEFT_OUT_FILE).write_text("spark.executor.memory=8g\nspark.task.cpus=2")
    assert sizing.read_left_out(tmp_path) == ["spark.executor.memory=8g", "spark.task.cpus=2"]


@pytest.mark.parametrize(
    ("master", "left_out"),
    [("local[1]", None), ("spark://m:7077", ["spark.task.cpus=2", "SPARK_EXECUTOR_MEMORY=8g"])],
)
def test_a_node_has_the_sizes_of_its_job_flow_on_a_local_spark_only(
    tmp_path: Path, master: str, left_out: list[str] | None
) -> None:
    exports = {"SPARK_EXECUTOR_MEMORY": "8g", "OTHER": "kept"}
    configurations = [
        {"Classification": "spark-defaults", "Properties": {"spark.task.cpus": "2"}},
        {
            "Classification": "spark-env",
            "Configurations": [{"Classification": "export", "Properties": exports}],
        },
    ]
    request = {"Instances": groups(MASTER=1), "Configurations": configurations}
    began = datetime(2026, 1, 1, tzinfo=UTC)
    cluster = Cluster("j-1", Owner("000000000000", "eu-west-2"), "sizes", request, began, "i-1")
    node = Node(cluster, Settings(tmp_path, master, {}, tmp_path, "3.5.6", (), tmp_path / "java"))
    node.create()
    exported = (node.folder / "conf" / "spark-env.sh").read_text()
    assert "export OTHER=kept\n" in exported
    assert ("SPARK_EXECUTOR_MEMORY" in exported) is (left_out is None)
    assert ("spark.task.cpus" in (node.folder / "conf" / "spark-defaults.conf").read_text()) is (
        left_out is None
    )
    assert sizing.read_left_out(node.folder) == left_out


def test_a_properties_file_says_no_sizes_either(tmp_path: Path) -> None:
    file = tmp_path / "job.conf"
    file.write_text("spark.executor.memory 20g\nspark.master yarn\nspark.x 1\n")
    left_out: list[str] = []
    assert entries(parse(["--properties-file", str(file), "x.py"]), str, left_out) == {"spark.x": "1"}
    assert left_out == ["spark.executor.memory=20g"]


def test_the_sites_settings_are_read_once_and_refused_by_name() -> None:
    assert parse_spark_conf(["spark.x=a=b c", "spark.cores.max=2"]) == {
        "spark.x": "a=b c",
        "spark.cores.max": "2",
    }
    for wrong in ("spark.x", "=y"):
        with pytest.raises(SettingsError, match="write it as KEY=VALUE"):
            parse_spark_conf([wrong])
    with pytest.raises(SettingsError, match=r"spark\.cores\.max is a whole number"):
        parse_spark_conf(["spark.cores.max=0"])
    assert check_url("http://localhost:8081") == "http://localhost:8081"
    with pytest.raises(SettingsError, match="write it as http://HOST:PORT"):
        check_url("javascript:alert(1)")
