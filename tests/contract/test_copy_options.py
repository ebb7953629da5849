"""What s3-dist-cp steps do with their options: groups, codecs, prefixes, settings of the target."""

from __future__ import annotations

import gzip
import shlex
from typing import TYPE_CHECKING

import pytest

from tests.contract.harness import BUCKET, Flow, bash, command

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

MIB = 1024 * 1024


@pytest.fixture(scope="module")
def cluster(emr) -> Flow:
    """One cluster for all tests here."""
    waiting = Flow(emr)
    waiting.until("WAITING")
    return waiting


@pytest.fixture(autouse=True)
def empty_bucket(s3: S3Client) -> None:
    for entry in s3.list_objects_v2(Bucket=BUCKET, Prefix="opt/").get("Contents", []):
        s3.delete_object(Bucket=BUCKET, Key=entry["Key"])


def put(s3: S3Client, **bodies: bytes) -> None:
    for name, body in bodies.items():
        s3.put_object(Bucket=BUCKET, Key=f"opt/in/{name}", Body=body)


def contents(s3: S3Client, prefix: str = "opt/out/") -> dict[str, bytes]:
    found = s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", [])
    return {
        entry["Key"].removeprefix(prefix): s3.get_object(Bucket=BUCKET, Key=entry["Key"])["Body"].read()
        for entry in found
    }


def run(
    flow: Flow, *options: str, src: str = f"s3://{BUCKET}/opt/in/", dest: str = f"s3://{BUCKET}/opt/out"
) -> None:
    [step_id] = flow.add(command("s3-dist-cp", f"--src={src}", f"--dest={dest}", *options))
    status = flow.step_until(step_id, "COMPLETED", "FAILED")["Status"]
    assert status["State"] == "COMPLETED", status


def sh(flow: Flow, script: str) -> None:
    [step_id] = flow.add(bash(f'set -e; cd "$EMR_LOCAL_NODE/hdfs"; {script}'))
    status = flow.step_until(step_id, "COMPLETED", "FAILED")["Status"]
    assert status["State"] == "COMPLETED", status


def test_groups_are_concatenated_in_order_and_their_files_deleted(cluster: Flow, s3: S3Client) -> None:
    put(s3, **{"d/a-2": b"two ", "d/a-1": b"one ", "d/b-1": b"b", "d/other": b"left out"})
    run(cluster, "--groupBy=.*/([ab])-[0-9]", "--deleteOnSuccess")
    assert contents(s3) == {"d/a": b"one two ", "d/b": b"b"}
    assert contents(s3, "opt/in/") == {"d/other": b"left out"}


def test_target_size_makes_parts_and_hdfs_takes_more(cluster: Flow, s3: S3Client) -> None:
    bodies = {f"p-{number}": bytes([number]) * (700 * 1024) for number in range(3)}
    put(s3, **bodies)
    options = ["--groupBy=.*/(p)-.*", "--targetSize=1"]
    run(cluster, *options, dest="/parts")
    sh(
        cluster,
        'mkdir -p more; echo more > more/p-9; test -z "$(ls -A tmp)"; ls -A parts | wc -l | grep -qx 2',
    )
    run(cluster, *options, "--appendToLastFile", src="/more", dest="/parts")
    run(cluster, "--deleteOnSuccess", src="/parts")
    assert contents(s3) == {"p": bodies["p-0"] + bodies["p-1"], "p1": bodies["p-2"] + b"more\n"}


