"""A cluster's node as a folder: programs on its PATH, a clean Python, a Spark configuration, its file system.

bin/        what `sudo`, `aws`, `pip3`, `hadoop`, `spark-submit` and others mean here, first on PATH
python/     a virtual environment that bootstrap actions install into
conf/       SPARK_CONF_DIR and HADOOP_CONF_DIR
hdfs/       the cluster's file system
logs/       as LogUri gets them
steps/      a working folder a step
bootstrap-actions/, home/, tmp/, fetched/
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import venv
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from emr_local.nodes import class_path, hadoop, node_conf, programs, spark
from emr_local.settings import Settings
from emr_local.state.model import Cluster
from emr_local.tools import s3_mounts

PASSED_ON = (
    "LANG",
    "LC_ALL",
    "TZ",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
)
PASSED_ON_PREFIXES = ("AWS_", "PIP_")
FOLDERS = ("bin", "conf", "logs", "steps", "home", "tmp")
CLOSING_ATTEMPTS = 100
HDFS_FOLDERS = ("tmp", "user/hadoop", "user/spark/warehouse", "var/log/spark/apps")


def prepare_shared(settings: Settings) -> None:
    """Makes what all nodes share: links to pip, pyspark and py4j, and a Spark home made of links.

    That Spark home lacks python/lib, so that jobs import pyspark from the linked folder: spark-submit would
    put the zip archive of python/lib first, and importing from it takes twice as long. Links that an earlier
    service made, perhaps to other versions, go first.
    """
    for folder in (settings.node_packages_dir, settings.node_spark_dir):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True, exist_ok=True)
    settings.clusters_dir.mkdir(exist_ok=True)
    for package in settings.packages:
        (settings.node_packages_dir / package.name).symlink_to(package)
    for part in ("bin", "sbin", "jars"):
        if (settings.spark_home / part).is_dir():
            (settings.node_spark_dir / part).symlink_to(settings.spark_home / part)


def remove_tree(folder: Path) -> None:
    """Removes a folder or file with all it holds, of any depth: Python's own way is recursive."""
    subprocess.run(["rm", "-rf", "--", str(folder)], check=False, stderr=subprocess.DEVNULL)


@dataclass(frozen=True)
class Node:
    """The primary node of one cluster; `folder` is its only place on disk."""

    cluster: Cluster
    settings: Settings

    @property
    def folder(self) -> Path:
        """work-dir/clusters/<cluster id>."""
        return self.settings.clusters_dir / self.cluster.id

    @property
    def logs_dir(self) -> Path:
        """The folder that mirrors LogUri."""
        return self.folder / "logs"

    @property
    def mark(self) -> str:
        """The environment entry of everything that runs on this node."""
        return f"EMR_CLUSTER_ID={self.cluster.id}"

    @property
    def python(self) -> Path:
        """The Python that bootstrap actions install into and jobs run with."""
        return self.folder / "python" / "bin" / "python"

    @property
    def provision_log(self) -> Path:
        """The log that says what this node does not do of what its job flow asks for."""
        return self.logs_dir / "node" / self.cluster.instance_id / "provision-node" / "provision.log"

    def create(self) -> None:
        """Makes the folder; about 20 ms."""
        for part in (*FOLDERS, *(f"hdfs/{name}" for name in HDFS_FOLDERS)):
            (self.folder / part).mkdir(parents=True)
        self._create_python()
        programs.write(self.folder / "bin")
        for name, text in node_conf.files(self.cluster, self.settings, self.folder, self.python).items():
            file = self.folder / "conf" / name
            file.touch(mode=0o600)  # S3A's keys may be in it
            file.write_text(text, encoding="utf-8")
        self.provision_log.parent.mkdir(parents=True)
        node_conf.log_provision(self.provision_log, self.cluster, self.settings)

    def remove(self) -> None:
        """Removes the folder and all it holds.

        On a standalone Spark a file of its name is left, so that executors that are just ending cannot write
        below it. `forget` removes that too.
        """
        if spark.is_local(self.settings.spark_master):
            remove_tree(self.folder)
            return
        removed = Path(tempfile.mkdtemp(prefix="removed-", dir=self.settings.work_dir))
        for number in range(CLOSING_ATTEMPTS):
            with suppress(FileNotFoundError):
                self.folder.rename(removed / str(number))
            with suppress(FileExistsError):  # an executor made the folder again in between
                self.folder.touch(exist_ok=False)
                break
        remove_tree(removed)

    def forget(self) -> None:
        """Removes what `remove` left."""
        with suppress(FileNotFoundError, IsADirectoryError):
            self.folder.unlink()

    def environment(self, extra: Mapping[str, str]) -> dict[str, str]:
        """What a program finds here: a few variables of the service's own environment, and the node's."""
        exports = node_conf.spark_exports(self.cluster, self.settings, self.python)
        passed = {k: v for k, v in os.environ.items() if k in PASSED_ON or k.startswith(PASSED_ON_PREFIXES)}
        return {
            **passed,
            "PATH": self._path(),
            "HOME": str(self.folder / "home"),
            "TMPDIR": str(self.folder / "tmp"),
            "LANG": passed.get("LANG", "C.UTF-8"),
            "JAVA_HOME": str(self.settings.java.parent.parent),
            "SPARK_HOME": str(self.settings.node_spark_dir),
            "SPARK_CONF_DIR": str(self.folder / "conf"),
            "HADOOP_CONF_DIR": str(self.folder / "conf"),
            "HADOOP_USER_NAME": hadoop.USER,
            "USER": hadoop.USER,
            "LOGNAME": hadoop.USER,
            **spark.launch_environment(self.settings.spark_master, self.folder),
            "PYSPARK_PYTHON": exports["PYSPARK_PYTHON"],
            "PYSPARK_DRIVER_PYTHON": exports["PYSPARK_DRIVER_PYTHON"],
            # Only what a job imports is compiled, once, by the first that imports it.
            "PIP_NO_COMPILE": "1",
            "PIP_CACHE_DIR": passed.get("PIP_CACHE_DIR", str(self.settings.work_dir / "pip-cache")),
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "PIP_ROOT_USER_ACTION": "ignore",
            "PIP_NO_INPUT": "1",
            "EMR_CLUSTER_ID": self.cluster.id,
            "EMR_LOCAL_NODE": str(self.folder),
            **({s3_mounts.VARIABLE: self.settings.s3_gateway} if self.settings.s3_gateway else {}),
            **self._class_sharing(),
            **extra,
        }

    def _class_sharing(self) -> dict[str, str]:
        """What spark-submit wants to know for Java to share classes."""
        if self.settings.class_archives is None:
            return {}
        return {class_path.ARCHIVES: str(self.settings.class_archives)}

    def _path(self) -> str:
        """The node's programs, its Python's, and the system's; not those of the service's own environment."""
        own = {str(Path(sys.executable).parent), str(Path(sys.prefix) / "bin")}
        system = os.environ.get("PATH", os.defpath).split(os.pathsep)
        return os.pathsep.join(
            [
                str(self.folder / "bin"),
                str(self.python.parent),
                *(entry for entry in system if entry not in own),
            ]
        )

    def _create_python(self) -> None:
        home = self.folder / "python"
        venv.EnvBuilder(symlinks=True, with_pip=False).create(home)
        if not (home / "bin" / "python3.11").exists():
            (home / "bin" / "python3.11").symlink_to("python")
        site_packages = next(home.glob("lib/python3*/site-packages"))
        (site_packages / "node.pth").write_text(f"{self.settings.node_packages_dir}\n")
