"""What one run of the service is told: read once, typed, checked before anything starts."""

from __future__ import annotations

import argparse
import math
import os
import re
import shutil
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

LONGEST_S = 86_400.0
WHOLE_NUMBERS = ("spark.cores.max", "spark.executor.cores")


class SettingsError(Exception):
    """The service cannot start; the text says what to do about it."""


@dataclass(frozen=True)
class Settings:
    """Everything the service is told or finds out about its machine.

    `java` is the java program that steps use. `packages` are the files and folders of pip, pyspark and py4j
    that every cluster's Python sees. `min_idle_timeout_s` is AWS's floor of 60 s unless a test lowers it.
    `spark_ui_url` is where a person finds the Spark master's page.
    `log_limit_bytes` bounds what one stream of one step may write to disk. Logs that changed are pushed every
    `log_push_interval_s`. A cluster is STARTING for at least `provisioning_s`. `s3_gateway` is where Spark
    finds S3, `host:port/token`; None where its own classes do that. `class_archives` is the folder of
    archives of Spark's classes (see `nodes.class_archive`); None if there are to be none.
    """

    work_dir: Path
    spark_master: str
    spark_conf: Mapping[str, str]
    spark_home: Path
    spark_version: str
    packages: tuple[Path, ...]
    java: Path
    min_idle_timeout_s: int = 60
    spark_ui_url: str | None = None
    log_limit_bytes: int = 64 * 1024 * 1024
    log_push_interval_s: float = 60.0
    provisioning_s: float = 0.0
    s3_gateway: str | None = None
    class_archives: Path | None = None

    @property
    def state_file(self) -> Path:
        """The database of clusters, steps and records."""
        return self.work_dir / "state.db"

    @property
    def clusters_dir(self) -> Path:
        """The folder that holds one folder a living cluster."""
        return self.work_dir / "clusters"

    @property
    def unpushed_logs_dir(self) -> Path:
        """The logs of ended clusters that S3 has not taken yet, a folder a cluster."""
        return self.work_dir / "unpushed-logs"

    @property
    def node_packages_dir(self) -> Path:
        """The folder of links to pip, pyspark and py4j."""
        return self.work_dir / "node-packages"

    @property
    def node_spark_dir(self) -> Path:
        """SPARK_HOME of all clusters; see `node.prepare_shared`."""
        return self.work_dir / "node-spark"


def parse_spark_conf(entries: Iterable[str]) -> dict[str, str]:
    """`KEY=VALUE` entries as spark-defaults."""
    conf = {}
    for entry in entries:
        key, equals, value = entry.partition("=")
        if not key or not equals:
            raise SettingsError(f"--spark-conf {entry}: write it as KEY=VALUE")
        if key in WHOLE_NUMBERS and not re.fullmatch(r"[1-9]\d*", value):
            raise SettingsError(f"--spark-conf {entry}: {key} is a whole number")
        conf[key] = value
    return conf


def seconds(text: str) -> float:
    """A duration of the command line; raises what argparse shows."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value <= LONGEST_S:
        raise argparse.ArgumentTypeError(f"{text} is no number of seconds from 0 to {LONGEST_S:.0f}")
    return value


def check_url(url: str | None) -> str | None:
    """The address that --spark-ui-url gave; SettingsError when a browser could not follow it."""
    if url and not url.startswith(("http://", "https://")):
        raise SettingsError(f"--spark-ui-url {url}: write it as http://HOST:PORT")
    return url


def find_java(environ: Mapping[str, str]) -> Path:
    """The java program of JAVA_HOME, else the one on PATH."""
    home = environ.get("JAVA_HOME")
    found = (
        Path(home) / "bin" / "java" if home else Path(shutil.which("java", path=environ.get("PATH")) or "")
    )
    if not found.is_file() or not os.access(found, os.X_OK):
        raise SettingsError("no Java found: install a Java 17 runtime, or set JAVA_HOME to one")
    return found.resolve()


def find_packages() -> tuple[Path, ...]:
    """The folders of pip, pyspark and py4j with their metadata, found without importing them."""
    found: list[Path] = []
    for name in ("pip", "pyspark", "py4j"):
        spec = find_spec(name)
        if spec is None or spec.origin is None:
            raise SettingsError(f"{name} is not installed for {sys.executable}: install it there")
        folder = Path(spec.origin).parent
        found += [folder, *folder.parent.glob(f"{name}-*.dist-info")]
    return tuple(found)


def find_spark_home(environ: Mapping[str, str], packages: tuple[Path, ...]) -> Path:
    """SPARK_HOME, else the installed pyspark package, which is a Spark home too."""
    home = (
        Path(environ["SPARK_HOME"])
        if environ.get("SPARK_HOME")
        else next(p for p in packages if p.name == "pyspark")
    )
    if not (home / "bin" / "spark-submit").is_file():
        raise SettingsError(
            f"{home} holds no bin/spark-submit: set SPARK_HOME to a Spark installation, or unset it"
        )
    return home.resolve()


def find_spark_version() -> str:
    """The version of pyspark, for DescribeCluster; empty when it cannot be told."""
    try:
        return version("pyspark")
    except PackageNotFoundError:
        return ""
