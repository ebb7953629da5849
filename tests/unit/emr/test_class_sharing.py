"""The class path and archive that spark-submit gives a driver's Java, and the making of an archive."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from emr_local.nodes import class_archive, class_path
from emr_local.tools import class_sharing

JARS = ("zeta-1.jar", "scala-library-2.12.18.jar", "alpha-1.jar", "spark-catalyst_2.12-3.5.6.jar")
ORDERED = ["spark-catalyst_2.12-3.5.6.jar", "scala-library-2.12.18.jar", "alpha-1.jar", "zeta-1.jar"]
# Stands for Spark's spark-submit: it makes Java write the list that it is told to
SUBMIT = """#!/bin/sh
eval "set -- $SPARK_SUBMIT_OPTS"
for option in "$@"; do
  case "$option" in -XX:DumpLoadedClassList=*) echo some/Class > "${option#*=}" ;; esac
done
"""
# Stands for Java: its archive is the list of classes, and the class path
JAVA = """#!/bin/sh
for option in "$@"; do
  case "$option" in
    -XX:SharedClassListFile=*) classes="${option#*=}" ;;
    -XX:SharedArchiveFile=*) archive="${option#*=}" ;;
  esac
  last="$option"
done
cat "$classes" > "$archive"
echo "$last" >> "$archive"
"""


@pytest.fixture
def spark_home(tmp_path: Path) -> Path:
    home = tmp_path / "spark"
    (home / "jars").mkdir(parents=True)
    (home / "bin").mkdir()
    for name in JARS:
        (home / "jars" / name).write_text(name)
    _program(home / "bin" / "spark-submit", SUBMIT)
    return home


@pytest.fixture
def java(tmp_path: Path) -> Path:
    folder = tmp_path / "java" / "bin"
    folder.mkdir(parents=True)
    _program(folder / "java", JAVA)
    return folder / "java"


@pytest.fixture
def conf(tmp_path: Path, spark_home: Path, java: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The node's configuration, in an environment as the node's."""
    folder = tmp_path / "conf"
    folder.mkdir()
    (folder / "spark-defaults.conf").write_text("spark.master local\n")
    (folder / "spark-env.sh").write_text("export PYSPARK_PYTHON=python3\n")
    for name, value in {
        "SPARK_HOME": spark_home,
        "JAVA_HOME": java.parent.parent,
        "SPARK_CONF_DIR": folder,
        "HADOOP_CONF_DIR": folder,
        class_path.ARCHIVES: tmp_path / "archives",
    }.items():
        monkeypatch.setenv(name, str(value))
    for name in ("SPARK_DIST_CLASSPATH", "SPARK_PREPEND_CLASSES", "YARN_CONF_DIR"):
        monkeypatch.delenv(name, raising=False)
    return folder


def _program(file: Path, text: str) -> None:
    file.write_text(text)
    file.chmod(0o755)


def _joined(folder: Path, *more: Path) -> str:
    return os.pathsep.join([*(str(folder / "jars" / name) for name in ORDERED), *map(str, more)])


def test_jars_stand_before_the_configuration_and_the_busiest_first(spark_home: Path, conf: Path) -> None:
    assert class_sharing.options({}) == ["-cp", _joined(spark_home, conf)]


def test_a_link_to_the_jars_gives_the_same_class_path(tmp_path: Path, spark_home: Path) -> None:
    linked = tmp_path / "node-spark"
    linked.mkdir()
    (linked / "jars").symlink_to(spark_home / "jars")
    assert class_path.joined(linked) == _joined(spark_home)


def test_an_archive_is_used_once_it_is_there(
    tmp_path: Path, spark_home: Path, java: Path, conf: Path
) -> None:
    made = class_archive.make(tmp_path / "archives", java, spark_home)
    assert f"-XX:SharedArchiveFile={made}" in class_sharing.options({})
    assert "-Xshare:auto" in class_sharing.options({})


@pytest.mark.parametrize("option", ["--driver-class-path", "spark.driver.extraClassPath"])
def test_a_command_with_a_class_path_of_its_own_keeps_sparks(conf: Path, option: str) -> None:
    assert class_sharing.options({option: "/mine"}) == []


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("spark-defaults.conf", "spark.driver.extraClassPath /mine"),
        ("spark-env.sh", "export SPARK_DIST_CLASSPATH=/mine"),
        ("spark-env.sh", "export JAVA_HOME=/other"),
    ],
)
def test_a_configuration_with_a_class_path_of_its_own_keeps_sparks(conf: Path, file: str, line: str) -> None:
    with (conf / file).open("a") as text:
        text.write(f"{line}\n")
    assert class_sharing.options({}) == []


