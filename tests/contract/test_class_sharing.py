"""A step's Spark really maps the archive of classes that the endpoint keeps."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.contract.harness import ROOT, Flow, command, start_endpoint, stop

# In client mode the job's parent is the driver's Java
JOB = """\
import os, subprocess, sys
from pyspark.sql import SparkSession

print("rows", SparkSession.builder.getOrCreate().range(7).count())
print("mapped", any(sys.argv[1] in line for line in open(f"/proc/{os.getppid()}/maps")))
shown = os.environ | {"SPARK_PRINT_LAUNCH_COMMAND": "1"}
nested = subprocess.run(
    ["spark-submit", "--driver-class-path", "/mine", "--version"], env=shown, capture_output=True, text=True
)
[launched] = [line for line in nested.stderr.splitlines() if line.startswith("Spark Command:")]
print("nested", nested.returncode, launched.count(" -cp "), " -cp /mine:" in launched)
"""


def test_a_step_shares_classes(s3_url: str, tmp_path: Path) -> None:
    archives = tmp_path / "archives"
    maker = [sys.executable, "-m", "emr_local.nodes.class_archive", str(archives)]
    subprocess.run(maker, env=os.environ | {"PYTHONPATH": str(ROOT / "spark" / "emr")}, check=True)
    job = tmp_path / "job.py"
    job.write_text(JOB)
    endpoint = start_endpoint(tmp_path, s3_url, "--class-archives", str(archives))
    try:
        flow = Flow(endpoint.client())
        [step_id] = flow.add(command("spark-submit", str(job), str(archives)))
        assert flow.step_until(step_id, "COMPLETED", "FAILED")["Status"]["State"] == "COMPLETED"
        said = endpoint.work_dir / "clusters" / flow.id / "logs" / "steps" / step_id / "stdout"
        assert said.read_text().splitlines() == ["rows 7", "mapped True", "nested 0 1 True"]
        flow.end()
    finally:
        stop(endpoint.process)
