"""Asking a site: what is tried again, what is not, and how long between two requests."""

import gzip
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from threading import Event

import pytest

from tests.unit.dags.housing.hosts import Host, serving
from tests.unit.dags.housing.portal import Clock
from tubepulse.housing.listings.errors import PageTooLarge, SiteUnavailable
from tubepulse.housing.listings.web import LONGEST_PAGE_S, Pace, Web, retry_after

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
LARGEST = 100_000  # bytes


@pytest.fixture
def host() -> Iterator[Host]:
    with serving() as host:
        yield host


def web(
    host: Host, clock: Clock | None = None, seconds: float = 0, backoff_s: float = 0, **more: str | None
) -> Web:
    clock = clock or Clock()
    pace = Pace(seconds, clock.read, clock.sleep)
    named = {"contact": "someone@example.org", "password": None} | more
    return Web(f"http://127.0.0.1:{host.port}", pace=pace, backoff_s=backoff_s, **named)  # type: ignore[arg-type]


def test_who_asks(host: Host) -> None:
    host.serve("/", "")
    web(host).get("/", LARGEST)
    agent = host.asked[0][1]["User-Agent"]
    assert agent.startswith("Tubepulse/1 ") and "someone@example.org" in agent


def test_a_contact_that_no_header_holds(host: Host) -> None:
    host.serve("/", "")
    web(host, contact="S\N{LATIN SMALL LETTER L WITH STROKE}awa \N{EM DASH} s@example.org").get("/", LARGEST)
    assert "S?awa ? s@example.org" in host.asked[0][1]["User-Agent"]


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504, 520])
def test_busy_once(host: Host, status: int) -> None:
    host.serve_once("/", "", status)
    host.serve("/", "a page")
    clock = Clock()
    assert web(host, clock, backoff_s=1).get("/", LARGEST).content == b"a page"
    assert (len(host.asked), clock.slept) == (2, [1])


def test_busy_always(host: Host) -> None:
    host.serve("/", "", 503)
    clock = Clock()
    with pytest.raises(SiteUnavailable, match=rf":{host.port}/, after 4 tries: it answered 503"):
        web(host, clock, backoff_s=1).get("/", LARGEST)
    assert (len(host.asked), clock.slept) == (4, [1, 2, 4])


def test_the_backoff_is_bounded(host: Host) -> None:
    host.serve("/", "", 503)
    clock = Clock()
    with pytest.raises(SiteUnavailable):
        web(host, clock, backoff_s=40).get("/", LARGEST)
    assert clock.slept == [40, 60, 60]


@pytest.mark.parametrize(("asked", "waited"), [("7", 7), ("0", 0), ("86400", 60), ("soon", 1)])
def test_the_site_says_how_long(host: Host, asked: str, waited: float) -> None:
    host.serve_once("/", "", 429, Retry_After=asked)
    host.serve("/", "a page")
    clock = Clock()
    assert web(host, clock, backoff_s=1).get("/", LARGEST).status == 200
    assert clock.slept == [waited]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("Mon, 23 Nov 2026 12:00:30 GMT", 30),
        ("Mon, 23 Nov 2026 12:00:30 -0000", 30),
        ("Mon, 23 Nov 2026 11:00:00 GMT", 0),
        ("Mon, 99 Nov 2026 11:00:00 GMT", None),
        (" 5 ", 5),
        ("9" * 5000, float("inf")),
        ("Mon, 23 Nov 2026 12:00:30 +99999999999", None),
        ("Mon, 23 Nov 99999999999999999999 12:00:30 GMT", None),
        ("-5", None),
        ("\N{SUPERSCRIPT TWO}", None),
        ("", None),
    ],
)
def test_retry_after(text: str, seconds: float | None) -> None:
    assert retry_after(text, NOW) == seconds


@pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 410])
def test_other_answers_are_for_the_caller(host: Host, status: int) -> None:
    host.serve("/", "text", status)
    answer = web(host).get("/", LARGEST)
    assert (answer.status, answer.content, len(host.asked)) == (status, b"", 1)


def test_nobody_there() -> None:
    with socket.socket() as taken:  # bound, but not listening
        taken.bind(("127.0.0.1", 0))
        clock = Clock()
        with pytest.raises(SiteUnavailable, match=r"after 4 tries: it does not answer, .*refused"):
            web(Host(taken.getsockname()[1]), clock, backoff_s=1).get("/", LARGEST)
        assert clock.slept == [1, 2, 4]


SHORT = {"Content_Length": "50"}
CHUNKED = {"Transfer_Encoding": "chunked"}
BROKEN: list[tuple[bytes, dict[str, str]]] = [
    (b"only so much", SHORT),
    (b"", SHORT),
    (gzip.compress(bytes(99_000), mtime=0)[:20], {**SHORT, "Content_Encoding": "gzip"}),
    (b"no gzip at all", {"Content_Encoding": "gzip"}),
    (b"9\r\nonly so", CHUNKED),
    (b"4\r\nonly\r\n", CHUNKED),
]


@pytest.mark.parametrize(("body", "headers"), BROKEN)
def test_a_body_that_breaks_off(host: Host, body: bytes, headers: dict[str, str]) -> None:
    broken = iter([body]) if headers is CHUNKED else body
    host.serve_once("/", broken, 200, **headers)
    host.serve("/", "a page")
    assert web(host).get("/", LARGEST).content == b"a page"
    assert len(host.asked) == 2


