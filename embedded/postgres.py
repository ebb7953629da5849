"""PostgreSQL for the embedded stack, from the programs in the wheel (never its Python wrapper).

The data is kept between runs. fsync stays on: what is kept must be right after a power cut too, and a run
commits so seldom that it costs little. A killed server recovers from its log at its next start.

    python -m embedded.postgres remove [--home DIR]     forget the data (make clean)
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from embedded import locks
from embedded.errors import Unusable
from embedded.ports import HOST
from embedded.postgres_place import Place, binaries, place, readable_binaries, version
from embedded.processes import ROOT, Supervisor

NAME = "postgres"
SUPERUSER = "postgres"
DATABASE = "tubepulse"
SCRIPTS = ROOT / "postgres" / "initdb.d"
HOME = ROOT / "build" / "demo"
RECORD = "initialised.json"  # written last: without it the data folder is what a killed initdb left
SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",  # everything here speaks TCP: no socket file to find a place for
    "max_connections": "50",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


@dataclass(frozen=True)
class Record:
    """What initdb was told, kept beside the data and readable by its owner only."""

    version: int  # major
    superuser_password: str
    pipeline_password: str
    webapp_password: str


@dataclass(frozen=True)
class Server:
    """A server that is to run, or runs, on `port` of this machine."""

    place: Place
    port: int
    record: Record

    def dsn(self, role: str) -> str:
        """libpq address of the database for `pipeline` or `webapp`."""
        return f"postgresql://{role}:{self.password(role)}@{HOST}:{self.port}/{DATABASE}"

    def password(self, role: str) -> str:
        """The generated password of `pipeline` or `webapp`."""
        return {"pipeline": self.record.pipeline_password, "webapp": self.record.webapp_password}[role]


def start(home: Path, port: int, supervisor: Supervisor, logs: Path, still_wanted: Callable[[], None],
          deadline: float) -> Server:  # fmt: skip
    """Bring the server of `home` up, with roles and database; makes the data folder where there is none.

    The caller holds the lock of `home`. `still_wanted` is called while waiting, and may raise. `deadline` is
    a time of time.monotonic(). Raises Unusable.
    """
    where = place(home)
    where.make()
    programs = readable_binaries(binaries(), where)
    record = _record(where, programs) or _initialise(where, programs, supervisor, logs)
    end_leftover(where.folder / "data")
    server = Server(where, port, record)
    settings = {**SETTINGS, "port": str(port)}
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    supervisor.start(
        NAME, [programs / "bin/postgres", "-D", where.folder / "data", *options], logs / "postgres.log",
        env=_server_environment(), cwd=where.folder, user=where.user, stop_signal="SIGINT",
    )  # fmt: skip
    while not _accepts(programs, port):
        supervisor.check(NAME)
        still_wanted()
        if time.monotonic() > deadline:
            raise Unusable(f"PostgreSQL is not ready in time: see {logs / 'postgres.log'}")
        time.sleep(0.05)
    _run_scripts(server, programs, supervisor, logs)
    return server


def remove(home: Path) -> None:
    """Forget the data of `home`; raises Unusable while a stack runs there."""
    where = place(home)
    folder = where.folder
    if folder.is_symlink() or not folder.is_dir():
        return
    if home.is_dir():
        with locks.exclusive(home / ".lock", 0) as lock:
            if lock is None:
                raise Unusable(
                    f"process {locks.holder(home / '.lock')} runs a stack in {home}: stop it first"
                )
            shutil.rmtree(folder)
    else:
        shutil.rmtree(folder)


def end_leftover(data: Path) -> None:
    """End a server that outlived its supervisor, and remove the id file of one that is gone.

    PostgreSQL itself looks only whether the process id in that file is in use, by whatever program.
    """
    import psutil  # here only: `remove` must work without .venv

    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
        process = psutil.Process(int(lines[0]))
        ours = str(data) in process.cmdline()
    except (OSError, ValueError, IndexError, psutil.Error):
        ours = False
    if ours:
        process.send_signal(signal.SIGINT)
        psutil.wait_procs([process], timeout=10)
        if process.is_running():
            process.kill()
            psutil.wait_procs([process], timeout=5)
    (data / "postmaster.pid").unlink(missing_ok=True)


def _record(where: Place, programs: Path) -> Record | None:
    """What is known of finished data; None where there is none to keep."""
    try:
        record = Record(**json.loads((where.folder / RECORD).read_text()))
    except (OSError, ValueError, TypeError):
        return None
    if record.version != version(programs)[0]:
        raise Unusable(
            f"the data in {where.folder} is PostgreSQL {record.version}'s, the programs are "
            f"{version(programs)[0]}: make clean forgets it, the next run makes it anew"
        )
    return record


def _initialise(where: Place, programs: Path, supervisor: Supervisor, logs: Path) -> Record:
    folder = where.folder
    shutil.rmtree(folder / "data", ignore_errors=True)
    record = Record(version(programs)[0], *(secrets.token_urlsafe(24) for _ in range(3)))
    password = folder / "superuser-password"
    _write_closed(password, record.superuser_password)
    where.give(password)
    supervisor.run(
        "initdb",
        [programs / "bin/initdb", "-D", folder / "data", "-U", SUPERUSER, "--pwfile", password,
         "--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C", "--no-instructions"],
        logs / "initdb.log", 120, env=_server_environment(), cwd=folder, user=where.user,
    )  # fmt: skip
    password.unlink()
    _write_closed(folder / f"{RECORD}.new", json.dumps(asdict(record)))
    (folder / f"{RECORD}.new").replace(folder / RECORD)
    return record


def _run_scripts(server: Server, programs: Path, supervisor: Supervisor, logs: Path) -> None:
    """Run postgres/initdb.d as the official image does, with the wheel's psql."""
    env = {
        "PATH": f"{programs / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "LC_ALL": "C",
        "PGHOST": HOST,
        "PGPORT": str(server.port),
        "PGPASSWORD": server.record.superuser_password,
        "POSTGRES_USER": SUPERUSER,
        "POSTGRES_DB": DATABASE,
        "PIPELINE_PASSWORD": server.record.pipeline_password,
        "WEBAPP_PASSWORD": server.record.webapp_password,
    }
    for script in sorted(SCRIPTS.glob("*.sh")):
        supervisor.run(f"postgres/initdb.d/{script.name}", ["sh", script], logs / "initdb.log", 60, env=env)


def _accepts(programs: Path, port: int) -> bool:
    argv: list[str | Path] = [
        programs / "bin/pg_isready",
        "--quiet",
        "--host",
        HOST,
        "--port",
        str(port),
        "--timeout",
        "2",
    ]
    return subprocess.run(argv, stdin=subprocess.DEVNULL, env=_server_environment()).returncode == 0


def _server_environment() -> Mapping[str, str]:
    return {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}


def _write_closed(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)


def main() -> int:
    """The command line."""
    cli = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cli.add_argument("command", choices=["remove"])
    cli.add_argument("--home", type=Path, default=HOME)
    try:
        remove(cli.parse_args().home)
    except Unusable as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
