"""Strangers share a page for a few seconds; whoever might see something else gets a page of their own."""

import re
import time
from typing import Any

import pytest
import requests

from tests.e2e.conftest import FirstRun
from tests.e2e.harness import Stack, until
from tests.e2e.website import PAGES, RELOAD, Editor, fresh

SECONDS = 5  # that a page is shared
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


def test_addresses_do_not_fill_the_disk(stack: Stack, first_run: FirstRun) -> None:
    for number in range(70):
        requests.get(f"{stack.site}{'/' * number}/topics/", timeout=30)
    kept = stack.inside("wordpress", "sh", "-c", "ls /tmp/tubepulse-pages | wc -l")
    assert 1 <= int(kept) <= 64
