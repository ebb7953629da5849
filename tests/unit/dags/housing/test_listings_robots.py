"""The site's robots.txt: what it keeps us from, and what its absence means."""

from collections.abc import Iterator

import pytest

from tests.unit.dags.housing.hosts import Host, serving
from tubepulse.housing.listings.errors import RobotsDisallow, SiteUnavailable
from tubepulse.housing.listings.robots import Robots
from tubepulse.housing.listings.web import Pace, Web

ALL = "User-agent: *\n"


@pytest.fixture
def host() -> Iterator[Host]:
    with serving() as host:
        yield host


def ask(host: Host) -> Robots:
    return Robots.ask(Web(f"http://127.0.0.1:{host.port}", "me", None, Pace(0), backoff_s=0))


def robots(text: str) -> Robots:
    return Robots(text, "https://homes.example.org")


@pytest.mark.parametrize(
    ("text", "path", "allowed"),
    [
        ("", "/list", True),
        (ALL + "Disallow:", "/list", True),
        (ALL + "Disallow: /account/", "/list", True),
        (ALL + "Disallow: /", "/list", False),
        (ALL + "Disallow: /list", "/list/?page=1", False),
        (ALL + "Disallow: /\nAllow: /list", "/list/?page=1", True),
        (ALL + "Disallow: /*/print", "/list/print", False),
        (ALL + "Disallow: /*?page=", "/list?page=1", False),
        (ALL + "Disallow: /*.html$", "/list.html", False),
        (ALL + "Disallow: /*.html$", "/list.html?page=1", True),
        (ALL + "Disallow: /list$", "/list/", True),
        ("User-agent: Tubepulse\nDisallow: /\n\n" + ALL + "Disallow:", "/list", False),
        ("User-agent: tubepulse\nDisallow: /list", "/list", False),
        ("User-agent: Tubepulse\nDisallow:\n\n" + ALL + "Disallow: /", "/list", True),
        ("User-agent: Otherbot\nDisallow: /", "/list", True),
        ("<html>Not found</html>", "/list", True),
    ],
)
def test_what_may_be_read(text: str, path: str, allowed: bool) -> None:
    if allowed:
        robots(text).check(path)
    else:
        with pytest.raises(
            RobotsDisallow, match=r"^https://homes\.example\.org/robots\.txt keeps programs from /list"
        ):
            robots(text).check(path)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("", 0),
        (ALL + "Crawl-delay: 2.5", 2.5),
        (ALL + "Crawl-delay: soon", 0),
        (ALL + "Crawl-delay: -1", 0),
        (ALL + "Crawl-delay: nan", 0),
        (ALL + "Crawl-delay: 9\n\nUser-agent: Tubepulse\nCrawl-delay: 3", 3),
    ],
)
def test_the_crawl_delay(text: str, seconds: float) -> None:
    assert robots(text).seconds() == seconds


@pytest.mark.parametrize("delay", ["3601", "86400"])
def test_a_crawl_delay_that_leaves_no_time(delay: str) -> None:
    with pytest.raises(RobotsDisallow, match=r"Crawl-delay .* leaves no time to read"):
        robots(ALL + f"Crawl-delay: {delay}").seconds()


@pytest.mark.parametrize("status", [400, 404, 410])
def test_without_a_robots_txt_everything_may_be_read(host: Host, status: int) -> None:
    host.serve("/robots.txt", ALL + "Disallow: /", status)
    ask(host).check("/list")


@pytest.mark.parametrize("status", [401, 403])
def test_a_robots_txt_that_is_kept_from_us(host: Host, status: int) -> None:
    host.serve("/robots.txt", "", status)
    with pytest.raises(RobotsDisallow, match=rf"/robots\.txt answered {status}: then nothing may be read"):
        ask(host)


@pytest.mark.parametrize("status", [204, 304, 429, 500, 503])
def test_a_robots_txt_that_cannot_be_had(host: Host, status: int) -> None:
    host.serve("/robots.txt", "", status)
    with pytest.raises(SiteUnavailable, match=rf"nothing may be read.*robots\.txt|robots\.txt .*{status}"):
        ask(host)


def test_a_robots_txt_that_breaks_off_is_asked_again(host: Host) -> None:
    host.serve_once("/robots.txt", ALL, Content_Length="99")
    host.serve("/robots.txt", ALL + "Disallow: /list")
    with pytest.raises(RobotsDisallow):
        ask(host).check("/list")


def test_a_huge_robots_txt(host: Host) -> None:
    host.serve("/robots.txt", ALL + "# nothing\n" * 1_000_000)
    with pytest.raises(RobotsDisallow, match=r"robots\.txt can't be obeyed: .* larger than 512000 bytes"):
        ask(host)


def test_a_byte_order_mark_and_bytes_that_are_no_text(host: Host) -> None:
    host.serve("/robots.txt", b"\xef\xbb\xbfUser-agent: *\r\n# \xff\xfe\r\nDisallow: /list\r\n")
    with pytest.raises(RobotsDisallow):
        ask(host).check("/list")


def test_it_may_have_moved(host: Host) -> None:
    host.serve("/robots.txt", "", 301, Location="/other.txt")
    host.serve("/other.txt", ALL + "Disallow: /list")
    with pytest.raises(RobotsDisallow):
        ask(host).check("/list")


@pytest.mark.parametrize("status", [403, 302])
def test_no_error_holds_a_signed_address(host: Host, status: int) -> None:
    host.serve("/robots.txt", "", 302, Location="/there?signature=secret")
    host.serve("/there?signature=secret", "", status, Location="/there?signature=secret")
    with pytest.raises((RobotsDisallow, SiteUnavailable), match=r"/there\?…") as raised:
        ask(host)
    assert "secret" not in str(raised.value)