@pytest.mark.parametrize("dest", [f"s3://{BUCKET}/opt/out", "hdfs:///codecs"])
def test_files_are_compressed_and_decompressed_on_their_way(cluster: Flow, s3: S3Client, dest: str) -> None:
    bodies = {
        "x.csv": b"plain" * 999,
        "y.csv.gz": gzip.compress(b"mem") + gzip.compress(b"bers"),
        "empty": b"",
    }
    put(s3, **bodies)
    run(cluster, "--outputCodec=gz", dest=f"{dest}/gz")
    run(cluster, "--outputCodec=none", src=f"{dest}/gz/", dest=f"{dest}/plain")
    if dest.startswith("hdfs"):
        run(cluster, src=dest)
    packed, plain = contents(s3, "opt/out/gz/"), contents(s3, "opt/out/plain/")
    assert {name: gzip.decompress(body) for name, body in packed.items()} == {
        "x.csv.gz": bodies["x.csv"], "y.csv.gz": b"members", "empty.gz": b"",
    }  # fmt: skip
    assert packed["y.csv.gz"] == bodies["y.csv.gz"]
    assert plain == {"x.csv": bodies["x.csv"], "y.csv": b"members", "empty": b""}


@pytest.mark.parametrize("place", [f"s3://{BUCKET}/opt/list.txt", "hdfs:///list.txt", "file://$PWD/list.txt"])
def test_a_file_of_prefixes_chooses_what_is_below_src(cluster: Flow, s3: S3Client, place: str) -> None:
    put(s3, **{"a/1": b"1", "a/2": b"2", "b/1": b"3", "c": b"4"})
    lines = f"s3n://{BUCKET}/opt/in/a/\n\ns3://{BUCKET}/opt/in/a/1\ns3://{BUCKET}/opt/in/b\n"
    s3.put_object(Bucket=BUCKET, Key="opt/list.txt", Body=lines.encode())
    run(cluster, src=f"s3://{BUCKET}/opt/list.txt", dest="hdfs:///")
    src, dest = f"s3://{BUCKET}/opt/in", f"s3://{BUCKET}/opt/out"
    sh(cluster, f's3-dist-cp --src {src} --dest {dest} "--srcPrefixesFile={place}"')
    assert contents(s3) == {"a/1": b"1", "a/2": b"2", "b/1": b"3"}


def test_the_target_object_gets_its_settings(cluster: Flow, s3: S3Client) -> None:
    put(s3, alone=b"1", packed=b"2")
    settings = ["--storageClass=REDUCED_REDUNDANCY", "--s3ServerSideEncryption"]
    run(cluster, *settings, "--srcPattern=.*alone")
    run(cluster, *settings, "--srcPattern=.*packed", "--outputCodec=gz")
    for key in ("opt/out/alone", "opt/out/packed.gz"):
        head = s3.head_object(Bucket=BUCKET, Key=key)
        assert (head["StorageClass"], head["ServerSideEncryption"]) == ("REDUCED_REDUNDANCY", "AES256")


@pytest.mark.parametrize(
    ("options", "parts"),
    [
        ([], None),
        (["--multipartUploadChunkSize=5"], 3),
        (["--disableMultipartUpload", "--outputCodec=none"], None),
    ],
)
@pytest.mark.parametrize("group", [[], ["--groupBy=.*/(big)"]])
def test_parts_are_as_large_as_asked(
    cluster: Flow, s3: S3Client, options: list[str], parts: int | None, group: list[str]
) -> None:
    put(s3, big=b"x" * (11 * MIB))
    run(cluster, *options, *group)
    etag = s3.head_object(Bucket=BUCKET, Key="opt/out/big")["ETag"].strip('"')
    assert etag.rpartition("-")[2 if parts else 1] == (str(parts) if parts else "")
    assert contents(s3)["big"] == b"x" * (11 * MIB)


def test_an_own_endpoint_takes_the_place_of_the_environments(
    cluster: Flow, s3: S3Client, s3_url: str
) -> None:
    put(s3, x=b"1")
    line = shlex.join(["s3-dist-cp", f"--src=s3://{BUCKET}/opt/in/", f"--dest=s3://{BUCKET}/opt/out"])
    sh(cluster, f"! AWS_ENDPOINT_URL_S3=http://127.0.0.1:9 {line}")
    assert contents(s3) == {}
    sh(cluster, f"AWS_ENDPOINT_URL_S3=http://127.0.0.1:9 {line} --s3Endpoint={s3_url}")
    assert contents(s3) == {"x": b"1"}
