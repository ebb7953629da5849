import base64
import json
import os
import shutil
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compose import dotenv, env_file
from compose.env_secrets import SECRETS
from embedded.errors import Unusable

ROOT = Path(__file__).parents[3]
NAMES = st.from_regex(r"[A-Z][A-Z0-9_]{0,12}", fullmatch=True)
VALUES = st.text(
    st.characters(blacklist_categories=("Cs", "Cc"), blacklist_characters="'"), max_size=30
).filter(lambda text: not text.endswith("\\"))
COMMENTS = st.sampled_from(["", "# a comment", "   ", "#A=b", '# it\'s "quoted" $X'])


@pytest.fixture(autouse=True)
def no_settings_in_the_shell(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*env_file.defaults(), "POSTGRES_IMAGE", "BOOKWORM_IMAGE", "TRIXIE_IMAGE"):
        monkeypatch.delenv(name, raising=False)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def values(text: str) -> dict[str, str]:
    return {entry.name: entry.value for entry in dotenv.entries(text, "x")}


def test_a_new_file_has_secrets_of_its_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first, second = (env_file.ensure(tmp_path / name) for name in ("a", "b"))
    for name in SECRETS:
        assert len(first[name]) >= 32, name
        assert first[name] != second[name], name
    assert len({first[name] for name in SECRETS}) == len(SECRETS)
    assert len(base64.urlsafe_b64decode(first["AIRFLOW_FERNET_KEY"])) == 32
    assert first["COMPOSE_PROJECT_NAME"] == "tubepulse"
    assert mode(tmp_path / "a") == 0o600
    said = capsys.readouterr().out
    assert said.count("\n") == 2
    assert not any(secret in said for name, secret in first.items() if name in SECRETS)


def test_a_new_file_keeps_the_comments_of_the_example(tmp_path: Path) -> None:
    env_file.ensure(tmp_path / ".env")
    example, written = env_file.EXAMPLE.read_text().splitlines(), (tmp_path / ".env").read_text().splitlines()
    assert len(example) == len(written)
    changed = [old for old, new in zip(example, written, strict=True) if old != new]
    assert changed == [f"{name}=" for name in values(env_file.EXAMPLE.read_text()) if name in SECRETS]


def test_it_is_the_owners_from_the_first_byte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    real = os.open

    def watched(path, flags, mode=0o777, **more):
        seen.append((flags & os.O_EXCL, mode))
        return real(path, flags, mode, **more)

    monkeypatch.setattr(os, "open", watched)
    old = os.umask(0)
    try:
        env_file.ensure(tmp_path / ".env")
    finally:
        os.umask(old)
    assert (os.O_EXCL, 0o600) in seen
    assert mode(tmp_path / ".env") == 0o600
    assert [path.name for path in tmp_path.iterdir()] == [".env"]


def test_a_second_call_changes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / ".env"
    first = env_file.ensure(path)
    before = path.stat()
    capsys.readouterr()
    assert env_file.ensure(path) == first
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert capsys.readouterr().out == ""


def test_what_is_new_in_the_example_is_added_and_the_rest_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / ".env"
    mine = "# mine\nAIRFLOW_PORT=9999   # behind the proxy\nMY_OWN='a $ b'\n\nPOSTGRES_PASSWORD=old"
    path.write_text(mine)
    path.chmod(0o600)
    found = env_file.ensure(path)
    assert path.read_text().startswith(mine + "\n")
    assert (found["AIRFLOW_PORT"], found["MY_OWN"], found["POSTGRES_PASSWORD"]) == ("9999", "a $ b", "old")
    assert set(found) == set(env_file.defaults()) | {"MY_OWN"}
    assert "# Role pipeline: owns" in path.read_text()
    said = capsys.readouterr().out
    assert "added to" in said and "PIPELINE_PASSWORD" in said and "AIRFLOW_PORT" not in said


def test_a_file_that_others_may_read_is_closed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / ".env"
    env_file.ensure(path)
    path.chmod(0o644)
    capsys.readouterr()
    env_file.ensure(path)
    assert mode(path) == 0o600
    assert "mode 644" in capsys.readouterr().out


def test_the_file_behind_a_link_is_written(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / ".env").symlink_to("kept/settings")
    env_file.ensure(tmp_path / ".env")
    assert (tmp_path / ".env").is_symlink()
    assert mode(tmp_path / "kept" / "settings") == 0o600


