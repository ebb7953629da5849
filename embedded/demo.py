"""make demo: the whole pipeline once, on recorded posts, without Docker.

    python -m embedded.demo [--week 2026-W46] [--home DIR]

Starts the embedded stack, runs the DAGs housing-prices and london-housing-webapp, shows the result, and
leaves summary.json and report.html in the home folder. Exit code 0 only if the runs succeeded and every
count is what the recorded week must give; 1 if not; 2 with one line on stderr if the machine lacks something.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
from rich.console import Console

from embedded import advice, lifeline, outcome, pipeline, postgres, tables
from embedded.airflow_home import database
from embedded.clients import client, keep_logs
from embedded.errors import Unusable
from embedded.plain import shown
from embedded.report.data import Report
from embedded.report.page import render
from embedded.stack import Stack
from embedded.watch import Watch, all_steps, database_tasks
from fixtures.weeks import label, monday

TWEETS, HOUSING = "london-housing-webapp", "housing-prices"
RUN_TIMEOUT = 1800.0  # seconds for both DAGs
LOOK = 0.5  # seconds between two looks at what runs
LIVE = ["STARTING", "BOOTSTRAPPING", "RUNNING", "WAITING", "TERMINATING"]  # states of a cluster that costs
TERMINATION_TIMEOUT = 60.0  # seconds


@dataclass
class Demo:
    """One demo: its phases (seconds) and what it says on the console."""

    home: Path
    week: str  # ISO, for example 2026-W46
    console: Console
    phases: dict[str, float] = field(default_factory=dict)

    def phase(self, name: str, seconds: float) -> None:
        """A phase is over."""
        self.phases[name] = round(seconds, 2)
        self.console.print(f"[green]✔[/] {name} [dim]{seconds:.1f} s[/]")

    def run(self) -> int:
        """Run everything; returns the exit code."""
        for stale in ("summary.json", "report.html"):
            (self.home / stale).unlink(missing_ok=True)
        self.console.rule("[bold]Services")
        with Stack(self.home, self.phase) as stack:
            settings = pipeline.ready(stack, self.phase)
            self.console.rule("[bold]Pipeline")
            outcomes, watch = self._run_dags(stack, settings)
            left = self._clusters_left(client(stack, "emr", stack.endpoints.emr_url))
            if len(outcomes) < 2:
                raise Unusable(f"Airflow did not run both DAGs: see {self._log(stack)}")
            return self._conclude(stack, outcomes, watch, left)

    def _run_dags(self, stack: Stack, settings: dict[str, str]) -> tuple[list[dict[str, Any]], Watch]:
        file = self.home / "airflow" / "outcomes.jsonl"
        conf = json.dumps({"week": self.week})
        command = [
            sys.executable,
            "-m",
            "embedded.run_dags",
            "--outcomes",
            str(file),
            HOUSING,
            f"{TWEETS}={conf}",
        ]
        emr = client(stack, "emr", stack.endpoints.emr_url)
        tasks = database_tasks(database(self.home / "airflow"))
        watch = Watch(tasks, all_steps(emr), self.console.print)
        # A task swallows SIGTERM; there is nothing to save: PostgreSQL rolls back, EMR ends its clusters.
        stack.supervisor.start(
            "airflow",
            command,
            self._log(stack),
            env={**stack.environment(), **settings},
            stop_signal="SIGKILL",
        )
        deadline = time.monotonic() + RUN_TIMEOUT
        with self.console.status("") as status:
            while time.monotonic() < deadline and "airflow" in stack.supervisor.pids:
                stack.check()
                watch.look()
                status.update(shown(watch.under_way()))
                time.sleep(LOOK)
        watch.look()
        stack.supervisor.stop("airflow")
        lines = file.read_text().splitlines() if file.exists() else []
        return [json.loads(line) for line in lines], watch

    def _log(self, stack: Stack) -> Path:
        return stack.logs / "airflow.log"

    def _clusters_left(self, emr: Any) -> int:
        deadline = time.monotonic() + TERMINATION_TIMEOUT
        while True:
            left = len(emr.list_clusters(ClusterStates=LIVE)["Clusters"])
            if not left or time.monotonic() > deadline:
                return left
            time.sleep(LOOK)

    def _conclude(self, stack: Stack, outcomes: list[dict[str, Any]], watch: Watch, left: int) -> int:
        housing, tweets = outcomes
        self.phase(HOUSING, housing["seconds"])
        self.phase(TWEETS, tweets["seconds"])
        with psycopg.connect(stack.endpoints.pipeline_dsn) as connection:
            counts = outcome.counted(connection, self.week)
            wanted = outcome.expected(connection, self.week)
            page = self._page(connection, tweets, watch) if tweets["state"] == "success" else None
        problems = [f"{run['dag_id']} ended {run['state']}" for run in outcomes if run["state"] != "success"]
        problems += counts.differences(wanted)
        problems += [f"{left} clusters are left running"] if left else []
        self._write("summary.json", json.dumps(self._summary(tweets, counts, left), indent=2) + "\n")
        if page:
            self._write("report.html", render(page))
            tables.show(self.console, page, self.home)
        tables.show_errors(self.console, outcomes)
        if tweets["failure"]:
            kept = keep_logs(stack, tweets["failure"]["cluster"])
            tables.show_failure(self.console, tweets["failure"], kept)
        for problem in problems:
            self.console.print(f"[red]✘ {problem}[/]")
        if problems:
            self.console.print(f"Airflow's log: {self._log(stack)}", soft_wrap=True)
        return 1 if problems else 0

    def _page(self, connection: psycopg.Connection, tweets: dict[str, Any], watch: Watch) -> Report:
        return Report(
            week=self.week,
            stations=outcome.stations(connection, self.week),
            moods=outcome.moods(connection),
            topics=outcome.topics(connection, self.week),
            lineage=outcome.lineage(connection),
            seconds=tweets["seconds"],
            generated_at=datetime.now(UTC),
            steps=list(watch.steps.values()),
            phases=self.phases,
            prices=outcome.price_source(connection),
        )

    def _summary(self, tweets: dict[str, Any], counts: outcome.Counts, left: int) -> dict[str, Any]:
        return {
            "dag_state": tweets["state"],
            "week": self.week,
            "seconds": tweets["seconds"],
            **asdict(counts),
            "clusters_left_running": left,
            "phases": self.phases,
        }

    def _write(self, name: str, text: str) -> None:
        draft = self.home / f"{name}.new"
        draft.write_text(text, encoding="utf-8")
        draft.replace(self.home / name)


def iso_week(text: str) -> str:
    """An argument that is an ISO week."""
    try:
        monday(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return text


def main() -> int:
    """The command line."""
    cli = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    last_week = label(datetime.now(UTC).date() - timedelta(days=7))
    cli.add_argument(
        "--week", type=iso_week, default=last_week, help="ISO week, UTC; default: the last complete one"
    )
    cli.add_argument("--home", type=Path, default=postgres.HOME, help="where everything is kept")
    args = cli.parse_args()
    lifeline.end_with_parent()
    demo = Demo(args.home.resolve(), args.week, Console(highlight=False, emoji=False))
    return advice.exit_code(demo.run, interrupted="stopped")


if __name__ == "__main__":
    sys.exit(main())
