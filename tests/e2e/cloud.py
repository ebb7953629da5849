"""A loopback AWS before this stack: what asks MWAA there is answered by the stack's real Airflow."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.e2e.certificate import self_signed
from tests.e2e.harness import REGION, ROOT, Stack, environment, run, until

PREFIX = "compose-e2e"
MASTER = "master"  # as RDS's: it may make roles and databases, and is no superuser
DATABASE = "tubepulse"


@dataclass(frozen=True)
class Cloud:
    """The cloud at `url`; EMR and S3 of profile aws's Airflow are the stack's."""

    stack: Stack
    url: str

    def settings(self) -> dict[str, str]:
        """What leads AWS's clients to the cloud, and to nothing else."""
        return {
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ENDPOINT_URL": self.url,
            "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            "STACK_PREFIX": PREFIX,
            "X_BEARER_TOKEN": "of nobody",
        }

    def of_stack(self) -> dict[str, str]:
        """What leads the clients of EMR and S3 to where the stack's Airflow has its own."""
        endpoints = {"EMR": self.stack.url("EMR"), "S3": self.stack.url("LOCALSTACK")}
        return {f"AWS_ENDPOINT_URL_{service}": url for service, url in endpoints.items()}

    def python(self, *module: str, **more: str) -> str:
        """What a module of the checkout wrote, called as make calls it."""
        done = subprocess.run(
            [sys.executable, "-m", *module], cwd=ROOT, text=True, stdin=subprocess.DEVNULL, check=False,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment() | self.settings() | more,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout
        return done.stdout


@contextmanager
def cloud_before(stack: Stack) -> Iterator[Cloud]:
    """The rehearsal's cloud, with the stack's Airflow behind its MWAA."""
    secret = "AIRFLOW_ADMIN_PASSWORD"
    words = ["--airflow", stack.url("AIRFLOW"), "--airflow-password-env", secret]
    with subprocess.Popen(
        [sys.executable, "-m", "aws.rehearsal.cloud", *words], cwd=ROOT, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        env=environment() | {secret: stack.env[secret]},
    ) as process:  # fmt: skip
        assert process.stdin
        assert process.stdout
        yield Cloud(stack, json.loads(process.stdout.readline())["url"])
        process.stdin.close()


# As rds.force_ssl does: whoever comes by the network comes with TLS
FORCE_TLS = """
umask 077
printf '%s' "$KEY" > "$PGDATA/server.key"
printf '%s' "$CERTIFICATE" > "$PGDATA/server.crt"
sed -i 's/^host all all all /hostssl all all all /' "$PGDATA/pg_hba.conf"
grep -q '^hostssl all all all ' "$PGDATA/pg_hba.conf"
"""


@dataclass(frozen=True)
class Rds:
    """A second PostgreSQL in the stack's network, reached by the stack's Airflow as `rds`, over TLS only."""

    container: str
    authority: str  # the certificate, PEM

    @property
    def port(self) -> str:
        """Where it is reached from this machine, on 127.0.0.1."""
        return run(["docker", "port", self.container, "5432"]).split(":")[-1].strip()

    def query(self, statement: str, role: str, password: str) -> list[str]:
        """The rows that psql prints, over TCP with a password as any client."""
        return self._psql(statement, "--host", "127.0.0.1", "--username", role, PGPASSWORD=password)

    def as_superuser(self, *statements: str) -> list[str]:
        """The rows of PostgreSQL's own superuser, whom RDS lets nobody be."""
        return [row for one in statements for row in self._psql(one, database="postgres")]

    def _psql(self, statement: str, *options: str, database: str = DATABASE, **variables: str) -> list[str]:
        names = [word for name in variables for word in ("--env", name)]
        psql = [
            "psql",
            "--no-psqlrc",
            "--no-password",
            "-At",
            "--dbname",
            database,
            *options,
            "-c",
            statement,
        ]
        return run(["docker", "exec", *names, self.container, *psql], True, None, **variables).splitlines()


@contextmanager
def second_postgres(stack: Stack, password: str) -> Iterator[Rds]:
    """A PostgreSQL with a database and a master role with this password, as RDS makes them."""
    key, certificate = self_signed()
    rds = Rds(f"{stack.project}-rds", certificate)
    words = ["--network", f"{stack.project}_database", "--network-alias", "rds",
             "--publish", "127.0.0.1::5432", "--env", "POSTGRES_PASSWORD"]  # fmt: skip
    run(["docker", "run", "--detach", "--name", rds.container, *words, "tubepulse/postgres:17"],
        POSTGRES_PASSWORD=password)  # fmt: skip
    try:
        ready = ["docker", "exec", rds.container, "pg_isready", "-h", "127.0.0.1"]
        until("the second PostgreSQL is ready", lambda: "accepting" in run(ready, check=False), 60)
        variables = ["--env", "KEY", "--env", "CERTIFICATE"]
        force = ["docker", "exec", *variables, rds.container, "sh", "-euc", FORCE_TLS]
        run(force, True, None, KEY=key, CERTIFICATE=certificate)
        rds.as_superuser(
            "ALTER SYSTEM SET ssl = on",
            "SELECT pg_reload_conf()",
            f"CREATE ROLE {MASTER} LOGIN CREATEROLE CREATEDB PASSWORD '{password}'",
            f"CREATE DATABASE {DATABASE} OWNER {MASTER}",
        )
        yield rds
    finally:
        run(["docker", "rm", "--force", "--volumes", rds.container])
