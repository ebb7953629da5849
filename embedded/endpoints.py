"""Where the services of a running stack are, and the environment that leads programs to them."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from embedded import installed, java
from embedded.ports import HOST
from embedded.processes import ROOT

REGION = "eu-west-2"
# What a caller may have set for clouds, clusters, databases and interpreters of their own
FOREIGN = (
    "AIRFLOW_",
    "AWS_",
    "BOTO_",
    "HADOOP_",
    "PG",
    "PYSPARK_",
    "PYTHONHOME",
    "PYTHONPATH",
    "SPARK_",
    "YARN_",
)


@dataclass(frozen=True)
class Endpoints:
    """A running stack. Addresses have no slash at the end."""

    home: Path
    aws_url: str  # S3, Secrets Manager and STS
    emr_url: str
    fixtures_url: str
    postgres_host: str
    postgres_port: int
    postgres_database: str
    pipeline_password: str
    webapp_password: str

    @property
    def pipeline_dsn(self) -> str:
        """libpq address for the role that owns the database."""
        return self._dsn("pipeline", self.pipeline_password)

    @property
    def webapp_dsn(self) -> str:
        """libpq address for the role that may read what it is granted."""
        return self._dsn("webapp", self.webapp_password)

    def _dsn(self, role: str, password: str) -> str:
        return f"postgresql://{role}:{password}@{self.postgres_host}:{self.postgres_port}/{self.postgres_database}"


def settings(ports: Mapping[str, int], java_home: Path) -> dict[str, str]:
    """The variables that lead a program to the services on these ports; nothing of the caller's own."""
    aws = f"http://{HOST}:{ports['aws']}"
    spec = importlib.util.find_spec("pyspark")
    spark_home = Path(spec.origin).parent if spec and spec.origin else ROOT
    return {
        "AWS_ACCESS_KEY_ID": "embedded",
        "AWS_SECRET_ACCESS_KEY": "embedded",
        "AWS_CONFIG_FILE": os.devnull,  # a default profile in the user's files may name endpoints and roles
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ENDPOINT_URL_EMR": f"http://{HOST}:{ports['emr']}",
        "AWS_ENDPOINT_URL_S3": aws,
        "AWS_ENDPOINT_URL_SECRETS_MANAGER": aws,
        "AWS_ENDPOINT_URL_STS": aws,
        "JAVA_HOME": str(java_home),
        "PYSPARK_PYTHON": sys.executable,
        "SPARK_HOME": str(spark_home),
        "SPARK_LOCAL_IP": HOST,  # a machine's own name often leads nowhere
    }


def environment(given: Mapping[str, str], caller: Mapping[str, str]) -> dict[str, str]:
    """A whole environment: the caller's, without what leads elsewhere, and `given`."""
    kept = {name: value for name, value in caller.items() if not name.startswith(FOREIGN)}
    local = [part for name in ("NO_PROXY", "no_proxy") for part in caller.get(name, "").split(",") if part]
    no_proxy = ",".join(dict.fromkeys([*local, HOST, "localhost"]))
    own = [Path(sys.executable).parent, Path(given["JAVA_HOME"]) / "bin"]
    path = [*map(str, own), caller.get("PATH", os.defpath)]
    return {**kept, **given, "NO_PROXY": no_proxy, "no_proxy": no_proxy, "PATH": os.pathsep.join(path)}


def java_home() -> Path:
    """The Java that the installation found; looks for one in a .venv that was made by other means."""
    record = installed.Installed.read(ROOT / ".venv")
    if record and os.access(Path(record.java_home) / "bin" / "java", os.X_OK):
        return Path(record.java_home)
    found = java.find(os.environ, ROOT / ".venv" / "java")
    if found is None:
        raise java.missing()
    return found.home
