"""Markup that others wrote: into a tree of a bearable size, and fields out of it."""

import re
from urllib.parse import SplitResult, urljoin, urlsplit

from bs4 import BeautifulSoup, Tag

from tubepulse.housing.listings.errors import PageTooLarge
from tubepulse.housing.listings.rules import Field

LONGEST_TEXT = 500
PORTS = {"http": 80, "https": 443}
# A selector's cost is tags times depth: a page with more of them than any portal's could take hours
MOST_TAGS, DEEPEST = 50_000, 64
# html.parser takes minutes over a few MB of unclosed tags; lxml takes seconds
PARSER = "lxml"
# What no text holds: control characters, halves of characters
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff\ud800-\udfff]")


def tree(text: str, url: str) -> BeautifulSoup:
    """The page as a tree; raises PageTooLarge for more tags, or tags inside each other, than a page needs."""
    if text.count("<") > MOST_TAGS:
        raise PageTooLarge(f"{url}: more than {MOST_TAGS} tags, which no page of listings needs")
    soup = BeautifulSoup(_CONTROL.sub("", text), PARSER)
    depth = {id(soup): 0}
    for tag in soup.descendants:
        if isinstance(tag, Tag):
            depth[id(tag)] = depth[id(tag.parent)] + 1
            if depth[id(tag)] > DEEPEST:
                raise PageTooLarge(f"{url}: more than {DEEPEST} tags inside each other")
    return soup


def take_apart(tags: list[Tag]) -> None:
    """Cut every tag that stands inside another one out of it, so that each holds what is its own only.

    A tag that isn't closed would otherwise hold all that follow, be given their fields, and all of that
    would be searched again with each.
    """
    inside = {id(tag) for tag in tags}
    for tag in reversed(tags):
        if any(id(parent) in inside for parent in tag.parents):
            tag.extract()


def shown(listing: Tag, where: Field) -> str:
    """The field as it stands there, in one line; '' where there is none. Scripts and styles are no text."""
    tag = listing.select_one(where.select) if where.select else listing
    if tag is None:
        return ""
    value = tag.get_text(" ") if where.attribute is None else tag.get(where.attribute) or ""
    text = value if isinstance(value, str) else " ".join(value)
    return " ".join(_CONTROL.sub("", text).split())[: LONGEST_TEXT + 1]  # `&#7;` is one too


def value(listing: Tag, where: Field) -> str | None:
    """The field's value, what its pattern's group holds; None where there is none."""
    text = shown(listing, where)
    if where.pattern is None:
        return text or None
    found = re.search(where.pattern, text, re.IGNORECASE)
    return found[1] if found else None


def own_link(url: str, link: str) -> str | None:
    """The absolute address; None where it is not one of the site's own."""
    try:
        absolute = urljoin(url, link)
        own, other = urlsplit(url), urlsplit(absolute)
        same = other.scheme in PORTS and other.username is None and _host(own) == _host(other)
    except ValueError:
        return None
    return absolute if same else None


def _host(parts: SplitResult) -> tuple[str | None, int | None]:
    """Name and port, None for the scheme's usual one."""
    return parts.hostname, None if parts.port == PORTS.get(parts.scheme) else parts.port
