"""PostgreSQL's entrypoint by the official image's contract, with stand-ins for PostgreSQL's programs."""

import gzip
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="it runs in Debian's bash only")

SCRIPT = Path(__file__).parents[3] / "postgres" / "docker-entrypoint.sh"
PROGRAMS = {
    "id": "echo 999",
    "initdb": """
        while [ $# -gt 0 ]; do
            case $1 in -D) data=$2 ;; --pwfile) say "initdb is given the password $(cat "$2")" ;; esac
            case $1 in --locale*|--username|--auth-host) say "initdb $1 ${2:-}" ;; esac
            shift
        done
        echo 17 >"$data/PG_VERSION"; : >"$data/pg_hba.conf"
        [ -z "${INITDB_DIES:-}" ] || exit 1""",
    "pg_ctl": """
        for word in "$@"; do last=$word; done
        say "pg_ctl $last"
        case $* in *" start") say "options $(echo "$*" | sed 's/.*-o //; s/ start$//')" ;; esac""",
    "psql": """
        case $* in *--file*) input="file ${*##*/}" ;; *) input=$(cat | tr '\\n' ' ') ;; esac
        say "psql user=$(echo "$*" | sed 's/.*--username \\([^ ]*\\).*/\\1/') $input"
        case $input in *broken*) exit 3 ;; esac""",
    "postgres": """
        say "postgres $*"
        say "passwords left: $(env | grep -c PASSWORD=)\"""",
}
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run the entrypoint with `arguments` and settings; what the programs were told is in tmp_path/said."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "scripts").mkdir()
    (tmp_path / "data").mkdir()
    for name, body in PROGRAMS.items():
        path = tmp_path / "bin" / name
        path.write_text(f"#!/bin/sh\nsay() {{ echo \"$*\" >>'{tmp_path}/said'; }}\n{body}\n")
        path.chmod(0o755)

    def entrypoint(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
        (tmp_path / "said").write_text("")
        env = {
            "PATH": f"{tmp_path / 'bin'}:{os.defpath}", "PGDATA": str(tmp_path / "data"), "PG_MAJOR": "17",
            "SCRIPTS_FOLDER": str(tmp_path / "scripts"), **settings,
        }  # fmt: skip
        bash = shutil.which("bash") or "bash"
        return subprocess.run([bash, SCRIPT, *arguments], env=env, capture_output=True, text=True, timeout=30)

    return entrypoint


def said(tmp_path: Path) -> list[str]:
    return (tmp_path / "said").read_text().splitlines()


def test_a_new_data_folder_is_initialised_before_the_server_runs(run: Run, tmp_path: Path) -> None:
    done = run("postgres", "-c", "shared_buffers=64MB", POSTGRES_PASSWORD="canary", POSTGRES_DB="tubepulse")
    assert done.returncode == 0, done.stderr
    lines = said(tmp_path)
    assert "initdb is given the password canary" in lines
    assert "initdb --auth-host scram-sha-256" in lines
    assert [line for line in lines if line.startswith("pg_ctl")] == ["pg_ctl start", "pg_ctl stop"]
    options = next(line for line in lines if line.startswith("options"))
    assert "'shared_buffers=64MB' '-c' 'listen_addresses='" in options  # its own come last, and so win
    assert lines[-2:] == ["postgres -c shared_buffers=64MB", "passwords left: 0"]
    assert (tmp_path / "data" / "pg_hba.conf").read_text() == "\nhost all all all scram-sha-256\n"
    assert sorted(path.name for path in (tmp_path / "data").iterdir()) == ["PG_VERSION", "pg_hba.conf"]
    assert "canary" not in done.stdout + done.stderr


def test_a_finished_data_folder_is_left_alone(run: Run, tmp_path: Path) -> None:
    (tmp_path / "data" / "PG_VERSION").write_text("17\n")
    (tmp_path / "scripts" / "10.sql").write_text("SELECT 1;\n")
    assert run().returncode == 0  # no password needed any more
    assert said(tmp_path) == ["postgres ", "passwords left: 0"]


def test_scripts_run_in_order_each_in_its_way(run: Run, tmp_path: Path) -> None:
    scripts = tmp_path / "scripts"
    (scripts / "10-run.sh").write_text(
        f"#!/bin/sh\necho run as user=$POSTGRES_USER >>{tmp_path}/said\nexit 0\n"
    )
    (scripts / "10-run.sh").chmod(0o755)
    (scripts / "20-source.sh").write_text("echo 'SELECT sourced' | docker_process_sql\nexit 0\n")
    (scripts / "30.sql").write_text("SELECT 30;\n")
    (scripts / "40.sql.gz").write_bytes(gzip.compress(b"SELECT unzipped;\n"))
    (scripts / "README.md").write_text("not a script\n")
    done = run(POSTGRES_PASSWORD="p", POSTGRES_USER="boss")
    assert done.returncode == 0, done.stderr
    lines = said(tmp_path)
    start, stop = lines.index("pg_ctl start"), lines.index("pg_ctl stop")
    assert lines[start + 3 : stop] == [  # after the options, and the creation of the database
        "run as user=boss", "psql user=boss SELECT sourced ", "psql user=boss file 30.sql",
        "psql user=boss SELECT unzipped; ",
    ]  # fmt: skip
    assert f"ignoring {scripts}/README.md" in done.stderr


@pytest.mark.parametrize("mode", [0o755, 0o644])
def test_a_failing_script_leaves_nothing_that_looks_complete(run: Run, tmp_path: Path, mode: int) -> None:
    script = tmp_path / "scripts" / "10.sh"
    script.write_text("#!/bin/sh\nset -e\nfalse\necho not reached\n")
    script.chmod(mode)
    done = run(POSTGRES_PASSWORD="p")
    assert done.returncode != 0
    assert "not reached" not in done.stdout
    assert f"{script} failed or was interrupted" in done.stderr
    assert said(tmp_path)[-1] == "pg_ctl stop"
    script.write_text("#!/bin/sh\n")
    again = run(POSTGRES_PASSWORD="p")
    assert again.returncode == 0
    assert "an earlier initialisation was interrupted: starting over" in again.stderr
    assert "initdb --username postgres" in said(tmp_path)


def test_an_initdb_that_died_is_started_over(run: Run, tmp_path: Path) -> None:
    assert run(POSTGRES_PASSWORD="p", INITDB_DIES="1").returncode != 0
    assert not (tmp_path / "data" / "PG_VERSION").exists()
    assert run(POSTGRES_PASSWORD="p").returncode == 0


def test_scripts_run_again_when_asked_to(run: Run, tmp_path: Path) -> None:
    (tmp_path / "data" / "PG_VERSION").write_text("17\n")
    (tmp_path / "scripts" / "10.sql").write_text("SELECT 1;\n")
    done = run(POSTGRES_RERUN_SCRIPTS="1", POSTGRES_PASSWORD="renewed-canary")
    assert done.returncode == 0, done.stderr
    lines = said(tmp_path)
    assert lines[0] == "pg_ctl start"
    assert "ALTER ROLE" in lines[2]
    assert lines[3:] == ["psql user=postgres file 10.sql", "pg_ctl stop", "postgres ", "passwords left: 0"]
    assert "canary" not in done.stdout + done.stderr + "".join(lines)


def test_settings_come_from_files(run: Run, tmp_path: Path) -> None:
    (tmp_path / "password").write_text("from a file\n")
    (tmp_path / "user").write_text("boss")
    done = run(POSTGRES_PASSWORD_FILE=str(tmp_path / "password"), POSTGRES_USER_FILE=str(tmp_path / "user"))
    assert done.returncode == 0, done.stderr
    assert {"initdb is given the password from a file", "initdb --username boss"} <= set(said(tmp_path))


def test_initdb_arguments_are_words_and_no_commands(run: Run, tmp_path: Path) -> None:
    arguments = f'--locale-provider "built in" $(touch {tmp_path}/ran)'
    assert run(POSTGRES_PASSWORD="p", POSTGRES_INITDB_ARGS=arguments).returncode == 0
    assert "initdb --locale-provider built in" in said(tmp_path)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("arguments", [("-c", "port=1"), ("--version",), ("postgres", "--help")])
def test_options_alone_are_the_servers(run: Run, tmp_path: Path, arguments: tuple[str, ...]) -> None:
    (tmp_path / "data" / "PG_VERSION").write_text("17\n")
    assert run(*arguments).returncode == 0
    assert said(tmp_path)[0] == "postgres " + " ".join(arguments).removeprefix("postgres ")


def test_other_commands_are_run_as_they_are(run: Run, tmp_path: Path) -> None:
    assert run("echo", "hello").stdout == "hello\n"
    assert list((tmp_path / "data").iterdir()) == []


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({}, "a new database needs POSTGRES_PASSWORD"),
        ({"POSTGRES_PASSWORD": "p", "POSTGRES_PASSWORD_FILE": "/f"}, "are both set"),
        ({"POSTGRES_PASSWORD_FILE": "/nowhere"}, "POSTGRES_PASSWORD_FILE: cannot read /nowhere"),
        ({"PGDATA": "/proc/nowhere"}, "cannot make /proc/nowhere"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(run: Run, settings: dict[str, str], says: str) -> None:
    done = run(**settings)
    assert done.returncode == 1
    assert says in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("file", "says"),
    [("PG_VERSION", "is PostgreSQL 16's, this image is 17"), ("photo.jpg", "holds files but no database")],
)
def test_data_of_others_is_not_touched(run: Run, tmp_path: Path, file: str, says: str) -> None:
    (tmp_path / "data" / file).write_text("16\n")
    done = run(POSTGRES_PASSWORD="p")
    assert done.returncode == 1
    assert says in done.stderr
    assert done.stderr.count("\n") == 1
    assert (tmp_path / "data" / file).read_text() == "16\n"


def test_trust_needs_no_password(run: Run, tmp_path: Path) -> None:
    assert run(POSTGRES_HOST_AUTH_METHOD="trust").returncode == 0
    assert not any("password" in line for line in said(tmp_path)[:-1])
    assert (tmp_path / "data" / "pg_hba.conf").read_text() == "\nhost all all all trust\n"
