"""A small portal on loopback, and the rules to read it with."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any

from tests.unit.dags.housing.hosts import Host
from tubepulse.housing import download
from tubepulse.housing.listings.rules import Field, SiteRules
from tubepulse.housing.listings.site import ListingSite
from tubepulse.housing.months import Window
from tubepulse.housing.source import Fetched
from tubepulse.housing.stage import Stage
from tubepulse.stations import Station

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
WINDOW = Window(date(2025, 8, 1), date(2026, 7, 31))
ANGEL, BANK = Station("Angel", 51.53, -0.1, 1.0), Station("Bank", 51.51, -0.09, 1.0)
END = "<html><body>No more homes</body></html>"
VALUES: dict[str, Any] = {
    "description": "homes", "attribution": "Homes: made up", "contact": "someone@example.org",
    "first_page": "/list/?page={page}", "pages.most": 9, "seconds_between_requests": 0,
    "largest_page_bytes": 100_000, "listing": ".home", "stations.select": ".near", "stations.name": "b",
    "stations.distance": "i", "stations.unit": "m", "stations.aliases": {}, "refused": {},
    "end.select": None, "end.text": "No more homes", "login.paths": ["/login"], "login.select": "form.login",
}  # fmt: skip
FIELDS = {
    "ad_id": Field(None, "id", None, True),
    "link": Field("a", "href", None, True),
    "price": Field(".price", None, None, True),
}


def near(name: str = "Angel", metres: int = 300) -> str:
    return f"<p class=near><b>{name}</b> <i>{metres}</i></p>"


def home(number: int, stations: str | None = None, price: str = "£500,000") -> str:
    """A listing, near Angel unless it says otherwise."""
    return (
        f'<div class=home id=H{number}><a href="/home/{number}">a home</a><p class=price>{price}</p>'
        f"{near() if stations is None else stations}</div>"
    )


def page(*homes: str) -> str:
    return f"<html><body>{''.join(homes)}</body></html>"


def path(number: int) -> str:
    return f"/list/?page={number}"


def rules(**changes: Any) -> SiteRules:
    """`end__text=None` changes end.text."""
    return SiteRules(
        "homes", VALUES | {name.replace("__", "."): value for name, value in changes.items()}, FIELDS
    )


@dataclass
class Portal:
    """The host, the stages, and the site; `asked` are the list's paths, without robots.txt."""

    host: Host
    raw: Stage
    matched: Stage
    site: ListingSite

    @property
    def asked(self) -> list[str]:
        return [path for path in self.host.paths if path != "/robots.txt"]

    def lists(self, *pages: Iterable[str]) -> None:
        """Serve these pages' listings, and a page of the end after them."""
        for number, homes in enumerate(pages, start=1):
            self.show(number, page(*homes))
        self.show(len(pages) + 1, END)

    def show(self, number: int, text: str, status: int = 200, **headers: str) -> None:
        self.host.serve(path(number), text, status, **({"Content_Type": "text/html"} | headers))

    def change(self, **changes: Any) -> None:
        self.site = replace(self.site, rules=rules(**changes))

    def fetch(self) -> Fetched:
        return self.site.fetch(self.raw, WINDOW)

    def match(self) -> dict[str, int]:
        return self.site.match(self.raw, self.matched, [ANGEL, BANK])

    def rows(self) -> list[dict[str, Any]]:
        return list(self.matched.rows("prices.parquet"))

    def rejects(self) -> list[tuple[Any, ...]]:
        return [tuple(one.values()) for one in self.matched.rows("rejects.parquet")]

    def homes(self) -> list[str]:
        """The homes that would be loaded."""
        self.match()
        return [row["transaction_id"] for row in self.rows()]


@dataclass
class Clock:
    """A clock that moves when somebody sleeps, and by `step` whenever it is read."""

    now: float = 0.0
    step: float = 0.0
    slept: list[float] = field(default_factory=list)

    def read(self) -> float:
        self.now += self.step
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def portal_of(host: Host, raw: Stage, matched: Stage) -> Portal:
    own = download.Host("homes", f"http://127.0.0.1:{host.port}/", None, {})
    site = ListingSite(rules(), 1000, 0.5, own, clock=lambda: NOW, backoff_s=0)
    return Portal(host, raw, matched, site)
