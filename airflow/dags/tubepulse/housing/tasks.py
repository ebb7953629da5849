"""Tasks fetch_prices and match_stations: a source's prices into the bucket, and there to the stations."""

import logging
from collections.abc import Mapping
from typing import Any

from airflow.providers.amazon.aws.hooks.s3 import S3Hook
from airflow.sdk.exceptions import AirflowFailException

from tubepulse import lineage
from tubepulse.housing.months import Month
from tubepulse.housing.settings import HousingSettings
from tubepulse.housing.source import Fetched, Source
from tubepulse.housing.sources import source_named
from tubepulse.housing.stage import MATCHED, Stage
from tubepulse.paths import matched_prices_prefix, raw_prices_prefix
from tubepulse.settings import Settings
from tubepulse.tweets import load_stations

log = logging.getLogger(__name__)


class NoPrices(AirflowFailException):
    """Not one home near a station was found: better to keep what is loaded."""


def fetch_prices(month: str, params: Mapping[str, Any]) -> dict[str, int]:
    """Read the prices of `month` (2026-11) from outside into s3://B/housing/raw/.

    The DAG's param `source` may override the Variable's. Returns the source's counts, raises what it raises.
    """
    settings = HousingSettings.load()
    source = asked_source(params, settings)
    window = Month.parse(month).window(settings.months, settings.registration_months)
    raw = raw_stage(month, source)
    matched_stage(month, source).clear()  # of an earlier run: never to be loaded as this one's
    fetched = source.fetch(raw, window)
    log.info("%s, %s to %s: %s", source.name, fetched.first_day, fetched.last_day, fetched.counts)
    lineage.record(Month.parse(month), 4, "fetch_prices", f"External: {source.name}", raw.uri)
    return fetched.counts


def match_stations(month: str, params: Mapping[str, Any]) -> dict[str, int]:
    """Give each of the month's prices the stations that are near, from housing/raw/ into housing/matched/.

    Returns the source's counts. Raises NothingFetched, NoPrices, TooManyRejects, BadStationsFile.
    """
    source = asked_source(params)
    raw, matched = raw_stage(month, source), matched_stage(month, source)
    fetched = Fetched.read(raw)
    matched.clear()
    counts = source.match(raw, matched, load_stations(raw.s3, Settings.load()))
    log.info("%s: %s", source.name, counts)
    if not counts.get("properties"):
        raise NoPrices(f"{raw.uri}: no home of {fetched.counts} is near a station; what is loaded stays")
    matched.write_json(MATCHED, counts)
    lineage.record(Month.parse(month), 5, "match_stations", raw.uri, matched.uri)
    return counts


def asked_source(params: Mapping[str, Any], settings: HousingSettings | None = None) -> Source:
    """The source that the DAG's param names, else the Variable; raises UnknownSource, BadSetting.

    The Variable is read unless its `settings` are given.
    """
    settings = settings or HousingSettings.load()
    return source_named(params["source"] or settings.source, settings)


def raw_stage(month: str, source: Source) -> Stage:
    """Where fetch_prices leaves what it read."""
    return Stage(
        S3Hook(aws_conn_id="aws_default"), Settings.load().bucket_name, raw_prices_prefix(month, source.name)
    )


def matched_stage(month: str, source: Source) -> Stage:
    """Where match_stations leaves the rows to be loaded."""
    return Stage(
        S3Hook(aws_conn_id="aws_default"),
        Settings.load().bucket_name,
        matched_prices_prefix(month, source.name),
    )
