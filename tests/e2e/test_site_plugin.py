"""The plugin for a WordPress elsewhere: uploaded into a clean one with a browser, set up, removed again."""

import hashlib
import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Browser, Page

from tests.e2e.browser import Visitor, picture
from tests.e2e.conftest import FirstRun
from tests.e2e.harness import ROOT, Stack

ZIP = "build/tubepulse-results.zip"
OVERRIDE = ROOT / "tests" / "e2e" / "clean_site.yml"
PASSWORD = "a-password-of-the-clean-sites-own"
SETTINGS = "/wp-admin/options-general.php?page=tubepulse"
OURS = """SELECT option_name FROM clean_options WHERE option_name LIKE '%tubepulse%'
          AND option_name NOT LIKE '_site_transient%'"""


@pytest.fixture(scope="module")
def clean_site(stack: Stack, first_run: FirstRun) -> Iterator[str]:
    """A WordPress that knows nothing of us, installed as WordPress does it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    files = ("--file", "docker-compose.yml", "--file", str(OVERRIDE))
    up = ("up", "--detach", "--wait", "--wait-timeout", "60", "--no-deps", "clean-site")
    stack.compose(*files, *up, CLEAN_SITE_PORT=port)
    site = f"http://localhost:{port}"
    about = {"weblog_title": "Elsewhere", "user_name": "admin", "admin_email": "admin@example.org",
             "admin_password": PASSWORD, "admin_password2": PASSWORD}  # fmt: skip
    try:
        installed = requests.post(f"{site}/wp-admin/install.php?step=2", data=about, timeout=60)
        assert "Success!" in installed.text, installed.text[-1000:]
        yield site
    finally:
        stack.compose(*files, "rm", "--stop", "--force", "--volumes", "clean-site", CLEAN_SITE_PORT=port)
        tables = [name for (name,) in stack.site_rows("SHOW TABLES LIKE 'clean\\_%'")]
        stack.site_rows(f"DROP TABLE {', '.join(tables)}")


@pytest.fixture(scope="module")
def plugin(stack: Stack) -> Path:
    assert ZIP in stack.make("site-plugin")
    return stack.checkout / ZIP


@pytest.fixture(scope="module")
def admin(browser: Browser, clean_site: str, plugin: Path) -> Iterator[Visitor]:
    """The clean site's administrator, who has uploaded and activated the plugin."""
    with Visitor(browser, clean_site) as admin:
        admin.log_in(PASSWORD).wait_for_selector("#wpadminbar")
        page = admin.open("/wp-admin/plugin-install.php?tab=upload")
        page.set_input_files("#pluginzip", plugin)
        page.click("#install-plugin-submit")
        page.click("a:has-text('Activate Plugin')")
        page.wait_for_selector("text=Plugin activated.")
        yield admin


@pytest.fixture
def settings(admin: Visitor) -> Iterator[Page]:
    page = admin.open(SETTINGS)
    yield page
    page.close()


def save(page: Page, stack: Stack, **values: str) -> str:
    """What the page says after Save and test; without other values they are those that work."""
    right = {"host": "postgres", "port": "5432", "name": "tubepulse", "user": "webapp",
             "password": stack.env["WEBAPP_PASSWORD"], "sslmode": "prefer"}  # fmt: skip
    for name, value in {**right, **values}.items():
        if name == "sslmode":
            page.select_option(f"#tubepulse-{name}", value)
        else:
            page.fill(f"#tubepulse-{name}", value)
    page.get_by_role("button", name="Save and test").click()
    page.wait_for_selector("#wpbody .notice")
    assert stack.env["WEBAPP_PASSWORD"] not in page.content()
    return " ".join(page.locator("#wpbody-content .wrap > .notice").all_inner_texts())


def test_the_same_files_make_the_same_bytes(stack: Stack, plugin: Path) -> None:
    before = hashlib.sha256(plugin.read_bytes()).hexdigest()
    stack.make("site-plugin")
    assert hashlib.sha256(plugin.read_bytes()).hexdigest() == before


