"""The website with wpDataTables itself: its tables and charts show PostgreSQL's values, and are an editor's.

Collected only where a zip of the plugin lies in wordpress/plugins (conftest.py).
"""

import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.e2e.browser import Visitor, picture, wait_until_painted
from tests.e2e.conftest import ZIPS, FirstRun
from tests.e2e.expected import BY_TYPE, EXTREMES, WEEKS, ZONES, close
from tests.e2e.harness import Stack, without
from tests.e2e.hostile import STATION, WORDS, hostile_text
from tests.e2e.website import (
    PAGES,
    as_written,
    fresh,
    let_feeds_age,
    number,
    remove_wpdatatables,
    site_content,
    text_of,
)

ADMIN = "/wp-admin/admin.php?page=wpdatatables-"
TITLES = "SELECT title FROM wp_wpdata{} ORDER BY id"
OVERVIEW = """SELECT station, average_price, median_price, sales, week_tweets, week_sentiment, tweets,
                     sentiment, topics
              FROM london_schema.station_overview"""
PRICED = ("average_price", "median_price", "sales", "flat_price", "flat_sales", "terraced_price",
          "terraced_sales", "semi_detached_price", "semi_detached_sales", "detached_price",
          "detached_sales")  # fmt: skip
BOX = ".wpDataTable"
CELLS = """rows => rows.map(row => Object.fromEntries([...row.cells].map(
    cell => [cell.className.match(/column-(\\w+)/)[1], cell.innerText.trim()])))"""
DECIMALS = 0.00051  # a chart of wpDataTables draws what its table shows: three decimals
DRAWN = "canvas => { const {labels, datasets} = Chart.getChart(canvas).data; return {labels, datasets}; }"


@pytest.fixture(scope="module")
def release(stack: Stack, first_run: FirstRun) -> Iterator[str]:
    """The newest of the user's zips, unpacked and active; what provisioning said of it."""
    copy = stack.checkout / "wordpress" / "plugins" / ZIPS[-1].name
    shutil.copy(ZIPS[-1], copy)
    try:
        yield stack.provision()
    finally:
        copy.unlink()
        remove_wpdatatables(stack)


@pytest.fixture(scope="module")
def administrator(browser: Browser, stack: Stack, release: str) -> Iterator[Visitor]:
    with Visitor(browser, stack.site) as admin:
        admin.log_in(stack.env["WORDPRESS_ADMIN_PASSWORD"]).wait_for_url("**/wp-admin/**")
        yield admin


@pytest.fixture(scope="module")
def visit(browser: Browser, stack: Stack, release: str) -> Iterator[tuple[Visitor, dict[str, Page]]]:
    """A visitor with all pages open."""
    with Visitor(browser, stack.site) as somebody:
        opened = {name: somebody.open(path) for name, path in PAGES.items()}
        for page in opened.values():
            page.wait_for_load_state("networkidle")
        yield somebody, opened


def rows(page: Page, table: str = ".wpDataTable") -> list[dict[str, str]]:
    """All rows of wpDataTables' table, cells by column."""
    page.locator(table).first.evaluate("table => jQuery(table).DataTable().page.len(-1).draw()")
    return list(page.locator(f"{table} >> nth=0 >> tbody tr").evaluate_all(CELLS))


def chart(page: Page, title: str) -> dict[str, Any]:
    canvas = f"canvas[aria-label^='{title}']"
    wait_until_painted(page, canvas)
    return dict(page.locator(canvas).evaluate(DRAWN))


def titles(stack: Stack, kind: str) -> list[str]:
    return [title for (title,) in stack.site_rows(TITLES.format(kind))]


def test_it_is_unpacked_and_active_and_then_there_is_nothing_to_change(stack: Stack, release: str) -> None:
    assert f"unpacked from {ZIPS[-1].name}" in release
    assert "wpDataTables activated" in release
    before = site_content(stack)
    assert "nothing to change" in stack.provision()
    assert site_content(stack) == before


def test_its_tables_and_charts_are_in_wp_admin(administrator: Visitor, stack: Stack) -> None:
    page = administrator.open(f"{ADMIN}administration")
    listed = page.inner_text("#wpbody-content")
    assert len(titles(stack, "tables")) == 8
    assert [title for title in titles(stack, "tables") if title not in listed] == []
    picture(page, "wpdatatables-tables")
    page = administrator.open(f"{ADMIN}charts")
    listed = page.inner_text("#wpbody-content")
    assert len(titles(stack, "charts")) == 4
    assert [title for title in titles(stack, "charts") if title not in listed] == []


def test_its_pages_of_wp_admin_ask_no_outside_host(administrator: Visitor, stack: Stack) -> None:
    for page in ("administration", "charts", "settings", "constructor&source&table_id=1"):
        administrator.open(ADMIN + page).wait_for_load_state("networkidle")
    assert administrator.hosts == {stack.site.removeprefix("http://")}


def test_the_websites_pages_ask_no_outside_host(visit: tuple[Visitor, dict[str, Page]], stack: Stack) -> None:
    somebody, pages = visit
    assert somebody.hosts == {stack.site.removeprefix("http://")}
    assert somebody.complaints == []
    for name, page in pages.items():
        picture(page, f"{name}-wpdatatables")


