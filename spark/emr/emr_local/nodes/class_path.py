"""The class path of a Spark driver as the jars themselves, and the archive of classes that fits it.

Java maps an archive only for a class path that begins with the archive's own, so Spark's jars are named one
by one and come before the configuration's folder. Java looks for a class in one jar after the other: those
that most classes come from are the first.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

ARCHIVES = "EMR_LOCAL_CLASS_ARCHIVES"  # the folder of archives, in the environment of a node's programs
# Linux bounds one string of an environment at 128 KiB, and Spark's options are more than the class path
LONGEST = 100_000
# The beginnings of the jars' names, by how many classes of a small job they hold
_FIRST = (
    "spark-catalyst_",
    "spark-core_",
    "scala-library-",
    "spark-sql-api_",
    "spark-sql_",
    "log4j-core-",
    "parquet-column-",
    "jackson-databind-",
    "hadoop-client-api-",
    "parquet-jackson-",
    "janino-",
    "parquet-encoding-",
    "hadoop-client-runtime-",
    "spark-network-common_",
    "parquet-format-structures-",
    "netty-common-",
    "ivy-",
    "antlr4-runtime-",
    "netty-transport-4",
    "jackson-module-scala_",
    "parquet-hadoop-",
    "log4j-api-",
    "jackson-core-2",
    "py4j-",
)


def jars(spark_home: Path) -> list[Path]:
    """The jars of a Spark home by their real paths, in the order of its class path."""
    found = (spark_home / "jars").resolve().glob("*.jar")
    return sorted(found, key=lambda jar: (_place(jar.name), jar.name))


def joined(spark_home: Path) -> str | None:
    """The class path; None where it cannot be given to Java as one string."""
    found = jars(spark_home)
    text = os.pathsep.join(map(str, found))
    return text if found and len(text) <= LONGEST and "*" not in text else None


def archive(folder: Path, java: Path, spark_home: Path) -> Path:
    """The file of `folder` that the archive is or would be.

    Its name changes with all that Java compares: the class path, each jar's size and time, and Java itself.
    Times are whole seconds, as Java's are, and as an image's layers keep them.
    """
    told = [(str(file), file.stat()) for file in (*_of_java(java), *jars(spark_home))]
    text = repr([(name, stat.st_size, int(stat.st_mtime)) for name, stat in told])
    return folder / f"spark-{hashlib.sha256(text.encode()).hexdigest()[:20]}.jsa"


def find(folder: Path, java: Path, spark_home: Path) -> Path | None:
    """The archive, if it is there and no other user could have put it there; None if that can't be seen."""
    try:
        file = archive(folder, java, spark_home)
        of_others = any(
            stat.st_uid not in (0, os.geteuid()) or stat.st_mode & 0o022
            for stat in (file.stat(), folder.stat())
        )
    except OSError:
        return None
    return None if of_others else file


def _place(name: str) -> int:
    return next((at for at, start in enumerate(_FIRST) if name.startswith(start)), len(_FIRST))


def _of_java(java: Path) -> list[Path]:
    home = java.resolve().parent.parent
    return [
        file for file in (home / "lib" / "server" / "libjvm.so", home / "lib" / "modules") if file.exists()
    ]
