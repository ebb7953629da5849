"""One pipeline for all integration tests that run DAGs."""

from collections.abc import Iterator

import pytest

from tests.integration.harness import Pipeline


@pytest.fixture(scope="session")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipeline]:
    """The stack, deployed; ended and removed after the last test."""
    running = Pipeline(tmp_path_factory.mktemp("pipeline"))
    yield running
    running.close()
