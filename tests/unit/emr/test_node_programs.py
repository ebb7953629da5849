"""The node's own programs: what their command lines mean, and what s3-dist-cp plans."""

from __future__ import annotations

import os
import re
import shlex
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emr_local.nodes import hadoop, properties
from emr_local.s3 import S3Uri, below, parse
from emr_local.tools import aws, aws_files, containers, hdfs, java_options, s3_dist_cp, s3_mounts
from emr_local.tools.fetched import NotFetched
from emr_local.tools.s3_dist_cp import Copy, NothingToCopy, Options, plan
from emr_local.tools.spark_submit import entries, rewrite
from emr_local.tools.spark_submit import parse as parsed


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
    assert parsed == Options("s3://b/in", "hdfs://j-1/out", re.compile(".*x", re.ASCII), True)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
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
        ("--conf spark.files=s3://b/f,g x.py", "--conf spark.files=</f>,g x.py"),
        ("--conf spark.archives=s3://b/e.zip#env x.py", "--conf spark.archives=</e.zip>#env x.py"),
        (
            "--conf spark.pyspark.python=./env/bin/python x.py",
            "--conf spark.pyspark.python=./env/bin/python x.py",
        ),
        ("--conf spark.yarn.appMasterEnv.A=b x.py", "--conf spark.yarn.appMasterEnv.A=b x.py"),
    ],
)
def test_spark_submit_is_rewritten_for_this_cluster(given_line: str, expected: str) -> None:
    def fetch(address: str) -> str:
        return f"</{address.rpartition('/')[2]}>"

    assert rewrite(given_line.split(), fetch) == expected.split()


def test_a_container_has_files_and_archives_under_their_names(node: Path, tmp_path: Path) -> None:
    (node / "hdfs").mkdir()
    (node / "hdfs" / "far.txt").write_text("far")
    (node / "near.txt").write_text("near")
    shutil.make_archive(str(node / "packed"), "zip", node / "hdfs")
    (node / "packed.zip").rename(node / "packed.jar")
    folder = tmp_path / "container"
    folder.mkdir()
    (folder / "own.txt").write_text("own")
    files = [f"{node}/near.txt", "hdfs:///far.txt#renamed", f"file://{node}/near.txt#own.txt"]
    containers.place(files, [f"{node}/packed.jar#env"], folder)
    containers.place(files, [f"{node}/packed.jar#env"], folder)
    found = {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*.txt")}
    assert found == {"near.txt": "near", "own.txt": "own", "env/far.txt": "far"}
    assert (folder / "renamed").read_text() == "far"
    with pytest.raises(NotFetched, match="absent does not exist"):
        containers.place([f"{node}/absent"], [], folder)
    with pytest.raises(NotFetched, match=r"near\.txt#x cannot be unpacked"):
        containers.place([], [f"{node}/near.txt#x"], folder)


@pytest.mark.parametrize("option", ["--properties-file {}", "--properties-file={}"])
@pytest.mark.parametrize("address", ["s3://b/job.conf", "{}"])
def test_a_properties_file_adds_to_the_clusters_defaults(node: Path, option: str, address: str) -> None:
    file = node / "job.conf"
    file.write_text("# sizes\nspark.executor.memory 20g\nspark.master=yarn\nspark.a : from the file\n")
    (node / "other.conf").write_text("spark.b 1\n")
    given_line = ["--properties-file", str(node / "other.conf"), "--conf", "spark.a=given"]
    given_line += option.format(address.format(file)).split()

    def fetch(s3_address: str) -> str:
        assert s3_address == "s3://b/job.conf"
        return str(file)

    line = [*given_line, "x.py", "--properties-file", "y"]
    from_file = {"spark.executor.memory": "20g", "spark.a": "from the file"}
    assert entries(parsed(line), fetch) == from_file
    assert rewrite(line, fetch) == ["--conf", "spark.a=given", "x.py", "--properties-file", "y"]
    assert rewrite([*given_line, "--name"], fetch) == ["--conf", "spark.a=given", "--name"]
    assert entries(parsed(["--conf", "spark.a=b", "x.py"]), fetch) == {}


def test_entries_of_a_properties_file_go_into_a_private_configuration(
    node: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (node / "tmp").mkdir()
    (node / "conf").mkdir()
    (node / "conf" / "spark-defaults.conf").write_text("spark.a node\nspark.b node\n")
    (node / "conf" / "core-site.xml").write_text(hadoop.site_file({"x": "y"}))
    for name in ("HADOOP_CONF_DIR", "SPARK_CONF_DIR"):
        monkeypatch.setenv(name, str(node / "conf"))
    monkeypatch.delenv(s3_mounts.VARIABLE, raising=False)
    s3_mounts.install(["x.py"])
    assert os.environ["SPARK_CONF_DIR"] == str(node / "conf")
    s3_mounts.install(["x.py"], {"spark.a": "the file's"})
    own = Path(os.environ["SPARK_CONF_DIR"])
    assert own == Path(os.environ["HADOOP_CONF_DIR"]) != node / "conf"
    assert own.stat().st_mode & 0o777 == 0o700
    text = (own / "spark-defaults.conf").read_text()
    assert properties.parse(text) == {"spark.a": "the file's", "spark.b": "node"}
    assert (own / "core-site.xml").read_text() == (node / "conf" / "core-site.xml").read_text()


def test_a_properties_file_that_cannot_be_read_is_named(node: Path) -> None:
    (node / "binary").write_bytes(b"\xff")
    for name in ("absent", "binary"):
        with pytest.raises(NotFetched, match=f"{name} cannot be read"):
            entries(parsed(["--properties-file", str(node / name), "x.py"]), str)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a 1\nb=2\nc:3\nd\t=\t4\ne : 5 \n", {"a": "1", "b": "2", "c": "3", "d": "4", "e": "5"}),
        ("# a=1\n  ! b=2 \\\nc 3\n\n \n", {"c": "3"}),
        ("a 1=2:3 4 # 5", {"a": "1=2:3 4 # 5"}),
        ("a 1\r\nb 2\ra 3", {"a": "3", "b": "2"}),
        ("a 1,\\\n   2,\\\n# 3\nb 4\\\\\nc 5\\", {"a": "1,2,# 3", "b": "4\\", "c": "5"}),
        (r"a\ b\:c C:\\x\ty\u00e9\ud83d\ude00\q", {"a b:c": "C:\\x\tyé😀q"}),
        ("alone\né ü", {"alone": "", "é": "ü"}),
    ],
)
def test_properties_are_read_as_java_reads_them(text: str, expected: dict[str, str]) -> None:
    assert properties.parse(text) == expected


