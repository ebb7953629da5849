"""From a step to what runs it: the jar decides, and for command-runner.jar the first argument.

A step's Properties reach the JVMs of spark-submit and `hadoop` as -Dkey=value. (EMR sets them for the JVM
that runs the step's jar; both jars here only start a program.)
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from emr_local import s3
from emr_local.nodes import programs
from emr_local.state.model import Step
from emr_local.tools import java_options

SCRIPT_RUNNER = re.compile(r"s3[an]?://([a-z0-9-]+\.)?elasticmapreduce/libs/script-runner/script-runner\.jar")
RUNS = "spark-submit, s3-dist-cp, aws s3, hadoop fs, hdfs dfs, bash and other programs of the node"
_NO_MAPREDUCE = "there is no MapReduce here"
_INTERACTIVE = "give spark-submit a script"
# What `aws emr create-cluster --enable-debugging` puts before all steps; there is no console to push to
STATE_PUSHER = "state-pusher-script"
# What command-runner.jar knows on EMR and this node lacks
REFUSED: Mapping[str, str] = {
    "hadoop-streaming": _NO_MAPREDUCE,
    "hadoop-lzo": _NO_MAPREDUCE,
    "hive-script": "there is no Hive here",
    "hive": "there is no Hive here",
    "pig-script": "there is no Pig here",
    "flink-yarn-session": "there is no Flink here",
    "presto-cli": "there is no Presto here",
    "spark-example": "Spark's examples are not installed here",
    "run-example": "Spark's examples are not installed here",
    "spark-sql": _INTERACTIVE,
    "spark-shell": _INTERACTIVE,
    "pyspark": _INTERACTIVE,
    "yarn": "there is no YARN here",
    "mapred": _NO_MAPREDUCE,
}


class CannotRun(Exception):
    """The step fails before any process starts; the text goes to its controller log."""


def command_line(step: Step, path: str) -> list[str]:
    """The program and arguments of a step; `path` is the node's PATH. May ask S3 whether a jar is there."""
    argv = _runner(step)(step, path)
    if not step.properties:
        return argv
    handed_over = f"{java_options.VARIABLE}={java_options.handed_over(step.properties)}"
    return [_find("env", path), handed_over, *argv]


def script_line(script: Path, arguments: Sequence[str]) -> list[str]:
    """The program and arguments of a script, which is bash's unless its beginning says how to start it.

    OSError when it cannot be read.
    """
    with script.open("rb") as file:
        by_itself = file.read(2) in (b"#!", b"\x7fE")
    return [*([] if by_itself and os.access(script, os.X_OK) else ["bash"]), str(script), *arguments]


def shown(step: Step) -> str:
    """The step as the controller log names it."""
    return " ".join(["hadoop jar", step.jar, *([step.main_class] if step.main_class else []), *step.args])


def _runner(step: Step) -> Callable[[Step, str], list[str]]:
    if SCRIPT_RUNNER.fullmatch(step.jar):
        return _script_runner
    if step.jar.rpartition("/")[2] == "command-runner.jar" and not s3.is_s3(step.jar):
        return _command_runner
    return _other_jar


def _command_runner(step: Step, path: str) -> list[str]:
    if not step.args:
        raise CannotRun("command-runner.jar needs the name of a program as its first argument")
    program = programs.on_node(step.args[0])
    name = program.rpartition("/")[2]
    if name == STATE_PUSHER:
        return [_find("true", path)]
    if name in REFUSED:
        raise CannotRun(
            f'Cannot run program "{step.args[0]}": {REFUSED[name]}. This EMR endpoint runs {RUNS}.'
        )
    return [_find(program, path), *step.args[1:]]


def _script_runner(step: Step, path: str) -> list[str]:
    if not step.args:
        raise CannotRun("script-runner.jar needs the address of a script as its first argument")
    return [_find("script-runner", path), *step.args]


def _other_jar(step: Step, _path: str) -> list[str]:
    if s3.is_s3(step.jar) and not re.match(r"s3[an]?://([a-z0-9-]+\.)?elasticmapreduce/", step.jar):
        _check_there(step.jar)
    what = f"{step.jar} (main class {step.main_class})" if step.main_class else step.jar
    raise CannotRun(
        f"{what} is not run by this EMR endpoint, which has no MapReduce: it runs command-runner.jar "
        "and s3://<region>.elasticmapreduce/libs/script-runner/script-runner.jar. "
        "A jar for Spark goes to spark-submit."
    )


def _check_there(jar: str) -> None:
    """CannotRun when S3 does not give the jar."""
    try:
        uri = s3.parse(jar)
        s3.client().head_object(Bucket=uri.bucket, Key=uri.key)
    except (BotoCoreError, ClientError, ValueError) as error:
        raise CannotRun(f"Error whilst fetching '{jar}': {s3.explain(jar, error)}") from None


def _find(program: str, path: str) -> str:
    found = shutil.which(program, path=path)
    if found is None:
        raise CannotRun(f'Cannot run program "{program}": No such file or directory')
    return found
