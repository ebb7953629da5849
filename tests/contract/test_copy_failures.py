"""s3-dist-cp steps that fail or are ended midway, what they leave and what they log; and their memory."""

from __future__ import annotations

import gzip
import json
import random
import re
from typing import TYPE_CHECKING

import pytest

from tests.contract.harness import BUCKET, REGION, Flow, bash, command, processes_with, wait_for

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

MIB = 1024 * 1024
S3_IN, S3_OUT = f"s3://{BUCKET}/fail/in/", f"s3://{BUCKET}/fail/out"


@pytest.fixture(scope="module")
def cluster(emr) -> Flow:
    """One cluster for all tests here; a second step may look at what the first is doing."""
    waiting = Flow(emr, StepConcurrencyLevel=2)
    waiting.until("WAITING")
    return waiting


@pytest.fixture(autouse=True)
def empty_bucket(s3: S3Client) -> None:
    for entry in s3.list_objects_v2(Bucket=BUCKET, Prefix="fail/").get("Contents", []):
        s3.delete_object(Bucket=BUCKET, Key=entry["Key"])


def put(s3: S3Client, **bodies: bytes) -> None:
    for name, body in bodies.items():
        s3.put_object(Bucket=BUCKET, Key=f"fail/in/{name}", Body=body)


def keys(s3: S3Client) -> list[str]:
    found = s3.list_objects_v2(Bucket=BUCKET, Prefix="fail/out/").get("Contents", [])
    return [entry["Key"].removeprefix("fail/out/") for entry in found]


def uploads(s3: S3Client) -> list[str]:
    return [upload["Key"] for upload in s3.list_multipart_uploads(Bucket=BUCKET).get("Uploads", [])]


def log(s3: S3Client, flow: Flow, step_id: str, name: str = "syslog") -> str:
    key = f"logs/{flow.id}/steps/{step_id}/{name}.gz"
    return gzip.decompress(s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()).decode()


def sh(flow: Flow, script: str) -> str:
    """Runs a script in the root of the cluster's HDFS; the step's id."""
    [step_id] = flow.add(bash(f'set -e; cd "$EMR_LOCAL_NODE/hdfs"; {script}'))
    status = flow.step_until(step_id, "COMPLETED", "FAILED")["Status"]
    assert status["State"] == "COMPLETED", status
    return step_id


def copy(flow: Flow, src: str, dest: str, *options: str, state: str = "FAILED") -> tuple[str, str]:
    """Runs a copy; the step's id and its failure message."""
    [step_id] = flow.add(command("s3-dist-cp", f"--src={src}", f"--dest={dest}", *options))
    status = flow.step_until(step_id, "COMPLETED", "FAILED")["Status"]
    assert status["State"] == state, status
    return step_id, status.get("FailureDetails", {}).get("Message", "")


def counters(syslog: str) -> dict[str, int]:
    _, _, lines = syslog.partition("Counters: 4\n\tS3DistCp\n")
    return {name: int(number) for name, number in re.findall(r"^\t\t(.+)=(\d+)$", lines, re.MULTILINE)}


def test_syslog_tells_the_files_in_order_and_counts_them(cluster: Flow, s3: S3Client) -> None:
    names = [f"{number:02}" for number in range(20)]
    put(s3, **dict.fromkeys(names, b"12345"))
    step_id, _ = copy(cluster, S3_IN, S3_OUT, "--deleteOnSuccess", "--targetSize=1", state="COMPLETED")
    syslog = log(s3, cluster, step_id)
    assert re.findall(r"INFO copying (\S+) to (\S+)", syslog) == [(S3_IN + n, f"{S3_OUT}/{n}") for n in names]
    assert counters(syslog) == {
        "files copied": 20,
        "bytes copied": 100,
        "targets written": 20,
        "files deleted": 20,
    }
    assert "WARN --targetSize has no effect in this copy" in syslog


@pytest.mark.parametrize(
    ("src", "dest", "message"),
    [
        ("s3://absent-bucket/x/", S3_OUT, "s3://absent-bucket/x/ does not exist"),
        (S3_IN, "s3://absent-bucket/out", "s3://absent-bucket/ does not exist"),
        (S3_IN, "file:///dev/null/out", f"{S3_IN}a to file:///dev/null/out/a: .*Not a directory.*"),
    ],
)
@pytest.mark.parametrize("options", [[], ["--groupBy=.*/(a)"], ["--outputCodec=gzip"]])
def test_a_missing_place_is_named(
    cluster: Flow, s3: S3Client, src: str, dest: str, message: str, options: list[str]
) -> None:
    put(s3, a=b"x")
    suffix = ".gz" if "--outputCodec=gzip" in options else ""
    _, told = copy(cluster, src, dest, *options)
    assert re.fullmatch(f"java.io.IOException: {message.replace('out/a:', f'out/a{suffix}:')}", told), told


