"""From a site's first page to its last: where a walk ends, what stops it, and where it goes on."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.unit.dags.housing.portal import END, NOW, Clock, Portal, home, near, page, path, rules
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


@pytest.fixture
def portal(portal: Portal) -> Portal:
    """Three pages of two homes each."""
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
    assert portal.fetch().counts["pages"] == 3
    assert portal.asked == [path(number) for number in (1, 2, 3, 4, 5)]


def test_a_whole_page_of_new_homes_at_the_top(portal: Portal) -> None:
    # All that page 1 had stands on page 2 when it is asked for, and so on
    portal.lists([home(1), home(2)], [home(1), home(2)], [home(3), home(4)], [home(5), home(6)])
    assert portal.fetch().counts == {"pages": 4, "listings": 6}
    assert portal.homes() == ALL_HOMES


def test_a_repetition_beyond_the_most_pages(portal: Portal) -> None:
    portal.change(pages__most=3)
    portal.show(4, page(home(1), home(2)))
    assert portal.fetch().counts["pages"] == 3


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
    ("number", "to"), [
        (1, "/sold/"), (1, ""), (1, "http://["), (2, "https://example.org/list/"), (2, "http://["), (2, ""),
        (2, "/captcha?back=%2Flist%2F"), (2, path(2)), (2, path(2) + "#top"), (2, "/list/captcha"),
    ]
)  # fmt: skip
def test_a_page_that_leads_elsewhere(portal: Portal, number: int, to: str) -> None:
    portal.show(number, "", 302, Location=to)
    with pytest.raises(BadPage, match=rf"page={number} answered 302 and leads elsewhere, to '"):
        portal.fetch()


@pytest.mark.parametrize("status", [300, 304, 305])
def test_an_answer_that_leads_nowhere(portal: Portal, status: int) -> None:
    portal.show(4, "", status, Location=path(1))
    with pytest.raises(BadPage, match=rf"page=4 answered {status} and leads elsewhere"):
        portal.fetch()


@pytest.mark.parametrize(
    ("template", "to", "ends"),
    [
        ("/homes/page-{page}/", "/homes/page-3/", True),
        ("/homes/page-{page}/", "/homes/", True),
        ("/homes/page-{page}/", "/homes", True),
        ("/homes/page-{page}/", "/homes/blocked/", False),
        ("/homes/page-{page}/", "/", False),
        ("/{page}", "/", True),
    ],
)
def test_a_page_number_in_the_path(portal: Portal, template: str, to: str, ends: bool) -> None:
    portal.change(first_page=template)
    portal.host.serve(template.format(page=1), page(home(1)), Content_Type="text/html")
    portal.host.serve(template.format(page=2), "", 302, Location=to)
    if ends:
        assert portal.fetch().counts["pages"] == 1
    else:
        with pytest.raises(BadPage):
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
    with pytest.raises(RobotsDisallow, match=r"robots\.txt keeps programs from /list/\?page=3\. "):
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
    clock = Clock()
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


def test_a_home_on_several_pages_is_loaded_once(portal: Portal) -> None:
    portal.lists([home(1), home(2), home(1)], [home(1), home(3)], [home(2, near("Bank")), home(4)])
    assert portal.fetch().counts == {"pages": 3, "listings": 4}
    assert portal.homes() == ["H1", "H2", "H3", "H4"]
    assert {row["station"] for row in portal.rows()} == {"Angel"}  # as it stood first
