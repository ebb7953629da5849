"""From a site's first page to its last: where a walk ends, what stops it, and where it goes on."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.unit.dags.housing import test_listings_web
from tests.unit.dags.housing.hosts import serving, stages
from tests.unit.dags.housing.portal import END, NOW, Portal, home, near, page, path, portal_of, rules
from tubepulse.housing.listings.errors import (
    BadPage,
    EndlessPages,
    LoginWall,
    NoListings,
    PageTooLarge,
    RobotsDisallow,
    SiteUnavailable,
)
from tubepulse.housing.listings.walk import Walk
from tubepulse.housing.listings.web import Pace, Web
from tubepulse.housing.source import TooManyRejects

BROKEN = "<div class=home>nothing to be read</div>"
LOGIN = "<html><form class=login></form></html>"


@pytest.fixture(scope="module")
def bucket() -> Iterator[Portal]:
    with serving() as host, stages("raw/", "matched/") as (raw, matched):
        yield portal_of(host, raw, matched)


@pytest.fixture
def portal(bucket: Portal) -> Portal:
    """Three pages of two homes each."""
    bucket.raw.clear()
    for all_of in (bucket.host.files, bucket.host.once, bucket.host.asked):
        all_of.clear()
    portal = replace(bucket)
    portal.lists([home(1), home(2)], [home(3), home(4)], [home(5), home(6)])
    return portal


ALL_HOMES = ["H1", "H2", "H3", "H4", "H5", "H6"]


def test_it_ends_where_the_site_says_so(portal: Portal) -> None:
    fetched = portal.fetch()
    assert portal.host.paths == ["/robots.txt", *map(path, (1, 2, 3, 4))]
    assert fetched.counts == {"pages": 3, "listings": 6}
    assert portal.homes() == ALL_HOMES


def _missing(portal: Portal) -> None:
    portal.show(4, "no such page", 404)


def _gone(portal: Portal) -> None:
    portal.show(4, "no such page", 410)


def _back(portal: Portal) -> None:
    portal.show(4, "", 302, Location=path(3))


def _first(portal: Portal) -> None:
    portal.show(4, page(home(1), home(2)))


def _last(portal: Portal) -> None:
    portal.show(4, page(home(6), home(5)))  # in another order


def _empty(portal: Portal) -> None:
    portal.change(end__text=None)
    portal.show(4, page())


@pytest.mark.parametrize("end", [_missing, _gone, _back, _first, _last, _empty])
def test_other_ends(portal: Portal, end: Callable[[Portal], None]) -> None:
    end(portal)
    assert portal.fetch().counts["pages"] == 3
    assert portal.homes() == ALL_HOMES


def test_a_list_without_homes(portal: Portal) -> None:
    portal.show(1, END)
    assert portal.fetch().counts == {"pages": 0, "listings": 0}
    assert portal.match()["properties"] == 0


def test_the_last_page_for_ever(portal: Portal) -> None:
    for number in range(4, 20):
        portal.show(number, page(home(5), home(6)))
    portal.fetch()
    assert portal.asked == [path(number) for number in (1, 2, 3, 4)]


def test_new_homes_at_the_top_move_the_others_down(portal: Portal) -> None:
    # Page 2 has nothing new, and yet it is not the last one
    portal.lists([home(1), home(2), home(3)], [home(2), home(3)], [home(4)])
    assert portal.fetch().counts == {"pages": 3, "listings": 4}
    assert portal.homes() == ["H1", "H2", "H3", "H4"]


def test_new_pages_for_ever(portal: Portal) -> None:
    for number in range(4, 20):
        portal.show(number, page(home(2 * number), home(2 * number + 1)))
    with pytest.raises(
        EndlessPages, match=r"^homes: after 9 pages there is still another one; .* pages\.most"
    ):
        portal.fetch()
    assert portal.asked == [path(number) for number in range(1, 11)]


def test_as_many_pages_as_may_be(portal: Portal) -> None:
    portal.change(pages__most=3)
    assert portal.fetch().counts["pages"] == 3
    portal.change(pages__most=2)
    with pytest.raises(EndlessPages):
        portal.fetch()


@pytest.mark.parametrize("number", [1, 2])
def test_a_page_with_nothing_that_is_known(portal: Portal, number: int) -> None:
    portal.show(number, "<html><article>new markup</article></html>")
    with pytest.raises(
        NoListings, match=rf"page={number}: no '\.home' in it, and not the end of the list\. "
    ):
        portal.fetch()
    portal.show(1, page())
    portal.change(end__text=None)
    with pytest.raises(NoListings):  # whatever the site's file says of the end
        portal.fetch()


@pytest.mark.parametrize("status", [400, 404, 410, 418, 204])
def test_a_first_page_that_is_not_there(portal: Portal, status: int) -> None:
    portal.show(1, "", status)
    with pytest.raises(BadPage, match=rf"page=1 answered {status}; see first_page"):
        portal.fetch()
    assert portal.asked == [path(1)]


def test_a_later_page_that_is_wrong(portal: Portal) -> None:
    portal.show(2, "", 400)
    with pytest.raises(BadPage, match=r"page=2 answered 400"):
        portal.fetch()


@pytest.mark.parametrize(
    ("number", "to"), [(1, "/sold/"), (1, ""), (1, "http://["), (2, "https://example.org/"), (2, "http://[")]
)
def test_a_page_that_leads_elsewhere(portal: Portal, number: int, to: str) -> None:
    portal.show(number, "", 302, Location=to)
    with pytest.raises(BadPage, match=rf"page={number} leads elsewhere, to '"):
        portal.fetch()


@pytest.mark.parametrize("kind", ["application/json", "text/plain; charset=utf-8", ""])
def test_a_page_that_is_no_html(portal: Portal, kind: str) -> None:
    portal.show(1, "{}", Content_Type=kind)
    with pytest.raises(BadPage, match=r"page=1 is .*, not text/html"):
        portal.fetch()


def test_a_page_that_is_too_large(portal: Portal) -> None:
    portal.show(2, page(home(3)) + " " * 100_000)
    with pytest.raises(PageTooLarge):
        portal.fetch()


@pytest.mark.parametrize("number", [1, 3])
@pytest.mark.parametrize("status", [401, 403])
def test_a_page_for_those_who_logged_in(portal: Portal, number: int, status: int) -> None:
    portal.show(number, "", status)
    with pytest.raises(LoginWall, match=rf"page={number} answered {status}$"):
        portal.fetch()


@pytest.mark.parametrize("number", [1, 3])
@pytest.mark.parametrize("to", ["/login?next=/list", "../login", "https://accounts.example.org/login"])
def test_a_page_that_leads_to_the_login(portal: Portal, number: int, to: str) -> None:
    portal.show(number, "", 302, Location=to)
    with pytest.raises(LoginWall, match=rf"page={number} leads to "):
        portal.fetch()


@pytest.mark.parametrize("number", [1, 3])
def test_a_page_with_a_form_to_log_in(portal: Portal, number: int) -> None:
    portal.show(number, LOGIN)
    with pytest.raises(LoginWall, match=rf"page={number} asks for a login"):
        portal.fetch()


@pytest.mark.parametrize(
    "failing", [lambda portal: portal.host.serve("/robots.txt", "", 403),
                lambda portal: portal.host.serve("/robots.txt", "User-agent: *\nDisallow: /list/")]
)  # fmt: skip
def test_nothing_is_read_that_robots_txt_forbids(portal: Portal, failing: Callable[[Portal], None]) -> None:
    failing(portal)
    with pytest.raises(RobotsDisallow):
        portal.fetch()
    assert portal.host.paths == ["/robots.txt"]


def test_a_single_page_that_robots_txt_forbids(portal: Portal) -> None:
    portal.host.serve("/robots.txt", "User-agent: *\nDisallow: /*page=3$")
    with pytest.raises(RobotsDisallow, match=r"Disallow: /\*page=3\$ keeps programs from /list/\?page=3"):
        portal.fetch()
    assert portal.asked == [path(1), path(2)]


def test_without_robots_txt_nothing_is_read(portal: Portal) -> None:
    portal.host.serve("/robots.txt", "", 503)
    with pytest.raises(SiteUnavailable, match=r"without robots\.txt nothing may be read: .* 503"):
        portal.fetch()
    assert portal.host.paths == ["/robots.txt"] * 4


@pytest.mark.parametrize(("delay", "seconds"), [("7", 7), ("2", 5)])
def test_the_slower_of_the_sites_pace_and_ours(portal: Portal, delay: str, seconds: float) -> None:
    portal.host.serve("/robots.txt", f"User-agent: *\nCrawl-delay: {delay}")
    clock = test_listings_web.Clock()
    web = Web(
        f"http://127.0.0.1:{portal.host.port}", "me", None, Pace(5, clock.read, clock.sleep), backoff_s=0
    )
    Walk(rules(seconds_between_requests=5), web, portal.raw, NOW, 0.5).run()
    assert clock.slept == [seconds] * 4


def test_too_much_broken_markup(portal: Portal) -> None:
    portal.show(2, page(home(3), BROKEN))
    portal.show(3, page(home(4), BROKEN, BROKEN, BROKEN))
    portal.site = replace(portal.site, max_rejected=0.5)
    assert portal.fetch().counts["broken markup"] == 4
    portal.site = replace(portal.site, max_rejected=0.49)
    with pytest.raises(TooManyRejects, match=r": 4 of 8 rows cannot be used, more than 49\.0%"):
        portal.fetch()
    assert portal.raw.names() == []


def test_pages_of_nothing_but_broken_markup_are_not_read_to_the_end(portal: Portal) -> None:
    for number in range(1, 20):
        portal.show(number, page(BROKEN, BROKEN))
    with pytest.raises(TooManyRejects):
        portal.fetch()
    assert portal.asked == [path(1)]
    assert portal.raw.names() == []


@pytest.mark.parametrize("number", [2, 3, 4])
def test_it_goes_on_where_a_failed_try_ended(portal: Portal, number: int) -> None:
    whole = portal.fetch().counts, portal.homes(), portal.rows()
    portal.raw.clear()
    portal.host.asked.clear()
    for _ in range(4):
        portal.host.serve_once(path(number), "", 503)
    with pytest.raises(SiteUnavailable, match=rf"page={number}, after 4 tries: it answered 503"):
        portal.fetch()
    assert "fetched.json" not in portal.raw.names()
    portal.site = replace(
        portal.site, clock=lambda: NOW + timedelta(hours=20)
    )  # the day of the first try stays
    assert (portal.fetch().counts, portal.homes(), portal.rows()) == whole
    tries = [portal.asked.count(path(one)) for one in (1, 2, 3, 4)]
    assert tries == [5 if one == number else 1 for one in (1, 2, 3, 4)]


def _fails_on_page_3(portal: Portal) -> None:
    portal.show(3, "", 403)
    with pytest.raises(LoginWall):
        portal.fetch()
    portal.show(3, page(home(5), home(6)))
    portal.host.asked.clear()


def test_a_home_that_moved_between_two_tries_is_loaded_once(portal: Portal) -> None:
    _fails_on_page_3(portal)
    portal.show(3, page(home(4), home(5)))  # a new home at the top has moved all by one
    portal.show(4, page(home(6)))
    portal.show(5, END)
    portal.fetch()
    assert portal.homes() == ALL_HOMES


def _older(portal: Portal) -> None:
    portal.site = replace(portal.site, clock=lambda: NOW + timedelta(days=1))


def _other_rules(portal: Portal) -> None:
    portal.change(refused={"^POA": "price on application"})


def _other_host(portal: Portal) -> None:
    portal.site.connection.host = "localhost"


def _no_first_page(portal: Portal) -> None:
    portal.raw.s3.delete_objects(portal.raw.bucket, [portal.raw.prefix + "page-0001.json"])


@pytest.mark.parametrize("change", [_older, _other_rules, _other_host, _no_first_page])
def test_when_all_is_asked_anew(
    portal: Portal, change: Callable[[Portal], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    _fails_on_page_3(portal)
    monkeypatch.setattr(portal.site.connection, "host", "127.0.0.1")  # to be put back afterwards
    change(portal)
    portal.lists([home(7)])
    portal.fetch()
    assert portal.asked == [path(1), path(2)]
    assert portal.raw.names() == ["fetched.json", "page-0001.json"]


def test_more_pages_than_may_be_are_no_reason_to_ask_anew(portal: Portal) -> None:
    portal.change(pages__most=2)
    with pytest.raises(EndlessPages):
        portal.fetch()
    portal.host.asked.clear()
    portal.change(pages__most=9, contact="somebody else")
    portal.fetch()
    assert portal.asked == [path(3), path(4)]


def test_a_finished_walk_is_no_earlier_try(portal: Portal) -> None:
    portal.fetch()
    portal.host.asked.clear()
    portal.lists([home(7)])
    portal.fetch()
    assert portal.asked == [path(1), path(2)]
    assert portal.homes() == ["H7"]


def test_a_home_on_several_pages_is_loaded_once(portal: Portal) -> None:
    portal.lists([home(1), home(2), home(1)], [home(1), home(3)], [home(2, near("Bank")), home(4)])
    assert portal.fetch().counts == {"pages": 3, "listings": 4}
    assert portal.homes() == ["H1", "H2", "H3", "H4"]
    assert {row["station"] for row in portal.rows()} == {"Angel"}  # as it stood first
