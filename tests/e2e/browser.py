"""A visitor's browser, the system's Chromium, and a record of what the pages asked for and complained of."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, Request, sync_playwright

from tests.e2e.harness import OUT, until
from tests.e2e.website import RELOAD

NAMES = ("chromium", "chromium-browser", "google-chrome")
DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
PATIENCE = 20_000  # milliseconds for a page, or for something on it, on two busy cores
# Colours of a canvas, at most two of them: one is an empty canvas's
COLOURS = """canvas => {
    const {width, height} = canvas;
    if (!width || !height) return 0;
    const pixels = new Uint32Array(canvas.getContext('2d').getImageData(0, 0, width, height).data.buffer);
    return pixels.some(pixel => pixel !== pixels[0]) ? 2 : 1;
}"""


def executable() -> str:
    """Where Chromium is."""
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    assert found, "there is no Chromium: apt-get install chromium, or name one in CHROMIUM"
    return found


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser without windows of its own yet."""
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []  # Chromium's sandbox refuses root
        browser = playwright.chromium.launch(executable_path=executable(), args=arguments)
        yield browser
        browser.close()


class Visitor:
    """A visitor with cookies of their own, and whatever their browser noticed."""

    def __init__(self, browser: Browser, site: str, **options: Any) -> None:
        """`options` as Playwright's new_context has them."""
        wanted = {
            "base_url": site,
            "viewport": DESKTOP,
            "locale": "en-GB",
            "extra_http_headers": RELOAD,
            **options,
        }
        self.context = browser.new_context(**wanted)
        self.context.set_default_timeout(PATIENCE)
        self.addresses: list[str] = []  # of all requests
        self.refused: set[str] = set()  # of those that the content security policy kept from being sent
        self.complaints: list[str] = []  # errors of the console, among them the content security policy's
        self.context.on("request", lambda request: self.addresses.append(request.url))
        self.context.on("requestfailed", self._failed)
        self.context.on("console", lambda message: self._said(message.type, message.text))
        self.context.on("weberror", lambda error: self._said("error", str(error.error)))

    @property
    def hosts(self) -> set[str]:
        """Whoever was asked for anything."""
        sent = map(urlsplit, set(self.addresses) - self.refused)
        return {address.netloc for address in sent if address.scheme not in ("data", "blob", "about")}

    def _failed(self, request: Request) -> None:
        if request.failure == "csp":
            self.refused.add(request.url)

    def _said(self, kind: str, text: str) -> None:
        if kind == "error":
            self.complaints.append(text)

    def open(self, path: str) -> Page:
        """A page in a tab of its own, with everything loaded."""
        page = self.context.new_page()
        answer = page.goto(path, wait_until="load")
        assert answer, path
        assert answer.status == 200, f"{path}: {answer.status}"
        return page

    def log_in(self, password: str, user: str = "admin") -> Page:
        """A tab with wp-admin's dashboard, or with the login form and why not."""
        page = self.open("/wp-login.php")
        # Not by typing: a fifth of a second later WordPress moves the cursor into the first field
        page.evaluate(
            "([user, password]) => { user_login.value = user; user_pass.value = password; }", [user, password]
        )
        page.click("#wp-submit")
        page.wait_for_load_state("load")
        return page

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.context.close()


def picture(page: Page, name: str) -> None:
    """The whole page as build/e2e/NAME.png, for a person to look at."""
    page.bring_to_front()
    page.screenshot(path=OUT / f"{name}.png", full_page=True)


def wait_until_painted(page: Page, canvas: str) -> None:
    """Fails where a canvas, named by a CSS selector, stays empty."""
    page.locator(canvas).scroll_into_view_if_needed()
    until(f"{canvas} is painted", lambda: page.locator(canvas).evaluate(COLOURS) == 2, PATIENCE / 1000)
