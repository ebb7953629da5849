"""requirements/check.sh with a stand-in for uv, which answers with a resolution of the test's."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
UV = """#!/bin/sh
[ "$1 $2" = "pip compile" ] || exit 1
[ -s resolution ] || { echo "no solution found: pyarrow" >&2; exit 1; }
while [ "$1" != --output-file ]; do shift; done
cp resolution "$2"
"""
AGREED = "apache-airflow==3.3.1\npydantic-core==2.46.4\ntweepy==4.17.0\n"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    files = {
        "requirements/mwaa-3.3.1.txt": "# versions\npydantic_core==2.46.4\n",
        "airflow/requirements.txt": "tweepy==4.17.0 \\\n    --hash=sha256:0\n    # via -r requirements.in\n",
        "airflow/image/requirements.in": "apache-airflow==3.3.1\n",
        "bin/uv": UV,
        "bin/python3.12": "#!/bin/sh\nexit 127\n",
    }
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content)
        (tmp_path / name).chmod(0o755)
    shutil.copy(ROOT / "requirements" / "check.sh", tmp_path / "requirements")
    return tmp_path


def check(checkout: Path, resolution: str) -> tuple[int, str]:
    (checkout / "resolution").write_text(resolution)
    env = {"PATH": f"{checkout}/bin:{os.environ['PATH']}", "UV": "uv", "HOME": str(checkout)}
    done = subprocess.run(
        ["sh", checkout / "requirements" / "check.sh"], env=env, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    return done.returncode, done.stdout


def test_without_python_3_12_it_says_what_was_not_checked(checkout: Path) -> None:
    code, said = check(checkout, AGREED)
    assert code == 0
    assert "3 packages agree; MWAA leaves to us: tweepy==4.17.0" in said
    assert said.splitlines()[-1].startswith("not checked: ")


def test_versions_that_do_not_agree_are_an_error(checkout: Path) -> None:
    code, said = check(checkout, "")
    assert code == 1
    assert "no solution found: pyarrow" in said
    assert "does not agree" in said.splitlines()[-1]


def test_a_package_that_the_versions_do_not_name_is_an_error(checkout: Path) -> None:
    code, said = check(checkout, AGREED + "numpy==2.5.1\n")
    assert code == 1
    assert said.splitlines()[-1].endswith("lacks what MWAA's list says of numpy==2.5.1 ")