def test_of_two_first_calls_one_wins(tmp_path: Path) -> None:
    argv = [sys.executable, "-m", "compose.env_file", str(tmp_path / ".env")]
    children = [subprocess.Popen(argv, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    said = [child.communicate()[0] for child in children]
    assert [child.returncode for child in children] == [0] * 4
    assert sum(text.startswith("wrote") for text in said) == 1
    assert [path.name for path in tmp_path.iterdir()] == [".env"]


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("AIRFLOW_PORT=none", "AIRFLOW_PORT is “none”: give a port from 1 to 65535"),
        ("AIRFLOW_PORT=", "AIRFLOW_PORT is “”: give a port"),
        ("AIRFLOW_PORT=0", "AIRFLOW_PORT is “0”"),
        ("AIRFLOW_PORT=65536", "AIRFLOW_PORT is “65536”"),
        ("AIRFLOW_PORT=²", "AIRFLOW_PORT is “²”"),
        ("POSTGRES_PASSWORD=", "POSTGRES_PASSWORD is empty: delete the line"),
        ("POSTGRES_PASSWORD=''", "POSTGRES_PASSWORD is empty"),
        ("WPDATATABLES=yes", "WPDATATABLES is “yes”: give on or off"),
        ("AIRFLOW_FERNET_KEY=abc", "AIRFLOW_FERNET_KEY is no 32 bytes"),
        ("COMPOSE_PROJECT_NAME=My Stack", "COMPOSE_PROJECT_NAME is “My Stack”: give lower-case"),
        ("hunter2", "is no NAME=value"),
        ("A: b", "is no NAME=value"),
        ("A='b", "opens a quote in A and does not close it"),
        ("A='b\\'c'", "opens a quote in A"),
        ('A="b" c', "has something behind the quoted value of A"),
        ("A=b$c", "has a $ or a backslash in A, which Compose would replace: put it in 'single quotes'"),
        ('A="b\\nc"', "has a $ or a backslash in A"),
        ("A=#b", "begins A with a #"),
        ("A=b\tc", "has a control character in A"),
    ],
)
def test_a_line_that_does_not_work_is_named(tmp_path: Path, line: str, text: str) -> None:
    path = tmp_path / ".env"
    env_file.ensure(path)
    path.write_text(path.read_text() + line + "\n")
    number = path.read_text().count("\n")
    with pytest.raises(Unusable) as caught:
        env_file.ensure(path)
    assert f".env, line {number}" in str(caught.value)
    assert text in str(caught.value)
    assert "hunter2" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_other_files_that_do_not_work(tmp_path: Path) -> None:
    with pytest.raises(Unusable, match=r"there is no .*: make up writes it"):
        env_file.read(tmp_path / "none")
    (tmp_path / "latin").write_bytes(b"A=\xe4\n")
    with pytest.raises(Unusable, match="is not UTF-8"):
        env_file.read(tmp_path / "latin")
    with pytest.raises(Unusable, match="is a folder"):
        env_file.ensure(tmp_path)
    (tmp_path / "little").write_text("A=b\n")
    with pytest.raises(Unusable, match="lacks WORDPRESS_ADMIN_PASSWORD"):
        env_file.read(tmp_path / "little")


def test_two_ports_must_differ(tmp_path: Path) -> None:
    with pytest.raises(Unusable, match="AIRFLOW_PORT and SPARK_UI_PORT are both 8081"):
        env_file.ensure(tmp_path / ".env", {"AIRFLOW_PORT": "8081"})


