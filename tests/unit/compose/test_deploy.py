import subprocess
import sys
from pathlib import Path

import pytest

from compose import env_file
from tests.unit.compose.fake_programs import INFO, Programs, docker

ROOT = Path(__file__).parents[3]


def deploy(folder: Path, running: str, *options: str) -> tuple[subprocess.CompletedProcess[str], Programs]:
    """`make deploy` without make, on a stack whose services are `running`."""
    programs = Programs(folder / "bin")
    listing = f'case "$*" in *ps*) echo "{running}" ;; *exec*) echo "profile local: 1 changes" ;; esac'
    programs.add("docker", docker(INFO % "20.10.24", listing))
    env_file.ensure(folder / ".env")
    done = subprocess.run(
        [sys.executable, "-m", "compose.deploy", "--env-file", folder / ".env", *options],
        cwd=ROOT, capture_output=True, text=True, check=False, env={"PATH": str(programs.folder)},
    )  # fmt: skip
    return done, programs


def test_local_runs_the_ready_hook_again(tmp_path: Path) -> None:
    done, programs = deploy(tmp_path, "emr localstack")
    assert (done.returncode, done.stdout) == (0, "profile local: 1 changes\n")
    hook = "exec -T localstack /etc/localstack/init/ready.d/10-deploy.sh"
    assert programs.calls("docker compose")[-1].endswith(hook)


@pytest.mark.parametrize(
    ("running", "profile", "said"),
    [
        ("emr", "local", "the stack does not run: make up"),
        ("localstack", "typo", "there is no profile “typo”"),
    ],
)
def test_what_stands_in_the_way_is_one_line(tmp_path: Path, running: str, profile: str, said: str) -> None:
    done, programs = deploy(tmp_path, running, "--profile", profile)
    assert done.returncode == 2
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not [call for call in programs.calls() if "exec" in call]
