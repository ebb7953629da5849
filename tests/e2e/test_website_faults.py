"""What a visitor sees while a database is away: the last figures and their time, or WordPress's own error."""

import re
import time

import pytest

from tests.e2e.conftest import FirstRun
from tests.e2e.harness import Stack, run, until, without
from tests.e2e.website import PAGES, fresh, let_feeds_age, text_of

AWAY = "The database cannot be reached: these are the figures of {}."
SOON = 6  # seconds for a page while PostgreSQL does not even refuse


def read(stack: Stack, page: str) -> tuple[float, str]:
    """How long a page took, and its text."""
    begun = time.monotonic()
    answer = fresh(stack.site + PAGES[page])
    assert answer.status_code == 200, f"{page}: {answer.status_code}"
    assert answer.text.rstrip().endswith("</html>")
    return time.monotonic() - begun, text_of(answer.text)


def day_and_time(then: int) -> str:
    """As pages write it: the day only where it is not today."""
    moment, today = time.gmtime(then), time.gmtime()
    day = "" if moment[:3] == today[:3] else time.strftime(f"{moment.tm_mday} %B %Y, ", moment)
    return day + time.strftime("%H:%M UTC", moment)


@pytest.mark.parametrize(("stop", "start"), [("stop", "start"), ("pause", "unpause")])
def test_without_postgresql_pages_show_the_last_figures_and_their_time(
    stack: Stack, first_run: FirstRun, stop: str, start: str
) -> None:
    let_feeds_age(stack)
    texts = {page: read(stack, page)[1] for page in PAGES}
    assert not any("cannot be reached" in text for text in texts.values())
    with without(stack, "postgres", stop, start):
        then = let_feeds_age(stack, 26 * 3600)
        for page, before in texts.items():
            seconds, text = read(stack, page)
            assert seconds < SOON, page
            assert AWAY.format(day_and_time(then)) in text, page
            assert len(text) > 0.9 * len(before), page
            assert not re.search(r"(Warning|Notice|Fatal error): |SQLSTATE|password", text)
    if stop == "pause":
        let_feeds_age(stack)  # the other one waits until the failure is forgotten
    until(
        "all pages have new figures",
        lambda: not any("cannot be reached" in read(stack, page)[1] for page in PAGES),
        60,
    )


def test_with_views_of_an_older_release_pages_show_the_last_figures(
    stack: Stack, first_run: FirstRun
) -> None:
    let_feeds_age(stack)
    before = {page: read(stack, page)[1] for page in PAGES}
    stack.write("ALTER VIEW london_schema.station_overview RENAME COLUMN median_price TO unknown_yet")
    stack.write("ALTER VIEW london_schema.price_source RENAME TO unknown_yet")
    try:
        then = let_feeds_age(stack)
        said = f"The database has no figures at the moment: these are the figures of {day_and_time(then)}."
        for page, text in before.items():
            now = read(stack, page)[1]
            assert said in now, page
            assert len(now) > 0.9 * len(text), page
            assert ("Prices paid in " in now) == ("Prices paid in " in text), page
    finally:
        stack.write("ALTER VIEW london_schema.unknown_yet RENAME TO price_source")
        stack.write("ALTER VIEW london_schema.station_overview RENAME COLUMN unknown_yet TO median_price")
        let_feeds_age(stack)
    assert "has no figures at the moment" not in read(stack, "stations")[1]


@pytest.mark.parametrize("page", ["stations", "about"])
def test_without_a_load_of_prices_a_page_says_so(stack: Stack, first_run: FirstRun, page: str) -> None:
    loads = stack.rows("SELECT * FROM london_schema.housing_loads")
    stack.write("DELETE FROM london_schema.housing_loads")
    try:
        let_feeds_age(stack)
        text = read(stack, page)[1]
        assert "No housing prices yet: none have been loaded." in text
        assert "the pipeline has not run" not in text
        assert "Prices paid in" not in text
    finally:
        for load in loads:
            stack.write("INSERT INTO london_schema.housing_loads VALUES %s", load)
        let_feeds_age(stack)
    assert "Prices paid in" in read(stack, page)[1]


def test_without_mariadb_wordpress_says_so_and_recovers(stack: Stack, first_run: FirstRun) -> None:
    with without(stack, "mariadb", "stop", "start"):
        answer = fresh(stack.site)
        assert answer.status_code in (500, 503)
        assert "Error establishing a database connection" in answer.text
        assert stack.env["WORDPRESS_DB_PASSWORD"] not in answer.text
    until("the website is back", lambda: fresh(stack.site).status_code == 200, 60)
    assert "Piccadilly Circus" in read(stack, "stations")[1]


def test_the_log_tells_of_it_without_a_secret(stack: Stack) -> None:
    log = run(["docker", "logs", f"{stack.project}-wordpress-1"])
    assert "tubepulse: PostgreSQL cannot be reached: " in log
    assert [name for name, value in stack.secrets.items() if value in log] == []
    assert not re.search(r"PHP (Fatal|Parse|Warning|Notice|Deprecated)", log)
