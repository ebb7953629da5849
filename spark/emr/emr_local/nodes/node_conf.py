"""The files of a node's conf folder, which is SPARK_CONF_DIR and HADOOP_CONF_DIR in one."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from emr_local.nodes import classifications, hadoop, properties, releases, sizing, spark
from emr_local.settings import Settings
from emr_local.state.model import Cluster
from emr_local.steps import logs
from emr_local.webhdfs import settings as s3_settings


def configurations(cluster: Cluster) -> list[dict[str, Any]]:
    """The job flow's Configurations, and after them its primary node's: of a key, the last counts."""
    return [*(cluster.request.get("Configurations") or []), *classifications.of_primary(cluster.request)]


def spark_exports(cluster: Cluster, settings: Settings, python: Path) -> dict[str, str]:
    """The variables of spark-env."""
    exports = spark.classification(configurations(cluster), "spark-env", "export")
    if not spark.is_local(settings.spark_master):
        exports, _ = sizing.split(exports)
    return spark.environment(exports, python)


def files(cluster: Cluster, settings: Settings, folder: Path, python: Path) -> dict[str, str]:
    """All files by name; `folder` is the node's."""
    return {
        **_file_system_files(cluster, settings, folder, python),
        **_other_files(cluster, settings, python),
    }


def _file_system_files(cluster: Cluster, settings: Settings, folder: Path, python: Path) -> dict[str, str]:
    """core-site.xml and spark-defaults.conf: the two that name the node's file systems."""
    given, site = configurations(cluster), dict(settings.spark_conf)
    job_flow = spark.classification(given, "spark-defaults")
    if not spark.is_local(settings.spark_master):
        job_flow, _ = sizing.split(job_flow)
        site |= sizing.limits(cluster.request, site)
    core_site = classifications.taken(given, "core-site")
    for_s3 = s3_settings.for_gateway() if settings.s3_gateway else s3_settings.for_s3a(os.environ)
    nodes = {**hadoop.settings(cluster.id, folder), **for_s3}
    nodes = {key: value for key, value in nodes.items() if key not in core_site}
    # Spark takes its own defaults first: one of the site must not hide the job flow's core-site
    site = {key: value for key, value in site.items() if key not in hadoop.as_spark(core_site)}
    defaults = spark.defaults(folder, settings.spark_master, nodes, site, job_flow, python)
    core_site |= {**nodes, **hadoop.of_spark(site)}
    return {
        "core-site.xml": hadoop.site_file(core_site),
        "spark-defaults.conf": properties.dump(defaults),
    }


def _other_files(cluster: Cluster, settings: Settings, python: Path) -> dict[str, str]:
    """The files that stay as they are while the node lives."""
    given = configurations(cluster)
    log4j = spark.LOG4J | spark.classification(given, "spark-log4j2")
    files = {
        f"{site}.xml": hadoop.site_file(classifications.taken(given, site))
        for site in classifications.HADOOP_SITES[1:]
    }
    files["log4j2.properties"] = properties.dump(log4j)
    files["spark-env.sh"] = spark.env_file(spark_exports(cluster, settings, python))
    files["hadoop-env.sh"] = spark.env_file(spark.classification(given, "hadoop-env", "export"))
    if not spark.is_local(settings.spark_master):
        files[Path(sizing.LEFT_OUT_FILE).name] = "\n".join(_sizes(cluster))
    return files


def remarks(cluster: Cluster, settings: Settings) -> list[str]:
    """What the node does not do of what the job flow asks for, a sentence each."""
    said = classifications.remarks(configurations(cluster)) + classifications.of_others(cluster.request)
    release = releases.remark(cluster.request.get("ReleaseLabel", ""), settings.spark_version)
    if release:
        said.insert(0, release)
    if not spark.is_local(settings.spark_master) and _sizes(cluster):
        said.append(sizing.sentence(_sizes(cluster)))
    return said


def log_provision(log: Path, cluster: Cluster, settings: Settings) -> None:
    """Writes the node's log of its making: a WARN line for each remark."""
    label = cluster.request.get("ReleaseLabel") or "no release label"
    logs.write_line(log, "INFO", f"{label} on Spark {settings.spark_version or 'of an unknown version'}")
    for remark in remarks(cluster, settings):
        logs.write_line(log, "WARN", remark.replace("\n", " "))


def _sizes(cluster: Cluster) -> list[str]:
    given = configurations(cluster)
    exports = spark.classification(given, "spark-env", "export")
    return sizing.split(spark.classification(given, "spark-defaults"))[1] + sizing.split(exports)[1]