TEXT = st.text(st.characters(exclude_categories=["Cs"]))


@given(entries=st.dictionaries(TEXT.filter(bool), TEXT.map(lambda value: value.strip(" \t\f"))))
def test_what_the_node_writes_is_what_it_reads(entries: dict[str, str]) -> None:
    assert properties.parse(properties.dump(entries)) == entries


@given(options=st.lists(TEXT.filter(lambda text: "\0" not in text)))
def test_quoted_options_are_taken_apart_again(options: list[str]) -> None:
    assert shlex.split(java_options.quoted(options)) == [text.replace("\\\n", "\\\n") for text in options]


def test_the_properties_of_a_step_become_options(monkeypatch: pytest.MonkeyPatch) -> None:
    assert java_options.of_step() == []
    monkeypatch.setenv(java_options.VARIABLE, java_options.handed_over({"a": "b c", "é": "="}))
    assert java_options.of_step() == ["-Da=b c", "-Dé=="]


@pytest.mark.parametrize(
    "line",
    [
        "ec2 describe-instances",
        "s3 rm folder/k",
        "s3 cp --acl public-read a s3://b/k",
        "s3 cp a b",
        "s3api list-objects",
        "s3 mv - s3://b/k",
        "s3 sync s3://b/k -",
        "s3 cp --recursive s3://b/k -",
        "s3 ls --human-readable s3://b",
        "",
    ],
)
def test_aws_refuses_what_it_does_not_do(line: str) -> None:
    with pytest.raises(aws.Refused):
        aws.parse_arguments(line.split())


def test_aws_single_copies_name_their_targets(tmp_path: Path) -> None:
    assert aws_files.target_of("x", str(tmp_path)) == str(tmp_path / "x")
    assert aws_files.target_of("x", "y") == "y"
    assert aws_files.target_of("y", "s3://b") == "s3://b/y"
    assert aws_files.target_of("y", "s3://b/k/") == "s3://b/k/y"
    assert aws_files.target_of("y", "s3://b/k") == "s3://b/k"
    with pytest.raises(ValueError, match="leaves its folder"):
        aws_files.inside(str(tmp_path), "../y")
