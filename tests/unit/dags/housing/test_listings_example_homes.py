"""Example Homes from its pages to Parquet, as the fixture server serves them; S3 is moto's."""

import csv
import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from airflow.providers.amazon.aws.hooks.s3 import S3Hook
from moto import mock_aws

from fixtures.replay.web import Server
from fixtures.server import routes
from tubepulse.housing.download import Host
from tubepulse.housing.listings.names import StationNames, compared
from tubepulse.housing.listings.rules import SiteRules
from tubepulse.housing.listings.site import ListingSite
from tubepulse.housing.months import Window
from tubepulse.housing.stage import Stage
from tubepulse.stations import read_stations

FIXTURES = Path(__file__).parents[4] / "fixtures"
STATIONS = read_stations((FIXTURES / "stations.csv").read_bytes(), "stations.csv")
WINDOW = Window(date(2025, 8, 1), date(2026, 7, 31))


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[S3Hook]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AIRFLOW_CONN_AWS_DEFAULT", "aws://")
    with mock_aws():
        hook = S3Hook(aws_conn_id=None, region_name="us-east-1")
        hook.create_bucket("bucket")
        yield hook


@pytest.fixture
def site() -> Iterator[ListingSite]:
    with Server(("127.0.0.1", 0), routes()) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        host = Host("example_homes", f"http://127.0.0.1:{server.server_port}/", None, {})
        rules = SiteRules.named("example_homes")
        rules = replace(rules, values={**rules.values, "seconds_between_requests": 0})
        yield ListingSite(rules, 1000, 0.02, host, backoff_s=0)
        server.shutdown()


def test_it_finds_what_the_portal_holds(s3: S3Hook, site: ListingSite) -> None:
    raw, matched = Stage(s3, "bucket", "raw/"), Stage(s3, "bucket", "matched/")
    assert site.fetch(raw, WINDOW).counts["pages"] == 16
    counts = site.match(raw, matched, STATIONS)
    expected = json.loads((FIXTURES / "expected" / "listings.json").read_text())
    reasons = expected.pop("rejects")
    assert {key: counts[key] for key in (*expected, *reasons)} == {**expected, **reasons}
    assert counts["rejected"] == sum(reasons.values())
    with (FIXTURES / "expected" / "listings.csv").open(newline="") as file:
        wanted = list(csv.DictReader(file))
    found = [
        {key: "" if row[key] is None else str(row[key]).removeprefix(_base(site)) for key in wanted[0]}
        for row in matched.rows("prices.parquet")
    ]
    assert sorted(found, key=lambda row: (row["transaction_id"], row["station"])) == wanted


def test_every_station_is_found_by_its_own_name() -> None:
    names = StationNames((station.name for station in STATIONS), {})
    assert [names.find(station.name) for station in STATIONS] == [station.name for station in STATIONS]
    assert len({compared(station.name) for station in STATIONS}) == len(STATIONS)
    assert all(compared(compared(station.name)) == compared(station.name) for station in STATIONS)


def _base(site: ListingSite) -> str:
    return site.host.base_url.rstrip("/")
