"""The X API client, against a small HTTP server that remembers what it was asked."""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from airflow.sdk import Connection
from requests import Request
from requests_oauthlib import OAuth1

from tubepulse.rate_limit import RateLimited, RetryAfterReset
from tubepulse.x_api import NotAuthorised, RecentSearch

START, END = datetime(2026, 11, 9, tzinfo=UTC), datetime(2026, 11, 16, tzinfo=UTC)
KEYS = {"consumer_key": "ck", "consumer_secret": "cs", "access_token": "at", "access_token_secret": "as"}


class FakeX(ThreadingHTTPServer):
    """Answers searches with what `replies` holds, first come first served."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.replies: list[tuple[int, dict[str, str], dict[str, Any]]] = []
        self.requests: list[tuple[str, dict[str, str]]] = []

    def connection(self, **more: Any) -> Connection:
        return Connection(
            conn_id="x_api", conn_type="http", schema="http", host="127.0.0.1", port=self.server_port, **more
        )


class _Handler(BaseHTTPRequestHandler):
    server: FakeX

    def do_GET(self) -> None:
        self.server.requests.append((self.path, dict(self.headers)))
        status, headers, body = self.server.replies.pop(0)
        content = json.dumps(body).encode()
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def x() -> Iterator[FakeX]:
    with FakeX() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def page(count: int, token: str | None = None) -> tuple[int, dict[str, str], dict[str, Any]]:
    meta = {"result_count": count} | ({"next_token": token} if token else {})
    data = {"data": [{"id": str(n), "text": "t"} for n in range(count)]} if count else {}
    return 200, {}, data | {"meta": meta}


def test_a_search_carries_token_window_and_fields(x: FakeX) -> None:
    x.replies = [page(3)]
    search = RecentSearch.connect(x.connection(password="secret-token"), 1000)
    assert [len(answer["data"]) for answer in search.pages("london q", START, END, 40)] == [3]
    path, headers = x.requests[0]
    assert urlsplit(path).path == "/2/tweets/search/recent"
    asked = {key: values[0] for key, values in parse_qs(urlsplit(path).query).items()}
    assert asked["query"] == "london q"
    assert asked["start_time"] == "2026-11-09T00:00:00Z"
    assert asked["end_time"] == "2026-11-16T00:00:00Z"
    assert asked["max_results"] == "40"
    assert "note_tweet" in asked["tweet.fields"]
    assert headers["Authorization"] == "Bearer secret-token"
    assert search.posts_read == 3


def test_pages_are_followed_until_the_limit(x: FakeX) -> None:
    x.replies = [page(100, "t1"), page(30, "t2"), page(10, "t3")]
    search = RecentSearch.connect(x.connection(password="b"), 1000)
    assert [len(answer["data"]) for answer in search.pages("q", START, END, 130)] == [100, 30]
    asked = [parse_qs(urlsplit(path).query) for path, _ in x.requests]
    assert [question["max_results"] for question in asked] == [["100"], ["30"]]
    assert asked[1]["next_token"] == ["t1"]


def test_an_empty_answer_ends_it(x: FakeX) -> None:
    x.replies = [page(0)]
    search = RecentSearch.connect(x.connection(password="b"), 1000)
    assert [answer["meta"]["result_count"] for answer in search.pages("q", START, END, 50)] == [0]


def test_the_ceiling_is_never_passed(x: FakeX) -> None:
    x.replies = [page(100, "t1"), page(25, "t2")]
    search = RecentSearch.connect(x.connection(password="b"), 125)
    assert len(list(search.pages("q", START, END, 500))) == 2
    assert (search.posts_read, search.posts_left) == (125, 0)
    assert parse_qs(urlsplit(x.requests[1][0]).query)["max_results"] == ["25"]
    assert list(search.pages("q", START, END, 500)) == []


def test_four_keys_sign_for_the_host_that_is_asked(x: FakeX) -> None:
    x.replies = [page(1)]
    search = RecentSearch.connect(x.connection(extra=json.dumps(KEYS)), 1000)
    list(search.pages("london q", START, END, 10))
    path, headers = x.requests[0]
    sent = dict(
        part.strip().split("=", 1) for part in headers["Authorization"].removeprefix("OAuth ").split(",")
    )
    signer = OAuth1("ck", "cs", "at", "as", nonce=sent["oauth_nonce"].strip('"'),
                    timestamp=sent["oauth_timestamp"].strip('"'))  # fmt: skip
    request = Request("GET", f"http://127.0.0.1:{x.server_port}{path}", auth=signer).prepare()
    assert sent["oauth_signature"] in str(request.headers["Authorization"])


@pytest.mark.parametrize("status", [401, 403])
def test_refused_credentials_are_named_and_not_retried(x: FakeX, status: int) -> None:
    x.replies = [(status, {}, {"title": "Unauthorized", "detail": "no", "type": "about:blank"})]
    search = RecentSearch.connect(x.connection(password="b"), 1000)
    with pytest.raises(NotAuthorised, match="connection x_api"):
        list(search.pages("q", START, END, 10))


def test_no_credentials_at_all(x: FakeX) -> None:
    with pytest.raises(NotAuthorised, match="neither a bearer token"):
        RecentSearch.connect(x.connection(extra=json.dumps({**KEYS, "access_token": ""})), 1000)


def test_a_rate_limit_is_retried_after_its_reset(x: FakeX) -> None:
    reset = datetime.now(UTC).replace(microsecond=0) + timedelta(minutes=7)
    x.replies = [(429, {"x-rate-limit-reset": str(int(reset.timestamp()))}, {"title": "Too Many Requests"})]
    search = RecentSearch.connect(x.connection(password="b"), 1000)
    with pytest.raises(RateLimited) as error:
        list(search.pages("q", START, END, 10))
    assert error.value.reset_at == reset
    decision = RetryAfterReset().evaluate(error.value, try_number=1, max_tries=3)
    assert decision.action.value == "retry"
    assert decision.retry_delay is not None
    assert timedelta(minutes=6, seconds=50) < decision.retry_delay < timedelta(minutes=7, seconds=2)


def test_other_errors_keep_the_back_off() -> None:
    assert RetryAfterReset().evaluate(OSError("x"), try_number=1, max_tries=3).action.value == "default"
