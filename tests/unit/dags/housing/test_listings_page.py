"""A page of listings into fields and rejects; made-up markup."""

import json
from dataclasses import asdict

import pytest

from tubepulse.housing.listings.page import BROKEN, Page, decode, parse
from tubepulse.housing.listings.rules import SiteRules

RULES = SiteRules.named("example_homes")
URL = "http://homes.example/for-sale/london/?page=2"
LINK = '<a class="listing-link" href="/for-sale/details/EH-1/">See it</a>'
PRICE = '<p class="price">£450,000</p>'
REST = (
    "<address>1 Made-up Street</address>"
    '<ul class="rooms"><li class="bedrooms">3 beds</li><li class="living-rooms">1</li></ul>'
    '<ul class="stations"><li><span class="name">Acton Town</span>'
    '<span class="distance">0.5 miles</span></li></ul>'
)


def listing(inner: str = LINK + PRICE + REST, number: str = "EH-1") -> str:
    return f'<article class="listing" data-listing-id="{number}">{inner}</article>'


def read(text: str) -> Page:
    page = parse(text, RULES, URL)
    json.dumps(asdict(page), ensure_ascii=False).encode()
    return page


def only(text: str) -> dict:
    page = read(text)
    assert (page.rejects, len(page.items)) == ([], 1)
    return page.items[0]


def refused(text: str) -> list[tuple[int, str, str]]:
    page = read(text)
    assert page.items == []
    assert {reject.file for reject in page.rejects} == {"/for-sale/london/?page=2"}
    return [(reject.line, reject.reason, reject.value) for reject in page.rejects]


def test_a_listing() -> None:
    assert only(listing()) == {
        "ad_id": "EH-1",
        "link": "http://homes.example/for-sale/details/EH-1/",
        "price": 450000,
        "address": "1 Made-up Street",
        "number": 1,
        "bedrooms": 3,
        "bathrooms": None,
        "living_rooms": 1,
        "stations": [{"name": "Acton Town", "distance_m": 804.672}],
    }


def test_what_may_be_missing() -> None:
    item = only(listing(LINK + PRICE))
    assert [item[name] for name in ("address", "bedrooms", "bathrooms", "living_rooms")] == [None] * 4
    assert item["stations"] == []


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (listing(LINK + REST), "EH-1 without price"),
        (listing(PRICE + REST), "EH-1 without link"),
        (listing(number=""), "a listing without ad_id"),
        (listing().replace(' data-listing-id="EH-1"', ""), "a listing without ad_id"),
    ],
)
def test_a_needed_field_that_is_missing_is_rejected_with_the_listings_number(text: str, value: str) -> None:
    page = read(listing(number="EH-0") + text)
    assert [(one.line, one.reason, one.value) for one in page.rejects] == [(2, BROKEN, value)]
    assert [item["number"] for item in page.items] == [1]


@pytest.mark.parametrize(
    ("price", "reason"),
    [
        ("POA", "price on application"),
        ("Price on application", "price on application"),
        ("From £450,000", "price is a minimum"),
        ("OFFERS OVER £450,000", "price is a minimum"),
        ("£1,950 pcm", "rent"),
        ("£450 pw", "rent"),
        ("about £450,000", "bad price"),
        ("£0", "bad price"),
        ("£450k", "bad price"),
    ],
)
def test_a_price_that_is_none_is_refused_by_its_reason(price: str, reason: str) -> None:
    assert refused(listing(LINK + f'<p class="price">{price}</p>')) == [(1, reason, price)]


def test_a_guide_price_is_a_price() -> None:
    assert only(listing(LINK + '<p class="price">Guide price £450,000</p>'))["price"] == 450000


@pytest.mark.parametrize(
    "link",
    [
        "javascript:alert(1)", "//other.host/1", "data:text/html,x", "http://[::1/1", "http://homes.example:8080/1",
        "https://homes.example:80/1", "http://somebody@homes.example/1", "ftp://homes.example/1",
        "http://homes.example:port/1",
    ],
)  # fmt: skip
def test_a_link_that_is_not_the_sites_own(link: str) -> None:
    text = listing(LINK.replace("/for-sale/details/EH-1/", link) + PRICE)
    assert refused(text) == [(1, BROKEN, f"EH-1: link {link}")]