@pytest.mark.parametrize(("body", "headers"), BROKEN)
def test_a_body_that_breaks_off_always(host: Host, body: bytes, headers: dict[str, str]) -> None:
    host.serve("/", [body] if headers is CHUNKED else body, 200, **headers)
    with pytest.raises(SiteUnavailable, match="after 4 tries: it does not answer, or broke off: "):
        web(host).get("/", LARGEST)
    assert len(host.asked) == 4


def test_whole_bodies(host: Host) -> None:
    host.serve("/plain", b"x" * LARGEST)
    host.serve("/gzip", gzip.compress(b"x" * LARGEST), Content_Encoding="gzip")
    host.serve("/chunks", [b"3\r\nabc\r\n", b"0\r\n\r\n"], Transfer_Encoding="chunked")
    host.serve("/to-the-end", [b"abc", b"def"])
    host.serve("/nothing", b"")
    asking = web(host)
    found = {path: asking.get(path, LARGEST).content for path in host.files}
    x = b"x" * LARGEST
    assert found == {"/plain": x, "/gzip": x, "/chunks": b"abc", "/to-the-end": b"abcdef", "/nothing": b""}


def test_a_page_that_is_too_large_is_not_read(host: Host) -> None:
    host.serve("/", bytes(50_000_000))
    with pytest.raises(PageTooLarge, match=r"is larger than 100000 bytes \(largest_page_bytes\)"):
        web(host).get("/", LARGEST)
    assert len(host.asked) == 1
    assert host.sent["/"] < 20_000_000  # what the buffers of both ends hold


def test_a_page_that_is_too_large_when_it_is_unpacked(host: Host) -> None:
    host.serve("/", gzip.compress(bytes(50_000_000)), Content_Encoding="gzip")
    with pytest.raises(PageTooLarge):
        web(host).get("/", LARGEST)


def test_a_page_that_comes_byte_by_byte(host: Host) -> None:
    done = Event()

    def drops() -> Iterator[bytes]:
        yield b"<html>"
        done.wait(30)  # the reader must not wait for a full piece

    host.serve("/", drops())
    with pytest.raises(SiteUnavailable, match=r"takes longer than 300 s"):
        web(host, Clock(step=LONGEST_PAGE_S + 1)).get("/", LARGEST)
    done.set()


def test_the_pace_holds_between_all_requests(host: Host) -> None:
    host.serve_once("/b", "", 503)
    host.serve("/moved", "", 302, Location="/a")
    for name in ("/a", "/b"):
        host.serve(name, "a page")
    clock = Clock()
    asking = web(host, clock, seconds=10)
    ended = []
    for path, later in (("/a", 0), ("/b", 0), ("/moved", 4), ("/a", 99), ("/a", 0)):
        asking.get(path, LARGEST, follow=True)
        ended.append(clock.now)
        clock.now += later
    # Two requests each for /b, which was busy once, and /moved
    assert ended == [0, 20, 40, 50, 149]
    assert host.paths == ["/a", "/b", "/b", "/moved", "/a", "/a", "/a"]


def test_the_password_stays_with_its_host(host: Host) -> None:
    with serving() as other:
        host.serve("/robots.txt", "", 302, Location="/there")
        host.serve("/there", "", 302, Location=f"http://127.0.0.1:{other.port}/robots.txt")
        other.serve("/robots.txt", "", 302, Location=f"http://127.0.0.1:{host.port}/back")
        host.serve("/back", "Disallow:")
        answer = web(host, password="secret").get("/robots.txt", LARGEST, follow=True)
        assert answer.content == b"Disallow:"
        assert [headers.get("Authorization") for _, headers in host.asked] == ["Bearer secret"] * 3
        assert [headers.get("Authorization") for _, headers in other.asked] == [None]


@pytest.mark.parametrize("follow", [False, True])
def test_redirects_are_followed_only_when_asked_to(host: Host, follow: bool) -> None:
    host.serve("/a", "", 301, Location="b")
    host.serve("/b", "a page")
    assert web(host).get("/a", LARGEST, follow).status == (200 if follow else 301)


@pytest.mark.parametrize("status", [302, 404, 503])
def test_a_body_that_nobody_needs_is_not_read(host: Host, status: int) -> None:
    host.serve_once("/a", bytes(50_000_000), status, Location="/a")
    host.serve("/a", "a page")
    web(host).get("/a", LARGEST)
    assert host.sent["/a"] < 20_000_000


def test_redirects_without_end(host: Host) -> None:
    host.serve("/a", "", 302, Location="/a")
    with pytest.raises(
        SiteUnavailable, match=r"/a leads elsewhere more than 5 times, at last to http://.*/a"
    ):
        web(host).get("/a", LARGEST, follow=True)
    assert len(host.asked) == 6


@pytest.mark.parametrize("location", ["ftp://example.org/", "http://[", "http://"])
def test_a_redirect_to_nowhere(host: Host, location: str) -> None:
    host.serve("/a", "", 302, Location=location)
    with pytest.raises(SiteUnavailable):
        web(host).get("/a", LARGEST, follow=True)


def test_what_the_answer_says_of_itself(host: Host) -> None:
    host.serve("/a", "", Content_Type="Text/HTML; charset=ISO-8859-1")
    host.serve("/b", "", Content_Type="text/html")
    asking = web(host)
    a, b = (asking.get(path, LARGEST) for path in ("/a", "/b"))
    assert (a.type, a.encoding, b.type, b.encoding) == ("text/html", "ISO-8859-1", "text/html", None)
