"""The website's tables hold every row of PostgreSQL's views; one can sort, search and page through them."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.browser import Visitor
from tests.e2e.conftest import FirstRun
from tests.e2e.expected import BY_TYPE
from tests.e2e.harness import Stack
from tests.e2e.website import as_written, number

STATIONS, BY_TYPE_TABLE = "[data-table=stations]", "[data-table=prices_by_type]"
OVERVIEW = """
    SELECT station, zone, average_price, median_price, sales, week_tweets, week_sentiment, tweets,
           sentiment, topics
    FROM london_schema.station_overview"""
LINEAGE = """SELECT batch_nr, job_nr, step_airflow, source, destination, "timestamp"
             FROM london_schema.latest_lineage ORDER BY job_nr"""
SOURCE = "SELECT properties, first_day, last_day, rejected, attribution FROM london_schema.price_source"
CELLS = "rows => rows.map(row => [...row.cells].map(cell => cell.innerText.trim()))"


@pytest.fixture
def table(visitor: Visitor, stack: Stack, first_run: FirstRun) -> Locator:
    """The Stations table of a visitor who has just come, with its search, page length and pages."""
    page = visitor.open("/")
    page.wait_for_selector(f".dt-container {STATIONS}")
    return page.locator(".dt-container", has=page.locator(STATIONS))


def cells(place: Locator | Page, table: str = STATIONS) -> list[list[str]]:
    """Texts of the rows that are shown."""
    return list(place.locator(f"{table} tbody tr").evaluate_all(CELLS))


def column(table: Locator, place: int) -> list[str]:
    return [row[place] for row in cells(table)]


def words(cell: str) -> str | None:
    return None if cell.startswith("–") else cell


def sort(table: Locator, header: str, order: str) -> None:
    """Click a column's header, once or twice."""
    head = table.locator("thead th", has_text=header).first
    head.click()
    expect(head).to_have_attribute("aria-sort", re.compile("ending"))
    if head.get_attribute("aria-sort") != order:
        head.click()
    expect(head).to_have_attribute("aria-sort", order)


def test_every_station_is_there_with_postgresqls_values(plain_pages: dict[str, Page], stack: Stack) -> None:
    found = {row[0]: row[1:] for row in cells(plain_pages["stations"])}
    wanted = stack.rows(OVERVIEW, role="webapp")
    assert len(found) == len(wanted) == 308
    for station, zone, price, median, sales, week_tweets, week_mood, tweets, mood, topics in wanted:
        *numbers, topic_cell = found[station]
        expected = [as_written(zone, 1), as_written(price, 0), as_written(median, 0), sales, week_tweets,
                    as_written(week_mood, 3), tweets, as_written(mood, 3)]  # fmt: skip
        assert [number(text) for text in numbers] == expected, station
        assert words(topic_cell) == topics, station


def test_every_station_has_its_prices_by_type(plain_pages: dict[str, Page], stack: Stack) -> None:
    rows = cells(plain_pages["stations"], BY_TYPE_TABLE)
    prices = [number(row[2]) or 0 for row in rows]
    assert prices == sorted(prices, reverse=True)
    found = {row[0]: [number(text) for text in row[1:]] for row in rows}
    wanted = stack.rows(BY_TYPE)
    assert len(found) == len(wanted) == 308
    for station, zone, *numbers in wanted:
        expected = [as_written(zone, 1), *(as_written(one, 0) for one in numbers)]
        assert found[station] == expected, station
    assert all(any(row[place] for row in found.values()) for place in (5, 7, 9, 11))  # some of every type


def test_prices_by_type_have_headers_of_their_own(plain_pages: dict[str, Page]) -> None:
    heads = plain_pages["stations"].locator(f"{BY_TYPE_TABLE} thead th").all_inner_texts()
    types = ("Flat", "Terraced", "Semi-detached", "Detached")
    named = [f"{name} {what}" for name in types for what in ("price", "sales")]
    texts = [" ".join(head.split()) for head in heads]
    assert texts[:2] == ["Station", "Zone"]
    assert texts[2:5] == [f"{name} within 1 km" for name in ("Average price", "Median price", "Sales")]
    assert [text.removesuffix(" average") for text in texts[5:]] == named
    assert plain_pages["stations"].locator("h2#prices-by-type").count() == 1


def test_prices_by_type_are_sorted_and_searched(table: Locator, stack: Stack) -> None:
    dearest = stack.rows(
        "SELECT flat_price FROM london_schema.station_overview ORDER BY 1 DESC NULLS LAST LIMIT 25"
    )
    by_type = table.page.locator(".dt-container", has=table.page.locator(BY_TYPE_TABLE))
    sort(by_type, "Flat price", "descending")
    found = [number(row[5]) for row in cells(by_type, BY_TYPE_TABLE)]
    assert found == [as_written(price, 0) for (price,) in dearest]
    by_type.get_by_role("searchbox").fill("hammersmith")
    names = [row[0] for row in cells(by_type, BY_TYPE_TABLE)]
    assert names
    assert all("Hammersmith" in name for name in names)


def long_day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def period(first: date, last: date) -> str:
    """A year that both have is written once."""
    year = "" if first.year == last.year else f" {first.year}"
    return f"{first.day} {first:%B}{year} to {long_day(last)}"


@pytest.mark.parametrize("page", ["stations", "about"])
def test_the_prices_tell_number_period_source_and_attribution(
    plain_pages: dict[str, Page], stack: Stack, page: str
) -> None:
    ((number_of_sales, first, last, rejected, attribution),) = stack.rows(SOURCE, role="webapp")
    text = plain_pages[page].locator(".tubepulse-prices").inner_text()
    assert text.startswith(f"Prices paid in {number_of_sales:,} sales of homes, ")
    assert f", {period(first, last)}, from source land_registry." in text
    assert (f"{rejected:,} row" in text) == (rejected > 0)
    assert attribution
    assert attribution in text


