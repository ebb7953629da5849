"""Rehearse the whole deployment to AWS without an account: the real commands against a cloud on this machine.

    python -m aws.rehearse

Plans, deploys, kills the deployment at the start and in the middle of each phase and lets the next one go on,
looks at everything that must be there, deploys again, changes something, and destroys. The commands' output
and the cloud's log are kept in build/rehearsal/. Exit code 0, or 1 with one line that says what came out
otherwise.
"""

from __future__ import annotations

import json
import shutil
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from aws.rehearsal import checks, services
from aws.rehearsal.account import Look
from aws.rehearsal.cloud import leave_aws_alone
from aws.rehearsal.commands import ROOT, Cloud, Commands, Deviation, Kill, Outcome, last
from embedded import locks
from embedded.advice import exit_code
from embedded.errors import Unusable

FOLDER = ROOT / "build" / "rehearsal"
PHASES = ("infrastructure", "artifacts", "airflow", "database roles", "secrets")
MIDDLE = 2  # lines into a phase
# X's token must be found in its secret; neither may be in anything that a command writes
TOKEN = "rehearsed-bearer-token"  # noqa: S105
RECORDINGS_TOKEN = "rehearsed-token-of-recordings"  # noqa: S105
COPIED = ("airflow", "aws", "compose", "embedded", "fixtures", "profiles", "requirements", "spark/jobs")


@dataclass
class Rehearsal:
    """One rehearsal; `rows` is what its last table says: what was done, what came of it, seconds."""

    look: Look
    commands: Commands
    folder: Path
    rows: list[tuple[str, str, float]] = field(default_factory=list)
    begun: float = field(default_factory=time.monotonic)
    written: list[str] = field(default_factory=list)  # by the commands

    def run(self) -> None:
        """Rehearse; raises Deviation."""
        self._plan()
        self._interrupted()
        bucket = checks.deployed(self.look, TOKEN)
        self._row("every stack, object, secret and setting looked at", "as it must be", 0.0)
        self._again()
        self._setting(bucket)
        self._edited(bucket)
        self._no_secret_written()
        self._destroyed(bucket)

    def _plan(self) -> None:
        outcome = self._command("a dry run", "aws.deploy", "aws", "--dry-run")
        if found := self.look.left():
            raise Deviation(f"a dry run left {found}")
        self._row("dry run", _found(outcome), outcome.seconds)

    def _interrupted(self) -> None:
        """Each call goes on from where the one before was killed."""
        for phase in PHASES:
            for lines in (0, MIDDLE):
                kill = Kill(phase, lines)
                outcome = self._command(f"killed: {kill}", "aws.deploy", "aws", "--force", kill=kill)
                self._row(f"deploy, killed: {kill}", _found(outcome), outcome.seconds)
        outcome = self._command("the last one goes to its end", "aws.deploy", "aws", "--force")
        self._row("deploy, to its end", f"{_found(outcome)}; {_summary(outcome)}", outcome.seconds)

    def _again(self) -> None:
        outcome = self._command("deploys again", "aws.deploy", "aws", "--force")
        if outcome.lines[-1] != "profile aws: nothing to change":
            raise Deviation(f"a second deployment says “{last(outcome)}”")
        self._row("deploy again", "nothing to change", outcome.seconds)

    def _setting(self, bucket: str) -> None:
        """One setting is one change."""
        settings = {"AIRFLOW_MAX_WORKERS": "3", "ALLOWED_SITE_CIDR": "203.0.113.7/32"}
        before = self._state(bucket)
        outcome = self._command("with other settings", "aws.deploy", "aws", "--force", more=settings)
        expected = {"environment MaxWorkers", "stack tubepulse-airflow", "stack tubepulse-database"}
        self._only(before, bucket, expected)
        database = self.look.client("rds").describe_db_instances()["DBInstances"][0]
        if not database["PubliclyAccessible"]:
            raise Deviation("ALLOWED_SITE_CIDR was given, but the database has no public address")
        self._counted(outcome, 2)
        self._row("deploy with other settings", _summary(outcome), outcome.seconds)
        outcome = self._command("and back", "aws.deploy", "aws", "--force")
        if changed := {key for key, value in self._state(bucket).items() if before.get(key) != value}:
            raise Deviation(f"after the settings went back, still different: {sorted(changed)}")
        self._counted(outcome, 2)
        self._row("deploy with the settings as before", _summary(outcome), outcome.seconds)

    def _edited(self, bucket: str) -> None:
        """Files that were edited, in a copy of the checkout."""
        copy = self.folder / "checkout"
        for name in COPIED:
            ignored = shutil.ignore_patterns("__pycache__", ".*_cache", "rehearsal")
            shutil.copytree(ROOT / name, copy / name, ignore=ignored)
        with (copy / "airflow" / "requirements.txt").open("a") as file:
            file.write("# edited\n")
        (copy / "airflow" / "dags" / "housing_prices.py").unlink()
        before = self._state(bucket)
        wheels = ("--wheels", str(ROOT / "build" / "wheels"))
        outcome = self._command("from edited files", "aws.deploy", "aws", "--force", *wheels, root=copy)
        expected = {
            "object requirements.txt", "object dags/housing_prices.py", "stack tubepulse-airflow",
            "environment RequirementsS3ObjectVersion",
        }  # fmt: skip
        self._only(before, bucket, expected)
        checks.deployed(self.look, TOKEN, copy)
        self._counted(outcome, 3)  # one file written, one removed, one stack
        self._row("deploy from edited files", _summary(outcome), outcome.seconds)

    def _counted(self, outcome: Outcome, changes: int) -> None:
        if _summary(outcome) != f"{changes} changes":
            raise Deviation(f"a deployment with {changes} changes says “{_summary(outcome)}”")

    def _only(self, before: Mapping[str, object], bucket: str, expected: set[str]) -> None:
        after = self._state(bucket)
        changed = {key for key in {*before, *after} if before.get(key) != after.get(key)}
        if changed != expected:
            more, less = sorted(changed - expected), sorted(expected - changed)
            raise Deviation(
                f"changed though it must not: {more or 'nothing'}; not changed: {less or 'nothing'}"
            )

    def _state(self, bucket: str) -> dict[str, object]:
        return self.look.state(bucket, "tubepulse")

    def _destroyed(self, bucket: str) -> None:
        outputs = self.look.outputs("tubepulse-network")
        services.after_a_run(self.look, outputs["VpcId"], bucket, outputs["ClusterSubnet1"])
        kill = Kill("stack tubepulse-database", 1)
        outcome = self._command(f"destroy, killed: {kill}", "aws.destroy", "aws", "--force", kill=kill)
        self._row(f"destroy, killed: {kill}", f"{len(outcome.phases)} steps", outcome.seconds)
        outcome = self._command("destroy, to its end", "aws.destroy", "aws", "--force")
        if found := self.look.left():
            raise Deviation(f"destroying left {found}")
        if len(snapshots := self.look.snapshots()) != 1:
            raise Deviation(f"destroying left the snapshots {snapshots}, not one")
        self._row("destroy, to its end", "nothing left but the database's snapshot", outcome.seconds)
        outcome = self._command("destroy again", "aws.destroy", "aws", "--force")
        self._row("destroy again", last(outcome).removeprefix("profile aws: "), outcome.seconds)

    def _no_secret_written(self) -> None:
        """No command has written a password, nor a token."""
        values = {TOKEN: "X_BEARER_TOKEN", RECORDINGS_TOKEN: "LAND_REGISTRY_TOKEN"}
        for name, (text, _, _) in self.look.secrets().items():
            values |= {value: name for key, value in _texts(json.loads(text)) if "password" in key}
        everything = "\n".join(self.written)
        for value, name in values.items():
            if value and value in everything:
                raise Deviation(f"a command has written the value of {name}")
        self._row("everything that the commands wrote", f"none of {len(values)} secret values", 0.0)

    def _command(
        self,
        what: str,
        module: str,
        *arguments: str,
        kill: Kill | None = None,
        root: Path = ROOT,
        more: Mapping[str, str] = MappingProxyType({}),
    ) -> Outcome:
        self._say(what)
        settings = {"X_BEARER_TOKEN": TOKEN, "LAND_REGISTRY_TOKEN": RECORDINGS_TOKEN, **more}
        outcome = self.commands.run(module, *arguments, kill=kill, root=root, more=settings)
        self.written += [*outcome.lines, outcome.stderr]
        if not kill and outcome.code:
            raise Deviation(f"{what}: exit code {outcome.code}: {last(outcome)}")
        return outcome

    def _row(self, what: str, result: str, seconds: float) -> None:
        self.rows.append((what, result, seconds))

    def _say(self, text: str) -> None:
        _print(f"{time.monotonic() - self.begun:4.0f} s  {text}")


