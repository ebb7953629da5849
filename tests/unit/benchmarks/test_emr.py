"""The benchmark of the EMR endpoint starts one of its own, or says that it cannot."""

from pathlib import Path

import pytest

from benchmarks import emr as benchmark


def test_the_benchmark_says_so_when_its_endpoint_does_not_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(benchmark, "ROOT", tmp_path)
    with pytest.raises(RuntimeError, match="No module named emr_local"), benchmark.service():
        pytest.fail("there is no endpoint")
