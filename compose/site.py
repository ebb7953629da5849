"""Where the running stack is: addresses, logins and pages, from its env file."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import boto3
import botocore.session
import psycopg
from botocore.config import Config
from botocore.exceptions import BotoCoreError

from compose import env_file
from embedded.errors import Unusable

HOST = "127.0.0.1"  # the stack publishes its ports nowhere else
USER = "admin"  # of Airflow
DATABASE = "tubepulse"
CONNECT_TIMEOUT = 10  # seconds


@dataclass(frozen=True)
class Pages:
    """Where a person reads on. Addresses have no slash at the end."""

    airflow: str
    clusters: str  # the address of a cluster's page, without its id

    def dag(self, dag_id: str) -> str:
        """A DAG in Airflow's UI."""
        return f"{self.airflow}/dags/{dag_id}"

    def run(self, dag_id: str, run_id: str) -> str:
        """A run in Airflow's UI."""
        return f"{self.dag(dag_id)}/runs/{quote(run_id, safe=':+')}"

    def task(self, dag_id: str, run_id: str, task_id: str) -> str:
        """A task of a run in Airflow's UI, with its log."""
        return f"{self.run(dag_id, run_id)}/tasks/{task_id}"

    def cluster(self, cluster: str) -> str:
        """A cluster on the EMR endpoint's page, or in the AWS console."""
        return f"{self.clusters}{cluster}"


@dataclass(frozen=True)
class Helps:
    """What helps where Airflow itself is in trouble, and what it takes to read a new DAG file."""

    unread: str = "make logs SERVICE=airflow-dag-processor"  # with a DAG that it does not know
    unhealthy: str = "make ps"  # with a part of it that does not run
    reading: float = 60.0  # seconds that it gets for a file, after a start or an edit
    pause: float = 2.0  # seconds between two looks meanwhile


def console_clusters(region: str) -> str:
    """The address of a cluster's page in the AWS console, without its id."""
    return f"https://{region}.console.aws.amazon.com/emr/home?region={region}#/clusterDetails/"


@dataclass(frozen=True)
class Site:
    """A stack on this machine, as its env file describes it, and its profile."""

    values: Mapping[str, str]
    profile: str = "local"

    @classmethod
    def of(cls, file: Path, profile: str = "local") -> Site:
        """The stack of an env file and a profile; the shell's variables win. Raises Unusable."""
        return cls(env_file.effective(env_file.read(file), os.environ), profile)

    @property
    def airflow_url(self) -> str:
        """Airflow's UI and API."""
        return self._url("AIRFLOW_PORT")

    @property
    def airflow_password(self) -> str:
        """Of USER."""
        return self.values["AIRFLOW_ADMIN_PASSWORD"]

    @property
    def pages(self) -> Pages:
        """Airflow's UI, and where clusters are shown."""
        if self.profile == "local":
            return Pages(self.airflow_url, f"{self._url('EMR_PORT')}/clusters/")
        return Pages(self.airflow_url, console_clusters(env_file.region(os.environ)))

    @property
    def helps(self) -> Helps:
        """What helps with the stack's Airflow."""
        return Helps()

    def emr(self) -> Any:
        """A boto3 client of the EMR endpoint, or of EMR with the shell's credentials."""
        return self._aws("emr", "EMR_PORT")

    def s3(self) -> Any:
        """A boto3 client of LocalStack's S3, or of S3 with the shell's credentials."""
        return self._aws("s3", "LOCALSTACK_PORT")

    def database(self) -> psycopg.Connection:
        """A connection as `pipeline`, which may read every table; raises Unusable."""
        port = int(self.values["POSTGRES_PORT"])
        try:
            return psycopg.connect(
                host=HOST, port=port, dbname=DATABASE, user="pipeline",
                password=self.values["PIPELINE_PASSWORD"], connect_timeout=CONNECT_TIMEOUT, autocommit=True,
            )  # fmt: skip
        except psycopg.OperationalError as error:
            if "password authentication failed" in str(error):
                raise Unusable(
                    f"PostgreSQL on {HOST}:{port} refuses the role pipeline: make up sets its password as "
                    "the env file has it (an official image does not: see docs/decisions, 16)"
                ) from None
            raise Unusable(f"PostgreSQL does not answer on {HOST}:{port}: make up") from None

    def _url(self, name: str) -> str:
        return f"http://{HOST}:{self.values[name]}"

    def _aws(self, service: str, port: str) -> Any:
        if self.profile == "local":
            return _client(service, self._url(port))
        try:
            return boto3.client(service, region_name=env_file.region(os.environ))  # type: ignore[call-overload]
        except BotoCoreError as error:
            raise Unusable(f"profile {self.profile} needs AWS settings in the shell: {error}") from None


def _client(service: str, url: str) -> Any:
    """A client of an emulator; neither the caller's AWS settings nor a proxy has a part in it."""
    settings = {"profile": (None, None, None, None), "config_file": (None, None, os.devnull, None),
                "credentials_file": (None, None, os.devnull, None)}  # fmt: skip
    session = boto3.session.Session(botocore_session=botocore.session.Session(session_vars=settings))
    return session.client(  # type: ignore[call-overload]
        service,
        endpoint_url=url,
        region_name=env_file.REGION,
        aws_access_key_id="local",
        aws_secret_access_key="local",  # noqa: S106
        config=Config(connect_timeout=5, read_timeout=30, retries={"total_max_attempts": 2}, proxies={}),
    )