@pytest.mark.parametrize(
    "link", ["http://HOMES.example:80/1", "https://homes.example/1", "//homes.example/1"]
)
def test_the_sites_own_in_other_words(link: str) -> None:
    own = only(listing(LINK.replace("/for-sale/details/EH-1/", link) + PRICE))["link"]
    assert own == (link if ":" in link else f"http:{link}")


def test_a_station_that_cannot_be_read_is_rejected_alone() -> None:
    page = read(listing().replace("0.5 miles", "near"))
    assert [reject.value for reject in page.rejects] == ["EH-1: station 'Acton Town' at 'near'"]
    assert page.items[0]["stations"] == []


def test_the_same_listing_twice_is_one() -> None:
    page = read(listing() + listing() + listing(number="EH-2"))
    assert (page.ids, page.listings, len(page.items)) == (["EH-1", "EH-2"], 3, 2)


def test_listings_within_listings_hold_what_is_their_own() -> None:
    unclosed = '<article class="listing" data-listing-id="EH-{}">'
    text = "".join(unclosed.format(number) + LINK + price for number, price in enumerate((PRICE, "", PRICE)))
    page = read(text)
    assert [(item["ad_id"], item["number"]) for item in page.items] == [("EH-0", 1), ("EH-2", 3)]
    assert [(reject.line, reject.value) for reject in page.rejects] == [(2, "EH-1 without price")]


def test_entities_and_spaces() -> None:
    text = listing(
        LINK + '<p class="price">&pound;450,000\n</p><address> 1&nbsp;Bread\n &amp;  Butter St</address>'
    )
    item = only(text)
    assert (item["price"], item["address"]) == (450000, "1 Bread & Butter St")


@pytest.mark.parametrize("hidden", ["<script>x</script>", "<style>x</style>", "<!-- x -->"])
def test_what_nobody_sees_is_no_text(hidden: str) -> None:
    item = only(listing(LINK + PRICE + f"<address>1 Made-up {hidden} Street</address>"))
    assert item["address"] == "1 Made-up Street"


def test_the_end_and_a_login() -> None:
    assert read("<p>No\n more <b>homes</b></p>").end
    assert not read(listing()).end
    assert read('<form action="/account/login"></form>').login
    assert not read(listing()).login


@pytest.mark.parametrize(
    ("content", "declared"),
    [
        ("£1 é".encode(), None),
        ("£1 é".encode(), "iso-8859-1"),
        ("£1 é".encode("latin-1"), "utf-8"),
        ("£1 é".encode("latin-1"), "no-such-encoding"),
        ("£1 é".encode("latin-1"), "a\0b"),
        ("£1 é".encode("latin-1"), "hex"),
        ("£1 é".encode("utf-16"), None),
        ("£1 é".encode("utf-16"), "utf-8"),
        ("£1 é".encode("utf-16-le"), "utf-16-le"),
        ("£1 é".encode("utf-8-sig"), "cp1252"),
        ("£1 é".encode("cp1252"), "cp1252"),
        ("£1 é".encode("cp1252"), None),
    ],
)
def test_a_text_in_any_encoding(content: bytes, declared: str | None) -> None:
    assert decode(content, declared) == "£1 é"


def test_an_encoding_that_only_the_page_names() -> None:
    text = '<meta http-equiv="Content-Type" content="text/html; charset=iso-8859-15">€1'
    assert decode(text.encode("iso-8859-15"), None) == text


def test_a_page_says_nothing_wrong_of_its_encoding_once_it_is_text() -> None:
    page = '<html><head><meta charset="utf-16"></head><body>' + listing() + "</body></html>"
    assert only(decode(page.encode("latin-1"), "utf-8"))["price"] == 450000
