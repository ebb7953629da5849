"""The documents tell the truth where a machine can check it."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCUMENTS = [ROOT / "README.md", ROOT / "fixtures" / "README.md", *(ROOT / "docs").rglob("*.md")]
TEN = [
    "apache-airflow", "apache-airflow-providers-amazon", "localstack-client", "moto", "pyspark",
    "vaderSentiment",
    "nltk", "tweepy", "psycopg2-binary", "pytest-docker",
]  # fmt: skip
NAMED = re.compile(r"`make ([a-z0-9-]+)|^    make ([a-z0-9-]+)", re.MULTILINE)
DAG = "airflow/dags/london_housing_webapp.py"


def targets() -> set[str]:
    return set(re.findall(r"^([a-z0-9-]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE))


def test_every_target_that_is_named_exists() -> None:
    for document in DOCUMENTS:
        named = set(NAMED.findall(document.read_text()))
        assert {first or second for first, second in named} <= targets(), document


def test_help_lists_every_target() -> None:
    shown = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert set(re.findall(r"^  make ([a-z0-9-]+) ", shown, re.MULTILINE)) == targets()


@pytest.mark.parametrize("path", re.findall(r"`([a-z_]+/[\w./-]+|profiles/\w+)`", README))
def test_every_path_that_is_named_exists(path: str) -> None:
    made = ("build/", "emr_local/")
    assert path.startswith(made) or (ROOT / path).exists()


@pytest.mark.parametrize("package", TEN)
def test_every_package_of_the_users_list_is_locked_and_placed(package: str) -> None:
    lock = (ROOT / "requirements" / "dev.txt").read_text()
    assert re.search(rf"^{package}(\[[\w,]+\])?==", lock, re.MULTILINE | re.IGNORECASE)
    assert package in README.split("## The packages")[1].split("##")[0]


def test_the_picture_shows_the_dags_tasks() -> None:
    source = (ROOT / DAG).read_text()
    tasks = set(re.findall(r'task_id="(\w+)"', source)) - {"start_data_pipeline", "end_data_pipeline"}
    assert len(tasks) == 8
    assert {task for task in tasks if f"[{task}]" not in README} == set()


@pytest.mark.parametrize("link", re.findall(r"\]\(((?!http)[^)#]+)\)", README))
def test_every_link_leads_somewhere(link: str) -> None:
    assert (ROOT / link).exists()


def test_locks_hold_hashes_and_no_host() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    locks = [ROOT / name for name in tracked.stdout.splitlines() if re.search(r"requirements.*\.txt$", name)]
    assert len(locks) >= 9
    for lock in locks:
        text = lock.read_text()
        assert "://" not in text
        assert "index-url" not in text
        if lock.name != "mwaa-3.3.1.txt":
            pinned = re.findall(r"^[A-Za-z0-9_.\[\],-]+==.*\\$", text, re.MULTILINE)
            assert pinned
            assert len(pinned) == len(re.findall(r"^[A-Za-z0-9_.\[\],-]+==", text, re.MULTILINE))


@pytest.mark.parametrize("profile", ["aws", "emr"])
def test_every_setting_of_a_deployment_is_explained_with_its_default(profile: str) -> None:
    text = (ROOT / "docs" / "aws.md").read_text()
    rows = [line for line in text.splitlines() if line.startswith("| `")]
    for path in (ROOT / "profiles" / profile).glob("*.json"):
        for name, default in re.findall(r"\$\{([A-Z][A-Z_0-9]*):-([^}]*)\}", path.read_text()):
            assert f"`{name}`" in text, name
            if default and name != "STACK_PREFIX":  # which the profiles have each their own of
                assert [row for row in rows if f"`{name}`" in row and f"`{default}`" in row], name
