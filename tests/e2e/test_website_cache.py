"""Strangers share a page for a few seconds; whoever might see something else gets a page of their own."""

import re
import time
from typing import Any

import pytest
import requests

from tests.e2e.conftest import FirstRun
from tests.e2e.harness import Stack, until
from tests.e2e.website import PAGES, RELOAD, Editor, fresh, let_feeds_age

SECONDS = 5  # that a page is shared
FOLDER = "/tmp/tubepulse-pages"  # in the container
HOP = ("Date", "Content-Length", "Transfer-Encoding", "Connection")  # headers of one answer


def nonces(answer: requests.Response) -> tuple[set[str], set[str]]:
    """Those that the policy trusts, and those of the page's scripts."""
    policy = answer.headers["Content-Security-Policy"]
    return set(re.findall(r"'nonce-([^']+)'", policy)), set(re.findall(r'nonce="([^"]+)"', answer.text))


def shared(stack: Stack, path: str = "/") -> requests.Response:
    """A page as a stranger gets it from what was made for another one."""

    def cached() -> requests.Response | None:
        answer = requests.get(stack.site + path, timeout=30)
        return answer if "Age" in answer.headers else None

    found: requests.Response = until(f"{path} is shared", cached, SECONDS)
    return found


@pytest.mark.parametrize("page", PAGES)
def test_a_shared_page_differs_in_its_nonce_alone(stack: Stack, first_run: FirstRun, page: str) -> None:
    first, second = shared(stack, PAGES[page]), shared(stack, PAGES[page])
    assert 0 <= int(second.headers["Age"]) <= 2 * SECONDS
    (one,), (other,) = nonces(first)[0], nonces(second)[0]
    assert one != other
    assert nonces(first) == ({one}, {one})
    assert nonces(second) == ({other}, {other})
    assert first.text.replace(one, other) == second.text
    own = fresh(stack.site + PAGES[page])
    assert {name: own.headers[name] for name in own.headers if name not in HOP} == {
        name: second.headers[name].replace(other, next(iter(nonces(own)[0])))
        for name in second.headers
        if name not in (*HOP, "Age")
    }


@pytest.mark.parametrize(
    "options",
    [
        {"headers": RELOAD},
        {"headers": {"Cache-Control": "max-age=0"}},
        {"headers": {"Authorization": "Basic YTpi"}},
        {"cookies": {"any": "1"}},
        {"params": {"any": "1"}},
    ],
    ids=str,
)
def test_a_page_of_ones_own(stack: Stack, first_run: FirstRun, options: dict[str, Any]) -> None:
    shared(stack)
    assert "Age" not in requests.get(stack.site, timeout=30, **options).headers


@pytest.mark.parametrize("path", ["/nowhere/", "/wp-login.php", "/wp-json/", "/robots.txt"])
def test_only_pages_are_shared(stack: Stack, path: str) -> None:
    for _ in range(3):
        assert "Age" not in requests.get(stack.site + path, timeout=30).headers


def test_an_edit_is_seen_by_the_editor_at_once_and_by_all_soon(stack: Stack, first_run: FirstRun) -> None:
    editor = Editor(stack.site, stack.env["WORDPRESS_ADMIN_PASSWORD"])
    page = editor.page("topics")
    path = PAGES["topics"]
    shared(stack, path)
    try:
        editor.rest("POST", f"/wp/v2/pages/{page['id']}", title="Talk of the town")
        assert "Talk of the town" in editor.session.get(stack.site + path, timeout=30).text
        begun = time.monotonic()
        until("strangers see it", lambda: "Talk of the town" in shared(stack, path).text, 4 * SECONDS)
        assert "wp-admin-bar" not in shared(stack, path).text
        assert time.monotonic() - begun < 4 * SECONDS
    finally:
        editor.rest("POST", f"/wp/v2/pages/{page['id']}", title=page["title"]["raw"])


def test_a_page_that_is_withdrawn_is_soon_nobodys(stack: Stack, first_run: FirstRun) -> None:
    editor = Editor(stack.site, stack.env["WORDPRESS_ADMIN_PASSWORD"])
    page = editor.page("map")
    url = stack.site + PAGES["map"]
    shared(stack, PAGES["map"])
    try:
        editor.rest("POST", f"/wp/v2/pages/{page['id']}", status="private")
        until("it is gone", lambda: requests.get(url, timeout=30).status_code == 404, 3 * SECONDS)
        for _ in range(3):
            assert requests.get(url, timeout=30).status_code == 404
    finally:
        editor.rest("POST", f"/wp/v2/pages/{page['id']}", status="publish")


def test_under_another_name_nothing_is_shared(stack: Stack, first_run: FirstRun) -> None:
    shared(stack)
    for _ in range(3):
        answer = requests.get(stack.url("WORDPRESS"), timeout=30, allow_redirects=False)
        assert "Age" not in answer.headers


def test_no_more_than_a_sites_pages_are_kept(stack: Stack, first_run: FirstRun) -> None:
    full = f"rm -rf {FOLDER} && mkdir -m 700 {FOLDER} && for n in $(seq 64); do : >{FOLDER}/$n; done"
    stack.inside("wordpress", "sh", "-c", full)
    for _ in range(2):
        assert "Age" not in requests.get(stack.site + PAGES["map"], timeout=30).headers
    stack.inside("wordpress", "sh", "-c", f"touch -d '2 minutes ago' {FOLDER}/*")
    shared(stack, PAGES["map"])
    assert int(stack.inside("wordpress", "sh", "-c", f"ls {FOLDER} | wc -l")) < 10


def test_postgresql_is_asked_once_a_minute(stack: Stack, first_run: FirstRun) -> None:
    let_feeds_age(stack)
    fresh(stack.site)
    stack.write("INSERT INTO london_schema.stations VALUES ('Nowhere Road', 51.5, -0.12, 1)")
    try:
        assert "Nowhere Road" not in fresh(stack.site).text
        let_feeds_age(stack, 61)
        assert "Nowhere Road" in fresh(stack.site).text
    finally:
        stack.write("DELETE FROM london_schema.stations WHERE station = 'Nowhere Road'")
        let_feeds_age(stack)


def test_rows_of_another_shape_are_not_taken_for_new_ones(stack: Stack, first_run: FirstRun) -> None:
    """As a release with other columns left them: a page asks PostgreSQL at once."""
    let_feeds_age(stack)
    fresh(stack.site)
    stack.write("INSERT INTO london_schema.stations VALUES ('Nowhere Road', 51.5, -0.12, 1)")
    try:
        assert "Nowhere Road" not in fresh(stack.site).text
        stack.site_rows(
            """UPDATE wp_options SET option_value =
               REGEXP_REPLACE(option_value, '"columns";s:32:"[0-9a-f]+"', '"columns";s:5:"older"')
               WHERE option_name = 'tubepulse_feed_station_overview'"""
        )
        assert "Nowhere Road" in fresh(stack.site).text
    finally:
        stack.write("DELETE FROM london_schema.stations WHERE station = 'Nowhere Road'")
        let_feeds_age(stack)
