"""Task fetch_prices, whatever its source."""

from typing import cast

import pytest

from tests.unit.dags.housing.hosts import stages
from tubepulse import lineage
from tubepulse.housing import tasks
from tubepulse.housing.months import Window
from tubepulse.housing.settings import HousingSettings
from tubepulse.housing.source import Fetched, Source
from tubepulse.housing.stage import Stage


class Quiet:
    """A source without a price."""

    name, kind = "quiet", "sale"

    def fetch(self, raw: Stage, window: Window) -> Fetched:
        return Fetched(
            window.first_day, window.last_day, "", {"days": (window.last_day - window.first_day).days}
        )


def test_a_fetch_reads_its_settings_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Source and window are of the same settings, whenever the Variable is changed."""
    before = HousingSettings("quiet", 12, 3, 1000, 0.02)
    read = [before]
    asked: list[tuple[str, HousingSettings]] = []

    def named(name: str, settings: HousingSettings) -> Source:
        asked.append((name, settings))
        return cast("Source", Quiet())

    with stages("raw/", "matched/") as (raw, matched):
        monkeypatch.setattr(HousingSettings, "load", read.pop)
        monkeypatch.setattr(tasks, "source_named", named)
        monkeypatch.setattr(tasks, "raw_stage", lambda *_: raw)
        monkeypatch.setattr(tasks, "matched_stage", lambda *_: matched)
        monkeypatch.setattr(lineage, "record", lambda *_: None)
        assert tasks.fetch_prices("2026-11", {"source": None}) == {"days": 364}
    assert asked == [("quiet", before)]