def test_a_missing_local_file_and_list_are_named(cluster: Flow) -> None:
    _, message = copy(cluster, "hdfs:///absent", S3_OUT)
    assert message.endswith(f"Input path does not exist: hdfs://{cluster.id}/absent")
    _, message = copy(cluster, S3_IN, S3_OUT, f"--srcPrefixesFile={S3_OUT}/absent.txt")
    assert message == f"java.io.IOException: {S3_OUT}/absent.txt does not exist"
    _, message = copy(cluster, S3_IN, S3_OUT, "--srcPrefixesFile=/absent.txt")
    assert re.fullmatch(r"java.io.IOException: .*No such file.*/hdfs/absent.txt.*", message), message


@pytest.mark.parametrize("options", [[], ["--outputCodec=gzip"]])
@pytest.mark.usefixtures("s3_url")  # LocalStack takes a bucket's policy and does not obey it
def test_a_target_that_is_forbidden_is_named(cluster: Flow, s3: S3Client, options: list[str]) -> None:
    put(s3, a=b"x")
    s3.create_bucket(Bucket="forbidden", CreateBucketConfiguration={"LocationConstraint": REGION})
    statement = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:PutObject",
        "Resource": "arn:aws:s3:::forbidden/*",
    }
    s3.put_bucket_policy(
        Bucket="forbidden", Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    )
    _, message = copy(cluster, S3_IN, "s3://forbidden/out", *options)
    s3.delete_bucket(Bucket="forbidden")
    assert message.startswith(f"java.io.IOException: {S3_IN}a to s3://forbidden/out/a"), message
    assert "(403)" in message or "Denied" in message


@pytest.mark.parametrize("dest", [S3_OUT, "hdfs:///out"])
def test_a_copy_that_fails_midway_leaves_the_old_target_and_what_was_copied(
    cluster: Flow, s3: S3Client, dest: str
) -> None:
    noise = gzip.compress(random.Random(7).randbytes(12 * MIB), 1)
    put(s3, **{"a.gz": gzip.compress(b"whole"), "b.gz": noise[: 11 * MIB]})
    old = f"{S3_OUT}/b"
    s3.put_object(Bucket=BUCKET, Key="fail/out/b", Body=b"old")
    if dest != S3_OUT:
        copy(cluster, f"{S3_OUT}/", dest, state="COMPLETED")
        old = f"hdfs://{cluster.id}/out/b"
    options = ["--outputCodec=none", "--multipartUploadChunkSize=5", "--deleteOnSuccess"]
    step_id, message = copy(cluster, S3_IN, dest, *options)
    assert re.fullmatch(rf"java.io.IOException: {S3_IN}b\.gz to {old}: damaged gzip data: .*", message), (
        message
    )
    assert counters(log(s3, cluster, step_id)) == {
        "files copied": 1, "bytes copied": 25, "targets written": 1, "files deleted": 0,
    }  # fmt: skip
    if dest != S3_OUT:
        sh(cluster, 'test -z "$(ls -A tmp)"; test "$(ls -A out)" = "$(printf "a\\nb")"')
        copy(cluster, dest, S3_OUT, state="COMPLETED")
    assert keys(s3) == ["a", "b"]
    assert s3.get_object(Bucket=BUCKET, Key="fail/out/b")["Body"].read() == b"old"
    assert uploads(s3) == []
    assert len(s3.list_objects_v2(Bucket=BUCKET, Prefix="fail/in/")["Contents"]) == 2


def test_a_plan_that_would_lose_a_file_copies_nothing(cluster: Flow, s3: S3Client) -> None:
    put(s3, **{"0": b"", "a": b"x", "a.gz": gzip.compress(b"y")})
    _, message = copy(cluster, S3_IN, S3_OUT, "--outputCodec=none")
    assert message == f"s3-dist-cp: {S3_IN}a and {S3_IN}a.gz would both become {S3_OUT}/a"
    _, message = copy(cluster, S3_IN, S3_IN, "--deleteOnSuccess")
    assert message == f"s3-dist-cp: {S3_IN}0 is a file to copy and would be overwritten by this copy"
    assert keys(s3) == []
    assert len(s3.list_objects_v2(Bucket=BUCKET, Prefix="fail/in/")["Contents"]) == 3


