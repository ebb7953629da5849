"""Where the benchmarks run jobs: clusters of EMR endpoints as the stack has them, and plain Spark."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks import spark
from benchmarks.spark import Cluster, Plain
from benchmarks.workers import standalone
from emr_local.nodes.spark import LIGHT_JVM

AS_IN_THE_STACK = (  # docker-compose.yml and profiles/local, but for memory
    "spark.driver.host=127.0.0.1",
    f"spark.driver.extraJavaOptions={LIGHT_JVM}",
    f"spark.executor.extraJavaOptions={LIGHT_JVM}",
)


@dataclass(frozen=True)
class Scaling:
    """Our stack in other sizes: one core, and a standalone Spark with two workers of one core each.

    `spent` tells the CPU seconds of the workers so far, which are not of a step's own processes.
    """

    one_core: Cluster
    two_workers: Cluster
    spent: Callable[[], float]


@dataclass(frozen=True)
class Places:
    """Two cores of the stack (local[2]), the same of plain Spark, and perhaps other sizes."""

    ours: Cluster
    plain: Plain
    scaling: Scaling | None = None


@contextmanager
def places(folder: Path, *, scaling: bool = False) -> Iterator[Places]:
    """The places, started; their files go to `folder`, which has the tweets, too."""
    with ExitStack() as running:
        ours = running.enter_context(spark.cluster(folder, "--spark-master", "local[2]"))
        other: Scaling | None = None
        if scaling:
            one_core = running.enter_context(spark.cluster(folder, "--spark-master", "local[1]"))
            workers = running.enter_context(standalone(folder))
            options = ("--spark-master", workers.url, *(f"--spark-conf={conf}" for conf in AS_IN_THE_STACK))
            two_workers = running.enter_context(spark.cluster(folder, *options))
            other = Scaling(one_core, two_workers, workers.spent)
        yield Places(ours, Plain(folder), other)
