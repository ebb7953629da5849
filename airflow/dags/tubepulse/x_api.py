"""The X API v2 recent search through tweepy, at the host that the connection `x_api` names."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import requests
import tweepy
from airflow.sdk import Connection
from airflow.sdk.exceptions import AirflowFailException
from requests.utils import get_environ_proxies

from tubepulse.rate_limit import RateLimited

CONNECTION = "x_api"
OAUTH1_KEYS = ("consumer_key", "consumer_secret", "access_token", "access_token_secret")
PAGE_SIZES = (10, 100)  # max_results of a recent search
TWEEPY_HOST = "https://api.twitter.com"  # fixed in tweepy

Answer = dict[str, Any]  # one page, the API's JSON: data, includes, errors, meta


class NotAuthorised(AirflowFailException):
    """X refused the credentials (401) or the access (403); a retry can't help."""


class ConnectionHost(requests.adapters.HTTPAdapter):
    """Sends what tweepy addresses to its fixed host to the connection's host instead."""

    def __init__(self, base_url: str, auth: requests.auth.AuthBase | None) -> None:
        super().__init__()
        self.base_url = base_url
        self.auth = auth

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        """Send `request` to the connection's host."""
        request = request.copy()
        request.url = self.base_url + str(request.url).removeprefix(TWEEPY_HOST)
        if self.auth:  # an OAuth 1.0a signature covers the host, so tweepy's own no longer fits
            request.headers.pop("Authorization", None)
            request.prepare_auth(self.auth)
        kwargs["proxies"] = get_environ_proxies(request.url)
        return super().send(request, *args, **kwargs)


@dataclass
class RecentSearch:
    """Recent search with a ceiling of posts read, which are what X bills."""

    client: tweepy.Client
    user_auth: bool
    posts_left: int
    posts_read: int = 0

    @classmethod
    def connect(cls, connection: Connection, posts_left: int) -> "RecentSearch":
        """A search with the connection's bearer token (password) or the four OAuth 1.0a keys (extra)."""
        extra = connection.extra_dejson
        keys = {name: extra[name] for name in OAUTH1_KEYS if extra.get(name)}
        if not connection.password and len(keys) < len(OAUTH1_KEYS):
            raise NotAuthorised(
                f"connection {CONNECTION} has neither a bearer token (password) nor the four keys "
                f"{', '.join(OAUTH1_KEYS)} (extra)"
            )
        # tweepy logs request headers, credentials included, at level DEBUG.
        logging.getLogger("tweepy").setLevel(logging.INFO)
        user_auth = not connection.password
        client = tweepy.Client(bearer_token=connection.password or None, return_type=dict, **keys)
        signer = tweepy.OAuth1UserHandler(*keys.values()).apply_auth() if user_auth else None
        client.session.mount(TWEEPY_HOST, ConnectionHost(_base_url(connection), signer))
        return cls(client, user_auth, posts_left)

    def pages(self, query: str, start: datetime, end: datetime, limit: int) -> Iterator[Answer]:
        """Pages of the newest posts in [start, end), until `limit` posts or the ceiling is reached.

        Raises NotAuthorised, RateLimited, tweepy's HTTPException for the rest.
        """
        smallest, largest = PAGE_SIZES
        answers = iter(
            tweepy.Paginator(
                self.client.search_recent_tweets,
                user_auth=self.user_auth,
                query=query,
                start_time=start,
                end_time=end,
                tweet_fields="created_at,geo,lang,public_metrics,referenced_tweets,note_tweet",
                expansions="geo.place_id",
                place_fields="full_name,geo",
            )
        )
        while limit > 0 and self.posts_left >= smallest:
            answers.kwargs["max_results"] = max(smallest, min(limit, largest, self.posts_left))
            page = _next(answers)
            if page is None:
                return
            count = len(page.get("data", ()))
            self.posts_left -= count
            self.posts_read += count
            limit -= count
            yield page


def _next(answers: Iterator[Answer]) -> Answer | None:
    try:
        return next(answers, None)
    except (tweepy.Unauthorized, tweepy.Forbidden) as error:
        raise NotAuthorised(f"X refused the credentials of connection {CONNECTION}: {error}") from None
    except tweepy.TooManyRequests as error:
        reset = error.response.headers.get("x-rate-limit-reset")
        soon = datetime.now(UTC) + timedelta(minutes=15)  # the API's window, if it names no time
        raise RateLimited(datetime.fromtimestamp(int(reset), UTC) if reset else soon) from None


def _base_url(connection: Connection) -> str:
    port = f":{connection.port}" if connection.port else ""
    return f"{connection.schema or 'https'}://{connection.host}{port}"