def test_every_station_is_in_its_table_with_postgresqls_values(
    visit: tuple[Visitor, dict[str, Page]], stack: Stack
) -> None:
    found = {row["station"]: row for row in rows(visit[1]["stations"])}
    wanted = stack.rows(OVERVIEW, role="webapp")
    assert len(found) == len(wanted) == 308
    for station, price, median, sales, week_tweets, week_mood, tweets, mood, topics in wanted:
        row = found[station]
        assert number(row["average_price"]) == as_written(price, 0), station
        assert number(row["median_price"]) == as_written(median, 0), station
        assert [number(row[name]) for name in ("sales", "week_tweets", "tweets")] == [
            sales,
            week_tweets,
            tweets,
        ]
        moods = [number(row["week_sentiment"]), number(row["sentiment"])]
        assert close(moods, [week_mood, mood], DECIMALS), station
        assert row["topics"] == (topics or ""), station


def test_its_table_of_prices_by_type(visit: tuple[Visitor, dict[str, Page]], stack: Stack) -> None:
    found = {row["station"]: row for row in rows(visit[1]["stations"], f"{BOX}:has(.column-flat_price)")}
    wanted = stack.rows(BY_TYPE)
    assert len(found) == len(wanted) == 308
    for station, zone, *values in wanted:
        row = found[station]
        assert number(row["zone"]) == as_written(zone, 1), station
        assert [number(row[name]) for name in PRICED] == [as_written(one, 0) for one in values], station


def test_its_table_of_topics(visit: tuple[Visitor, dict[str, Page]], stack: Stack) -> None:
    found = rows(visit[1]["topics"])
    wanted = stack.rows("SELECT topics FROM london_schema.topics ORDER BY date DESC")
    assert [row["topics"] for row in found] == [topics for (topics,) in wanted]


def test_its_charts_are_painted_with_postgresqls_values(
    visit: tuple[Visitor, dict[str, Page]], stack: Stack
) -> None:
    page = visit[1]["stations"]
    best = chart(page, "Mood by station")
    assert best["labels"] == [station for station, _ in stack.rows(EXTREMES)]
    assert close(best["datasets"][0]["data"], [mood for _, mood in stack.rows(EXTREMES)], DECIMALS)
    zones = chart(page, "Mood by fare zone")
    assert close(zones["datasets"][0]["data"], [mood for _, mood in stack.rows(ZONES)], DECIMALS)
    weeks = chart(page, "Mood by week")
    for place, series in enumerate(weeks["datasets"], 1):
        assert close(series["data"], [row[place] for row in stack.rows(WEEKS)], DECIMALS)
    dots = [dot for series in chart(page, "Mood against housing price")["datasets"] for dot in series["data"]]
    wanted = stack.rows("SELECT round(price), sentiment FROM london_schema.vsentiment ORDER BY 1, 2")
    assert sorted(dot["x"] for dot in dots) == [float(price) for price, _ in wanted]
    assert close(sorted(dot["y"] for dot in dots), sorted(mood for _, mood in wanted), DECIMALS)


def test_hostile_text_is_text_in_it_too(browser: Browser, stack: Stack, release: str) -> None:
    with hostile_text(stack), Visitor(browser, stack.site) as somebody:
        for path in PAGES.values():
            page = somebody.open(path)
            page.wait_for_load_state("networkidle")
            assert page.evaluate("typeof hostile") == "undefined"
            assert page.locator("img[src='/x']").count() == 0
        page = somebody.open("/")
        (row,) = [row for row in rows(page) if row["station"] == STATION]
        assert row["topics"] == ", ".join(WORDS)
        label = chart(page, "Mood by station")["labels"][0]
        assert label.replace("\u200b", "") == STATION  # a space of no width keeps a tag from being one
        assert not any(address.endswith("/x") for address in somebody.addresses)
        assert somebody.complaints == []


def test_without_postgresql_its_tables_show_the_last_rows_and_say_so(stack: Stack, release: str) -> None:
    before = fresh(stack.site).text
    with without(stack, "postgres", "pause", "unpause"):
        let_feeds_age(stack)
        answer = fresh(stack.site)
    let_feeds_age(stack)
    assert answer.status_code == 200
    assert "The database cannot be reached: these are the figures of " in text_of(answer.text)
    assert answer.text.count("<tr") == before.count("<tr") > 308


def test_an_editors_title_is_shown_and_stays(administrator: Visitor, stack: Stack) -> None:
    before = titles(stack, "tables")
    page = administrator.open(f"{ADMIN}constructor&source&table_id=1")
    page.wait_for_load_state("networkidle")
    page.fill("#wdt-table-title-edit", "Ours, by hand")
    page.click(".wdt-apply >> nth=0")
    page.wait_for_load_state("networkidle")
    try:
        assert titles(stack, "tables") == ["Ours, by hand", *before[1:]]
        assert "nothing to change" in stack.provision()
        assert titles(stack, "tables") == ["Ours, by hand", *before[1:]]
        assert "Ours, by hand" in fresh(stack.site).text
    finally:
        stack.site_rows(f"UPDATE wp_wpdatatables SET title = '{before[0]}' WHERE id = 1")


def test_a_table_that_was_deleted_stays_deleted_and_ours_stands_in(stack: Stack, release: str) -> None:
    stack.site_rows("UPDATE wp_wpdatatables SET id = 1000 WHERE id = 2")
    try:
        assert "nothing to change" in stack.provision()
        assert len(titles(stack, "tables")) == 8
        assert 'data-table="topics"' in fresh(stack.site + PAGES["topics"]).text
    finally:
        stack.site_rows("UPDATE wp_wpdatatables SET id = 2 WHERE id = 1000")
