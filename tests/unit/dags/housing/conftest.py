"""A portal and a bucket, which a module's tests share and find empty."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.unit.dags.housing.hosts import serving, stages
from tests.unit.dags.housing.portal import Portal, portal_of


@pytest.fixture(scope="module")
def bucket() -> Iterator[Portal]:
    with serving() as host, stages("raw/", "matched/") as (raw, matched):
        yield portal_of(host, raw, matched)


@pytest.fixture
def portal(bucket: Portal) -> Portal:
    for stage in (bucket.raw, bucket.matched):
        stage.clear()
    for all_of in (bucket.host.files, bucket.host.once, bucket.host.asked):
        all_of.clear()
    return replace(bucket)
