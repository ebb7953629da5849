"""The database's logins, made from inside its network: Airflow runs the DAG database-roles once per password.

For that DAG only, and only while it runs, there is a secret with the database's own login.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from aws import secret_store
from aws.pauses import pauses
from compose.airflow_api import Airflow, Run
from compose.airflow_http import Refused, Unreachable
from embedded.errors import Unusable

DAG = "database-roles"
ADMIN = f"{secret_store.CONNECTIONS}postgres_admin"
PIPELINE = f"{secret_store.CONNECTIONS}postgres_default"
LOOK = 5.0  # seconds between two looks
READING = 10 * 60.0  # seconds that MWAA gets to read the DAG's file
RUNNING = 20 * 60.0  # seconds that a run may take, its retries among them
SILENCE = 30.0  # seconds until a sign of life


@dataclass(frozen=True)
class Logins:
    """The passwords that the database's stack has made, and which of their versions they are."""

    pipeline: str
    webapp: str
    versions: str

    def __repr__(self) -> str:
        return f"Logins({self.versions})"

    def values(self) -> dict[str, str]:
        """What they fill in connections.json."""
        return {"PipelinePassword": self.pipeline, "RolesVersion": self.versions}

    @classmethod
    def of(cls, secrets: Any, outputs: Mapping[str, str]) -> Logins:
        """Read them from the secrets that the stack's outputs name."""
        pipeline = secrets.get_secret_value(SecretId=outputs["PipelineSecretArn"])
        webapp = secrets.get_secret_value(SecretId=outputs["WebappSecretArn"])
        return cls(
            json.loads(pipeline["SecretString"])["password"],
            json.loads(webapp["SecretString"])["password"],
            f"{pipeline['VersionId']}, {webapp['VersionId']}",
        )


def made(secrets: Any, wanted: str) -> bool:
    """Whether the deployed connection says that the roles have these passwords; `wanted` is its JSON."""
    deployed = secret_store.value(secrets, PIPELINE)
    keys = ("host", "password", "description")
    try:
        have, want = json.loads(deployed or "{}"), json.loads(wanted)
        return all(have.get(key) == want[key] for key in keys)
    except (ValueError, AttributeError):  # somebody else's
        return False


def admin(secrets: Any, outputs: Mapping[str, str], logins: Logins, options: Mapping[str, str]) -> str:
    """The connection that the DAG needs, as JSON; `options` of libpq are those of postgres_default."""
    master = json.loads(secrets.get_secret_value(SecretId=outputs["MasterSecretArn"])["SecretString"])
    connection = {
        "conn_type": "postgres",
        "host": outputs["DatabaseHost"],
        "port": outputs["DatabasePort"],
        "schema": outputs["DatabaseName"],
        "login": master["username"],
        "password": master["password"],
        "extra": {**options, "pipeline_password": logins.pipeline, "webapp_password": logins.webapp},
    }
    return json.dumps(connection)


@contextmanager
def lent(secrets: Any, connection: str, tags: Mapping[str, str]) -> Iterator[None]:
    """The secret with the database's own login, which is gone afterwards, whatever happens.

    Raises Unusable, with nothing written or deleted, where somebody else's stands in its place.
    """
    left(secrets, tags)
    secret_store.write(secrets, {ADMIN: connection}, lambda _: None, tags)
    try:
        yield
    finally:
        secret_store.remove(secrets, ADMIN)


def left(secrets: Any, tags: Mapping[str, str]) -> bool:
    """Whether a killed deployment has left the secret with the login; raises Unusable for somebody else's."""
    found = secret_store.find(secrets, ADMIN)
    if found is None:
        return False
    if not found.tags.items() >= tags.items():
        raise Unusable(
            f"secret {ADMIN} is not this deployment's, which needs the name for a while: keep what it holds, "
            f"then aws secretsmanager delete-secret --force-delete-without-recovery --secret-id {ADMIN}"
        )
    return True


@dataclass
class Roles:
    """Runs the DAG. `look`: seconds between two looks at it."""

    airflow: Airflow
    say: Callable[[str], None]
    look: float = LOOK
    reading: float = READING
    running: float = RUNNING

    def make(self) -> None:
        """Run the DAG to its end; raises Unusable with the task's last error if it does not succeed."""
        self._known()
        # One that a killed deployment has left runs first: there is one run at a time
        for left in self._patiently(partial(self.airflow.active_runs, DAG)):
            self._end(left)
        # Not again where the answer is lost: the run that may have begun is the next deployment's to wait for
        run = self._end(self.airflow.trigger(DAG, {}))
        if run.active:
            raise Unusable(
                f"Airflow's run {run.run_id} of {DAG} is still {run.state} after {self.running / 60:.0f} "
                "minutes: see Airflow's web server, then call again"
            )
        if run.state != "success":
            raise Unusable(f"Airflow's run {run.run_id} of {DAG} failed: {self._cause(run)}: then call again")

    def _known(self) -> None:
        """Wait until Airflow has read the DAG's file, and unpause it."""
        begun = spoke = time.monotonic()
        while True:
            dag = self._patiently(partial(self.airflow.dag, DAG))
            if dag and not dag.stale:
                break
            broken = [
                one
                for one in self._patiently(self.airflow.import_failures)
                if one.file.endswith("database_roles.py")
            ]
            if broken:
                where = f"{broken[0].file}:{broken[0].line}"
                raise Unusable(f"Airflow cannot run {DAG}: {where}: {broken[0].error}: then call again")
            if time.monotonic() - begun > self.reading:
                raise Unusable(
                    f"Airflow does not know the DAG {DAG} after {self.reading / 60:.0f} minutes: see the log "
                    "group airflow-…-DAGProcessing, then call again"
                )
            if time.monotonic() - spoke >= SILENCE or spoke == begun:
                self.say(f"  Airflow has yet to read {DAG}; that takes some minutes")
                spoke = time.monotonic()
            time.sleep(self.look)
        if dag.paused:
            self._patiently(partial(self.airflow.unpause, DAG))

    def _end(self, run: Run) -> Run:
        """Follow a run until it ends, or has taken longer than it may."""
        begun = spoke = time.monotonic()
        self.say(f"  {DAG}  {run.run_id}  {run.state}")
        wait = pauses(self.look)
        while run.active and time.monotonic() - begun <= self.running:
            next(wait)
            state = run.state
            run = self._patiently(partial(self.airflow.run, DAG, run.run_id))
            if run.state != state or time.monotonic() - spoke >= SILENCE:
                self.say(f"  {DAG}  {run.run_id}  {run.state}  {time.monotonic() - begun:.0f} s")
                spoke = time.monotonic()
        return run

    def _patiently(self, ask: Callable[[], Any]) -> Any:
        """What Airflow answers; it may be silent for a while, as it is while its environment changes."""
        begun = time.monotonic()
        while True:
            try:
                return ask()
            except Unreachable:
                if time.monotonic() - begun > self.reading:
                    raise
                time.sleep(self.look)

    def _cause(self, run: Run) -> str:
        try:
            failed = [task for task in self.airflow.tasks(DAG, run.run_id) if task.state == "failed"]
            return self.airflow.last_error(failed[0]) if failed else "no task of it failed"
        except (Refused, Unreachable) as error:
            return f"its log cannot be read: {error}"
