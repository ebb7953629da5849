"""How the tests are shared out to pytest-xdist's workers (`make test` starts two).

Those of a folder that shares an expensive fixture stay together, otherwise those of a file. The longest
begin.
"""

from pathlib import Path

import pytest

TESTS = Path(__file__).parent
TOGETHER = ("contract", "unit/jobs")
LONGEST_FIRST = (
    "integration/test_pipeline_weeks.py", "contract", "integration/test_rehearsal.py",
    "integration/test_housing_prices.py", "integration/test_pipeline_failures.py",
    "integration/test_aws_permissions.py",
)  # fmt: skip


@pytest.hookimpl(tryfirst=True)  # xdist reads the marks in its own hook
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        item.add_marker(pytest.mark.xdist_group(_group(item)))
    items.sort(key=lambda item: (*LONGEST_FIRST, _group(item)).index(_group(item)))


def _group(item: pytest.Item) -> str:
    path = item.path.relative_to(TESTS).as_posix()
    return next((folder for folder in TOGETHER if path.startswith(f"{folder}/")), path)
