import os
import subprocess
import sys
from pathlib import Path

import pytest

from compose import env_file
from tests.unit.compose.fake_programs import INFO, Programs, docker

ROOT = Path(__file__).parents[3]
NO_AWS = {
    "AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
}  # fmt: skip


def deploy(folder: Path, running: str, *options: str) -> tuple[subprocess.CompletedProcess[str], Programs]:
    """`make deploy` without make, on a stack whose services are `running`."""
    programs = Programs(folder / "bin")
    listing = f'case "$*" in *ps*) echo "{running}" ;; *exec*) echo "profile local: 1 changes" ;; esac'
    programs.add("docker", docker(INFO % "20.10.24", listing))
    env_file.ensure(folder / ".env")
    done = subprocess.run(
        [sys.executable, "-m", "compose.deploy", "--env-file", folder / ".env", *options],
        cwd=ROOT, capture_output=True, text=True, check=False, env={"PATH": str(programs.folder), **NO_AWS},
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


def test_local_has_no_dry_run(tmp_path: Path) -> None:
    done, programs = deploy(tmp_path, "emr localstack", "--dry-run")
    assert (done.returncode, done.stdout) == (2, "")
    assert "the local stack has no dry run" in done.stderr
    assert not [call for call in programs.calls() if "exec" in call]


def test_another_profile_is_deployed_to_aws_with_its_options(tmp_path: Path) -> None:
    done, programs = deploy(tmp_path, "", "--profile", "emr", "--dry-run", "--force")
    assert (done.returncode, done.stderr) == (0, "")
    assert "profile emr: there are no AWS credentials: not compared with an account" in done.stdout
    assert "  + Bucket  AWS::S3::Bucket\n" in done.stdout
    assert "  airflow/connections/postgres_default\n" in done.stdout
    password = env_file.read(tmp_path / ".env")["PIPELINE_PASSWORD"]
    assert password not in done.stdout
    assert programs.calls() == []


def test_another_profile_needs_credentials(tmp_path: Path) -> None:
    done, _ = deploy(tmp_path, "", "--profile", "emr", "--force")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("there are no AWS credentials: export AWS_PROFILE")
    assert len(done.stderr.splitlines()) == 1