def test_before_it_is_set_up_a_page_says_so(admin: Visitor, clean_site: str) -> None:
    pages = admin.open(SETTINGS)
    pages.get_by_role("button", name="Add the pages").click()
    pages.wait_for_selector("text=page Stations: made")
    shown = requests.get(f"{clean_site}/?pagename=stations", timeout=30)
    assert shown.status_code == 200
    assert "this site is not connected to its database" in shown.text


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"host": "nowhere.invalid"}, "PostgreSQL cannot be reached"),
        ({"port": "5999"}, "PostgreSQL cannot be reached"),
        ({"password": "a-wrong-one"}, "password authentication failed"),
        ({"name": "airflow"}, "permission denied for database"),
        ({"sslmode": "require"}, "SSL"),
        ({"host": ""}, "Host is empty"),
        ({"host": "postgres;user=postgres"}, "semicolon"),
        ({"sslmode": "verify-full"}, "root certificate"),
    ],
)
def test_what_does_not_work_is_said(settings: Page, stack: Stack, values: dict[str, str], said: str) -> None:
    answer = save(settings, stack, **values)
    assert said in answer
    assert "a-wrong-one" not in settings.content()


def test_what_works_is_saved_and_the_pages_show_the_rows(
    admin: Visitor, settings: Page, clean_site: str, stack: Stack
) -> None:
    answer = save(settings, stack)
    assert "Connected to postgres as webapp." in answer
    assert "station_overview: 308 rows." in answer
    picture(settings, "settings-elsewhere")
    page = admin.open("/?pagename=stations")
    page.wait_for_selector(".dt-container [data-table=stations]")
    assert "of 308 stations" in page.inner_text(".dt-container:has([data-table=stations]) .dt-info")
    assert admin.open("/?pagename=map").locator("svg.tubepulse-london circle.dot").count() == 308


def test_a_visitor_sees_them_too_and_nothing_from_outside(
    browser: Browser, admin: Visitor, clean_site: str
) -> None:
    with Visitor(browser, clean_site) as somebody:
        page = somebody.open("/?pagename=stations")
        page.wait_for_load_state("networkidle")
        picture(page, "stations-elsewhere")
        assert somebody.hosts == {clean_site.removeprefix("http://")}
        assert somebody.complaints == []


def test_an_empty_password_field_keeps_the_stored_one(settings: Page, stack: Stack) -> None:
    assert settings.input_value("#tubepulse-password") == ""
    assert "Connected to postgres as webapp." in save(settings, stack, password="")


def test_a_stored_password_is_not_sent_to_another_host(settings: Page, stack: Stack) -> None:
    answer = save(settings, stack, host="elsewhere.invalid", password="")
    assert "Not saved." in answer
    assert "give the password again" in answer


def test_who_is_not_logged_in_changes_no_settings(clean_site: str, admin: Visitor, stack: Stack) -> None:
    form: dict[str, str | float | bool] = {"action": "tubepulse_settings", "host": "elsewhere", "user": "x"}
    requests.post(f"{clean_site}/wp-admin/admin-post.php", data=form, timeout=30)
    logged_in = admin.context.request.post(
        "/wp-admin/admin-post.php", form=form
    )  # but from a page of another site
    assert logged_in.status == 403
    stored = stack.site_rows(
        "SELECT option_value FROM clean_options WHERE option_name = 'tubepulse_connection'"
    )
    assert "elsewhere" not in json.dumps(stored)


def test_deactivated_and_deleted_it_leaves_nothing(admin: Visitor, stack: Stack, clean_site: str) -> None:
    assert stack.site_rows(OURS)
    page = admin.open("/wp-admin/plugins.php")
    page.on("dialog", lambda dialog: dialog.accept())
    page.click("#deactivate-tubepulse-results")
    page.wait_for_selector("text=Plugin deactivated.")
    assert requests.get(f"{clean_site}/?pagename=stations", timeout=30).status_code == 200
    page.click("#delete-tubepulse-results")
    page.wait_for_selector("text=was successfully deleted")
    assert stack.site_rows(OURS) == []
