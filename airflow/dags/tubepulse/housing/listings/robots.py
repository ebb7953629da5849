"""The site's robots.txt (RFC 9309)."""

from protego import Protego

from tubepulse.housing.listings.errors import PageTooLarge, RobotsDisallow, SiteUnavailable
from tubepulse.housing.listings.web import AGENT, Web

LARGEST = 500 * 1024  # bytes: what RFC 9309 wants to be read at least
SLOWEST_S = 3600


class Robots:
    """What the site lets programs read."""

    def __init__(self, text: str, base_url: str) -> None:
        self._text = text
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
            raise RobotsDisallow(f"{answer.url} answered {answer.status}: then nothing may be read")
        if answer.status != 200 and not 400 <= answer.status < 500:
            raise SiteUnavailable(f"{answer.url} answered {answer.status}: without it nothing may be read")
        return cls(answer.content.decode("utf-8-sig", "replace"), web.base_url)

    def check(self, path: str) -> None:
        """Raises RobotsDisallow where the page may not be read; the text names the rule."""
        if not self._rules.can_fetch(self._base_url + path, AGENT):
            raise RobotsDisallow(
                f"{self._base_url}/robots.txt: Disallow: {self._rule(path)} keeps programs from {path}. Ask "
                "the site's owner, or take another source (housing.source of the Variable)"
            )

    def seconds(self) -> float:
        """The Crawl-delay, 0 where there is none; raises RobotsDisallow where no walk would end."""
        delay = float(self._rules.crawl_delay(AGENT) or 0)
        if delay > SLOWEST_S:
            raise RobotsDisallow(f"{self._base_url}/robots.txt: Crawl-delay {delay} leaves no time to read")
        return delay

    def _rule(self, path: str) -> str:
        """The longest Disallow that fits."""
        lines = (line.split("#")[0].partition(":") for line in self._text.splitlines())
        rules = [rule.strip() for key, _, rule in lines if key.strip().lower() == "disallow" and rule.strip()]
        fitting = [
            rule
            for rule in rules
            if not Protego.parse(f"User-agent: *\nDisallow: {rule}").can_fetch(self._base_url + path, AGENT)
        ]
        return max(fitting, key=len, default="(a rule)")
