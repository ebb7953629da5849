"""Makes an archive of the classes that Spark loads, which Java then maps instead of reading, checking and
linking them at each start (class data sharing).

    python -m emr_local.nodes.class_archive DIR

makes DIR's archive for JAVA_HOME's Java and SPARK_HOME's Spark, unless it is there. A small job runs to
learn which classes are loaded; on one core it takes about half a minute. The service starts this beside
itself, at the lowest priority, and nobody waits for it: without an archive all works, only slower.
"""

from __future__ import annotations

import argparse
import fcntl
import logging
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

from emr_local import settings as config
from emr_local.nodes import class_path
from emr_local.nodes.spark import LIGHT_JVM
from emr_local.settings import Settings, SettingsError
from emr_local.tools import java_options

log = logging.getLogger("emr_local")
JOB = Path(__file__).with_name("class_archive_job.py")
PATIENCE_S = 3600  # on a machine that is busy for long
STOPPING_S = 3
KEPT = 4  # archives of one folder: each is of another Java or Spark, and has some 160 MB
# Classes of Hadoop's client for s3:// (see webhdfs), which the job does not meet
MORE_CLASSES = (
    "org/apache/hadoop/hdfs/web/WebHdfsFileSystem",
    "org/apache/hadoop/hdfs/web/WebHdfsFileSystem$FsPathOutputStreamRunner",
    "org/apache/hadoop/hdfs/web/WebHdfsFileSystem$WebHdfsInputStream",
    "org/apache/hadoop/hdfs/web/JsonUtilClient",
)


class Maker:
    """The making of an archive beside the service: at most one process, which `stop` ends."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, settings: Settings) -> None:
        """Starts it unless there is an archive, or none is wanted; what it says goes to the service's log."""
        folder = settings.class_archives
        if folder is None or class_path.find(folder, settings.java, settings.spark_home):
            return
        environ = {
            **os.environ,
            "JAVA_HOME": str(settings.java.parent.parent),
            "SPARK_HOME": str(settings.spark_home),
            "PYTHONPATH": str(Path(__file__).parents[2]),
        }
        command = [sys.executable, "-m", "emr_local.nodes.class_archive", "--quietly", str(folder)]
        self._process = subprocess.Popen(command, env=environ, start_new_session=True)

    def stop(self) -> None:
        """Ends what still runs."""
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(STOPPING_S)
            except subprocess.TimeoutExpired:  # it has only the time that nobody wants
                os.killpg(self._process.pid, signal.SIGKILL)
                self._process.wait()


def make(folder: Path, java: Path, spark_home: Path) -> Path | None:
    """Makes the archive; None when another process is making it.

    Raises OSError or subprocess.TimeoutExpired, and leaves no archive then.
    """
    target = class_path.archive(folder, java, spark_home)
    jars = class_path.joined(spark_home)
    if jars is None:
        raise OSError(f"the class path of {spark_home}/jars is too long")
    folder.mkdir(mode=0o755, parents=True, exist_ok=True)
    with target.with_suffix(".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return None
        if target.exists():
            return target
        # below `folder`, so that the archive can be moved out of it as a whole
        for killed in folder.glob(f"making-{target.stem}-*"):
            shutil.rmtree(killed, ignore_errors=True)
        with tempfile.TemporaryDirectory(prefix=f"making-{target.stem}-", dir=folder) as scratch:
            classes = _loaded_classes(Path(scratch), java, spark_home, jars)
            _dump(Path(scratch) / target.name, classes, java, jars)
            (Path(scratch) / target.name).replace(target)
    for old in sorted(folder.glob("*.jsa"), key=os.path.getmtime)[:-KEPT]:
        old.unlink(missing_ok=True)
        old.with_suffix(".lock").unlink(missing_ok=True)
    return target


def _loaded_classes(scratch: Path, java: Path, spark_home: Path, jars: str) -> Path:
    """Runs the job; the file that names the classes it loads."""
    classes = scratch / "classes"
    listing = [f"-Djava.io.tmpdir={scratch}", f"-XX:DumpLoadedClassList={classes}", "-cp", jars]
    environ = {
        "HOME": str(scratch),
        "JAVA_HOME": str(java.parent.parent),
        "LANG": "C.UTF-8",
        "PATH": os.environ.get("PATH", os.defpath),
        "PYSPARK_PYTHON": sys.executable,
        "PYTHONPATH": str(spark_home.parent),
        "SPARK_CONF_DIR": str(scratch),
        "SPARK_HOME": str(spark_home),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_SUBMIT_OPTS": java_options.quoted([*LIGHT_JVM.split(), *listing]),
    }
    submit = [
        str(spark_home / "bin" / "spark-submit"),
        "--master",
        "local[2]",
        "--conf",
        "spark.ui.enabled=false",
    ]
    _run([*submit, str(JOB), str(scratch)], environ, scratch)
    with classes.open("a", encoding="utf-8") as file:
        file.writelines(f"{name}\n" for name in MORE_CLASSES)
    return classes


def _dump(target: Path, classes: Path, java: Path, jars: str) -> None:
    options = ["-XX:TieredStopAtLevel=1", "-Xmx1g", "-Xlog:disable", "-Xlog:all=error:stderr", "-Xshare:dump"]
    files = [f"-XX:SharedClassListFile={classes}", f"-XX:SharedArchiveFile={target}"]
    environ = {"LANG": "C.UTF-8", "PATH": os.defpath}
    _run([str(java), *options, *files, "-cp", jars], environ, target.parent)
    with target.open("rb") as file:
        os.fsync(file.fileno())


def _run(command: list[str], environ: dict[str, str], folder: Path) -> None:
    """Runs a program in `folder` to its end; OSError says how it ended and its last line."""
    done = subprocess.run(
        command, env=environ, cwd=folder, timeout=PATIENCE_S, stdin=subprocess.DEVNULL, check=False,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
    )  # fmt: skip
    if done.returncode:
        last_line = done.stdout.strip().rpartition("\n")[2]
        raise OSError(f"{command[0]} ended with exit code {done.returncode}: {last_line}")


def _stand_back() -> None:
    """Takes only the time that nothing else on this machine wants."""
    os.nice(19)
    if hasattr(os, "SCHED_IDLE"):
        with suppress(OSError):
            os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))


def main() -> int:
    """The exit code: 1 when no archive could be made, and one line that says why."""
    cli = argparse.ArgumentParser(description="Makes an archive of Spark's classes for Java to share.")
    cli.add_argument("folder", type=Path)
    cli.add_argument("--quietly", action="store_true", help="give way to whatever else the machine has to do")
    options = cli.parse_args()
    logging.basicConfig(format="%(message)s", level=logging.INFO)
    for number in (signal.SIGINT, signal.SIGTERM):  # by an exception, so that programs end and files go
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    if options.quietly:
        _stand_back()
    try:
        spark_home = config.find_spark_home(os.environ, config.find_packages())
        made = make(options.folder.absolute(), config.find_java(os.environ), spark_home)
    except subprocess.TimeoutExpired as error:
        log.warning("Spark starts without an archive of its classes: not made in %d s", error.timeout)
        return 1
    except (OSError, SettingsError) as error:
        log.warning("Spark starts without an archive of its classes: %s", error)
        return 1
    log.info("Spark's classes: %s", made or "another process is archiving them")
    return 0


if __name__ == "__main__":
    sys.exit(main())
