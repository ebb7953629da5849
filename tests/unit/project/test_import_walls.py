"""The import walls are lint rules: here they are seen to stand, for each folder and each forbidden import."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]

OURS = ["airflow", "aws", "compose", "embedded", "emr_local", "fixtures", "tubepulse"]
WALLS = {
    "airflow/dags": ["pyspark", "boto3", "psycopg", "psycopg2", "tweepy", "os.environ", "housing_prices"],
    "airflow/dags/tubepulse": ["pyspark", "boto3", "emr_local", "os.environ", "london_housing_webapp"],
    "spark/jobs": ["airflow", "boto3", "botocore", "os.environ"],
    "spark/emr/emr_local": ["airflow", "pyspark"],
    "tests/contract": OURS,
    "tests/integration": OURS,
    "tests/e2e": OURS,
    "tests/aws_account": OURS,
}


@pytest.mark.parametrize(
    ("folder", "name"), [(folder, name) for folder, names in WALLS.items() for name in names]
)
def test_a_forbidden_import_is_refused(folder: str, name: str) -> None:
    package, _, member = name.partition(".")
    code = f"from {package} import {member}\n" if member else f"import {package}.x\n"
    assert "TID251" in _lint(folder, code)


@pytest.mark.parametrize("folder", WALLS)
def test_the_wall_lets_the_rest_through(folder: str) -> None:
    assert "TID251" not in _lint(folder, "import json\nimport requests\n")


@pytest.mark.parametrize("folder", WALLS)
def test_no_code_climbs_over(folder: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--select", "TID251", folder],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("word", ["tweet", "sentiment", "london"])
def test_the_endpoint_knows_nothing_of_the_pipeline(word: str) -> None:
    files = [*(ROOT / "spark" / "emr" / "emr_local").rglob("*.py")]
    assert files
    assert [path.name for path in files if word in path.read_text().lower()] == []


@pytest.mark.parametrize("folder", ["airflow/dags", "spark/jobs"])
def test_code_names_no_place(folder: str) -> None:
    places = ("localhost", "127.0.0.1", "localstack", "moto", ":4566", "embedded")
    found = [
        (path.name, place)
        for path in (ROOT / folder).rglob("*.py")
        for place in places
        if place in path.read_text().lower()
    ]
    assert found == []


def _lint(folder: str, code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--output-format", "concise", "--stdin-filename",
         f"{folder}/probe.py", "-"],
        cwd=ROOT, input=code, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.stdout
