"""MariaDB's entrypoint by the official image's contract, with stand-ins for MariaDB's programs."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="it runs in Debian's bash only")

SCRIPT = Path(__file__).parents[3] / "wordpress" / "mariadb" / "docker-entrypoint.sh"
PROGRAMS = {
    "id": "echo 999",
    "mariadb-install-db": """
        for word in "$@"; do case $word in --datadir=*) data=${word#*=} ;; esac; done
        say "mariadb-install-db $*"
        touch "$data/ibdata1"
        [ -z "${INSTALL_DIES:-}" ] || { echo "InnoDB: no space" >&2; exit 1; }
        mkdir "$data/mysql" "$data/sys"
        printf '11.8.6-MariaDB' >"$data/mariadb_upgrade_info\"""",
    "mariadbd": """
        case $* in --version) echo "mariadbd  Ver 11.8.9-MariaDB-0+deb13u1 for debian-linux-gnu"; exit ;; esac
        say "mariadbd $*"
        for word in "$@"; do case $word in --init-file=*) file=${word#*=} ;; esac; done
        if [ -n "${file:-}" ]; then
            say "mode $(stat -c %a "$file")"
            sed 's/^/sql /' "$file" >>"$SAID"
        fi
        say "passwords left: $(env | grep -c PASSWORD=)\"""",
}
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run the entrypoint with `arguments` and settings; what the programs were told is in tmp_path/said."""
    for folder in ("bin", "data", "run"):
        (tmp_path / folder).mkdir()
    for name, body in PROGRAMS.items():
        path = tmp_path / "bin" / name
        path.write_text(f'#!/bin/sh\nsay() {{ echo "$*" >>"$SAID"; }}\n{body}\n')
        path.chmod(0o755)

    def entrypoint(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
        (tmp_path / "said").write_text("")
        env = {
            "PATH": f"{tmp_path / 'bin'}:{os.defpath}", "SAID": str(tmp_path / "said"),
            "DATA_FOLDER": str(tmp_path / "data"), "RUN_FOLDER": str(tmp_path / "run"), **settings,
        }  # fmt: skip
        bash = shutil.which("bash") or "bash"
        return subprocess.run([bash, SCRIPT, *arguments], env=env, capture_output=True, text=True, timeout=30)

    return entrypoint


def said(tmp_path: Path, start: str = "") -> list[str]:
    lines = (tmp_path / "said").read_text().splitlines()
    return [line.removeprefix(start) for line in lines if line.startswith(start)]


SITE = {
    "MARIADB_ROOT_PASSWORD": "root-canary", "MARIADB_DATABASE": "wordpress", "MARIADB_USER": "wordpress",
    "MARIADB_PASSWORD": "canary",
}  # fmt: skip
STATEMENTS = [
    "ALTER USER 'root'@'localhost' IDENTIFIED BY 'root-canary';",
    "ALTER USER IF EXISTS 'root'@'%' IDENTIFIED BY 'root-canary';",
    "CREATE DATABASE IF NOT EXISTS `wordpress` CHARACTER SET utf8mb4;",
    "CREATE USER IF NOT EXISTS 'wordpress'@'%' IDENTIFIED BY 'canary';",
    "ALTER USER 'wordpress'@'%' IDENTIFIED BY 'canary';",
    "GRANT ALL ON `wordpress`.* TO 'wordpress'@'%';",
]


def test_a_new_data_folder_is_initialised_before_the_server_runs(run: Run, tmp_path: Path) -> None:
    done = run("mariadbd", "--key-buffer-size=1M", **SITE)
    assert done.returncode == 0, done.stderr
    install, start = said(tmp_path, "mariadb")
    assert f"--datadir={tmp_path}/data/.initialisation-incomplete " in install
    assert "canary" not in install + start + done.stdout + done.stderr
    pid, init = f"--pid-file={tmp_path}/run/mariadbd.pid", f"--init-file={tmp_path}/run/at-start.sql"
    assert start == f"d {pid} --key-buffer-size=1M {init}"  # the user's options win over the first
    assert said(tmp_path, "sql ") == STATEMENTS
    assert said(tmp_path, "mode ") == ["600"]
    assert said(tmp_path)[-1] == "passwords left: 0"
    names = sorted(path.name for path in (tmp_path / "data").iterdir())
    assert names == ["ibdata1", "mariadb_upgrade_info", "mysql", "sys"]


def test_passwords_follow_the_environment_at_every_start(run: Run, tmp_path: Path) -> None:
    assert run(**SITE).returncode == 0
    assert run(**{**SITE, "MARIADB_PASSWORD": "renewed"}).returncode == 0
    assert said(tmp_path, "mariadb-install-db") == []
    assert "ALTER USER 'wordpress'@'%' IDENTIFIED BY 'renewed';" in said(tmp_path, "sql ")


def test_an_old_data_folder_needs_no_settings(run: Run, tmp_path: Path) -> None:
    assert run(**SITE).returncode == 0
    assert run().returncode == 0
    assert said(tmp_path, "sql ") == []


@pytest.mark.parametrize("when", ["while it installs", "while it moves"])
def test_an_initialisation_that_was_interrupted_starts_over(run: Run, tmp_path: Path, when: str) -> None:
    data = tmp_path / "data"
    if when == "while it installs":
        died = run(INSTALL_DIES="1", **SITE)
        assert died.returncode == 1
        assert died.stderr.splitlines()[0] == "InnoDB: no space"
        assert "mariadb-install-db failed" in died.stderr
    else:
        (data / ".initialisation-incomplete" / "mysql").mkdir(parents=True)
        (data / "ibdata1").write_text("half")
    again = run(**SITE)
    assert again.returncode == 0, again.stderr
    assert "an earlier initialisation was interrupted: starting over" in again.stderr
    assert (data / "ibdata1").read_text() == ""
    assert (data / "mysql").is_dir()


def test_settings_come_from_files(run: Run, tmp_path: Path) -> None:
    (tmp_path / "password").write_text("from a file\n")
    given = {name: value for name, value in SITE.items() if name != "MARIADB_PASSWORD"}
    done = run(**given, MARIADB_PASSWORD_FILE=str(tmp_path / "password"))
    assert done.returncode == 0, done.stderr
    assert "ALTER USER 'wordpress'@'%' IDENTIFIED BY 'from a file';" in said(tmp_path, "sql ")


def test_names_and_passwords_are_no_sql(run: Run, tmp_path: Path) -> None:
    hostile = {
        "MARIADB_USER": "o'b",
        "MARIADB_PASSWORD": "\\'; -- #\"$(touch x)",
        "MARIADB_DATABASE": "a`b_c%",
    }
    assert run(**{**SITE, **hostile}).returncode == 0
    assert said(tmp_path, "sql ")[2:] == [
        "CREATE DATABASE IF NOT EXISTS `a``b_c%` CHARACTER SET utf8mb4;",
        "CREATE USER IF NOT EXISTS 'o''b'@'%' IDENTIFIED BY '\\\\''; -- #\"$(touch x)';",
        "ALTER USER 'o''b'@'%' IDENTIFIED BY '\\\\''; -- #\"$(touch x)';",
        "GRANT ALL ON `a``b\\_c\\%`.* TO 'o''b'@'%';",
    ]


@pytest.mark.parametrize("arguments", [("--version",), ("mariadbd", "--verbose", "--help")])
def test_a_question_starts_nothing(run: Run, tmp_path: Path, arguments: tuple[str, ...]) -> None:
    assert run(*arguments).returncode == 0
    assert list((tmp_path / "data").iterdir()) == []


def test_other_commands_are_run_as_they_are(run: Run, tmp_path: Path) -> None:
    assert run("echo", "hello").stdout == "hello\n"
    assert list((tmp_path / "data").iterdir()) == []


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"MARIADB_ROOT_PASSWORD": ""}, "a new database needs MARIADB_ROOT_PASSWORD"),
        ({"MARIADB_PASSWORD": ""}, "MARIADB_USER needs MARIADB_PASSWORD"),
        ({"MARIADB_PASSWORD_FILE": "/f"}, "MARIADB_PASSWORD and MARIADB_PASSWORD_FILE are both set"),
        ({"MARIADB_USER": "", "MARIADB_USER_FILE": "/nowhere"}, "MARIADB_USER_FILE: cannot read /nowhere"),
        ({"MARIADB_PASSWORD": "a\nDROP DATABASE mysql;"}, "MARIADB_PASSWORD holds a line's end"),
        ({"DATA_FOLDER": "/nowhere"}, "/nowhere is not uid 999's to write"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(run: Run, settings: dict[str, str], says: str) -> None:
    done = run(**{**SITE, **settings})
    assert done.returncode == 1
    assert says in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("file", "says"),
    [
        ("mariadb_upgrade_info", "are MariaDB 10.11.14's, this image is 11.8.9: dump them"),
        ("photo.jpg", "holds files but no database"),
    ],
)
def test_data_of_others_is_not_touched(run: Run, tmp_path: Path, file: str, says: str) -> None:
    (tmp_path / "data" / file).write_text("10.11.14-MariaDB")
    if file != "photo.jpg":
        (tmp_path / "data" / "mysql").mkdir()
    done = run(**SITE)
    assert done.returncode == 1
    assert says in done.stderr
    assert done.stderr.count("\n") == 1
    assert (tmp_path / "data" / file).read_text() == "10.11.14-MariaDB"
