"""The node's own programs: what their command lines mean, and what s3-dist-cp plans."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emr_local.s3 import S3Uri, below, parse
from emr_local.tools import aws, hdfs, s3_dist_cp
from emr_local.tools.s3_dist_cp import Copy, NothingToCopy, Options, plan
from emr_local.tools.spark_submit import rewrite


@pytest.fixture(autouse=True)
def node(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("EMR_CLUSTER_ID", "j-1")
    monkeypatch.setenv("EMR_LOCAL_NODE", str(tmp_path))
    return tmp_path


def options(src: str, dest: str, pattern: str | None = None) -> Options:
    return Options(src, dest, re.compile(pattern) if pattern else None, False)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--src=s3n://b/in", "--dest=/out", "--srcPattern=.*x", "--deleteOnSuccess"],
        ["--src", "s3://b/in", "--dest", "hdfs:///out", "--srcPattern", ".*x", "--deleteOnSuccess", "-Da=b"],
        [
            "-D",
            "a=b",
            "--dest",
            "hdfs://j-1/out",
            "--src",
            "s3a://b/in",
            "--deleteOnSuccess",
            "--srcPattern=.*x",
        ],
    ],
)
def test_s3_dist_cp_takes_both_forms_of_options(arguments: list[str]) -> None:
    parsed = s3_dist_cp.parse_arguments(arguments)
    assert parsed == Options("s3://b/in", "hdfs://j-1/out", re.compile(".*x"), True)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--src=/a", "--dest=/b", "--groupBy=(x)"], "--groupBy"),
        (["--src=/a", "--dest=/b", "--outputCodec", "gzip"], "--outputCodec"),
        (["--src=/a"], "--dest"),
        (["--src=/a", "--dest=relative"], "relative is not an absolute address"),
        (["--src=/a", "--dest=/b", "--srcPattern=("], "no regular expression"),
    ],
)
def test_s3_dist_cp_refuses_by_name(arguments: list[str], named: str) -> None:
    with pytest.raises(s3_dist_cp.Refused, match=re.escape(named)):
        s3_dist_cp.parse_arguments(arguments)


@pytest.mark.parametrize(
    ("file", "src", "target"),
    [
        ("s3://b/in/a.csv", "s3://b/in/", "hdfs://j-1/out/a.csv"),
        ("s3://b/in/a.csv", "s3://b/in", "hdfs://j-1/out/a.csv"),
        ("s3://b/in/deep/a.csv", "s3://b/in", "hdfs://j-1/out/deep/a.csv"),
        ("s3://b/in_old/a.csv", "s3://b/in", "hdfs://j-1/out/_old/a.csv"),
        ("s3://b/in/a.csv", "s3://b/in/a.csv", "hdfs://j-1/out/a.csv"),
    ],
)
def test_target_is_dest_and_the_rest_of_the_path(file: str, src: str, target: str) -> None:
    assert plan([file], options(src, "hdfs://j-1/out/")) == [Copy(file, target)]


def test_pattern_matches_whole_addresses() -> None:
    files = ["s3://b/in/a.csv", "s3://b/in/a.csv.bak"]
    assert [c.source for c in plan(files, options("s3://b/in/", "hdfs://j-1/o", r".*\.csv"))] == files[:1]
    with pytest.raises(NothingToCopy, match=r"^Input path does not exist: s3://b/in/$"):
        plan(files, options("s3://b/in/", "hdfs://j-1/o", r"a\.csv"))


@pytest.mark.parametrize("dest", ["hdfs://j-1/out/", "file:///tmp/out/"])
def test_a_key_that_climbs_is_not_copied(dest: str) -> None:
    with pytest.raises(s3_dist_cp.Refused, match="outside --dest"):
        plan(["s3://b/in/../../evil"], options("s3://b/in/", dest))


NAMES = st.lists(st.text("abc_", min_size=1, max_size=3), min_size=1, max_size=3).map("/".join)


@given(names=st.sets(NAMES, min_size=1, max_size=8))
def test_plan_is_sorted_complete_and_without_collisions(names: set[str]) -> None:
    copies = plan([f"s3://b/in/{name}" for name in names], options("s3://b/in/", "hdfs://j-1/out"))
    assert [c.source for c in copies] == sorted(f"s3://b/in/{name}" for name in names)
    assert {c.target for c in copies} == {f"hdfs://j-1/out/{name}" for name in names}


def test_paths_never_leave_the_clusters_file_system(node: Path) -> None:
    root = node / "hdfs"
    assert hdfs.local_path(hdfs.address("/../../etc/passwd")) == root / "etc" / "passwd"
    assert hdfs.local_path(hdfs.address("hdfs:///a/./b/")) == root / "a" / "b"
    assert hdfs.local_path(hdfs.address("hdfs://namenode:8020/a")) == root / "a"
    assert hdfs.local_path(hdfs.address("hdfs:/a/b")) == root / "a" / "b"
    assert hdfs.address("/") == "hdfs://j-1/"
    assert hdfs.local_path(hdfs.address("file:///data/x")) == Path("/data/x")
    with pytest.raises(ValueError, match="not an absolute address"):
        hdfs.address("hdfs:relative")


def test_keys_never_leave_their_folder() -> None:
    assert below(Path("/d"), "/a/b") == Path("/d/a/b")
    with pytest.raises(ValueError, match="leaves its folder"):
        below(Path("/d"), "a/../../b")


def test_s3_addresses() -> None:
    assert parse("s3n://b/k/x") == S3Uri("b", "k/x")
    assert parse("s3a://b") == S3Uri("b", "")
    for wrong in ("s3:///k", "http://b/k", "b/k"):
        with pytest.raises(ValueError, match="is not an S3 address"):
            parse(wrong)


@pytest.mark.parametrize(
    ("given_line", "expected"),
    [
        ("--deploy-mode client s3://b/x.py --input s3://b/in", "</x.py> --input s3://b/in"),
        ("--master yarn --deploy-mode cluster x.py", "x.py"),
        ("--master=yarn --deploy-mode=cluster x.py", "x.py"),
        (
            "--master local[1] --conf a=b x.py --master yarn",
            "--master local[1] --conf a=b x.py --master yarn",
        ),
        ("--conf spark.master=yarn -c spark.submit.deployMode=cluster x.py", "x.py"),
        ("--verbose --py-files s3a://b/a.zip,local.py x.py", "--verbose --py-files </a.zip>,local.py x.py"),
        ("--archives s3://b/e.tar.gz#env x.py", "--archives </e.tar.gz>#env x.py"),
        (
            "--class a.B --jars s3://b/j.jar s3n://b/main.jar 1 2",
            "--class a.B --jars </j.jar> </main.jar> 1 2",
        ),
        ("--version", "--version"),
        ("--name", "--name"),
    ],
)
def test_spark_submit_is_rewritten_for_this_cluster(given_line: str, expected: str) -> None:
    def fetch(address: str) -> str:
        return f"</{address.rpartition('/')[2]}>"

    assert rewrite(given_line.split(), fetch) == expected.split()


@pytest.mark.parametrize(
    "line",
    [
        "ec2 describe-instances",
        "s3 rm s3://b/k",
        "s3 cp --acl public-read a s3://b/k",
        "s3 cp a b",
        "s3api list-objects",
        "s3 cp - s3://b/k",
        "s3 cp --recursive s3://b/k -",
        "",
    ],
)
def test_aws_refuses_what_it_does_not_do(line: str) -> None:
    with pytest.raises(aws.Refused):
        aws.parse_arguments(line.split())


def test_aws_single_copies_name_their_targets(tmp_path: Path) -> None:
    assert aws.pairs("s3://b/k/x", str(tmp_path), False) == [("s3://b/k/x", str(tmp_path / "x"))]
    assert aws.pairs("s3://b/k/x", "y", False) == [("s3://b/k/x", "y")]
    assert aws.pairs("y", "s3://b", False) == [("y", "s3://b/y")]
    assert aws.pairs("s3://b/k", "-", False) == [("s3://b/k", "-")]
    assert aws.pairs("y", "s3://b/k/", False) == [("y", "s3://b/k/y")]
    assert aws.pairs("y", "s3://b/k", False) == [("y", "s3://b/k")]
