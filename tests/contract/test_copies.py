"""s3-dist-cp steps and the node's aws program."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.contract.harness import BUCKET, Flow, bash, command

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def put(s3: S3Client, *keys: str) -> None:
    for key in keys:
        s3.put_object(Bucket=BUCKET, Key=key, Body=key.encode())


def keys(s3: S3Client, prefix: str) -> list[str]:
    return [entry["Key"] for entry in s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", [])]


def run(flow: Flow, *args: str, state: str = "COMPLETED") -> str:
    """Runs one step; its failure message, if it has one."""
    [step_id] = flow.add(command(*args))
    status = flow.step_until(step_id, "COMPLETED", "FAILED")["Status"]
    assert status["State"] == state, status
    return str(status.get("FailureDetails", {}).get("Message", ""))


def test_prefix_pattern_and_delete(flow: Flow, s3: S3Client) -> None:
    s3.put_object(Bucket=BUCKET, Key="dist/in/")
    put(s3, "dist/in/b.csv", "dist/in/a.csv", "dist/in/deep/c.csv", "dist/in/d.txt", "dist/input2/e.csv")
    source, target = f"s3n://{BUCKET}/dist/in", f"s3://{BUCKET}/dist/out/"
    run(flow, "s3-dist-cp", f"--src={source}", "--dest=/copied", "--srcPattern", r".*\.csv")
    run(flow, "s3-dist-cp", "--src", "/copied", "--dest", target)
    assert keys(s3, "dist/out/") == [
        f"dist/out/{name}" for name in ("a.csv", "b.csv", "deep/c.csv", "put2/e.csv")
    ]
    run(flow, "s3-dist-cp", f"--src={target}", f"--dest=s3://{BUCKET}/dist/moved", "--deleteOnSuccess")
    assert keys(s3, "dist/out/") == []
    assert len(keys(s3, "dist/moved/")) == 4
    body = s3.get_object(Bucket=BUCKET, Key="dist/moved/deep/c.csv")["Body"].read()
    assert body == b"dist/in/deep/c.csv"


def test_nothing_to_copy_fails(flow: Flow) -> None:
    message = run(flow, "s3-dist-cp", f"--src=s3://{BUCKET}/absent/", "--dest=/x", state="FAILED")
    assert message.endswith(f"Input path does not exist: s3://{BUCKET}/absent/")
    message = run(flow, "s3-dist-cp", "--src=hdfs:///absent", f"--dest=s3://{BUCKET}/x/", state="FAILED")
    assert message.endswith(f"Input path does not exist: hdfs://{flow.id}/absent")


def test_unsupported_and_repeated_options_are_refused_by_name(flow: Flow) -> None:
    message = run(flow, "s3-dist-cp", "--src=/a", "--dest=/b", "--numberFiles", state="FAILED")
    assert message == "s3-dist-cp: --numberFiles is not supported on this node: files keep their names"
    message = run(flow, "s3-dist-cp", "--src=/a", "--dest=/b", "--src", "/c", state="FAILED")
    assert message == "s3-dist-cp: --src is given more than once"


def test_aws_s3_copies_and_lists(flow: Flow, s3: S3Client) -> None:
    put(s3, "cli/in/one", "cli/in/deep/two", "cli/in2/not-this")
    script = f"""set -e
aws s3 cp --recursive --quiet s3://{BUCKET}/cli/in got
test "$(cat got/one)" = cli/in/one && test "$(cat got/deep/two)" = cli/in/deep/two && test ! -e got/2
aws s3 cp got/one s3://{BUCKET}/cli/out/
aws s3 cp s3://{BUCKET}/cli/in/one s3://{BUCKET}/cli/out/server-side
aws s3 sync got s3://{BUCKET}/cli/synced --only-show-errors
aws s3 ls s3://{BUCKET}/cli/ | grep -q 'PRE synced/'
aws s3 cp s3://{BUCKET}/cli/in/one . && test -f one
"""
    [step_id] = flow.add(bash(script))
    flow.step_until(step_id, "COMPLETED")
    assert keys(s3, "cli/out/") == ["cli/out/one", "cli/out/server-side"]
    assert keys(s3, "cli/synced/") == ["cli/synced/deep/two", "cli/synced/one"]


def test_aws_refuses_by_name_and_fails_for_missing_objects(flow: Flow) -> None:
    script = f"aws s3 cp s3://{BUCKET}/absent here; test $? = 1 && aws ec2 describe-instances"
    [step_id] = flow.add(bash(f"{script}; test $? = 2"))
    flow.step_until(step_id, "COMPLETED")
    message = run(flow, "aws", "ec2", "describe-instances", state="FAILED")
    assert "not supported on this node: ec2 describe-instances" in message
