"""Every page of the website, whatever its figures: on a phone, without scripts, for screen readers, alone."""

import re
from collections.abc import Iterator
from typing import Literal
from urllib.parse import urlsplit

import pytest
import requests
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.e2e.browser import PHONE, Visitor, picture
from tests.e2e.conftest import FirstRun
from tests.e2e.harness import Stack
from tests.e2e.website import PAGES, fresh

TRUSTED = re.compile(r"'[^']+'|data:|blob:")  # in a content security policy: no host
LOADED = "link[href]:not([rel=canonical], [rel=alternate], [rel=shortlink]), [src], [srcset], [data-src]"


@pytest.fixture(scope="module")
def phone(browser: Browser, stack: Stack, first_run: FirstRun) -> Iterator[Visitor]:
    options = {"viewport": PHONE, "is_mobile": True, "has_touch": True, "device_scale_factor": 2}
    with Visitor(browser, stack.site, **options) as somebody:
        yield somebody


@pytest.mark.parametrize("page", PAGES)
def test_nothing_comes_from_outside_and_nothing_complains(visitor: Visitor, stack: Stack, page: str) -> None:
    shown = visitor.open(PAGES[page])
    shown.wait_for_load_state("networkidle")
    assert visitor.hosts == {urlsplit(stack.site).netloc}
    assert visitor.complaints == []
    named = shown.eval_on_selector_all(LOADED, "all => all.map(one => one.src || one.href || one.srcset)")
    assert named
    assert [address for address in named if not address.startswith((stack.site, "data:"))] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("page", PAGES)
def test_axe_finds_nothing_serious(
    pages: dict[str, Page], page: str, scheme: Literal["light", "dark"]
) -> None:
    pages[page].emulate_media(color_scheme=scheme)
    background = pages[page].evaluate("getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, re.findall(r"\d+", background)[:3])) > 3 * 128) == (scheme == "light")
    result = Axe().run(pages[page]).response
    assert len(result["passes"]) > 10
    assert [(one["id"], one["nodes"][0]["html"]) for one in result["violations"]
            if one["impact"] in ("serious", "critical")] == []  # fmt: skip


@pytest.mark.parametrize("page", PAGES)
def test_a_phone_shows_it_without_sideways_scrolling(phone: Visitor, page: str) -> None:
    shown = phone.open(PAGES[page])
    picture(shown, f"{page}-phone")
    assert shown.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert shown.evaluate("window.innerWidth") == PHONE["width"]
    shown.close()


def test_without_scripts_the_table_has_every_station(plain_pages: dict[str, Page]) -> None:
    assert plain_pages["stations"].locator("[data-table=stations] tbody tr").count() == 308


def directives(answer: requests.Response) -> dict[str, list[str]]:
    """The content security policy, by directive."""
    parts = map(str.split, answer.headers["Content-Security-Policy"].split(";"))
    return {words[0]: words[1:] for words in parts if words}


@pytest.mark.parametrize("path", [*PAGES.values(), "/nowhere/", "/wp-login.php"])
def test_the_headers_shut_the_outside_out(stack: Stack, path: str) -> None:
    answer = fresh(stack.site + path)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    policy = directives(answer)
    assert policy["default-src"] in (["'self'"], ["'none'"])
    assert policy["object-src"] == ["'none'"]
    assert [
        source for sources in policy.values() for source in sources if not TRUSTED.fullmatch(source)
    ] == []
    assert "X-Powered-By" not in answer.headers
    assert not re.search(r"\d", answer.headers.get("Server", ""))


@pytest.mark.parametrize("page", PAGES)
def test_scripts_in_a_page_cannot_be_made_up(stack: Stack, page: str) -> None:
    """A page of ours allows no inline script, so that text which slipped through would not run."""
    policy = fresh(stack.site + PAGES[page]).headers["Content-Security-Policy"]
    scripts = next(
        part for part in policy.split(";") if part.split()[:1] in (["script-src"], ["default-src"])
    )
    assert "'unsafe-eval'" not in scripts
    assert "'unsafe-inline'" not in scripts
    assert "'nonce-" in scripts