def _found(outcome: Outcome) -> str:
    """What a deployment found to do, from its plan."""
    plan = outcome.lines[: next((i for i, line in enumerate(outcome.lines) if line.startswith("[")), None)]
    stacks = sum(line.endswith((" is made", " changes")) for line in plan)
    begin = [i for i, line in enumerate(plan) if line == "secrets"] or [len(plan)]
    objects = sum(line[:4] in ("  + ", "  ~ ", "  - ") for line in plan[: begin[0]])
    secrets = sum("airflow/" in line for line in plan[begin[0] :])
    roles = " and the roles" if "database roles" in plan else ""
    return f"found to do: {stacks} stacks, {objects} objects, {secrets} secrets{roles}"


def _summary(outcome: Outcome) -> str:
    lines = [line for line in outcome.lines if line.startswith("profile aws: ")]
    return lines[-1].removeprefix("profile aws: ")


def _texts(value: object, key: str = "") -> list[tuple[str, str]]:
    """Key and text of every text in a JSON value."""
    if isinstance(value, dict):
        return [pair for name, item in value.items() for pair in _texts(item, name)]
    return [(key, value)] if isinstance(value, str) else []


def _table(rows: list[tuple[str, str, float]]) -> None:
    width = max(len(what) for what, _, _ in rows)
    _print("")
    for what, result, seconds in rows:
        took = f"{seconds:5.1f} s" if seconds else "       "
        _print(f"{what:{width}}  {took}  {result}")


def _print(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> int:
    """Rehearse; returns the exit code."""
    leave_aws_alone()
    FOLDER.parent.mkdir(exist_ok=True)
    with locks.exclusive(FOLDER.with_suffix(".lock"), patience=0) as held:
        if held is None:
            raise Unusable("another rehearsal runs in this checkout: wait for it, then call again")
        return _rehearsed()


def _rehearsed() -> int:
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    begun = time.monotonic()
    _print(f"rehearsing the deployment against a cloud on this machine; logs: {FOLDER.relative_to(ROOT)}")
    with Cloud(FOLDER) as cloud:
        settings = cloud.settings()
        rehearsal = Rehearsal(Look(settings), Commands(FOLDER, settings), FOLDER)
        try:
            rehearsal.run()
        except Deviation as deviation:
            sys.stderr.write(f"the rehearsal deviates: {deviation}\n")
            return 1
    _table(rehearsal.rows)
    _print(f"\nrehearsed in {time.monotonic() - begun:.0f} s: everything as it must be")
    return 0


if __name__ == "__main__":
    sys.exit(exit_code(main, "stopped; nothing of the rehearsal is left running"))
