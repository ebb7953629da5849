"""Pages that were made to do harm, or by accident as bad: an end, and nothing that breaks later."""

import json
import time
from collections.abc import Iterator
from dataclasses import asdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tubepulse.housing.listings.errors import PageTooLarge
from tubepulse.housing.listings.markup import DEEPEST, LONGEST_TEXT, MOST_TAGS
from tubepulse.housing.listings.page import BROKEN, MOST_LISTINGS, MOST_STATIONS, Page, decode, parse
from tubepulse.housing.listings.rules import SiteRules

RULES = SiteRules.named("example_homes")
URL = "http://homes.example/"
OPEN = '<article class="listing" data-listing-id="EH-{}">'
LINK, PRICE = '<a class="listing-link" href="/1">x</a>', '<p class="price">£1</p>'
GOOD = OPEN.format(1) + LINK + PRICE
FILL = MOST_TAGS - 5000


@pytest.fixture(autouse=True)
def in_time() -> Iterator[None]:
    start = time.process_time()  # what else the machine does costs no CPU time of ours
    yield
    assert time.process_time() - start < 60  # the worst takes 5 s


def read(text: str) -> Page:
    page = parse(text, RULES, URL)
    json.dumps(asdict(page), ensure_ascii=False).encode()
    return page


@pytest.mark.parametrize(
    "text",
    ["<div>" * 100_000, "<div>" * (DEEPEST + 1), "<a " * 2_000_000, "<!--" * 750_000, "<![CDATA[" * 500_000],
    ids=["nested", "barely too deep", "unclosed", "comments", "cdata"],
)
def test_more_tags_than_a_page_needs(text: str) -> None:
    with pytest.raises(PageTooLarge, match=r"^http://homes.example/: more than [0-9]+ tags"):
        read(text)


@pytest.mark.parametrize(
    "text",
    [
        "<a " * (MOST_TAGS - 1),
        "x" * 10_000_000,
        "<p " + " ".join(f"a{n}=1" for n in range(200_000)) + ">",
        "",
    ],
    ids=["unclosed", "10 MB of text", "attributes", "nothing"],
)
def test_a_page_without_listings(text: str) -> None:
    assert read(text).listings == 0


def test_more_listings_than_a_page_needs() -> None:
    with pytest.raises(PageTooLarge, match="more than 1000 listings"):
        read((OPEN.format(1) + "</article>") * (MOST_LISTINGS + 1))


def test_nested_listings_with_missing_fields_and_much_else() -> None:
    page = read("".join(map(OPEN.format, range(DEEPEST - 10))) + "<br>" * FILL)
    assert (len(page.rejects), page.rejects[0].reason) == (DEEPEST - 10, BROKEN)


def test_selectors_with_ancestors_that_are_not_there() -> None:
    text = GOOD + "<div>" * (DEEPEST - 10) + '<br class="bedrooms bathrooms living-rooms">' * (FILL // 4)
    assert read(text).items[0]["bedrooms"] is None


def test_nested_stations() -> None:
    page = read(GOOD + '<div class="stations">' + "<ul><li>" * ((DEEPEST - 10) // 2) + "<br>" * FILL)
    assert len(page.rejects) == (DEEPEST - 10) // 2
    assert len(page.items) == 1


def test_very_many_stations() -> None:
    station = '<li><span class="name">Oval</span><span class="distance">1 km</span></li>'
    assert len(read(GOOD + '<ul class="stations">' + station * 5000).items[0]["stations"]) == MOST_STATIONS


def test_long_texts_are_cut() -> None:
    page = read(GOOD + "<address>" + "x " * 1_000_000)
    assert len(page.items[0]["address"]) == LONGEST_TEXT
    page = read(OPEN.format(1) + LINK + '<p class="price">£' + "1," * 1_000_000)
    assert (page.rejects[0].reason, len(page.rejects[0].value)) == ("bad price", LONGEST_TEXT + 1)


@pytest.mark.parametrize(
    "text",
    [OPEN.format("1" * 600) + LINK + PRICE, OPEN.format(1) + LINK.replace("/1", "/" + "1" * 600) + PRICE],
    ids=["id", "link"],
)
def test_what_must_not_be_cut_is_refused(text: str) -> None:
    page = read(text)
    assert [reject.reason for reject in page.rejects] == [BROKEN]
    assert "longer than 500 characters" in page.rejects[0].value


@pytest.mark.parametrize("bad", ["\0", "\x07", "\x85", "\ud800", "&#0;", "&#7;", "&#xD800;", "&#xFFFF;"])
def test_characters_that_no_text_holds(bad: str) -> None:
    address = read(GOOD + f"<address>a{bad}b</address>").items[0]["address"]
    assert set(address) <= set("ab\N{REPLACEMENT CHARACTER}\N{HORIZONTAL ELLIPSIS} ")
    json.dumps(address, ensure_ascii=False).encode()


PIECES = [
    *(GOOD, LINK, PRICE, OPEN.format(2), "</article>", "</p>", '<ul class="stations">', "<li>", "</ul>"),
    *('<span class="name">', '<span class="distance">', "0.4 miles", "<", ">", "&", '"', "<!--", "-->"),
    *("<script>", "</script>", "<table>", "<svg>", "<![CDATA[", "\0", "\ud800", "é", "&#xD800;"),
    *("</body>", "<template>", "<title>", "<textarea>", "<plaintext>", "<form action='/account/login'>"),
]


@settings(deadline=None, max_examples=200)
@given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join) | st.text(max_size=200))
def test_any_markup_is_read_or_rejected(text: str) -> None:
    page = read(text)
    assert len(page.items) + len(page.rejects) <= page.listings * (MOST_STATIONS + 1)
    for item in page.items:
        assert item["ad_id"] and item["price"] > 0 and item["link"].startswith(URL)


@settings(deadline=None)
@given(
    st.binary(max_size=300), st.none() | st.sampled_from(["utf-8", "utf-16", "idna", "punycode", "\0", "é"])
)
def test_any_bytes_are_a_text(content: bytes, declared: str | None) -> None:
    read(decode(content, declared))