def test_the_shell_wins_as_it_does_for_compose(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_PORT", "8888")
    monkeypatch.setenv("BOOKWORM_IMAGE", "mine:1")
    found = env_file.ensure(tmp_path / ".env")
    assert (found["AIRFLOW_PORT"], found["BOOKWORM_IMAGE"]) == ("8888", "mine:1")
    assert env_file.read(tmp_path / ".env")["AIRFLOW_PORT"] == "8080"
    monkeypatch.setenv("AIRFLOW_PORT", "x")
    with pytest.raises(Unusable, match=r"the shell, which wins over \.env: AIRFLOW_PORT is “x”"):
        env_file.ensure(tmp_path / ".env")


def test_the_command_sets_values_and_chooses_free_ports(tmp_path: Path) -> None:
    path = tmp_path / "e2e" / ".env"
    argv = [
        sys.executable,
        "-m",
        "compose.env_file",
        str(path),
        "--set",
        "COMPOSE_PROJECT_NAME=other",
        "--free-ports",
    ]
    subprocess.run([*argv, "--set", "EMR_PORT=18021"], cwd=ROOT, check=True, capture_output=True)
    found = env_file.read(path)
    assert (found["COMPOSE_PROJECT_NAME"], found["EMR_PORT"]) == ("other", "18021")
    ports = [int(value) for name, value in found.items() if env_file.is_port(name)]
    assert len(set(ports)) == len(ports) == 7
    assert not set(ports) & {8088, 8080, 8081, 8021, 4566, 8090, 5433}
    for port in ports:
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", port))
    secret = found["POSTGRES_PASSWORD"]
    subprocess.run(argv, cwd=ROOT, check=True, capture_output=True)
    assert env_file.read(path)["POSTGRES_PASSWORD"] == secret
    failed = subprocess.run([*argv, "--set", "A"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (failed.returncode, failed.stderr) == (2, "--set A: give NAME=value\n")


@given(st.dictionaries(NAMES, VALUES, max_size=6), st.lists(COMMENTS, max_size=6))
def test_what_is_written_is_read_again(settings: dict[str, str], comments: list[str]) -> None:
    text = dotenv.replaced("\n".join(comments), settings)
    assert values(text) == settings
    assert dotenv.replaced(text, settings) == text


@given(st.dictionaries(NAMES, VALUES), st.dictionaries(NAMES, VALUES), st.booleans())
def test_a_merge_keeps_what_is_there_and_adds_the_rest(
    mine: dict[str, str], example: dict[str, str], newline: bool
) -> None:
    text = dotenv.replaced("# mine\n" if newline else "# mine", mine)
    both = dotenv.merged(text, dotenv.replaced("# theirs\n", example))
    assert both.startswith(text)
    assert values(both) == {**example, **mine}
    assert dotenv.merged(both, dotenv.replaced("", example)) == both


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused_in_one_line(text: str) -> None:
    try:
        found = values(text)
    except Unusable as obstacle:
        assert "\n" not in str(obstacle)
    else:
        assert all(name.isidentifier() for name in found)


@pytest.mark.parametrize("value", ["it's", "a\nb", "a\\", "\0"])
def test_a_value_without_a_form_is_refused(value: str) -> None:
    with pytest.raises(Unusable, match=r"X holds what \.env cannot keep"):
        dotenv.quoted("X", value)


ODD = [
    "A1=plain",
    "A2= spaced out  ",
    "A3=b#c",
    "A4=b # c",
    "A5='b # $c \\d'  # e",
    'A6="b # c"',
    "export A7=b",
    "A8 = b",
    "A9=",
    "A10=b=c",
    "A11='ü  '",
    "A12=x'y\"z",
    "A13=b\r",
    "A1=again",
]


@pytest.mark.skipif(not shutil.which("docker"), reason="Compose reads it to compare")
def test_compose_reads_the_same(tmp_path: Path) -> None:
    """Needs the Compose plugin, no engine."""
    version = subprocess.run(["docker", "compose", "version"], capture_output=True, check=False)
    if version.returncode:
        pytest.skip("no Compose plugin")
    text = "\n".join(ODD) + "\n"
    ours = values(text)
    (tmp_path / ".env").write_bytes(text.encode())
    lines = [f"      {name}: ${{{name}}}" for name in ours]
    (tmp_path / "compose.yml").write_text(
        "name: x\nservices:\n  x:\n    image: x\n    environment:\n" + "\n".join(lines) + "\n"
    )
    argv = ["docker", "compose", "-f", "compose.yml", "--env-file", ".env", "config", "--format", "json"]
    done = subprocess.run(argv, cwd=tmp_path, capture_output=True, text=True, check=True)
    theirs = json.loads(done.stdout)["services"]["x"]["environment"]
    assert {name: value.replace("$$", "$") for name, value in theirs.items()} == ours


def test_an_older_file_gets_what_it_lacks_from_the_example(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    env_file.ensure(file)
    kept = [
        line for line in file.read_text().splitlines() if not line.startswith(("EMR_PORT=", "COMPOSE_PROJ"))
    ]
    file.write_text("\n".join(kept))
    values = env_file.effective(env_file.read(file), {})
    assert (values["EMR_PORT"], values["COMPOSE_PROJECT_NAME"]) == ("8021", "tubepulse")
    assert env_file.effective(env_file.read(file), {"EMR_PORT": "9021"})["EMR_PORT"] == "9021"


def test_the_choice_of_images_is_taken_over(tmp_path: Path) -> None:
    mine, other = tmp_path / "mine", tmp_path / "other"
    env_file.ensure(mine, {"POSTGRES_IMAGE": "postgres:17", "AIRFLOW_PORT": "1234"})
    command = [sys.executable, "-m", "compose.env_file", str(other), "--images-of", str(mine), "--free-ports"]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    values = env_file.read(other)
    assert values["POSTGRES_IMAGE"] == "postgres:17"
    ports = {name: int(value) for name, value in values.items() if env_file.is_port(name)}
    assert ports["AIRFLOW_PORT"] != 1234
    assert len(set(ports.values())) == len(ports) == 7
    assert all(port < 32768 for port in ports.values())  # above, systems hand them out to clients
    assert values["PIPELINE_PASSWORD"] != env_file.read(mine)["PIPELINE_PASSWORD"]


@pytest.mark.parametrize(
    ("line", "profile"),
    [
        ("COMPOSE_PROFILES=emr", "emr"),
        ("COMPOSE_PROFILES=emr # mine", "emr"),
        ("COMPOSE_PROFILES='emr'", "emr"),
        ("COMPOSE_PROFILES=local\nCOMPOSE_PROFILES=emr", "emr"),
        ("", "local"),
    ],
)
def test_make_reads_the_profile_from_the_file(tmp_path: Path, line: str, profile: str) -> None:
    file = tmp_path / ".env"
    file.write_text(line + "\n")
    command = ["make", "--dry-run", "up", f"ENV_FILE={file}"]
    env = {name: value for name, value in os.environ.items() if name != "PROFILE"}
    shown = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True, env=env).stdout
    assert f"--profile {profile} " in shown