def test_numbers_have_their_units_and_signs(plain_pages: dict[str, Page]) -> None:
    rows = cells(plain_pages["stations"])
    for place in (2, 3):
        assert all(re.fullmatch(r"£\d{1,3}(,\d{3})+|–.*", row[place], re.DOTALL) for row in rows)
        assert any(row[place].startswith("£") for row in rows)
    assert all(re.fullmatch(r"[+−]\d\.\d{3}|0\.000|–.*", row[6], re.DOTALL) for row in rows)


def test_scripts_keep_every_row(table: Locator) -> None:
    expect(table.locator(".dt-info")).to_have_text("1 to 25 of 308 stations")
    assert len(cells(table)) == 25
    table.locator(".dt-length select").select_option("-1")
    assert len({row[0] for row in cells(table)}) == 308


@pytest.mark.parametrize("order", ["ascending", "descending"])
@pytest.mark.parametrize(
    ("header", "place", "name", "decimals"),
    [
        ("Average price", 2, "average_price", 0),
        ("Median price", 3, "median_price", 0),
        ("Mood this week", 6, "week_sentiment", 3),
    ],
)
def test_sorting(
    table: Locator, stack: Stack, header: str, place: int, name: str, decimals: int, order: str
) -> None:
    sort(table, header, order)
    direction = "ASC" if order == "ascending" else "DESC"
    wanted = stack.rows(
        f"SELECT {name} FROM london_schema.station_overview ORDER BY 1 {direction} NULLS LAST LIMIT 25"
    )
    assert [number(text) for text in column(table, place)] == [as_written(one, decimals) for (one,) in wanted]


def test_searching(table: Locator, stack: Stack) -> None:
    table.get_by_role("searchbox").fill("hammersmith")
    wanted = stack.rows(
        "SELECT station FROM london_schema.station_overview WHERE station ILIKE %s OR topics ILIKE %s",
        "%hammersmith%", "%hammersmith%",
    )  # fmt: skip
    assert wanted
    assert sorted(column(table, 0)) == sorted(station for (station,) in wanted)


def test_searching_for_what_is_not_there(table: Locator) -> None:
    table.get_by_role("searchbox").fill("xyzzy")
    assert cells(table) == [["No station matches."]]
    expect(table.locator(".dt-info")).to_contain_text("308 in all")


def test_turning_pages(table: Locator, stack: Stack) -> None:
    sort(table, "Station", "ascending")
    first = column(table, 0)
    table.get_by_label("Next page").click()
    expect(table.locator(".dt-info")).to_have_text("26 to 50 of 308 stations")
    second = column(table, 0)
    wanted = [name for (name,) in stack.rows("SELECT station FROM london_schema.station_overview")]
    assert first + second == sorted(wanted, key=str.casefold)[:50]


def test_longer_pages(table: Locator) -> None:
    table.locator(".dt-length select").select_option("100")
    assert len(cells(table)) == 100


def test_the_topics_page_shows_each_weeks_words(plain_pages: dict[str, Page], stack: Stack) -> None:
    page = plain_pages["topics"]
    rows = cells(page, "[data-table=topics]")
    wanted = stack.rows("SELECT date, topics FROM london_schema.topics ORDER BY date DESC", role="webapp")
    assert len(wanted) >= 4
    assert [row[1] for row in rows] == [topics for _, topics in wanted]
    for (week, _), (monday, _) in zip(rows, wanted, strict=True):
        sunday = monday + timedelta(days=7 - monday.isoweekday())
        assert monday.strftime("%G-W%V") in week
        assert long_day(sunday) in week
    assert page.locator(".tubepulse-words li").all_inner_texts() == wanted[0][1].split(", ")


def test_the_topics_page_shows_each_stations_words(plain_pages: dict[str, Page], stack: Stack) -> None:
    rows = cells(plain_pages["topics"], "[data-table=station_words]")
    wanted = stack.rows("SELECT station, week_tweets, topics FROM london_schema.station_overview")
    assert {(row[0], number(row[1]), words(row[2])) for row in rows} == set(wanted)


def test_the_about_page_shows_the_last_lineage(plain_pages: dict[str, Page], stack: Stack) -> None:
    rows = cells(plain_pages["about"], "[data-table=lineage]")
    wanted = stack.rows(LINEAGE, role="webapp")
    assert len(rows) == len(wanted) >= 3
    for row, (batch, job, step, source, destination, time) in zip(rows, wanted, strict=True):
        assert row[:2] == [f"{batch} · {job}", step]
        assert [cell.replace("\n", ", ") for cell in row[2:4]] == [source, destination]
        assert row[4] == f"{time.day} {time:%B %Y, %H:%M:%S}"


def test_the_about_page_names_method_sources_and_licences(plain_pages: dict[str, Page]) -> None:
    text = plain_pages["about"].inner_text("main").lower()
    for named in (
        "VADER",
        "HM Land Registry",
        "Open Government Licence",
        "within 1 km",
        "stop words",
        "great circle",
        "twelve whole months",
        "asking prices",
        "median",
        "synthetic",
    ):
        assert named.lower() in text, named


def test_the_data_are_dated(plain_pages: dict[str, Page], stack: Stack) -> None:
    ((week,),) = stack.rows("SELECT max(run) FROM london_schema.sentiment")
    year, number_of_week = map(int, week.split("-W"))
    sunday = datetime.fromisocalendar(year, number_of_week, 7).replace(tzinfo=UTC)
    dated = plain_pages["stations"].inner_text(".tubepulse-date")
    assert week in dated
    assert f"{sunday.day} {sunday:%B %Y}" in dated
