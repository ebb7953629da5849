"""A page of listings: from its bytes to plain fields and rejects."""

import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from bs4 import BeautifulSoup, Tag

from tubepulse.housing.listings import reading
from tubepulse.housing.listings.errors import PageTooLarge
from tubepulse.housing.listings.markup import (
    LONGEST_TEXT,
    own_link,
    shown,
    take_apart,
    tree,
    value,
)
from tubepulse.housing.listings.rules import ROOMS, Field, SiteRules
from tubepulse.housing.rows import Reject

BROKEN = "broken markup"
MOST_LISTINGS, MOST_STATIONS = 1000, 50
_CHARSET = re.compile(rb"""<meta[^>]{0,200}charset\s{0,9}=\s{0,9}["']?([\w-]{1,40})""", re.IGNORECASE)
_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


@dataclass
class Page:
    """What was found; a station is a name and metres from it."""

    items: list[dict[str, Any]] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)  # of all listings that have one, usable or not
    listings: int = 0
    end: bool = False  # it says that there are no more
    login: bool = False


def decode(content: bytes, declared: str | None) -> str:
    """The text of a page, whatever it says of its encoding.

    What is valid UTF-8 is hardly ever anything else, so that is tried before the declared encoding.
    """
    bom = next((name for mark, name in _BOMS if content.startswith(mark)), None)
    meta = _CHARSET.search(content[:4096])
    named = [bom, "utf-8", declared, meta[1].decode("ascii", "replace") if meta else None]
    for name in filter(None, named):
        try:
            return content.decode(name)
        except (ValueError, LookupError):  # UnicodeError is a ValueError, and so is a name with a NUL
            continue
    return content.decode("cp1252", "replace")


def parse(text: str, rules: SiteRules, url: str) -> Page:
    """Read the page that stands at `url`; raises PageTooLarge (see markup.tree; or too many listings)."""
    soup = tree(text, url)
    found = soup.select(rules["listing"], limit=MOST_LISTINGS + 1)
    parts = urlsplit(url)
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    if len(found) > MOST_LISTINGS:
        raise PageTooLarge(f"{url}: more than {MOST_LISTINGS} listings on one page; see `listing`")
    page = Page(listings=len(found), end=_ends(soup, rules), login=_asks_login(soup, rules))
    take_apart(found)
    for number, listing in enumerate(found, start=1):
        _listing(page, listing, rules, url, (path, number))
    return page


def _ends(soup: BeautifulSoup, rules: SiteRules) -> bool:
    places = soup.select(rules["end.select"]) if rules["end.select"] else [soup]
    wanted = rules["end.text"]
    if wanted is None:
        return bool(rules["end.select"] and places)
    return any(wanted.casefold() in " ".join(place.get_text(" ").split()).casefold() for place in places)


def _asks_login(soup: BeautifulSoup, rules: SiteRules) -> bool:
    return bool(rules["login.select"]) and soup.select_one(rules["login.select"]) is not None


def _listing(page: Page, listing: Tag, rules: SiteRules, url: str, place: tuple[str, int]) -> None:
    def reject(reason: str, what: str) -> None:
        page.rejects.append(Reject(*place, reason, what))

    values = {name: value(listing, where) for name, where in rules.fields.items()}
    said = shown(listing, rules.fields["price"])
    identity, link = values["ad_id"], values["link"] or ""
    if identity:
        if identity in page.ids:
            return None
        page.ids.append(identity)
    for name, where in rules.fields.items():
        if where.required and not values[name] and not (name == "price" and said):
            return reject(BROKEN, f"{identity or 'a listing'} without {name}")
    if max(len(identity or ""), len(link)) > LONGEST_TEXT:  # cut, they might be those of another one
        return reject(BROKEN, f"{identity}: longer than {LONGEST_TEXT} characters, or its link is")
    if not (address := own_link(url, link)):
        return reject(BROKEN, f"{identity}: link {link}")
    for pattern, reason in rules["refused"].items():
        if re.search(pattern, said, re.IGNORECASE):
            return reject(reason, said)
    if (price := reading.pounds(values["price"] or "")) is None:
        return reject("bad price", said)
    stations = []
    for name, distance in _stations(listing, rules):
        away = reading.metres(distance, rules["stations.unit"])
        if not name or away is None:
            reject(BROKEN, f"{identity}: station {name!r} at {distance!r}")
        else:
            stations.append({"name": name, "distance_m": away})
    page.items.append({
        "ad_id": identity, "link": address, "price": price,
        "address": (values.get("address") or "")[:LONGEST_TEXT] or None,
        "number": place[1], "stations": stations,
        **{name: reading.rooms(values.get(name) or "") for name in ROOMS},
    })  # fmt: skip
    return None


def _stations(listing: Tag, rules: SiteRules) -> list[tuple[str, str]]:
    name = Field(rules["stations.name"], None, None, False)
    distance = Field(rules["stations.distance"], None, None, False)
    tags = listing.select(rules["stations.select"], limit=MOST_STATIONS)
    take_apart(tags)
    return [(shown(tag, name), shown(tag, distance)) for tag in tags]
