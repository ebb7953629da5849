"""How a driver's Java comes to its classes faster: by a class path of jars in a good order, and by an archive
of these classes, if there is one (see `class_archive`).

Spark writes `-cp <configuration>:<jars>/*`; of two `-cp` the later counts, and SPARK_SUBMIT_OPTS come later.
No jar of Spark holds a file of the configuration's names, so that may be the last. Whoever adds to the class
path gets Spark's own: `spark.driver.extraClassPath` goes before all jars, and no archive would fit.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from emr_local.nodes import class_path, properties

# What else Spark's launcher puts on the class path: options, entries, and variables of the environment
_OPTIONS = ("--driver-class-path", "spark.driver.extraClassPath")
_VARIABLES = ("SPARK_DIST_CLASSPATH", "SPARK_PREPEND_CLASSES", "YARN_CONF_DIR")


def options(given: Mapping[str, str]) -> list[str]:
    """Java's options for a driver of this process's environment; `given` are the command's own settings.

    No option where the class path is not Spark's own; none about an archive where there is no archive. One
    that does not fit, Java leaves alone.
    """
    conf, spark_home = Path(os.environ["SPARK_CONF_DIR"]), Path(os.environ["SPARK_HOME"])
    if _extended(given, conf) or (jars := class_path.joined(spark_home)) is None:
        return []
    sharing = ["-cp", os.pathsep.join(dict.fromkeys([jars, str(conf), os.environ["HADOOP_CONF_DIR"]]))]
    folder, java_home = os.environ.get(class_path.ARCHIVES), os.environ.get("JAVA_HOME")
    if folder and java_home:
        archive = class_path.find(Path(folder), Path(java_home) / "bin" / "java", spark_home)
        if archive is not None:
            sharing += ["-Xshare:auto", f"-XX:SharedArchiveFile={archive}", "-Xlog:cds=off"]
    return sharing


def _extended(given: Mapping[str, str], conf: Path) -> bool:
    """Whether something is to be on the class path beside Spark's jars and its configuration."""
    defaults = properties.parse(_text(conf / "spark-defaults.conf"))
    exports = _text(conf / "spark-env.sh")
    return (
        any(name in given or name in defaults for name in _OPTIONS)
        or any(os.environ.get(name) or f"{name}=" in exports for name in _VARIABLES)
        or any(
            f"{name}=" in exports for name in ("SPARK_HOME", "SPARK_CONF_DIR", "HADOOP_CONF_DIR", "JAVA_HOME")
        )
    )


def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8") if file.exists() else ""
