"""What `aws s3 sync` takes for a change, which names take part, and how files are listed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto import mock_aws

from emr_local import s3
from emr_local.tools.aws import parse_arguments
from emr_local.tools.aws_files import files_below, sources_below
from emr_local.tools.aws_plan import File, Filters, Rule, sync

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

UP, DOWN = Rule(download=False), Rule(download=True)
FILES = st.dictionaries(
    st.text("abc/", min_size=1, max_size=3), st.tuples(st.integers(0, 2), st.integers(0, 2))
)


def file(name: str, size: int = 1, modified: float = 0) -> File:
    return File(name, f"s3://b/{name}", size, modified)


def files(given_files: dict[str, tuple[int, int]]) -> list[File]:
    return [file(name, *rest) for name, rest in sorted(given_files.items())]


@pytest.mark.parametrize(
    ("rule", "size", "modified", "changed"),
    [
        (UP, 1, 5, False),
        (UP, 2, 5, True),
        (UP, 1, 4, True),  # the target is older
        (UP, 1, 6, False),
        (DOWN, 1, 5, False),
        (DOWN, 1, 4, False),
        (DOWN, 1, 6, True),  # the node's file was changed after the object
        (Rule(True, size_only=True), 1, 6, False),
        (Rule(False, size_only=True), 2, 5, True),
        (Rule(True, exact_timestamps=True), 1, 4, True),
        (Rule(True, exact_timestamps=True), 1, 5, False),
        (Rule(False, exact_timestamps=True), 1, 6, False),
    ],
)
def test_a_change_is_another_size_or_time(rule: Rule, size: int, modified: float, changed: bool) -> None:
    assert rule.changed(file("x", 1, 5), file("x", size, modified)) is changed


@pytest.mark.parametrize(
    ("options", "let"),
    [
        ("", ["a.csv", "d/b.csv", "d/c.txt"]),
        ("--exclude *.csv", ["d/c.txt"]),
        ("--include *.csv", ["a.csv", "d/b.csv", "d/c.txt"]),
        ("--exclude * --include *.csv", ["a.csv", "d/b.csv"]),
        ("--include *.csv --exclude *", []),
        ("--exclude d/*", ["a.csv"]),
        ("--exclude * --include d/?.txt", ["d/c.txt"]),
        ("--exclude [!a]*", ["a.csv"]),
    ],
)
def test_of_the_filters_that_match_the_last_counts(options: str, let: list[str]) -> None:
    rules = parse_arguments(["s3", "sync", ".", "s3://b", *options.split()]).rules
    assert [name for name in ("a.csv", "d/b.csv", "d/c.txt") if Filters(rules).let(name)] == let


@given(sources=FILES, targets=FILES)
def test_after_a_sync_another_does_nothing(
    sources: dict[str, tuple[int, int]], targets: dict[str, tuple[int, int]]
) -> None:
    after = {f.name: f for f in files(targets)}
    for new, old in sync(files(sources), files(targets), UP, Filters(), True):
        if new is not None:
            after[new.name] = new._replace(modified=9)
        elif old is not None:
            del after[old.name]
    assert after.keys() == sources.keys()
    assert all(after[name].size == size for name, (size, _) in sources.items())
    assert list(sync(files(sources), after.values(), UP, Filters(), True)) == []


@given(sources=FILES, targets=FILES)
def test_what_the_filters_keep_out_stays(
    sources: dict[str, tuple[int, int]], targets: dict[str, tuple[int, int]]
) -> None:
    filters = Filters([(False, "a*")])
    plan = list(sync(files(sources), files(targets), DOWN, filters, True))
    assert not [f for pair in plan for f in pair if f is not None and f.name.startswith("a")]
    assert not [old for new, old in sync(files(sources), files(targets), DOWN, filters, False) if new is None]


@pytest.fixture
def many(monkeypatch: pytest.MonkeyPatch) -> Iterator[S3Client]:
    """S3 with a bucket `many` that has three objects below `many`, two a page of a listing."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.setenv(name, "us-east-1")
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MOTO_S3_DEFAULT_MAX_KEYS", "2")
    s3.client.cache_clear()
    with mock_aws():
        client = boto3.client("s3")
        client.create_bucket(Bucket="many")
        for number in range(3):
            client.put_object(Bucket="many", Key=f"many/{number}")
        yield client
    s3.client.cache_clear()


def no_skip(path: Path, why: str) -> None:
    pytest.fail(f"{path}: {why}")


def test_copies_below_their_own_source_are_no_sources(many: S3Client) -> None:
    inside = sources_below("s3://many/many/", "s3://many/many/z/", no_skip)
    beside = sources_below("s3://many/many/", "s3://many/many-z/", no_skip)
    assert [next(inside).name, next(beside).name] == ["0", "0"]
    many.put_object(Bucket="many", Key="many/z/0")
    assert [file.name for file in inside] == ["1", "2"]
    assert [file.name for file in beside][-1] == "z/0"  # elsewhere a listing is read as it is needed


def test_links_to_folders_are_followed_but_not_in_a_circle(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "x").write_text("x")
    top = tmp_path / "top"
    top.mkdir()
    for name in ("one", "two"):
        (top / name).symlink_to(tmp_path / "real")
    (top / "up").symlink_to(top)
    (top / "broken").symlink_to("absent")
    (top / "self").symlink_to("self")
    os.mkfifo(top / "pipe")
    skipped: dict[str, str] = {}
    found = files_below(str(top), lambda path, why: skipped.update({path.name: why}))
    assert [file.name for file in found] == ["one/x", "two/x"]
    assert skipped == {
        "up": "The link leads to a folder that it is in.",
        "broken": "File does not exist.",
        "self": "File does not exist.",
        "pipe": "File is character special device, block special device, FIFO, or socket.",
    }
