"""A cluster's Spark configuration: its file systems, master and Python, and the job flow's own settings."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from emr_local.nodes import hadoop

CHECKPOINTS = "org.apache.spark.sql.execution.streaming.FileSystemBasedCheckpointFileManager"
# JVMs of a job that takes seconds: the quick compiler and the collector without threads.
LIGHT_JVM = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
NODE_PYTHON_KEYS = ("spark.pyspark.python", "spark.pyspark.driver.python")
# The cluster decides these: there is no YARN here, and standalone Spark has no cluster mode for Python.
PLACEMENT_KEYS = ("spark.master", "spark.submit.deployMode")

# The last one: Spark says on every start that no native Hadoop library is there
LOG4J = {
    "rootLogger.level": "warn",
    "rootLogger.appenderRef.stderr.ref": "stderr",
    "appender.stderr.type": "Console",
    "appender.stderr.name": "stderr",
    "appender.stderr.target": "SYSTEM_ERR",
    "appender.stderr.layout.type": "PatternLayout",
    "appender.stderr.layout.pattern": "%d{yy/MM/dd HH:mm:ss} %p %c{1}: %m%n%ex",
    "logger.native.name": "org.apache.hadoop.util.NativeCodeLoader",
    "logger.native.level": "error",
}


def is_local(master: str) -> bool:
    """Whether Spark runs inside the driver's process."""
    return master == "local" or master.startswith("local[")


def classification(configurations: Iterable[Mapping[str, Any]], *path: str) -> dict[str, str]:
    """The properties of a classification (nested by `path`) in a job flow's Configurations."""
    properties: dict[str, str] = {}
    for entry in configurations:
        if entry.get("Classification") != path[0]:
            continue
        if len(path) == 1:
            properties |= entry.get("Properties", {})
        else:
            properties |= classification(entry.get("Configurations", []), *path[1:])
    return properties


def defaults(
    folder: Path,
    master: str,
    hadoop_settings: Mapping[str, str],
    site: Mapping[str, str],
    job_flow: Mapping[str, str],
    python: Path,
) -> dict[str, str]:
    """spark-defaults of the node in `folder`: the job flow's win over the site's, and those over ours."""
    conf = {
        **hadoop.as_spark(hadoop_settings),
        "spark.sql.warehouse.dir": "hdfs:///user/spark/warehouse",
        "spark.sql.streaming.checkpointFileManagerClass": CHECKPOINTS,
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }
    if is_local(master):
        conf["spark.local.dir"] = str(folder / "tmp")
    conf.update(site)
    conf |= {key: _own_python(key, value, python) for key, value in job_flow.items() if not is_nodes(key)}
    return conf | {"spark.master": master}


def is_nodes(key: str) -> bool:
    """Whether a property of spark-defaults is the node's to set: where Spark runs, and its file systems."""
    hadoop_key = key.removeprefix(hadoop.SPARK_PREFIX)
    return key in PLACEMENT_KEYS or (hadoop_key != key and hadoop.is_nodes(hadoop_key))


def environment(exports: Mapping[str, str], python: Path) -> dict[str, str]:
    """What spark-env.sh exports: the job flow's, with the node's Python for a system one."""
    chosen = {"PYSPARK_PYTHON": "python3", **exports}
    chosen.setdefault("PYSPARK_DRIVER_PYTHON", chosen["PYSPARK_PYTHON"])
    return {name: str(python) if is_system_python(value) else value for name, value in chosen.items()}


def launch_environment(master: str, folder: Path) -> dict[str, str]:
    """What makes starts light: always for the launcher's JVM, which only writes a command line.

    A driver that is the whole of Spark gets the same, and loopback for all its sockets. The temporary files
    of every driver are the cluster's and go with it.
    """
    temporary = f"-Djava.io.tmpdir={folder / 'tmp'}"
    if not is_local(master):
        return {"SPARK_LAUNCHER_OPTS": LIGHT_JVM, "SPARK_SUBMIT_OPTS": temporary}
    driver = f"{LIGHT_JVM} {temporary}"
    return {"SPARK_LAUNCHER_OPTS": LIGHT_JVM, "SPARK_SUBMIT_OPTS": driver, "SPARK_LOCAL_IP": "127.0.0.1"}


def is_system_python(program: str) -> bool:
    """Whether the program is the Python that an EMR node comes with."""
    return re.fullmatch(r"((/usr(/local)?)?/bin/)?python(3(\.\d+)?)?", program) is not None


def env_file(exports: Mapping[str, str]) -> str:
    """A spark-env.sh, values taken literally."""
    return "".join(f"export {name}={shlex.quote(value)}\n" for name, value in exports.items())


def _own_python(key: str, value: str, python: Path) -> str:
    return str(python) if key in NODE_PYTHON_KEYS and is_system_python(value) else value
