"""What a job flow's Configurations do on a node, and what the node says about the rest of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from emr_local.nodes import hadoop, spark
from emr_local.state.instance_sets import instance_configs, is_primary

# Written as Hadoop's own files; the first is joined with the node's settings.
HADOOP_SITES = ("core-site", "hdfs-site", "mapred-site")
SETTINGS = (*HADOOP_SITES, "spark-defaults", "spark-log4j2")
EXPORTS = ("spark-env", "hadoop-env")
_NO_YARN = "no YARN runs here"
_NO_HIVE = "no Hive runs here"
_NO_DAEMON = "no HDFS daemon runs here"
WITHOUT_EFFECT = {
    "spark": "sizes are what Spark here is started with, maximizeResourceAllocation included",
    "spark-hive-site": _NO_HIVE,
    "spark-log4j": "Spark 3.3 and later reads spark-log4j2",
    "spark-metrics": "no metrics are written",
    "yarn-site": _NO_YARN,
    "yarn-env": _NO_YARN,
    "capacity-scheduler": _NO_YARN,
    "mapred-env": "no MapReduce runs here",
    "hive-site": _NO_HIVE,
    "hive-env": _NO_HIVE,
    "hdfs-env": _NO_DAEMON,
    "hadoop-log4j": _NO_DAEMON,
    "hdfs-encryption-zones": _NO_DAEMON,
    "emrfs-site": "s3:// is not EMRFS here",
    "livy-conf": "no Livy runs here",
    "livy-env": "no Livy runs here",
    "docker-conf": "nothing runs in containers here",
    "container-executor": _NO_YARN,
    "delegate": "there is nothing to delegate here",
}

Configurations = Iterable[Mapping[str, Any]]


def taken(configurations: Configurations, site: str) -> dict[str, str]:
    """The job flow's properties of a Hadoop site, without those that a node cannot take."""
    given = spark.classification(configurations, site)
    return {key: value for key, value in given.items() if hadoop.takes(key, value)}


def remarks(configurations: Configurations) -> list[str]:
    """A sentence on each part of the Configurations that has no effect on a node, each once."""
    said: list[str] = []
    for entry in configurations:
        name = str(entry.get("Classification", ""))
        properties: Mapping[str, str] = entry.get("Properties") or {}
        nested = [str(inner.get("Classification", "")) for inner in entry.get("Configurations") or []]
        if name in SETTINGS:
            said += _left_out(name, properties)
            said += _nested(name, nested)
        elif name in EXPORTS:
            if properties:
                said.append(f"{name}: {', '.join(properties)} without effect: variables go into its export")
            said += _nested(name, [inner for inner in nested if inner != "export"])
        else:
            why = WITHOUT_EFFECT.get(name, "this EMR endpoint does not know it")
            said.append(f"{name}: without effect, {why}")
    return list(dict.fromkeys(said))


def of_primary(request: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The Configurations of a RunJobFlow request's primary instance group, or of its fleet's first type."""
    return [entry for _, is_primary, given in _of_instances(request) if is_primary for entry in given]


def of_others(request: Mapping[str, Any]) -> list[str]:
    """A sentence on the Configurations of each other instance group and type."""
    return [
        f"Configurations of {whose}: without effect, one node plays all"
        for whose, is_primary, given in _of_instances(request)
        if given and not is_primary
    ]


def _of_instances(request: Mapping[str, Any]) -> Iterator[tuple[str, bool, list[dict[str, Any]]]]:
    """Whose Configurations, whether the primary node's, and what they are."""
    for config in instance_configs(request.get("Instances", {})):
        role = config.get("InstanceRole") or config.get("InstanceFleetType")
        yield (
            f"instance group {config.get('Name') or role}",
            is_primary(config),
            config.get("Configurations", []),
        )
        for place, kind in enumerate(config.get("InstanceTypeConfigs", [])):
            whose = f"instance type {kind.get('InstanceType')} of fleet {config.get('Name') or role}"
            yield whose, is_primary(config) and place == 0, kind.get("Configurations", [])


def _nested(name: str, nested: list[str]) -> list[str]:
    return [f"{name}: its nested classification {inner} is without effect" for inner in nested]


def _left_out(name: str, properties: Mapping[str, str]) -> list[str]:
    said = []
    for key, value in properties.items():
        if name in HADOOP_SITES and not hadoop.takes(key, value):
            why = "it belongs to the node" if hadoop.is_nodes(key) else "it holds what XML cannot hold"
            said.append(f"{name}: {key} is left out: {why}")
        if name == "spark-defaults" and spark.is_nodes(key):
            said.append(f"{name}: {key} is left out: it belongs to the node")
    return said
