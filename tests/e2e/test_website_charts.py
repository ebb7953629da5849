"""The website's charts, map and key figures say what PostgreSQL's tables say, and are painted."""

import itertools
import re
from typing import Any

from playwright.sync_api import Page

from tests.e2e.browser import picture, wait_until_painted
from tests.e2e.expected import EXTREMES, PRICES, WEEKS, ZONES, close
from tests.e2e.harness import Stack
from tests.e2e.website import as_written, number

NEWEST = """
    SELECT count(*), count(DISTINCT station), avg(sentiment) FROM london_schema.sentiment
    WHERE run = (SELECT max(run) FROM london_schema.sentiment)"""
DRAWN = """canvas => {
    const {labels, datasets} = Chart.getChart(canvas).data;
    return {labels, series: datasets.map(({label, data}) => ({label, data}))};
}"""
PENCE = 0.006  # pounds
DOTS = """dots => dots.map(dot => [dot.dataset.station, dot.cx.baseVal.value, dot.cy.baseVal.value,
                                   dot.querySelector('title')?.textContent])"""
FIGURES = "all => all.map(one => [one.querySelector('dt').innerText, one.querySelector('strong').innerText])"


def chart(page: Page, name: str) -> dict[str, Any]:
    """What Chart.js draws, once it is painted."""
    canvas = f"[data-chart={name}] canvas"
    wait_until_painted(page, canvas)
    return dict(page.locator(canvas).evaluate(DRAWN))


def test_the_best_and_the_worst_moods_are_drawn(pages: dict[str, Page], stack: Stack) -> None:
    wanted = stack.rows(EXTREMES)
    drawn = chart(pages["stations"], "mood_by_station")
    assert len(wanted) == 30
    assert drawn["labels"] == [station for station, _ in wanted]
    assert close(drawn["series"][0]["data"], [mood for _, mood in wanted])


def test_price_against_mood_is_drawn(pages: dict[str, Page], stack: Stack) -> None:
    wanted = stack.rows("SELECT price, sentiment FROM london_schema.vsentiment")
    drawn = chart(pages["stations"], "price_and_mood")
    assert len(wanted) > 200
    found = sorted((point["x"], point["y"]) for point in drawn["series"][0]["data"])
    expected = sorted((float(price), mood) for price, mood in wanted)
    assert close([x for x, _ in found], [x for x, _ in expected], PENCE)
    assert close([y for _, y in found], [y for _, y in expected])


def test_zones_are_drawn_each_tweet_with_the_same_weight(pages: dict[str, Page], stack: Stack) -> None:
    wanted = stack.rows(ZONES)
    drawn = chart(pages["stations"], "mood_by_zone")
    assert [number(str(label)) for label in drawn["labels"]] == [float(zone) for zone, _ in wanted]
    assert close(drawn["series"][0]["data"], [mood for _, mood in wanted])


def test_weeks_are_drawn_for_london_and_its_halves(pages: dict[str, Page], stack: Stack) -> None:
    wanted = stack.rows(WEEKS)
    drawn = chart(pages["stations"], "mood_by_week")
    assert len(wanted) >= 4
    assert drawn["labels"] == [week for week, *_ in wanted]
    assert len(drawn["series"]) == 3
    for place, series in enumerate(drawn["series"], 1):
        assert close(series["data"], [row[place] for row in wanted]), series["label"]


def test_the_map_has_a_dot_a_station(pages: dict[str, Page], stack: Stack) -> None:
    dots = pages["map"].locator("svg.tubepulse-london circle.dot").evaluate_all(DOTS)
    stations = stack.rows("SELECT station FROM london_schema.stations")
    assert len(stations) == 308
    assert sorted(name for name, *_ in dots) == sorted(name for (name,) in stations)


def test_the_dots_are_where_the_stations_are(pages: dict[str, Page], stack: Stack) -> None:
    dots = pages["map"].locator("svg.tubepulse-london circle.dot").evaluate_all(DOTS)
    at = {name: (x, y) for name, x, y, _ in dots}
    places = stack.rows("SELECT station, longitude, -latitude FROM london_schema.stations")
    for axis in (0, 1):
        ordered = [at[row[0]][axis] for row in sorted(places, key=lambda row: row[1 + axis])]
        assert all(one <= other + 0.11 for one, other in itertools.pairwise(ordered))  # a rounded tenth


def test_a_dot_tells_its_stations_figures_without_scripts(plain_pages: dict[str, Page], stack: Stack) -> None:
    html = plain_pages["map"].locator("svg.tubepulse-london circle.dot title").all_text_contents()
    told = {text.split("\n")[0]: text for text in html}
    wanted = stack.rows(
        """SELECT station, week_tweets, week_sentiment, average_price, topics
           FROM london_schema.station_overview"""
    )
    for station, tweets, mood, price, topics in wanted:
        moods = [number(found) for found in re.findall(r"[+−]\d\.\d{3}|0\.000", told[station])]
        assert moods == ([as_written(mood, 3)] if tweets else [])
        assert f"{tweets:,} tweet" in told[station] or not tweets
        assert price is None or f"£{as_written(price, 0):,.0f} " in told[station]
        assert topics is None or topics in told[station]


def test_a_dot_that_is_tapped_tells_its_station(pages: dict[str, Page]) -> None:
    page = pages["map"]
    page.locator("svg.tubepulse-london circle.dot[data-station=Epping]").click(force=True)
    assert page.locator(".tubepulse-tip").inner_text().startswith("Epping")
    page.keyboard.press("Escape")
    assert page.locator(".tubepulse-tip").is_hidden()


def test_the_key_figures(pages: dict[str, Page], stack: Stack) -> None:
    shown = pages["stations"].locator(".tubepulse-figures > div").evaluate_all(FIGURES)
    ((tweets, stations, mood),) = stack.rows(NEWEST)
    ((price, sales),) = stack.rows(PRICES)
    ((correlation,),) = stack.rows("SELECT corr(price, sentiment) FROM london_schema.vsentiment")
    assert {name: number(text) for name, text in shown} == {
        "tweets this week": tweets,
        "stations": stations,
        "mean mood": as_written(mood, 3),
        "average price": as_written(price, 0),
        "correlation": as_written(correlation, 2),
    }
    assert f"of {sales:,} sales within 1 km" in pages["stations"].inner_text(".tubepulse-figures")


def test_pictures_of_all_pages(pages: dict[str, Page]) -> None:
    """For a person: a page may be right and ugly."""
    for name, page in pages.items():
        page.bring_to_front()
        for place in range(page.locator("canvas").count()):
            page.locator("canvas").nth(place).scroll_into_view_if_needed()
        picture(page, name)
