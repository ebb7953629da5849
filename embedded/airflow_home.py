"""Airflow without services: a home folder with a migrated metadata database, and its settings."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
from pathlib import Path

from embedded.processes import ROOT
from embedded.stack import Stack

DAGS = ROOT / "airflow" / "dags"
MIGRATED = ROOT / "build" / "airflow"  # empty metadata databases, one for each set of locked packages
MIGRATION_TIMEOUT = 300.0  # seconds

# The same options that aws/ gives to MWAA, whose pattern keeps aws_default out of Secrets Manager.
SECRETS_BACKEND = "airflow.providers.amazon.aws.secrets.secrets_manager.SecretsManagerBackend"
SECRETS_BACKEND_KWARGS = {
    "connections_prefix": "airflow/connections",
    "connections_lookup_pattern": "^(?!aws_default$).*$",
    "variables_prefix": "airflow/variables",
}
POKE_INTERVAL = 1  # seconds between two looks at a step; 5 in AWS, whose requests are limited
RETRY_DELAY = 1  # seconds; Airflow's own default of 300 is for services that recover by themselves


def environment(home: Path) -> dict[str, str]:
    """Airflow's settings for a home folder; endpoints and credentials are the stack's to add."""
    return {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(DAGS),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DEFAULT_TASK_RETRY_DELAY": str(RETRY_DELAY),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{database(home)}",
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(home / "logs"),
        "AIRFLOW__SECRETS__BACKEND": SECRETS_BACKEND,
        "AIRFLOW__SECRETS__BACKEND_KWARGS": json.dumps(SECRETS_BACKEND_KWARGS),
        # Without it each look at a Variable or connection makes an AWS client anew: 0.1 s, some 50 times
        "AIRFLOW__SECRETS__USE_CACHE": "True",
        "AIRFLOW__TUBEPULSE__POKE_INTERVAL": str(POKE_INTERVAL),
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        "AIRFLOW_CONN_AWS_DEFAULT": "aws://",
    }


def database(home: Path) -> Path:
    """The metadata database below a home folder."""
    return home / "airflow.db"


def prepare(home: Path, stack: Stack) -> None:
    """Give `home` an empty, migrated metadata database; raises Died.

    A migration takes many seconds, so it is done once for each set of locked packages and then copied.
    """
    locked = hashlib.sha256((ROOT / "requirements" / "dev.txt").read_bytes()).hexdigest()[:12]
    template = MIGRATED / f"{locked}.db"
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    if not template.exists():
        migrate = [sys.executable, "-m", "airflow", "db", "migrate"]
        env = {**stack.environment(), **environment(home)}
        stack.supervisor.run(
            "airflow db migrate", migrate, stack.logs / "migrate.log", MIGRATION_TIMEOUT, env=env
        )
        MIGRATED.mkdir(parents=True, exist_ok=True)
        partial = MIGRATED / f"{os.getpid()}.partial"
        shutil.copy(database(home), partial)
        partial.replace(template)
    shutil.copy(template, database(home))
