from pathlib import Path

import pytest

from embedded import java
from embedded.java import Java

SETTINGS = """Property settings:
    java.class.version = 61.0
    java.home = /opt/my jdk
    java.version = 17.0.15
    java.vm.version = 17.0.15+6
openjdk version "17.0.15"
"""


def program(folder: Path, version: str, code: int = 0) -> Path:
    """A stand-in for bin/java of some version."""
    (folder / "bin").mkdir(parents=True)
    path = folder / "bin" / "java"
    path.write_text(
        f"#!/bin/sh\nprintf '  java.home = %s\\n  java.version = %s\\n' {folder} {version} >&2\nexit {code}\n"
    )
    path.chmod(0o755)
    return folder


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(java, "USUAL_FOLDERS", ())


def test_reads_home_and_version() -> None:
    assert java.parse(SETTINGS) == Java(Path("/opt/my jdk"), "17.0.15")


def test_other_output_is_no_java() -> None:
    assert java.parse("The operation couldn't be completed. Unable to locate a Java Runtime.") is None


@pytest.mark.parametrize(
    ("version", "major"), [("17.0.9", 17), ("21", 21), ("1.8.0_402", 8), ("25-ea", 25), ("", 0)]
)
def test_major_version(version: str, major: int) -> None:
    assert Java(Path("/x"), version).major == major


def test_the_users_choice_comes_first(tmp_path: Path, bare: None) -> None:
    own, other = program(tmp_path / "own", "21.0.1"), program(tmp_path / "other", "17.0.1")
    found = java.find({"JAVA_HOME": str(own), "PATH": f"{other}/bin:/bin"})
    assert found == Java(own, "21.0.1")


def test_a_choice_that_will_not_do_is_passed_over(tmp_path: Path, bare: None) -> None:
    own, other = program(tmp_path / "own", "1.8.0_402"), program(tmp_path / "other", "17.0.1")
    assert java.find({"JAVA_HOME": str(own), "PATH": f"{other}/bin:/bin"}) == Java(other, "17.0.1")


def test_17_before_21_wherever_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path / "jvm" / "a", "21.0.1"), program(tmp_path / "jvm" / "b", "17.0.1")
    monkeypatch.setattr(java, "USUAL_FOLDERS", (f"{tmp_path}/jvm/*",))
    assert java.find({"PATH": ""}) == Java(tmp_path / "jvm" / "b", "17.0.1")


def test_the_packaged_one_comes_last(tmp_path: Path, bare: None) -> None:
    home = program(tmp_path / java.WHEEL_HOME, "17.0.9")
    assert java.find({"PATH": ""}, tmp_path) == Java(home, "17.0.9")


def test_one_that_does_not_run_is_none(tmp_path: Path, bare: None) -> None:
    broken = program(tmp_path / "broken", "17.0.9", code=1)
    assert java.find({"JAVA_HOME": str(broken), "PATH": ""}) is None


@pytest.mark.parametrize(
    ("system", "machine", "exists"),
    [("linux", "x86_64", True), ("linux", "aarch64", False), ("darwin", "arm64", True)],
)
def test_where_a_wheel_exists(system: str, machine: str, exists: bool) -> None:
    assert java.wheel_exists(system, machine) is exists
