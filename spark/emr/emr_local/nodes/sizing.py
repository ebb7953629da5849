"""What a cluster gets of a standalone Spark: executors by its instances; sizes and addresses by the site.

A job flow is sized for EMR's machines, and a standalone master waits for ever when it is asked for an
executor that fits on no worker. So one rule: how large drivers and executors are, and where they are reached,
is said by the site (`--spark-conf`) alone. What a job flow or a spark-submit says about it is left out, and
named in the step's controller log. Local Spark has no executors: there, all is taken as it is given.

The rule ends at a job's own code: what it sets itself (`SparkSession.builder.config`) counts, and nobody
checks the site's sizes against the workers. An application whose executors fit on no worker waits; when Spark
says so, the step's controller log does too, and the step can be cancelled.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from emr_local.state.instance_sets import instance_configs, is_primary, size

SITE_KEYS = (
    "spark.blockManager.port",
    "spark.cores.max",
    "spark.driver.bindAddress",
    "spark.driver.blockManager.port",
    "spark.driver.cores",
    "spark.driver.host",
    "spark.driver.port",
    "spark.executor.cores",
    "spark.executor.instances",
    "spark.task.cpus",
)
SITE_PREFIXES = (
    "spark.driver.memory",
    "spark.driver.resource.",
    "spark.dynamicAllocation.",
    "spark.executor.memory",
    "spark.executor.pyspark.memory",
    "spark.executor.resource.",
    "spark.memory.offHeap.",
    "spark.shuffle.service.",
    "spark.task.resource.",
    "spark.yarn.",
)
SITE_OPTIONS = {
    "--driver-cores",
    "--driver-memory",
    "--executor-cores",
    "--executor-memory",
    "--num-executors",
    "--total-executor-cores",
}
# What spark-env exports about sizes
SITE_VARIABLES = ("SPARK_DRIVER_MEMORY", "SPARK_EXECUTOR_CORES", "SPARK_EXECUTOR_MEMORY", "SPARK_MEM")
# Spark's words, every 15 s, on a job that has no executor yet
STARVED = b"Initial job has not accepted any resources"
STARVED_SENTENCE = (
    "Spark waits for executors: other applications use all workers, or no worker is large enough for the "
    "sizes that the job's own code or this Spark's site set"
)
# In the node's folder, on a cluster of a standalone Spark only: what its job flow said about sizes.
LEFT_OUT_FILE = "conf/sizes-left-out"


def belongs_to_site(key: str) -> bool:
    """Whether a Spark property, or a variable of spark-env, is the site's to set."""
    return key in SITE_KEYS or key in SITE_VARIABLES or key.startswith(SITE_PREFIXES)


def is_left_out(option: str, value: str) -> bool:
    """Whether an option of spark-submit says what is the site's to say."""
    if option in ("--conf", "-c"):
        return belongs_to_site(value.partition("=")[0].strip())
    return option in SITE_OPTIONS


def executors(request: Mapping[str, Any]) -> int:
    """How many executors one application of a RunJobFlow request gets, at least one.

    A cluster has one for each core and task instance; steps that may run at a time share them evenly.
    """
    count = size(config for config in instance_configs(request["Instances"]) if not is_primary(config))
    at_a_time: int = request.get("StepConcurrencyLevel", 1)
    return max(1, count // at_a_time)


def limits(request: Mapping[str, Any], site: Mapping[str, str]) -> dict[str, str]:
    """The properties that hold an application to its executors: of one core, unless the site says otherwise.

    The site's own spark.cores.max stays an upper limit, of which at least one executor is left.
    """
    cores = int(site.get("spark.executor.cores", "1"))
    wanted = executors(request) * cores
    most = max(cores, min(wanted, int(site.get("spark.cores.max", wanted))))
    return {"spark.executor.cores": str(cores), "spark.cores.max": str(most)}


def split(job_flow: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """A job flow's spark-defaults, or its exports of spark-env, without what is the site's; and what was left
    out, as `key=value`.
    """
    kept = {key: value for key, value in job_flow.items() if not belongs_to_site(key)}
    return kept, [f"{key}={value}" for key, value in job_flow.items() if key not in kept]


def read_left_out(node: Path) -> list[str] | None:
    """What the job flow of the node in that folder said about sizes; None on a local Spark."""
    file = node / LEFT_OUT_FILE
    return file.read_text(encoding="utf-8").splitlines() if file.exists() else None


def sentence(left_out: Iterable[str]) -> str:
    """What the controller log says about it."""
    return f"not taken over, because sizes on this Spark are its site's: {', '.join(left_out)}"
