"""The demo's page: complete, self-contained, safe against what stations and words may hold."""

from __future__ import annotations

import base64
import csv
import hashlib
import json
import math
import random
import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest

from embedded.report.data import HOME_TYPES, HomePrice
from embedded.report.page import Lineage, Mood, PriceSource, Report, Station, StepTime, Topic, render

STATIONS = Path(__file__).parents[3] / "fixtures/stations.csv"
WEEKS = [f"2026-W{number}" for number in range(39, 47)]
WORDS = [
    "rent",
    "coffee",
    "delayed",
    "market",
    "sunset",
    "roadworks",
    "park",
    "gig",
    "rain",
    "brunch",
    "queue",
]
HOSTILE = "</script><img src=x onerror=alert(1)>\u2028'\"&amp;"
VOID = {"meta", "link", "input", "br", "img"}
SOURCE = PriceSource(
    source="land_registry", kind="sale", first_day=date(2025, 8, 1), last_day=date(2026, 7, 31),
    properties=6210, prices=14_520, rejected=12, attribution="Synthetic sales, for tests.",
    loaded_at=datetime(2026, 11, 1, 5, 2),
)  # fmt: skip


def sample(weeks: int = 1) -> Report:
    """308 real places with made-up numbers: prices fall and moods vary outwards, some values are missing."""
    chance = random.Random(46)
    with STATIONS.open(encoding="utf-8-sig", newline="") as file:
        places = list(csv.DictReader(file))
    stations, moods = [], []
    for number, place in enumerate(places):
        zone, latitude, longitude = (float(place[key]) for key in ("zone", "latitude", "longitude"))
        away = math.hypot(latitude - 51.51, (longitude + 0.12) * 0.62)
        tweets = 0 if number % 11 == 3 else max(1, round(chance.lognormvariate(2.6 - 4 * away, 0.7)))
        mood = max(-1.0, min(1.0, chance.gauss(0.24 + 0.9 * math.sin(longitude * 9) * 0.25, 0.14)))
        price = (
            None
            if number % 61 == 7
            else round(260_000 + 620_000 * math.exp(-9 * away) * chance.uniform(0.7, 1.6))
        )
        homes = [
            HomePrice() if price is None else home(chance, price, factor) for factor in (1.9, 1.4, 1.1, 0.8)
        ]
        stations.append(
            Station(
                place["station"], zone, latitude, longitude,
                price, sum(one.sales for one in homes),
                WEEKS[-1] if tweets else None, tweets, mood if tweets else None,
                tweets * weeks, mood * 0.9 if tweets else None,
                None if price is None else price * 0.93, tuple(homes),
            )
        )  # fmt: skip
    for week in range(weeks):
        for zone in sorted({one.zone for one in stations}):
            tweets = sum(one.week_tweets for one in stations if one.zone == zone)
            drift = 0.1 + 0.06 * math.sin(week * 1.3 + zone) - 0.01 * zone
            moods.append(Mood(WEEKS[week - weeks], zone, tweets, drift))
    topics = [Topic("", rank, word, 420 // rank + 13) for rank, word in enumerate(WORDS, 1)]
    for one in stations[::2]:
        said = chance.sample(WORDS, 5)
        topics += [Topic(one.station, rank, word, 9 - rank) for rank, word in enumerate(said, 1)]
    start = datetime(2026, 11, 16, 6, 0, tzinfo=UTC)
    lineage = [
        Lineage(1, 1, start, "get_twitter_data", "X API", f"s3://tubepulse/api_output/run={WEEKS[-1]}/tweets.parquet"),
        Lineage(1, 2, start + timedelta(seconds=21), "summarised_data_lineage_spark",
                f"s3://tubepulse/api_output/run={WEEKS[-1]}/tweets.parquet", f"s3://tubepulse/sentiment/run={WEEKS[-1]}/"),
        Lineage(1, 3, start + timedelta(seconds=33), "save_result_to_postgres_db",
                f"s3://tubepulse/sentiment/run={WEEKS[-1]}/", "london_schema.sentiment"),
    ]  # fmt: skip
    steps = [
        StepTime("Copy tweets to HDFS", "COMPLETED", 1.4),
        StepTime("Sentiment analysis", "COMPLETED", 11.9),
        StepTime("Copy sentiment to S3", "COMPLETED", 1.2),
        StepTime("Topic analysis", "COMPLETED", 9.3),
        StepTime("Copy topics to S3", "COMPLETED", 1.1),
    ]
    phases = {"services": 6.1, "database": 2.4, "deploy": 4.9, "housing_prices": 3.3, "tweets": 38.2}
    return Report(
        WEEKS[-1], stations, moods, topics, lineage, 38.2, start + timedelta(minutes=1), steps, phases, SOURCE
    )


def home(chance: random.Random, price: float, factor: float) -> HomePrice:
    """One type's prices, or none: dear types are rare."""
    sales = round(chance.randint(0, 30) / factor**2)
    mean = round(price * factor * chance.uniform(0.9, 1.1))
    return HomePrice(mean, mean * 0.95, sales) if sales else HomePrice()


class Page(HTMLParser):
    """The page's elements as (tag, attributes, text), in order; asserts that tags are closed in turn."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[str, dict[str, str], list[str]]] = []
        self.open: list[tuple[str, dict[str, str], list[str]]] = []
        self.feed(page)
        self.close()
        assert not self.open, [tag for tag, _, _ in self.open]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = (tag, {name: value or "" for name, value in attrs}, list[str]())
        self.found.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}, []))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        for _, _, text in self.open:
            text.append(data)

    def all(self, tag: str, **attributes: str) -> list[tuple[dict[str, str], str]]:
        """(attributes, text) of each element with this tag and attributes; class_: one of its classes."""
        kind = attributes.pop("class_", None)
        return [
            (has, "".join(text))
            for name, has, text in self.found
            if name == tag
            and all(has.get(key) == value for key, value in attributes.items())
            and (kind is None or kind in has.get("class", "").split())
        ]


def svgs(page: str) -> list[ET.Element]:
    """Every SVG of the page, parsed as XML: which is stricter than a browser."""
    return [ET.fromstring(found) for found in re.findall(r"<svg.*?</svg>", page, re.DOTALL)]


def svg_of(page: str, kind: str) -> ET.Element:
    (found,) = [svg for svg in svgs(page) if kind in svg.get("class", "").split()]
    return found


def dots_of(page: str, kind: str) -> list[ET.Element]:
    return [one for one in svg_of(page, kind).iter("circle") if "dot" in one.get("class", "").split()]


def table_of(page: str, name: str) -> Page:
    (found,) = re.findall(rf'<table id="{name}".*?</table>', page, re.DOTALL)
    return Page(found)


def station_rows(page: str) -> int:
    return len(table_of(page, "station-table").all("th", scope="row"))


@pytest.fixture(scope="module")
def page() -> str:
    return render(sample())


def test_one_dot_and_one_row_a_station(page: str) -> None:
    dots = dots_of(page, "whole")
    assert sorted(int(dot.get("data-i", "")) for dot in dots) == list(range(308))
    assert station_rows(page) == 308


def test_dots_without_tweets_are_hollow_and_the_rest_coloured(page: str) -> None:
    for dot in dots_of(page, "whole"):
        station = sample().stations[int(dot.get("data-i", ""))]
        assert (dot.get("class") == "dot none") == (station.week_tweets == 0)


def test_the_centre_shows_every_station_of_zone_1(page: str) -> None:
    shown = {int(dot.get("data-i", "")) for dot in dots_of(page, "centre")}
    assert {index for index, one in enumerate(sample().stations) if one.zone < 2} <= shown


def test_key_figures_are_in_the_header(page: str) -> None:
    stations = sample().stations
    texts = [text for _, text in Page(page).all("dd")]
    assert texts[0].startswith(f"{sum(one.week_tweets for one in stations):,}")
    assert texts[1].startswith("280") and "of 308" in texts[1]
    assert texts[4].startswith("38.2 s")
    assert "Synthetic data." in page and "9–15 November 2026" in page


@pytest.mark.parametrize("weeks", [1, 8])
def test_nothing_comes_from_elsewhere(weeks: int) -> None:
    page = render(sample(weeks))
    for _, attributes, _ in Page(page).found:
        for name in ("src", "href", "xlink:href", "action", "srcset", "data"):
            assert attributes.get(name, "#").startswith(("#", "data:")), attributes
    assert not re.search(r"url\(|@import|https?://", page)
    assert len(page.encode()) < 1_000_000


def test_policy_allows_exactly_the_pages_own_style_and_script(page: str) -> None:
    parsed = Page(page)
    ((policy, _),) = parsed.all("meta", **{"http-equiv": "Content-Security-Policy"})
    ((_, style),) = parsed.all("style")
    (script,) = [text for attributes, text in parsed.all("script") if "type" not in attributes]
    for kind, text in (("style", style), ("script", script)):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy["content"]
    assert policy["content"].startswith("default-src 'none'; ")
    # The policy would block these silently.
    assert not any("style" in attributes for _, attributes, _ in parsed.found)
    assert not any(name.startswith("on") for _, attributes, _ in parsed.found for name in attributes)


def test_hostile_text_shows_as_text() -> None:
    report = sample(2)
    source = replace(SOURCE, source=HOSTILE, kind=HOSTILE, attribution=HOSTILE)
    first = replace(report.stations[0], station=HOSTILE, week_tweets=500, week=WEEKS[-1], week_sentiment=0.9)
    page = render(
        replace(
            report,
            stations=[first, *report.stations[1:]],
            topics=[Topic("", 1, HOSTILE, 9), Topic(HOSTILE, 1, HOSTILE, 9)],
            lineage=[replace(report.lineage[0], step_airflow=HOSTILE, source=HOSTILE, destination=HOSTILE)],
            steps=[StepTime(HOSTILE, HOSTILE, 1)],
            phases={HOSTILE: 1.0},
            prices=source,
        )
    )
    parsed = Page(page)
    assert not parsed.all("img")
    assert not any("onerror" in attributes for _, attributes, _ in parsed.found)
    assert len(parsed.all("script")) == 2
    ((_, data),) = parsed.all("script", id="data")
    assert "\u2028" not in data and "<" not in data
    assert json.loads(data)[0]["name"] == HOSTILE
    assert json.loads(data)[0]["words"] == [[HOSTILE, 9]]
    assert HOSTILE in [text for _, text in parsed.all("th", scope="row")]
    assert HOSTILE in [text for _, text in parsed.all("span")]


def test_data_for_the_script_is_in_the_dots_order(page: str) -> None:
    ((_, data),) = Page(page).all("script", id="data")
    assert [one["name"] for one in json.loads(data)] == [one.station for one in sample().stations]


def test_ids_are_unique_and_references_lead_somewhere(page: str) -> None:
    found = Page(page).found
    ids = [attributes["id"] for _, attributes, _ in found if "id" in attributes]
    assert len(ids) == len(set(ids))
    for _, attributes, _ in found:
        for name in ("aria-labelledby", "aria-describedby", "for"):
            assert set(attributes.get(name, "").split()) <= set(ids)


def test_every_drawing_is_named_or_hidden(page: str) -> None:
    for svg in svgs(page):
        if svg.get("aria-hidden") != "true":
            assert svg.get("role") == "img"
            assert svg.get("aria-label") or (svg.find("title") is not None and svg.find("desc") is not None)


def test_the_tables_say_how_they_are_sorted_and_numbers_are_to_the_right(page: str) -> None:
    sorts = [
        (text, attributes["aria-sort"])
        for attributes, text in Page(page).all("th")
        if "aria-sort" in attributes
    ]
    assert sorts == [("Tweets", "descending"), ("Station", "ascending")]
    cells = table_of(page, "station-table").all("td", class_="n")
    tweets = [int(has["data-v"]) for has, _ in cells[1::6]]
    assert len(tweets) == 308 and tweets == sorted(tweets, reverse=True)
    names = [text for _, text in table_of(page, "home-table").all("th", scope="row")]
    assert len(names) == 308 and names == sorted(names, key=str.lower)


def test_a_station_has_its_mean_its_median_and_its_sales(page: str) -> None:
    stations = sorted(sample().stations, key=lambda one: (-one.week_tweets, one.station))
    cells = table_of(page, "station-table").all("td", class_="n")
    for place, one in enumerate(stations):
        shown = [text for _, text in cells[6 * place + 3 : 6 * place + 6]]
        if one.average_price is None or one.median_price is None:
            assert shown == ["–", "–", "0"]
        else:
            assert shown == [f"£{one.average_price:,.0f}", f"£{one.median_price:,.0f}", f"{one.sales}"]


def test_a_station_has_prices_by_type_of_home(page: str) -> None:
    parsed = table_of(page, "home-table")
    heads = [text for _, text in parsed.all("th", scope="col")]
    assert heads[:3] == ["Station", "Detachedmean · sales", "Mediandetached"] and len(heads) == 9
    cells = parsed.all("td", class_="n")
    for place, one in enumerate(sorted(sample().stations, key=lambda one: one.station.lower())):
        for column, home in enumerate(one.homes):
            (mean, shown), (median, _) = cells[8 * place + 2 * column :][:2]
            if home.average is None:
                assert shown == "–" and "data-v" not in mean and "data-v" not in median
            else:
                assert shown == f"£{home.average:,.0f} · {home.sales}"
                assert [float(mean["data-v"]), float(median["data-v"])] == [home.average, home.median]


def test_londons_means_weigh_each_station_by_its_sales() -> None:
    report = sample()
    one, other, none = report.stations[:3]
    flat = HOME_TYPES.index("flat")
    homes = [[HomePrice()] * 4 for _ in range(3)]
    homes[0][flat], homes[1][flat] = HomePrice(300_000, 1, 3), HomePrice(700_000, 1, 1)
    homes[2][0] = HomePrice(1_000_000, 1, 1)
    stations = [replace(row, homes=tuple(by)) for row, by in zip((one, other, none), homes, strict=True)]
    page = render(replace(report, stations=stations))
    ((_, shown),) = Page(page).all("ul", class_="homes")
    assert shown.split("\n") == ["", "Detached£1,000,0001 sale", "Flat£400,0004 sales", ""]  # dearest first


def test_where_the_prices_come_from_is_said(page: str) -> None:
    facts = dict(re.findall(r"<dt>([^<]*)</dt><dd>([^<]*)</dd>", page))
    assert facts["Period"] == "1 August 2025 to 31 July 2026"
    assert facts["Homes sold"] == "6,210" and facts["Sales counted at stations"] == "14,520"
    assert facts["Rows rejected"] == "12" and facts["Source"] == "land_registry"
    (footer,) = re.findall(r"<footer>.*</footer>", page, re.DOTALL)
    assert SOURCE.attribution in footer and "12 rows could not be used" in footer


def test_listings_are_not_called_sales() -> None:
    source = replace(SOURCE, source="example_homes", kind="listing", rejected=1, attribution="Made up.")
    bare = [replace(one, homes=(HomePrice(),) * 4) for one in sample().stations]
    page = render(replace(sample(), prices=source, stations=bare))
    assert "does not say of which type" in page and 'id="home-table"' not in page
    ((_, data),) = Page(page).all("script", id="data")
    heads = [text for _, text in table_of(page, "station-table").all("th", scope="col")]
    assert heads[-3:] == ["Average asking price", "Median asking price", "Listings"]
    assert json.loads(data)[0]["sales"].endswith("listings")
    assert "asked for in listings, not paid in sales" in page
    # The method names sales where it says that there are none.
    text = re.sub(r"<style>.*?</style>|<script.*?</script>", "", page, flags=re.DOTALL)
    assert re.findall(r"\bsales?\b", text) == ["sales"]


def test_without_prices_the_page_says_so(page: str) -> None:
    bare = [
        replace(one, average_price=None, median_price=None, sales=0, homes=(HomePrice(),) * 4)
        for one in sample().stations
    ]
    page = render(replace(sample(), prices=None, stations=bare))
    assert "No prices are loaded." in page and 'id="home-table"' not in page
    assert station_rows(page) == 308


def test_several_weeks_are_lines_and_add_columns() -> None:
    one, many = Page(render(sample())), Page(render(sample(8)))
    assert len(many.all("g", class_="line")) == 5 and not one.all("g", class_="line")
    assert [text for _, text in many.all("th") if "all weeks" in text] == ["Tweetsall weeks", "Moodall weeks"]
    assert not [text for _, text in one.all("th") if "all weeks" in text]


def test_a_rerun_of_an_older_week_shows_the_newest_and_says_so() -> None:
    page = render(replace(sample(2), week=WEEKS[-2]))
    assert "Week 46 of 2026" in page and "loaded week 45 of 2026" in page


def test_stations_whose_tweets_are_older_have_none_this_week() -> None:
    report = sample(2)
    busy = max(range(308), key=lambda index: report.stations[index].week_tweets)
    stations = list(report.stations)
    stations[busy] = replace(stations[busy], week=WEEKS[-2])
    (dot,) = [
        dot
        for dot in dots_of(render(replace(report, stations=stations)), "whole")
        if dot.get("data-i") == str(busy)
    ]
    assert dot.get("class") == "dot none"


def test_no_tweets_no_prices_nothing_loaded() -> None:
    report = sample()
    bare = [
        replace(
            one,
            average_price=None,
            sales=0,
            median_price=None,
            homes=(HomePrice(),) * 4,
            week=None,
            week_tweets=0,
            week_sentiment=None,
            tweets=0,
            sentiment=None,
        )
        for one in report.stations
    ]
    page = render(Report("2026-W46", bare, [], [], [], 0.0, report.generated_at))
    assert len(dots_of(page, "whole")) == 308 and station_rows(page) == 308
    for text in (
        "No week has tweets.",
        "No station has both a price and a tweet.",
        "No lineage was recorded.",
    ):
        assert text in page


@pytest.mark.parametrize("count", [0, 1, 2])
def test_hardly_any_stations(count: int) -> None:
    report = sample()
    page = render(replace(report, stations=report.stations[:count], moods=report.moods[:count]))
    assert len(dots_of(page, "whole")) == count == station_rows(page)
    assert "not defined" in page


def test_failed_and_unstarted_steps_are_told() -> None:
    steps = [StepTime("Sentiment analysis", "FAILED", 3.2), StepTime("Topic analysis", "CANCELLED", None)]
    text = "".join(text for _, text in Page(render(replace(sample(), steps=steps))).all("ol", class_="steps"))
    assert "Failed" in text and "3.2 s" in text and "Cancelled" in text


def test_lineage_names_source_and_destination(page: str) -> None:
    cells = [text for _, text in Page(page).all("td", role="cell")]
    assert len(cells) == 3 * 5 and "london_schema.sentiment" in cells and "X API" in cells
