"""`hadoop` on a node: `hadoop fs` is Hadoop's own shell, from Spark's jars, with the node's configuration.

`hdfs` (see there) shares it. What needs a daemon or MapReduce is refused by name with exit code 1.
"""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NoReturn

from emr_local.nodes.spark import LIGHT_JVM
from emr_local.tools import java_options, s3_mounts

SHELL = "org.apache.hadoop.fs.FsShell"
CLASSES = {"fs": SHELL, "dfs": SHELL, "version": "org.apache.hadoop.util.VersionInfo"}
REFUSED = {
    "jar": "no MapReduce runs here: spark-submit runs jars for Spark",
    "distcp": "no MapReduce runs here: s3-dist-cp copies between S3 and the cluster",
    "archive": "no MapReduce runs here",
    "streaming": "no MapReduce runs here",
}


def class_path() -> str:
    """The node's configuration, the jars of Spark, which Hadoop's are among, and HADOOP_CLASSPATH."""
    jars = str(Path(os.environ["SPARK_HOME"]) / "jars" / "*")
    own = [os.environ["HADOOP_CONF_DIR"], jars, os.environ.get("HADOOP_CLASSPATH", "")]
    return os.pathsep.join(filter(None, own))


def jvm_options() -> list[str]:
    """The light JVM's, those of the environment and the step's Properties; ValueError for an open quote."""
    given = f"{os.environ.get('HADOOP_OPTS', '')} {os.environ.get('HADOOP_CLIENT_OPTS', '')}"
    temporary = f"-Djava.io.tmpdir={os.environ.get('TMPDIR', '/tmp')}"  # noqa: S108  # Java's own default
    return [*LIGHT_JVM.split(), temporary, *shlex.split(given), *java_options.of_step()]


def run(program: str, classes: Mapping[str, str], refused: Mapping[str, str], words: Sequence[str]) -> int:
    """Becomes Java with the class of the first word; else the exit code."""
    if not words:
        print(f"{program}: give it one of {', '.join(classes)}", file=sys.stderr)
        return 1
    command, *rest = words
    if command == "classpath":
        print(class_path())
        return 0
    if command not in classes:
        why = refused.get(command, f"it knows {', '.join((*classes, 'classpath'))}")
        print(f"{program} {command}: not supported on this node: {why}", file=sys.stderr)
        return 1
    try:
        options = jvm_options()
    except ValueError as error:
        print(f"{program}: HADOOP_OPTS or HADOOP_CLIENT_OPTS: {error}", file=sys.stderr)
        return 1
    if classes[command] == SHELL:
        s3_mounts.install(rest)
    return _become([*options, "-cp", class_path(), classes[command], *rest])


def _become(arguments: list[str]) -> NoReturn:
    """Java's signals and exit code are the program's own."""
    java = str(Path(os.environ["JAVA_HOME"]) / "bin" / "java")
    os.execv(java, [java, *arguments])  # noqa: S606  # a list of arguments, no shell


def main(arguments: Sequence[str]) -> int:
    """Runs the command; its exit code."""
    return run("hadoop", CLASSES, REFUSED, arguments)
