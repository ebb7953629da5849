"""What a failed walk over a site left, and when it is asked for anew."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.unit.dags.housing.portal import END, NOW, Portal, home, page, path
from tubepulse.housing.listings.errors import EndlessPages, LoginWall, SiteUnavailable

ALL_HOMES = ["H1", "H2", "H3", "H4", "H5", "H6"]


@pytest.fixture
def portal(portal: Portal) -> Portal:
    """Three pages of two homes each."""
    portal.lists([home(1), home(2)], [home(3), home(4)], [home(5), home(6)])
    return portal


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
    portal.site = replace(
        portal.site, host=replace(portal.site.host, base_url=f"http://localhost:{portal.host.port}/")
    )


def _no_first_page(portal: Portal) -> None:
    portal.raw.s3.delete_objects(portal.raw.bucket, [portal.raw.prefix + "page-0001.json"])


@pytest.mark.parametrize("change", [_older, _other_rules, _other_host, _no_first_page])
def test_when_all_is_asked_anew(portal: Portal, change: Callable[[Portal], None]) -> None:
    _fails_on_page_3(portal)
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


def test_pages_that_are_more_than_may_be_by_now(portal: Portal) -> None:
    _fails_on_page_3(portal)
    portal.change(pages__most=1)
    with pytest.raises(EndlessPages, match="after 2 pages"):
        portal.fetch()
    assert "fetched.json" not in portal.raw.names()


def test_a_finished_walk_is_no_earlier_try(portal: Portal) -> None:
    portal.fetch()
    portal.host.asked.clear()
    portal.lists([home(7)])
    portal.fetch()
    assert portal.asked == [path(1), path(2)]
    assert portal.homes() == ["H7"]
