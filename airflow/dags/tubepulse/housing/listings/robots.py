"""The site's robots.txt (RFC 9309)."""

from protego import Protego

from tubepulse.housing.download import without_queries
from tubepulse.housing.listings.checks import SLOWEST_S
from tubepulse.housing.listings.errors import PageTooLarge, RobotsDisallow, SiteUnavailable
from tubepulse.housing.listings.web import AGENT, Answer, Web

LARGEST = 500 * 1024  # bytes: what RFC 9309 wants to be read at least


class Robots:
    """What the site lets programs read."""

    def __init__(self, text: str, base_url: str) -> None:
        self._base_url = base_url
        self._rules = Protego.parse(text)

    @classmethod
    def ask(cls, web: Web) -> "Robots":
        """Read it; raises RobotsDisallow where it is kept from us, SiteUnavailable where it can't be had."""
        try:
            answer = web.get("/robots.txt", LARGEST, follow=True)
        except SiteUnavailable as error:
            raise SiteUnavailable(f"without robots.txt nothing may be read: {error}") from None
        except PageTooLarge as error:
            raise RobotsDisallow(f"robots.txt can't be obeyed: {error}") from None
        if answer.status in (401, 403):
            raise RobotsDisallow(f"{_where(answer)} answered {answer.status}: then nothing may be read")
        if answer.status != 200 and not 400 <= answer.status < 500:
            raise SiteUnavailable(
                f"{_where(answer)} answered {answer.status}: without it nothing may be read"
            )
        return cls(answer.content.decode("utf-8-sig", "replace"), web.base_url)

    def check(self, path: str) -> None:
        """Raises RobotsDisallow where the page may not be read."""
        if not self._rules.can_fetch(self._base_url + path, AGENT):
            raise RobotsDisallow(
                f"{self._base_url}/robots.txt keeps programs from {path}. Ask the site's owner, or take "
                "another source (housing.source of the Variable)"
            )

    def seconds(self) -> float:
        """The Crawl-delay, 0 where there is none; raises RobotsDisallow where no walk would end."""
        delay = float(self._rules.crawl_delay(AGENT) or 0)
        if delay > SLOWEST_S:
            raise RobotsDisallow(f"{self._base_url}/robots.txt: Crawl-delay {delay} leaves no time to read")
        return delay


def _where(answer: Answer) -> str:
    return without_queries(answer.url)
