"""How the benchmarks run Spark jobs, each measured: as steps of an EMR cluster, and by plain spark-submit."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyspark

from benchmarks import emr, measured
from benchmarks.measured import Cost
from embedded.endpoints import java_home
from embedded.stack import class_archives

if TYPE_CHECKING:
    from mypy_boto3_emr import EMRClient

ROOT = Path(__file__).parents[1]
JOBS, SEED = ROOT / "spark" / "jobs", ROOT / "benchmarks" / "seed"
LONGEST_STEP = 3600.0  # seconds
MODULES = [path for path in sorted(JOBS.glob("*.py")) if not path.name.endswith("_analysis.py")]
# Into the node's Python, where the pipeline's own action puts the wheels of the same libraries
BOOTSTRAP = """#!/bin/sh
exec cp -R "$1/." "$(python3 -c 'import sysconfig; print(sysconfig.get_path("purelib"))')"
"""


@dataclass(frozen=True)
class Job:
    """A job to run on tweets: its file, and what else is on its command line and its PYTHONPATH."""

    file: Path
    options: tuple[str, ...] = ()
    python_path: Path | None = None

    def arguments(self, source: str, output: str) -> list[str]:
        """Spark-submit's arguments."""
        ours = self.file.parent == JOBS
        shipped = ["--py-files", ",".join(map(str, MODULES))] if ours else []
        return [*shipped, str(self.file), "--input", source, "--output", output, *self.options]

    def environment(self) -> dict[str, str]:
        """What the job has in its environment beyond the place's own."""
        return {"PYTHONPATH": str(self.python_path)} if self.python_path else {}


@dataclass(frozen=True)
class Cluster:
    """A cluster of an EMR endpoint, as the pipeline's job flow makes it; jobs are its steps."""

    client: EMRClient
    id: str
    folder: Path  # the node's

    def run(self, job: Job, tweets: Path, output: str) -> tuple[Cost, Path]:
        """A step's cost, and the folder of its output, which is replaced; raises CommandFailed."""
        source = self.folder / "hdfs" / "in" / tweets.name
        source.parent.mkdir(exist_ok=True)
        if not source.exists():
            os.link(tweets, source)
        report = self.folder / "report.json"
        variables = [f"{key}={value}" for key, value in job.environment().items()]
        submit = ["spark-submit", "--deploy-mode", "client"]
        arguments = job.arguments(f"hdfs:///in/{tweets.name}", f"hdfs:///{output}")
        self._step([*measured.program(report), "env", *variables, *submit, *arguments])
        return Cost.read(report), self.folder / "hdfs" / output

    def _step(self, arguments: Sequence[str]) -> None:
        step = emr.step(*arguments)
        [step_id] = self.client.add_job_flow_steps(JobFlowId=self.id, Steps=[step])["StepIds"]

        def state() -> str:
            return str(
                self.client.describe_step(ClusterId=self.id, StepId=step_id)["Step"]["Status"]["State"]
            )

        emr.until(lambda: state() not in ("PENDING", "RUNNING"), LONGEST_STEP, look=0.1)
        if state() != "COMPLETED":
            logs = self.folder / "logs" / "steps" / step_id
            said = "\n".join(
                (logs / name).read_text(errors="replace")[-2000:] for name in ("stdout", "stderr")
            )
            raise measured.CommandFailed(f"step {' '.join(arguments)}: {state()}\n{said}")


@contextmanager
def cluster(folder: Path, *options: str) -> Iterator[Cluster]:
    """A cluster with the profile's flags at an endpoint of its own, which is started with the `options`."""
    profile = json.loads((ROOT / "profiles" / "embedded" / "connections.json").read_text())
    request: dict[str, Any] = profile["emr_default"]["extra"]
    del request["AutoTerminationPolicy"]  # other places' jobs run longer than it would wait
    with tempfile.TemporaryDirectory(dir=folder, prefix="emr-") as place:
        script = Path(place) / "libraries.sh"
        script.write_text(BOOTSTRAP)
        libraries = copy_libraries(Path(place) / "libraries")
        action = {"Path": str(script), "Args": [str(libraries)]}
        request["BootstrapActions"] = [{"Name": "libraries", "ScriptBootstrapAction": action}]
        work = Path(place) / "work"
        archives = ["--class-archives", str(made_archives(folder))]
        with emr.service(*options, *archives, work_dir=work) as (client, _):
            cluster_id = client.run_job_flow(**request, Name="benchmark")["JobFlowId"]
            emr.until(lambda: emr.in_state(client, cluster_id, "WAITING"))
            yield Cluster(client, cluster_id, work / "clusters" / cluster_id)


def made_archives(folder: Path) -> Path:
    """The folder of the archive of Spark's classes, where the embedded stack has it, else in `folder`.

    Made before anything is measured: on the stack's first use it is made beside the jobs.
    """
    archives = class_archives(os.environ) or folder / "class-archives"
    homes = {"JAVA_HOME": str(java_home()), "SPARK_HOME": str(spark_home())}
    subprocess.run(
        [sys.executable, "-m", "emr_local.nodes.class_archive", str(archives)],
        env=dict(os.environ) | homes | {"PYTHONPATH": str(ROOT / "spark" / "emr")},
        check=True, capture_output=True,
    )  # fmt: skip
    return archives


def copy_libraries(target: Path) -> Path:
    """The jobs' libraries as they are installed here, in a folder of their own, which is returned."""
    names = re.findall(r"^([\w.-]+)==", (JOBS / "requirements.txt").read_text(), re.MULTILINE)
    for name in names:
        try:
            found = files(name) or []
        except PackageNotFoundError:  # of another system
            continue
        for file in found:
            if ".." not in file.parts and file.suffix != ".pyc":
                (target / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(str(file.locate()), target / file)
    return target


@dataclass(frozen=True)
class Plain:
    """Spark as pip installs it, with its default flags and configuration: jobs go to its spark-submit."""

    folder: Path
    master: str = "local[2]"

    def run(self, job: Job, tweets: Path, output: str) -> tuple[Cost, Path]:
        """A job's cost, and the folder of its output, which is replaced; raises CommandFailed."""
        target = self.folder / output
        submit = [str(spark_home() / "bin" / "spark-submit"), "--master", self.master]
        cost = measured.measure(
            [*submit, *job.arguments(tweets.as_uri(), target.as_uri())], environment() | job.environment()
        )
        return cost, target


def spark_home() -> Path:
    """The folder of the installed pyspark."""
    return Path(pyspark.__file__).parent


def environment() -> dict[str, str]:
    """The environment of a plain spark-submit: nothing of the caller's that would configure Spark."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    python = {"PYSPARK_PYTHON": sys.executable, "PYSPARK_DRIVER_PYTHON": sys.executable}
    # loopback, as the endpoint's: a machine's own name may lead nowhere
    return kept | python | {"JAVA_HOME": str(java_home()), "SPARK_LOCAL_IP": "127.0.0.1"}
