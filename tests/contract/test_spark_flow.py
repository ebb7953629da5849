"""The contract: a job flow written for EMR runs as it is, from the bootstrap action to the results in S3."""

from __future__ import annotations

import base64
import hashlib
import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.contract.harness import BUCKET, Flow, command

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

JOBS = Path(__file__).parent / "jobs"
WHEEL = "greeter-1.0-py3-none-any.whl"
BOOTSTRAP = f"""\
#!/bin/bash
set -euo pipefail
work="$(mktemp -d)"
aws s3 cp --recursive s3://{BUCKET}/scripts/wheels/ "$work/"
offline="--no-index --find-links $work --no-deps"
sudo python3.11 -m pip install $offline --require-hashes -r "$work/requirements.txt"
sudo pip3 install $offline helper
echo "installed for $1"
"""
POSTS = [("p1", "spark runs here"), ("p2", "spark writes parquet"), ("p3", "héllo wörld")]


def wheel(name: str, source: str) -> bytes:
    """The smallest wheel of one module."""
    info = f"{name}-1.0.dist-info"
    files = {
        f"{name}.py": source,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = ""
    for path, text in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
        record += f"{path},sha256={digest},{len(text.encode())}\n"
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for path, text in {**files, f"{info}/RECORD": f"{record}{info}/RECORD,,\n"}.items():
            archive.writestr(path, text)
    return packed.getvalue()


def put(s3: S3Client, key: str, body: bytes) -> None:
    s3.put_object(Bucket=BUCKET, Key=key, Body=body)


def keys(s3: S3Client, prefix: str) -> list[str]:
    return [entry["Key"] for entry in s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", [])]


def table(s3: S3Client, prefix: str) -> pa.Table:
    """All parquet files below a prefix."""
    files = [key for key in keys(s3, prefix) if key.endswith(".parquet")]
    bodies = [s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() for key in files]
    return pa.concat_tables([pq.read_table(io.BytesIO(body)) for body in bodies])


@pytest.fixture(scope="module")
def artifacts(s3: S3Client) -> None:
    """What a deployment puts into the bucket, and one day's input."""
    greeter = wheel("greeter", 'def greeting(text):\n    return f"hello {text}"\n')
    put(s3, f"scripts/wheels/{WHEEL}", greeter)
    put(s3, "scripts/wheels/helper-1.0-py3-none-any.whl", wheel("helper", "HELP = True\n"))
    digest = hashlib.sha256(greeter).hexdigest()
    put(s3, "scripts/wheels/requirements.txt", f"greeter==1.0 --hash=sha256:{digest}\n".encode())
    put(s3, "scripts/libraries.sh", BOOTSTRAP.encode())
    for job in JOBS.glob("*.py"):
        put(s3, f"scripts/{job.name}", job.read_bytes())
    packed = io.BytesIO()
    pq.write_table(pa.table({"id": [p[0] for p in POSTS], "text": [p[1] for p in POSTS]}), packed)
    put(s3, "api_output/in.parquet", packed.getvalue())
    put(s3, "api_output/in.parquet_old/other.parquet", b"must not be copied: see the prefix rule")
    s3.delete_object(Bucket=BUCKET, Key="api_output/in.parquet_old/other.parquet")


def test_five_steps_from_bootstrap_to_results(
    artifacts: None, start: Callable[..., Flow], s3: S3Client
) -> None:
    submit = ("spark-submit", "--deploy-mode", "client")
    steps = [
        command("s3-dist-cp", f"--src=s3://{BUCKET}/api_output/in.parquet", "--dest=/twitter_results"),
        command(*submit, f"s3://{BUCKET}/scripts/score_posts.py"),
        command("s3-dist-cp", "--src=/output", f"--dest=s3://{BUCKET}/sentiment/"),
        command(*submit, "--master", "yarn", f"s3://{BUCKET}/scripts/count_words.py"),
        command("s3-dist-cp", "--src", "hdfs:///output", "--dest", f"s3://{BUCKET}/topics/"),
    ]
    script = {"Path": f"s3://{BUCKET}/scripts/libraries.sh", "Args": ["contract"]}
    flow = start(
        Steps=[{**step, "ActionOnFailure": "TERMINATE_CLUSTER"} for step in steps],
        BootstrapActions=[{"Name": "libraries", "ScriptBootstrapAction": script}],
        Configurations=[
            {"Classification": "spark-defaults", "Properties": {"spark.sql.shuffle.partitions": "2"}},
            {
                "Classification": "spark-env",
                "Configurations": [
                    {"Classification": "export", "Properties": {"PYSPARK_PYTHON": "/usr/bin/python3.11"}}
                ],
            },
        ],
        Instances={
            "InstanceGroups": [
                {"InstanceRole": "MASTER", "InstanceType": "m5.xlarge", "InstanceCount": 1, "Market": "SPOT"},
                {"InstanceRole": "CORE", "InstanceType": "m5.xlarge", "InstanceCount": 2, "Market": "SPOT"},
            ],
        },
    )
    cluster = flow.until("TERMINATED", "TERMINATED_WITH_ERRORS")

    assert flow.states() == ["COMPLETED"] * 5
    assert cluster["Status"]["State"] == "TERMINATED"
    assert cluster["Status"]["StateChangeReason"] == {
        "Code": "ALL_STEPS_COMPLETED",
        "Message": "Steps Completed",
    }
    scored = {row["id"]: row["score"] for row in table(s3, "sentiment/").to_pylist()}
    assert scored == {key: f"hello {text}" for key, text in POSTS}
    counted = {row["word"]: row["count"] for row in table(s3, "topics/").to_pylist()}
    assert counted == {"spark": 2, "runs": 1, "here": 1, "writes": 1, "parquet": 1, "héllo": 1, "wörld": 1}
    assert "sentiment/_SUCCESS" in keys(s3, "sentiment/")
    assert not [key for key in keys(s3, "sentiment/") if key.endswith(".crc")]


def test_job_that_raises_names_its_cause(start: Callable[..., Flow], s3: S3Client) -> None:
    put(
        s3,
        "scripts/broken.py",
        b"import json\n\ndef load():\n    raise LookupError('no such week')\n\nload()\n",
    )
    flow = start(Steps=[command("spark-submit", f"s3://{BUCKET}/scripts/broken.py")])
    step_id = flow.emr.list_steps(ClusterId=flow.id)["Steps"][0]["Id"]
    step = flow.step_until(step_id, "FAILED", "COMPLETED")
    assert step["Status"]["State"] == "FAILED"
    assert step["Status"]["FailureDetails"] == {
        "Reason": "Unknown Error.",
        "Message": "LookupError: no such week",
        "LogFile": f"s3://{BUCKET}/logs/{flow.id}/steps/{step_id}/stdout.gz",
    }


def test_missing_main_file_fails_the_step_with_its_address(flow: Flow) -> None:
    [step_id] = flow.add(
        command("spark-submit", "--deploy-mode", "cluster", f"s3://{BUCKET}/scripts/absent.py")
    )
    failure = flow.step_until(step_id, "FAILED")["Status"]["FailureDetails"]
    missing = f"s3://{BUCKET}/scripts/absent.py does not exist"
    assert failure["Message"] == f"java.io.FileNotFoundException: {missing}"
