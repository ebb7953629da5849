"""The stack with the pipeline on it: deployed from profiles/embedded, and an Airflow home for its DAGs.

python -m embedded.pipeline up [--home DIR]
    like embedded.stack, whose line it prints, with the settings that embedded.run_dags needs among the rest
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from urllib.parse import urlsplit

from embedded import airflow_home, stack
from embedded.endpoints import Endpoints

DEPLOY_TIMEOUT = 600.0  # seconds; the first time it fetches the jobs' wheels


def ready(running: stack.Stack, on_phase: Callable[[str, float], None] = lambda *_: None) -> dict[str, str]:
    """Deploy, and prepare Airflow; returns the settings to add to the stack's environment for run_dags.

    `on_phase(name, seconds)` is called as each of the two is done. Raises Died if one fails.
    """
    home = running.home / "airflow"
    deploy = [sys.executable, "-m", "aws.deploy", "embedded", "--wheels-for", "this-machine"]
    env = {**running.environment(), **placeholders(running.endpoints)}

    begun = time.monotonic()
    with ThreadPoolExecutor() as pool:
        works: dict[Future[None], str] = {
            pool.submit(
                running.supervisor.run, "deploy", deploy, running.logs / "deploy.log", DEPLOY_TIMEOUT, env=env
            ): "deploy",
            pool.submit(airflow_home.prepare, home, running): "Airflow's database",
        }
        for work in as_completed(works):
            work.result()
            on_phase(works[work], time.monotonic() - begun)
    return airflow_home.environment(home)


def placeholders(endpoints: Endpoints) -> dict[str, str]:
    """What profiles/embedded leaves open."""
    fixtures = urlsplit(endpoints.fixtures_url)
    return {
        "POSTGRES_HOST": endpoints.postgres_host,
        "POSTGRES_PORT": str(endpoints.postgres_port),
        "PIPELINE_PASSWORD": endpoints.pipeline_password,
        "FIXTURES_HOST": str(fixtures.hostname),
        "FIXTURES_PORT": str(fixtures.port),
    }


if __name__ == "__main__":
    sys.exit(stack.main(__doc__, ready))
