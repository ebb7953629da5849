"""The website without a browser: its pages as a visitor's HTTP client has them, wp-admin as an editor's."""

import re
import time
from decimal import ROUND_HALF_UP, Decimal
from html import unescape
from typing import Any

import requests

from tests.e2e.harness import Stack

PAGES = {"stations": "/", "topics": "/topics/", "map": "/map/", "about": "/about-the-data/"}


# In wp_options, what goes with time: caches, the last figures, the background tasks' next times
PASSING = "option_name LIKE '%transient%' OR option_name = 'cron' OR option_name LIKE 'tubepulse\\_feed\\_%'"


# What a browser's reload sends: strangers otherwise share a page for some seconds
RELOAD = {"Cache-Control": "no-cache"}


def fresh(url: str, **options: Any) -> requests.Response:
    """A page as it is now."""
    return requests.get(url, headers=RELOAD, timeout=60, **options)


class Editor:
    """The administrator, logged in; raises AssertionError where the password is a wrong one."""

    def __init__(self, site: str, password: str) -> None:
        self.site = site
        self.session = requests.Session()
        self.session.get(f"{site}/wp-login.php", timeout=30)  # a cookie that shows that cookies work
        form = {"log": "admin", "pwd": password, "testcookie": "1"}
        self.session.post(f"{site}/wp-login.php", data=form, timeout=30)
        nonce = self.session.get(f"{site}/wp-admin/admin-ajax.php?action=rest-nonce", timeout=30)
        assert nonce.ok, f"no login: {nonce.status_code}"
        self.session.headers["X-WP-Nonce"] = nonce.text

    def rest(self, method: str, path: str, **body: Any) -> Any:
        """An answer of WordPress's REST API."""
        answer = self.session.request(method, f"{self.site}/wp-json{path}", json=body or None, timeout=30)
        assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text[:500]}"
        return answer.json()

    def page(self, slug: str) -> dict[str, Any]:
        """A page with its content as it is edited."""
        (found,) = self.rest("GET", f"/wp/v2/pages?slug={slug}&context=edit")
        return dict(found)


def can_log_in(site: str, password: str) -> bool:
    try:
        Editor(site, password)
    except AssertionError:
        return False
    return True


def site_content(stack: Stack) -> dict[str, Any]:
    """All that the website keeps in MariaDB: rows by table."""
    tables = [name for (name,) in stack.site_rows("SHOW TABLES")]
    lasting = {"wp_options": f"WHERE NOT ({PASSING})"}
    queries = (f"SELECT * FROM `{table}` {lasting.get(table, '')} ORDER BY 1" for table in tables)
    return dict(zip(tables, stack.site_answers(*queries), strict=True))


def let_feeds_age(stack: Stack, seconds: int = 3600) -> int:
    """As if the last rows had been read that long ago; returns that time. Pages ask anew after a minute."""
    then = int(time.time()) - seconds
    stack.site_rows(
        "UPDATE wp_options SET option_value ="
        f""" REGEXP_REPLACE(option_value, 's:7:"read_at";i:[0-9]+', 's:7:"read_at";i:{then}')"""
        " WHERE option_name LIKE 'tubepulse\\\\_feed\\\\_%'"
    )
    stack.site_rows("DELETE FROM wp_options WHERE option_name LIKE '%transient%tubepulse\\\\_failure%'")
    return then


def remove_wpdatatables(stack: Stack) -> None:
    """As if there had never been a zip of it; its tables in MariaDB stay, as with any plugin."""
    removal = "cd /var/www/html/wp-content/plugins && rm -rf wpdatatables .wpdatatables-zip"
    command = f"/opt/tubepulse/provision/provision.sh && {removal}"
    stack.compose("run", "--rm", "--no-TTY", "wordpress-init", "sh", "-c", command, WPDATATABLES="off")


def text_of(html: str) -> str:
    """What a visitor reads of a page's or an element's HTML."""
    shown = re.sub(r"(?s)<(script|style)\b.*?</\1>", " ", html)
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", shown)).split())


def number(text: str) -> float | None:
    """A number as pages write it: "£908,278", "+0.169", "−0.042", "2/3" for a station between two zones."""
    if text.startswith("–") or not text:
        return None
    if "/" in text:
        return float(text.split("/")[0]) + 0.5
    return float(re.sub(r"[£,+]", "", text).replace("−", "-"))


def as_written(value: Any, places: int) -> float | None:
    """A value of PostgreSQL's, rounded as people round."""
    if value is None:
        return None
    return float(Decimal(str(value)).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP))
