"""Asking a site: slowly, patiently, and saying who asks."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
from urllib3.exceptions import HTTPError

from tubepulse.housing.download import without_queries
from tubepulse.housing.listings.errors import PageTooLarge, SiteUnavailable

log = logging.getLogger(__name__)
AGENT = "Tubepulse"
BUSY = (408, 429)  # and all from 500 on: worth another try
TRIES, BACKOFF_S, LONGEST_WAIT_S = 4, 1.0, 60.0
TIMEOUT_S = (10, 60)  # to connect, and between two pieces
LONGEST_PAGE_S = 300.0
PIECE = 64 * 1024  # bytes
MOST_REDIRECTS = 5  # RFC 9309's number, for robots.txt


class Pace:
    """Lets so many seconds pass between two requests."""

    def __init__(
        self,
        seconds: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.seconds = seconds
        self.clock = clock
        self.sleep = sleep
        self._last: float | None = None

    def wait(self) -> None:
        """Return when the next request may go out."""
        if self._last is not None and (left := self._last + self.seconds - self.clock()) > 0:
            self.sleep(left)
        self._last = self.clock()


@dataclass(frozen=True)
class Answer:
    """What the site answered; `content` is empty unless the status is 200."""

    status: int
    headers: Any
    content: bytes
    url: str
    encoding: str | None  # that the Content-Type declares

    @property
    def type(self) -> str:
        """The Content-Type, in small letters, without its parameters."""
        return str(self.headers.get("Content-Type", "")).split(";")[0].strip().lower()


class _Plain(requests.Session):
    def get_redirect_target(self, resp: requests.Response) -> None:
        """None: even without allow_redirects, requests would read all of a redirect's body, however long."""


class Web:
    """One host, with `pace` between all requests, retries and redirects among them."""

    def __init__(
        self, base_url: str, contact: str, password: str | None, pace: Pace, backoff_s: float = BACKOFF_S
    ) -> None:
        self.base_url = base_url
        self.pace = pace
        self._backoff_s = backoff_s
        self._password = password
        self._session = _Plain()
        agent = f"{AGENT}/1 (+reads listings for statistics of prices near stations; contact: {contact})"
        self._session.headers["User-Agent"] = agent.encode("ascii", "replace").decode()

    def get(self, path: str, largest: int, follow: bool = False) -> Answer:
        """Ask for a path; raises SiteUnavailable after TRIES tries, PageTooLarge above `largest` bytes."""
        url = self.base_url + path
        last = ""
        for number in range(TRIES):
            wait = self._backoff_s * 2**number
            try:
                answer = self._follow(url, largest) if follow else self._ask(url, largest)
            except (requests.RequestException, HTTPError) as error:
                last = f"it does not answer, or broke off: {without_queries(str(error))}"
            else:
                if answer.status not in BUSY and answer.status < 500:
                    return answer
                last = f"it answered {answer.status}"
                asked = retry_after(str(answer.headers.get("Retry-After", "")), datetime.now(UTC))
                wait = wait if asked is None else asked
            log.warning("%s, try %d of %d: %s", url, number + 1, TRIES, last)
            if number + 1 < TRIES:
                self.pace.sleep(min(wait, LONGEST_WAIT_S))
        raise SiteUnavailable(f"{url}, after {TRIES} tries: {last}")

    def _follow(self, url: str, largest: int) -> Answer:
        """The answer at the end of all redirects."""
        at = url
        for _ in range(MOST_REDIRECTS + 1):
            answer = self._ask(at, largest)
            if not 300 <= answer.status < 400 or "Location" not in answer.headers:
                return answer
            try:
                at = urljoin(at, answer.headers["Location"])
            except ValueError as error:
                raise SiteUnavailable(f"{without_queries(at)} leads to no address: {error}") from None
        last = without_queries(at)
        raise SiteUnavailable(f"{url} leads elsewhere more than {MOST_REDIRECTS} times, at last to {last}")

    def _ask(self, url: str, largest: int) -> Answer:
        self.pace.wait()
        # The password is for this host: a redirect may lead to another one
        own = self._password and urlsplit(url)[:2] == urlsplit(self.base_url)[:2]
        headers = {"Authorization": f"Bearer {self._password}"} if own else {}
        with self._session.get(url, headers=headers, stream=True, timeout=TIMEOUT_S) as response:
            content = self._body(response, largest) if response.status_code == 200 else b""
            declared = response.encoding if "charset" in response.headers.get("Content-Type", "") else None
            return Answer(response.status_code, response.headers, content, str(response.url), declared)

    def _body(self, response: requests.Response, largest: int) -> bytes:
        pieces, size, start = [], 0, self.pace.clock()
        # read1 returns what has come; read and iter_content wait for a full piece, be it byte by byte
        while piece := response.raw.read1(PIECE, decode_content=True):
            size += len(piece)
            if size > largest:
                raise PageTooLarge(f"{response.url} is larger than {largest} bytes (largest_page_bytes)")
            if self.pace.clock() - start > LONGEST_PAGE_S:
                raise SiteUnavailable(f"{response.url} takes longer than {LONGEST_PAGE_S:.0f} s")
            pieces.append(piece)
        return b"".join(pieces)


def retry_after(text: str, now: datetime) -> float | None:
    """Seconds of a Retry-After header: a number of them or an HTTP date; None where it is neither."""
    if text.isascii() and text.strip().isdecimal():
        return float(text)
    try:
        then = parsedate_to_datetime(text)
        return max(0.0, (then.replace(tzinfo=then.tzinfo or UTC) - now).total_seconds())
    except (ValueError, OverflowError):  # no date; one with a number, or of a year, that no date has
        return None
