"""`aws s3` on a node against S3: what is copied, what is left, what is removed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.contract.harness import BUCKET, Flow, bash, command
from tests.contract.test_commands import failure, output

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@pytest.fixture
def folder(flow: Flow, s3: S3Client) -> str:
    """A prefix of this test's own with three objects."""
    for name in ("a.csv", "deep/b.csv", "deep/c.txt"):
        s3.put_object(Bucket=BUCKET, Key=f"{flow.id}/in/{name}", Body=name.encode())
    return f"s3://{BUCKET}/{flow.id}"


def names(s3: S3Client, folder: str) -> list[str]:
    prefix = f"{folder.removeprefix(f's3://{BUCKET}/')}/"
    found = s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", [])
    return [entry["Key"].removeprefix(prefix) for entry in found]


def test_sync_copies_what_has_changed(flow: Flow, s3: S3Client, folder: str) -> None:
    sync = f"aws s3 sync {folder}/in . --no-progress"
    lines = output(s3, flow, bash(f"{sync}; cat deep/b.csv; echo; {sync}; touch a.csv; {sync}")).splitlines()
    assert [line.partition(" to ")[0] for line in lines] == [
        *(f"download: {folder}/in/{name}" for name in ("a.csv", "deep/b.csv", "deep/c.txt")),
        "deep/b.csv",
        f"download: {folder}/in/a.csv",
    ]
    changed = f"{sync} --quiet; printf longer > a.csv; aws s3 sync . {folder}/in"
    assert output(s3, flow, bash(changed)) == f"upload: ./a.csv to {folder}/in/a.csv\n"
    assert s3.get_object(Bucket=BUCKET, Key=f"{flow.id}/in/a.csv")["Body"].read() == b"longer"


def test_sync_removes_only_where_it_is_asked_to(flow: Flow, s3: S3Client, folder: str) -> None:
    work = f"printf x > new.csv; aws s3 sync . {folder}/in --exclude '*' --include '*.csv' "
    assert output(s3, flow, bash(f"{work} --delete --dryrun")).splitlines() == [
        f"(dryrun) upload: ./new.csv to {folder}/in/new.csv",
        f"(dryrun) delete: {folder}/in/a.csv",
        f"(dryrun) delete: {folder}/in/deep/b.csv",
    ]
    output(s3, flow, bash(work))
    assert names(s3, f"{folder}/in") == ["a.csv", "deep/b.csv", "deep/c.txt", "new.csv"]
    output(s3, flow, bash(f"{work} --delete"))
    assert names(s3, f"{folder}/in") == ["deep/c.txt", "new.csv"]


def test_move_and_remove(flow: Flow, s3: S3Client, folder: str) -> None:
    script = (
        f"aws s3 mv --recursive {folder}/in/deep {folder}/out; aws s3 mv {folder}/in/a.csv moved; cat moved"
    )
    assert output(s3, flow, bash(script)).endswith("a.csv")
    assert (names(s3, f"{folder}/in"), names(s3, f"{folder}/out")) == ([], ["b.csv", "c.txt"])
    assert (
        output(s3, flow, command("aws", "s3", "rm", f"{folder}/out/b.csv")) == f"delete: {folder}/out/b.csv\n"
    )
    output(
        s3, flow, bash(f"aws s3 rm {folder}/out/absent; aws s3 rm --recursive {folder}/out --exclude '*.csv'")
    )
    assert names(s3, f"{folder}/out") == []


def test_listings_have_the_clis_columns(flow: Flow, s3: S3Client, folder: str) -> None:
    lines = output(s3, flow, bash(f"aws s3 ls {folder}/in/ --summarize")).splitlines()
    assert lines[0] == f"{'PRE':>30} deep/"
    assert lines[1][:4].isdigit()
    assert lines[1][19:] == f" {5:>10} a.csv"
    assert lines[-2:] == ["Total Objects: 1", "   Total Size: 5"]
    buckets = output(s3, flow, command("aws", "s3", "ls")).splitlines()
    assert BUCKET in [line[20:] for line in buckets]
    assert failure(flow, command("aws", "s3", "ls", f"{folder}/absent"))["Message"] == "exit code 1"


def test_streams_and_failures(flow: Flow, s3: S3Client, folder: str) -> None:
    assert output(s3, flow, bash(f"printf piped | aws s3 cp - {folder}/p; aws s3 cp {folder}/p -")) == "piped"
    message = failure(flow, command("aws", "s3", "cp", f"{folder}/absent", "."))["Message"]
    assert message == f"fatal error: {folder}/absent does not exist"
    two = f"printf 1 > 1; printf 2 > 2; aws s3 cp --recursive . s3://no-such-bucket-{BUCKET}/x"
    assert failure(flow, bash(two))["Message"].startswith("upload failed: ./2 to s3://no-such-bucket")
    absent = "The user-provided path absent does not exist."
    assert failure(flow, command("aws", "s3", "sync", "absent", folder))["Message"] == absent
    assert "not supported on this node: ec2" in failure(flow, command("aws", "ec2"))["Message"]


def test_nothing_is_moved_onto_itself(flow: Flow, s3: S3Client, folder: str) -> None:
    big = f"{folder}/in/big"
    s3.put_object(Bucket=BUCKET, Key=f"{flow.id}/in/big", Body=bytes(9 << 20))  # copied in parts
    for target in (big, f"{folder}/in/", big.replace("s3:", "s3a:")):
        said = failure(flow, bash(f"aws s3 mv {big} {target}; [ $? = 255 ] && exit 3"))["Message"]
        assert said == f"Cannot mv a file onto itself: {big} - {target}"
    script = (
        f"aws s3 mv --recursive {folder}/in {folder}/in/ --exclude '*' --include big; [ $? = 1 ] && exit 3"
    )
    said = failure(flow, bash(script))["Message"]
    assert said == f"move failed: {big} to {big} Cannot mv a file onto itself: {big} - {big}"
    assert names(s3, f"{folder}/in") == ["a.csv", "big", "deep/b.csv", "deep/c.txt"]


def test_links_to_folders_are_synced_and_what_cannot_be_read_is_said(
    flow: Flow, s3: S3Client, folder: str
) -> None:
    script = f"""
    mkdir top; aws s3 mv --recursive {folder}/in real --quiet; ln -s ../real/deep top/deep
    aws s3 sync real {folder}/in --quiet
    aws s3 sync top {folder}/in --delete
    ln -s absent top/broken; aws s3 sync top {folder}/in --delete 2> said; echo $?; cut -d' ' -f1-3 said
    """
    assert output(s3, flow, bash(script)).splitlines()[-2:] == ["2", "warning: Skipping file"]
    assert names(s3, f"{folder}/in") == ["deep/b.csv", "deep/c.txt"]


def test_options_of_sudo_take_their_values_along(flow: Flow, s3: S3Client) -> None:
    words = "-u hadoop -C 3 -p ask -D / -R / -T 9 -r role -t type --chdir=/ --prompt ask -n X=1"
    assert output(s3, flow, bash(f"sudo {words} sh -c 'echo $X'")) == "1\n"
