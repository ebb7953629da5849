"""The files of a node's conf folder: what is written is what Java reads, and what is said about the rest."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emr_local.nodes import classifications, hadoop, properties, releases
from emr_local.nodes.node import Node
from emr_local.settings import Settings, find_java, find_packages
from emr_local.state.model import Cluster, Owner

LETTERS = st.characters(
    min_codepoint=0x20,
    exclude_categories=["Cs"],
    exclude_characters="\ufffe\uffff",
    include_characters="\t\n\r",
)
# Spaces around a key are not part of it
KEYS = st.text(LETTERS).map(lambda key: f"my{key.strip()}.")


def node(
    folder: Path, *configurations: dict[str, Any], site: Mapping[str, str] | None = None, **request: Any
) -> Node:
    given_request = {"Configurations": list(configurations), **request}
    began = datetime(2026, 1, 1, tzinfo=UTC)
    cluster = Cluster("j-1", Owner("000000000000", "eu-west-2"), "conf", given_request, began, "i-1")
    java = folder / "java" / "bin" / "java"
    made = Node(cluster, Settings(folder, "local[2]", site or {}, folder, "3.5.6", (), java))
    made.create()
    return made


def core_site(made: Node) -> dict[str, str]:
    return site_entries((made.folder / "conf" / "core-site.xml").read_text())


def site_entries(text: str) -> dict[str, str]:
    found = ElementTree.fromstring(text).iter("property")
    return {entry.findtext("name") or "": entry.findtext("value") or "" for entry in found}


@given(entries=st.dictionaries(KEYS, st.text(LETTERS)))
def test_a_site_file_holds_its_entries(entries: dict[str, str]) -> None:
    assert all(hadoop.takes(key, value) for key, value in entries.items())
    assert site_entries(hadoop.site_file(entries)) == entries


@settings(max_examples=3, deadline=None)
@given(entries=st.dictionaries(KEYS, st.text(LETTERS, min_size=1), min_size=10))
def test_hadoop_reads_what_is_written(
    entries: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("conf")
    (folder / "core-site.xml").write_text(hadoop.site_file(entries), encoding="utf-8", newline="")
    spark_home = next(package for package in find_packages() if package.name == "pyspark")
    command = ["-cp", f"{folder}:{spark_home}/jars/*", "org.apache.hadoop.conf.Configuration"]
    java = [str(find_java(os.environ)), "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"]
    text = subprocess.run([*java, *command], check=True, capture_output=True).stdout.decode()
    read = site_entries(text)
    assert {key: read.get(key) for key in entries} == entries


@pytest.mark.parametrize("text", ["\0", "\x0b", "\ufffe", "\ud800"])
def test_what_xml_cannot_hold_is_left_out_and_named(text: str) -> None:
    given_entries = [{"Classification": "core-site", "Properties": {"a": f"x{text}", "b": "1"}}]
    assert classifications.taken(given_entries, "core-site") == {"b": "1"}
    assert classifications.remarks(given_entries) == [
        "core-site: a is left out: it holds what XML cannot hold"
    ]


@pytest.mark.parametrize(
    ("label", "installed", "said"),
    [
        ("emr-7.12.0", "3.5.6", None),
        ("emr-7.14.0", "4.0.2", "release emr-7.14.0 comes with Spark 3.5; steps here run on Spark 4.0.2"),
        (
            "emr-spark-8.1.0",
            "3.5.6",
            "release emr-spark-8.1.0 comes with Spark 4.1; steps here run on Spark 3.5.6",
        ),
        ("emr-6.0.1", "3.5.6", "release emr-6.0.1 comes with Spark 2.4; steps here run on Spark 3.5.6"),
        (
            "emr-6.15.0",
            "3.5.6",
            "release emr-6.15.0 comes with Spark 3.0 to 3.4; steps here run on Spark 3.5.6",
        ),
        ("emr-5.33.0", "2.4.7", None),
        ("emr-5.33.0", "20.1", "release emr-5.33.0 comes with Spark 2; steps here run on Spark 20.1"),
        ("emr-99.0.0", "3.5.6", None),
        ("emr-7.12.0", "", None),
        ("", "3.5.6", None),
    ],
)
def test_a_release_with_another_spark_is_remarked_on(label: str, installed: str, said: str | None) -> None:
    assert releases.remark(label, installed) == said


def test_the_job_flow_wins_but_for_the_nodes_file_systems(tmp_path: Path) -> None:
    given_site = {"a": "flow", "fs.defaultFS": "s3://b/", "fs.viewfs.mounttable.x.link": "y"}
    made = node(
        tmp_path,
        {"Classification": "core-site", "Properties": given_site},
        site={"spark.hadoop.a": "site", "spark.hadoop.b": "site", "spark.hadoop.fs.s3.impl": "own.S3"},
    )
    found = core_site(made)
    assert (found["a"], found["b"], found["fs.s3.impl"]) == ("flow", "site", "own.S3")
    assert found["fs.defaultFS"] == "hdfs://j-1/"
    assert "fs.viewfs.mounttable.x.link" not in found
    defaults = properties.parse((made.folder / "conf" / "spark-defaults.conf").read_text())
    assert "spark.hadoop.a" not in defaults  # Spark reads core-site.xml, too
    nodes = {key: value for key, value in found.items() if hadoop.is_nodes(key)}
    assert {key: defaults.get(f"spark.hadoop.{key}") for key in nodes} == nodes


def test_what_the_node_leaves_out_is_in_its_log(tmp_path: Path) -> None:
    nested = {"Classification": "export", "Properties": {"A": "b"}}
    made = node(
        tmp_path,
        {
            "Classification": "spark-defaults",
            "Properties": {"spark.hadoop.fs.s3.impl": "x"},
            "Configurations": [nested],
        },
        {"Classification": "hive-site", "Properties": {"a": "b"}},
        {"Classification": "hadoop-env", "Configurations": [nested]},
        ReleaseLabel="emr-7.13.0",
    )
    lines = made.provision_log.read_text().splitlines()
    assert [line.split(" ", 1)[1] for line in lines] == [
        "INFO emr-7.13.0 on Spark 3.5.6",
        "WARN spark-defaults: spark.hadoop.fs.s3.impl is left out: it belongs to the node",
        "WARN spark-defaults: its nested classification export is without effect",
        "WARN hive-site: without effect, no Hive runs here",
    ]
    assert (made.folder / "conf" / "hadoop-env.sh").read_text() == "export A=b\n"


def entry(name: str, **properties: str) -> dict[str, Any]:
    return {"Classification": name, "Properties": properties}


def test_the_primary_groups_configurations_go_over_the_clusters(tmp_path: Path) -> None:
    primary = {
        "InstanceRole": "MASTER",
        "Configurations": [
            entry("core-site", b="group"),
            {"Classification": "hadoop-env", "Configurations": [entry("export", B="group")]},
            entry("yarn-site", c="d"),
        ],
    }
    core = {"InstanceRole": "CORE", "Name": "workers", "Configurations": [entry("core-site", a="core")]}
    task = {"InstanceRole": "TASK"}
    made = node(
        tmp_path,
        entry("core-site", a="cluster", b="cluster"),
        {"Classification": "hadoop-env", "Configurations": [entry("export", A="cluster", B="cluster")]},
        entry("yarn-site", a="b"),
        Instances={"InstanceGroups": [primary, core, task]},
    )
    found = core_site(made)
    assert (found["a"], found["b"]) == ("cluster", "group")
    assert (made.folder / "conf" / "hadoop-env.sh").read_text() == "export A=cluster\nexport B=group\n"
    said = [line.partition(" WARN ")[2] for line in made.provision_log.read_text().splitlines()[1:]]
    assert said == [
        "yarn-site: without effect, no YARN runs here",
        "Configurations of instance group workers: without effect, one node plays all",
    ]


def test_the_primary_fleets_first_type_configures_the_node(tmp_path: Path) -> None:
    types = [
        {"InstanceType": name, "Configurations": [entry("core-site", a=name)]}
        for name in ("m5.xlarge", "r5.xlarge")
    ]
    fleets = [
        {"InstanceFleetType": "CORE", "InstanceTypeConfigs": types[:1]},
        {"InstanceFleetType": "MASTER", "InstanceTypeConfigs": types},
    ]
    made = node(tmp_path, entry("core-site", a="cluster"), Instances={"InstanceFleets": fleets})
    assert core_site(made)["a"] == "m5.xlarge"
    said = [line.partition(" WARN ")[2] for line in made.provision_log.read_text().splitlines()[1:]]
    assert said == [
        "Configurations of instance type m5.xlarge of fleet CORE: without effect, one node plays all",
        "Configurations of instance type r5.xlarge of fleet MASTER: without effect, one node plays all",
    ]
