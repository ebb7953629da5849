import os
import sys
from pathlib import Path

import pytest

from embedded import progress
from embedded.progress import Failed, Progress


@pytest.fixture
def told() -> list[str]:
    return []


def test_one_line_and_the_output_in_the_log(tmp_path: Path, told: list[str]) -> None:
    work = Progress(tmp_path / "log", told.append)
    assert work.run("making it", ["echo", "made"], os.environ, tmp_path) == "made\n"
    assert [line.split("s  ")[1] for line in told] == ["making it"]
    assert "== making it\nmade\n" in (tmp_path / "log").read_text()


def test_an_error_carries_what_was_written(tmp_path: Path, told: list[str]) -> None:
    with pytest.raises(Failed) as failure:
        Progress(tmp_path / "log", told.append).run(
            "it", ["sh", "-c", "echo no; exit 3"], os.environ, tmp_path
        )
    assert failure.value.output == "no\n"


def test_a_sign_of_life_while_it_lasts(
    tmp_path: Path, told: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "HEARTBEAT", 0.2)
    script = "import time; print('half', flush=True); time.sleep(0.7)"
    Progress(tmp_path / "log", told.append).run("it", [sys.executable, "-c", script], os.environ, tmp_path)
    assert any("… it; half" in line for line in told)


def test_says_what_uv_is_doing() -> None:
    begun = "Downloading numpy (15.9MiB)\nDownloading pyarrow (47.8MiB)\n"
    assert (
        progress.state(begun + " Downloaded numpy\n   Building pyspark==3.5.6\n")
        == "downloading pyarrow (47.8MiB), building pyspark==3.5.6"
    )


def test_names_three_and_counts_the_rest() -> None:
    output = "".join(f"Downloading p{number} (1MiB)\n" for number in range(5))
    assert progress.state(output) == "downloading p0 (1MiB), p1 (1MiB), p2 (1MiB) and 2 more"


def test_says_the_last_line_otherwise() -> None:
    assert progress.state("Resolved 228 packages in 642ms\n\n") == "Resolved 228 packages in 642ms"