def cancel(flow: Flow, step_id: str, option: str) -> None:
    flow.emr.cancel_steps(ClusterId=flow.id, StepIds=[step_id], StepCancellationOption=option)  # type: ignore[arg-type]  # a literal
    flow.step_until(step_id, "CANCELLED")


@pytest.mark.parametrize("option", ["SEND_INTERRUPT", "TERMINATE_PROCESS"])
def test_a_cancelled_copy_into_hdfs_leaves_its_target_alone(cluster: Flow, option: str) -> None:
    """The source takes longer than any test: a TB of zeros that takes no room on the disk."""
    sh(cluster, "mkdir -p zeros; truncate -s 1T zeros/zeros")
    [step_id] = cluster.add(command("s3-dist-cp", "--src=/zeros", f"--dest=/{option}", "--outputCodec=gzip"))
    sh(cluster, "until ls -A tmp/s3distcp-* | grep -q zeros; do sleep 0.05; done")
    assert processes_with(f"--dest=/{option}")
    cancel(cluster, step_id, option)
    assert processes_with(f"--dest=/{option}") == []
    # a program that is killed cannot tidy up, no more than on EMR
    left = "rm -r tmp/s3distcp-*" if option == "TERMINATE_PROCESS" else 'test -z "$(ls -A tmp)"'
    sh(cluster, f'test -z "$(find {option} -type f)"; {left}')


def test_an_interrupted_upload_leaves_neither_an_object_nor_parts(cluster: Flow, s3: S3Client) -> None:
    sh(cluster, "mkdir more; truncate -s 100G more/zeros")
    [step_id] = cluster.add(command("s3-dist-cp", "--src=/more", f"--dest={S3_OUT}"))
    wait_for(lambda: uploads(s3), "an upload in parts")
    cancel(cluster, step_id, "SEND_INTERRUPT")
    assert (uploads(s3), keys(s3)) == ([], [])


def test_large_files_take_little_memory(cluster: Flow, s3: S3Client) -> None:
    """Each copy of 60 MB against one of a few bytes, by the peak memory of their processes."""
    measure = "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True); "
    measure += "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    copies = [
        f"--src=/small --dest={S3_OUT}",
        f"--src=/large --dest={S3_OUT}/packed --outputCodec=gzip",
        f"--src={S3_OUT}/packed --dest=/large2 --outputCodec=none",
        f"--src=/large2 --dest={S3_OUT}/plain",
        f"--src={S3_OUT}/plain --dest={S3_OUT}/joined '--groupBy=.*/(l)arge.*'",
        f"--src={S3_OUT}/joined --dest=/large3",
    ]
    script = "mkdir small large; echo x > small/x; head -c 60000000 /dev/urandom > large/large1\n"
    script += "echo end > large/large2\n"
    script += "".join(f"python3 -c '{measure}' s3-dist-cp {line}\n" for line in copies)
    step_id = sh(cluster, f"{script}cat large/large* | cmp - large3/l")
    small, *large = [int(line) / 1024 for line in log(s3, cluster, step_id, "stdout").split()]
    assert len(large) == 5
    assert max(large) - small < 50, (small, large)


@pytest.mark.parametrize("dest", ["file://$EMR_LOCAL_NODE/hdfs/keep/", "file://$PWD/link/"])
def test_the_only_copy_is_not_deleted_under_another_name(cluster: Flow, s3: S3Client, dest: str) -> None:
    sh(cluster, "rm -rf keep; mkdir keep; echo kept > keep/x")
    copy = f"s3-dist-cp --src=hdfs:///keep --dest={dest} --deleteOnSuccess"
    script = f'ln -s "$EMR_LOCAL_NODE/hdfs/keep" link; {copy}'
    [step_id] = cluster.add(bash(script))
    status = cluster.step_until(step_id, "FAILED", "COMPLETED")["Status"]
    assert status["State"] == "FAILED"
    assert "/keep/x is a file to copy and would be overwritten" in log(s3, cluster, step_id, "stderr")
    sh(cluster, 'test "$(cat keep/x)" = kept')
