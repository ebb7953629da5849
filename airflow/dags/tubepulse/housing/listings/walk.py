"""From a site's first page to its last; what was read before a failure is not asked for again."""

import logging
import re
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urljoin, urlsplit

from tubepulse.housing.listings.errors import BadPage, EndlessPages, LoginWall, NoListings
from tubepulse.housing.listings.page import BROKEN, Page, decode, parse
from tubepulse.housing.listings.robots import Robots
from tubepulse.housing.listings.rules import SiteRules
from tubepulse.housing.listings.web import Answer, Web
from tubepulse.housing.source import check_rejects
from tubepulse.housing.stage import FETCHED, Stage

log = logging.getLogger(__name__)
HTML = ("text/html", "application/xhtml+xml")
OLD = timedelta(days=1)
LOG_EVERY = 10  # pages
REDIRECTS = (301, 302, 303, 307, 308)


def file_name(number: int) -> str:
    """The staged file of a page."""
    return f"page-{number:04d}.json"


class Walk:
    """A walk over a site, staged page by page; `now` is in UTC."""

    def __init__(self, rules: SiteRules, web: Web, raw: Stage, now: datetime, max_rejected: float) -> None:
        self._rules, self._web, self._raw, self._now, self._most = rules, web, raw, now, max_rejected
        self.pages: list[dict[str, Any]] = []  # as they are staged

    def run(self) -> None:
        """Read what is not staged yet; raises this package's errors, TooManyRejects."""
        self._resume()
        robots = Robots.ask(self._web)
        self._web.pace.seconds = max(self._rules["seconds_between_requests"], robots.seconds())
        seen = {one for page in self.pages for one in page["ids"]}
        held: list[tuple[str, Page]] = []  # a page that repeats an earlier one: kept if a new one follows
        while True:
            number = len(self.pages) + len(held) + 1
            path = self._rules["first_page"].replace("{page}", str(number))
            robots.check(path)
            page = self._read(path, number)
            if page is None or not page.listings:
                break
            repeats = self._repeats(page)
            if repeats and held:
                break
            if not repeats and number > self._rules["pages.most"]:
                raise EndlessPages(
                    f"{self._rules.name}: after {number - 1} pages there is still another one; if there are "
                    "so many, raise pages.most of the site's file"
                )
            held.append((path, page))
            if not repeats:
                for one in held:
                    self._keep(*one, seen)
                held.clear()
        self._check()

    def _repeats(self, page: Page) -> bool:
        """Some sites answer with their last, or first, page for ever.

        Listings known already are no such sign: new ones at the top move the others to later pages, and a
        whole page of new ones moves a page to the next number, once.
        """
        return bool(page.ids) and any(set(page.ids) == set(earlier["ids"]) for earlier in self.pages)

    def _resume(self) -> None:
        names = self._raw.names()
        while FETCHED not in names and file_name(len(self.pages) + 1) in names:
            page = self._raw.read_json(file_name(len(self.pages) + 1))
            young = self._now - datetime.fromisoformat(page["started_at"]) < OLD
            if not young or page["rules"] != self._mark():
                self.pages = []
                break
            self.pages.append(page)
        if self.pages:
            log.info("going on after page %d, which is staged", len(self.pages))
        elif names:
            self._raw.clear()

    def _mark(self) -> str:
        return f"{self._web.base_url} {self._rules.fingerprint}"

    def _read(self, path: str, number: int) -> Page | None:
        """The page; None where the site says that it has no such page."""
        answer = self._web.get(path, self._rules["largest_page_bytes"])
        if answer.status in (401, 403):
            raise LoginWall(f"{answer.url} answered {answer.status}")
        if 300 <= answer.status < 400:
            self._check_redirect(answer, number)
            return None
        if answer.status in (404, 410) and number > 1:
            return None
        if answer.status != 200:
            raise BadPage(f"{answer.url} answered {answer.status}; see first_page of the site's file")
        if answer.type not in HTML:
            raise BadPage(f"{answer.url} is {answer.type or 'of no Content-Type'}, not text/html")
        page = parse(decode(answer.content, answer.encoding), self._rules, answer.url)
        if page.login:
            raise LoginWall(f"{answer.url} asks for a login")
        marked = self._rules["end.select"] or self._rules["end.text"]
        if not page.listings and not page.end and (marked or number == 1):
            raise NoListings(
                f"{answer.url}: no {self._rules['listing']!r} in it, and not the end of the list. "
                "Has the markup changed? See `listing` and `end` of the site's file"
            )
        return page

    def _check_redirect(self, answer: Answer, number: int) -> None:
        """Beyond its last page a site may lead back to its list; anything else is no end of it."""
        target = str(answer.headers.get("Location", ""))
        here = urlsplit(answer.url)
        try:
            there = urlsplit(urljoin(answer.url, target))
        except ValueError:
            there = urlsplit("")
        if any(there.path.startswith(prefix) for prefix in self._rules["login.paths"]):
            raise LoginWall(f"{answer.url} leads to {target}")
        back = (
            number > 1
            and answer.status in REDIRECTS
            and there.netloc == here.netloc
            and self._of_the_list(there.path)
            and (there.path, there.query) != (here.path, here.query)
        )
        if not back:
            raise BadPage(
                f"{answer.url} answered {answer.status} and leads elsewhere, to {target!r}; see first_page "
                "of the site's file"
            )

    def _of_the_list(self, path: str) -> bool:
        """Is it the path of one of the list's pages, or of the folder that they are in?"""
        first_page: str = self._rules["first_page"]
        before, numbered, after = urlsplit(first_page).path.partition("{page}")
        if not numbered:
            return path == before
        folder = before.rpartition("/")[0]
        page = re.escape(before) + r"\d+" + re.escape(after)
        return path.rstrip("/") == folder or re.fullmatch(page, path) is not None

    def _keep(self, path: str, page: Page, seen: set[str]) -> None:
        number = len(self.pages) + 1
        items = [item for item in page.items if item["ad_id"] not in seen]
        seen.update(page.ids)
        started = self.pages[0]["started_at"] if self.pages else self._now.isoformat()
        kept = {
            "started_at": started, "rules": self._mark(), "path": path, "listings": page.listings,
            "ids": page.ids, "items": items, "rejects": [asdict(reject) for reject in page.rejects],
        }  # fmt: skip
        if not page.ids:
            self._check(kept)
        self._raw.write_json(file_name(number), kept)
        self.pages.append(kept)
        if number % LOG_EVERY == 0:
            log.info("%s: %d pages, %d listings", self._rules.name, number, len(seen))

    def _check(self, *more: dict[str, Any]) -> None:
        pages = [*self.pages, *more]
        broken = {
            (reject["file"], reject["line"])
            for page in pages
            for reject in page["rejects"]
            if reject["reason"] == BROKEN
        }
        read = sum(page["listings"] for page in pages)
        if len(broken) > self._most * read:
            self._raw.clear()  # the next try must not go on with these
        check_rejects(len(broken), read, self._most, self._web.base_url)
