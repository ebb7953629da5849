"""What MWAA reads from the bucket is what the checkout has."""

from collections.abc import Callable

from tests.reference_rows import ROOT

AIRFLOW = ROOT / "airflow"


def test_the_bucket_has_the_checkouts_dags(objects: Callable[[str], dict[str, int]]) -> None:
    stored = objects("dags/")
    assert stored == {key: (AIRFLOW / key).stat().st_size for key in stored}
    code = [path for kind in ("*.py", "*.sql", "*.yaml") for path in (AIRFLOW / "dags").rglob(kind)]
    assert {path.relative_to(AIRFLOW).as_posix() for path in code} <= set(stored)
    assert len(code) > 10
    assert not [key for key in stored if "__pycache__" in key or key.endswith("ruff.toml")]


def test_it_has_the_requirements_and_the_startup_script(objects: Callable[[str], dict[str, int]]) -> None:
    for name in ("requirements.txt", "startup.sh"):
        assert objects(name) == {name: (AIRFLOW / name).stat().st_size}
