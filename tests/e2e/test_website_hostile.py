"""Text that wants to be more: the website shows it, letter by letter, and nothing of it runs."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.e2e.browser import Visitor
from tests.e2e.conftest import FirstRun
from tests.e2e.harness import Stack
from tests.e2e.hostile import ATTRIBUTION, SOURCE, STATION, WORDS, hostile_text
from tests.e2e.website import PAGES


@pytest.fixture(scope="module")
def hostile(browser: Browser, stack: Stack, first_run: FirstRun) -> Iterator[Visitor]:
    with hostile_text(stack), Visitor(browser, stack.site) as somebody:
        yield somebody


@pytest.fixture(scope="module")
def shown(hostile: Visitor) -> dict[str, Page]:
    """The pages with such text, each in a tab."""
    return {name: hostile.open(path) for name, path in PAGES.items()}


def test_nothing_runs_and_nothing_is_asked_for(hostile: Visitor, shown: dict[str, Page]) -> None:
    for name, page in shown.items():
        page.wait_for_load_state("networkidle")
        assert page.evaluate("typeof hostile") == "undefined", name
        assert page.locator("img[src='/x']").count() == 0, name
    assert not any(address.endswith("/x") for address in hostile.addresses)
    assert hostile.complaints == []


def test_the_table_shows_name_and_words(shown: dict[str, Page]) -> None:
    page = shown["stations"]
    page.get_by_role("searchbox").first.fill("hostile")
    (row,) = page.locator("[data-table=stations] tbody tr").all()
    assert row.locator("th").inner_text() == STATION
    assert row.locator("td").last.inner_text() == ", ".join(WORDS)


@pytest.mark.parametrize("page", ["stations", "about"])
def test_the_prices_tell_source_and_attribution(shown: dict[str, Page], page: str) -> None:
    told = shown[page].locator(".tubepulse-prices")
    text = told.inner_text()
    assert text.startswith(f"Asking prices of 1 home, 1 January 2026, from source {SOURCE}. 1 row of ")
    assert ATTRIBUTION in text
    assert told.locator("b, img, script, svg").count() == 0


def test_the_table_of_prices_shows_the_name(shown: dict[str, Page]) -> None:
    first = shown["stations"].locator("[data-table=prices_by_type] tbody tr").first
    assert first.locator("th").inner_text() == STATION
    assert first.locator("td").all_inner_texts()[1:6] == ["£1,000,000", "£1,000,000", "1", "£1,000,000", "1"]


def test_listings_are_not_called_sales(shown: dict[str, Page]) -> None:
    page = shown["stations"]
    for table in ("stations", "prices_by_type"):
        heads = page.locator(f"[data-table={table}] thead").inner_text()
        assert "Listings" in heads
        assert "ales" not in heads
    assert "of 1 asking price within 1 km" in page.inner_text(".tubepulse-figures")


def test_the_charts_have_the_name(shown: dict[str, Page]) -> None:
    page = shown["stations"]
    labels = "figure => JSON.parse(figure.querySelector('script').textContent).names"
    for chart in ("mood_by_station", "price_and_mood"):
        assert STATION in page.locator(f"[data-chart={chart}]").evaluate(labels), chart
    best = "canvas => Chart.getChart(canvas).data.labels[0]"
    assert page.locator("[data-chart=mood_by_station] canvas").evaluate(best) == STATION


def test_the_map_tells_the_name(shown: dict[str, Page]) -> None:
    page = shown["map"]
    names = page.locator("circle.dot").evaluate_all("dots => dots.map(dot => dot.dataset.station)")
    assert STATION in names
    page.locator(f"circle.dot >> nth={names.index(STATION)}").click(force=True)
    tip = page.locator(".tubepulse-tip")
    assert STATION in tip.inner_text()
    assert tip.locator("img, script").count() == 0
    assert page.evaluate("typeof hostile") == "undefined"


def test_the_topics_are_words_not_shortcodes(shown: dict[str, Page]) -> None:
    page = shown["topics"]
    assert page.locator(".tubepulse-words li").all_inner_texts() == WORDS
    assert ", ".join(WORDS) in page.inner_text("[data-table=topics] tbody tr:first-child")
    assert page.locator("svg.tubepulse-map").count() == 0