def test_an_environment_with_a_class_path_of_its_own_keeps_sparks(
    conf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPARK_DIST_CLASSPATH", "/mine")
    assert class_sharing.options({}) == []


def test_a_class_path_too_long_for_the_environment_is_left_to_spark(spark_home: Path, conf: Path) -> None:
    for number in range(class_path.LONGEST // 200 + 1):
        (spark_home / "jars" / f"{'x' * 200}{number}.jar").touch()
    assert class_sharing.options({}) == []


def _newer_java(spark_home: Path, java: Path) -> None:
    (java.parents[1] / "lib" / "server").mkdir(parents=True)
    (java.parents[1] / "lib" / "server" / "libjvm.so").write_text("new")


def _one_jar_more(spark_home: Path, java: Path) -> None:
    (spark_home / "jars" / "new.jar").touch()


def _jar_of_another_time(spark_home: Path, java: Path) -> None:
    os.utime(spark_home / "jars" / "alpha-1.jar", (1, 1))


@pytest.mark.parametrize("change", [_newer_java, _one_jar_more, _jar_of_another_time])
def test_another_java_or_spark_has_another_archive(
    tmp_path: Path, spark_home: Path, java: Path, change: Callable[[Path, Path], None]
) -> None:
    before = class_path.archive(tmp_path, java, spark_home)
    assert class_path.archive(tmp_path, java, spark_home) == before
    change(spark_home, java)
    assert class_path.archive(tmp_path, java, spark_home) != before


def test_an_archive_holds_what_the_job_loads_for_the_class_path_of_steps(
    tmp_path: Path, spark_home: Path, java: Path
) -> None:
    made = class_archive.make(tmp_path / "archives", java, spark_home)
    assert made is not None
    first, *more, last = made.read_text().splitlines()
    assert (first, last) == ("some/Class", _joined(spark_home))
    assert "org/apache/hadoop/hdfs/web/WebHdfsFileSystem" in more
    assert {file.suffix for file in (tmp_path / "archives").iterdir()} == {".jsa", ".lock"}


def test_an_archive_that_is_there_is_not_made_again(tmp_path: Path, spark_home: Path, java: Path) -> None:
    there = class_path.archive(tmp_path, java, spark_home)
    there.write_text("made before")
    assert class_archive.make(tmp_path, java, spark_home) == there
    assert there.read_text() == "made before"


def test_while_one_process_makes_it_others_do_not(tmp_path: Path, spark_home: Path, java: Path) -> None:
    target = class_path.archive(tmp_path, java, spark_home)
    with target.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert class_archive.make(tmp_path, java, spark_home) is None
    assert not target.exists()


def test_a_java_that_cannot_do_it_leaves_nothing(tmp_path: Path, spark_home: Path, java: Path) -> None:
    _program(java, "#!/bin/sh\necho no such option >&2\nexit 1\n")
    with pytest.raises(OSError, match="exit code 1: no such option"):
        class_archive.make(tmp_path / "archives", java, spark_home)
    assert [file.suffix for file in (tmp_path / "archives").iterdir()] == [".lock"]


def test_a_folder_keeps_a_few_archives(tmp_path: Path, spark_home: Path, java: Path) -> None:
    for number in range(6):
        (tmp_path / f"old-{number}.jsa").touch()
        os.utime(tmp_path / f"old-{number}.jsa", (number, number))
    made = class_archive.make(tmp_path, java, spark_home)
    kept = {file.name for file in tmp_path.glob("*.jsa")}
    assert made is not None
    assert kept == {made.name, "old-5.jsa", "old-4.jsa", "old-3.jsa"}


def test_a_folder_that_cannot_be_written_is_said_in_one_line(
    tmp_path: Path, spark_home: Path, java: Path, monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    (tmp_path / "file").touch()
    monkeypatch.setenv("SPARK_HOME", str(spark_home))
    monkeypatch.setenv("JAVA_HOME", str(java.parents[1]))
    monkeypatch.setattr("signal.signal", lambda *_: None)  # this process keeps its own
    monkeypatch.setattr("sys.argv", ["class_archive", str(tmp_path / "file" / "archives")])
    with caplog.at_level("WARNING"):
        assert class_archive.main() == 1
    assert [record.message.count("without an archive") for record in caplog.records] == [1]
