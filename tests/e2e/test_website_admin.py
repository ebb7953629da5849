"""wp-admin of the stack: who gets in, what is switched off, and what a stranger cannot find out."""

import json
from collections.abc import Iterator

import pytest
import requests
from playwright.sync_api import Browser

from tests.e2e.browser import Visitor, picture
from tests.e2e.harness import Stack
from tests.e2e.website import Editor

OURS = "wordpress/mu-plugins/"
CODE_CHANGES = (
    "plugin-editor.php",
    "theme-editor.php",
    "plugin-install.php?tab=upload",
    "theme-install.php",
    "update.php?action=upload-plugin",
    "update-core.php?action=do-core-upgrade",
)


@pytest.fixture(scope="module")
def administrator(browser: Browser, stack: Stack) -> Iterator[Visitor]:
    with Visitor(browser, stack.site) as admin:
        admin.log_in(stack.env["WORDPRESS_ADMIN_PASSWORD"]).wait_for_selector("#wpadminbar")
        yield admin


def test_the_env_files_password_opens_it(administrator: Visitor) -> None:
    page = administrator.open("/wp-admin/")
    assert page.url.endswith("/wp-admin/")
    picture(page, "wp-admin")


@pytest.mark.parametrize("password", ["admin", "password", " "])
def test_another_password_does_not(visitor: Visitor, password: str) -> None:
    page = visitor.log_in(password)
    assert page.is_visible("#login_error")
    page.goto("/wp-admin/")
    assert "/wp-login.php" in page.url


def test_it_asks_no_outside_host_and_breaks_no_policy(administrator: Visitor, stack: Stack) -> None:
    for path in ("/wp-admin/", "/wp-admin/options-general.php?page=tubepulse", "/wp-admin/plugins.php",
                 "/wp-admin/edit.php?post_type=page"):  # fmt: skip
        administrator.open(path).wait_for_load_state("networkidle")
    assert administrator.hosts == {stack.site.removeprefix("http://")}
    assert administrator.complaints == []


def test_the_page_editor_works_under_the_policy(administrator: Visitor, stack: Stack) -> None:
    page = administrator.open("/wp-admin/edit.php?post_type=page")
    page.click("a.row-title:has-text('Topics')")
    page.wait_for_selector(".editor-visual-editor")
    assert administrator.hosts == {stack.site.removeprefix("http://")}
    assert administrator.complaints == []


def test_one_notice_tells_of_wpdatatables_until_it_is_dismissed(administrator: Visitor, stack: Stack) -> None:
    page = administrator.open("/wp-admin/")
    notice = page.locator(".notice", has_text="wpDataTables")
    assert notice.count() == 1
    assert "wordpress/plugins" in notice.inner_text()
    notice.get_by_text("Do not show this again").click()
    page.wait_for_load_state("load")
    assert page.url.endswith("/wp-admin/")
    assert notice.count() == 0
    assert "wpDataTables" not in administrator.open("/wp-admin/plugins.php").inner_text("#wpbody-content")
    stack.site_rows("DELETE FROM wp_usermeta WHERE meta_key LIKE 'tubepulse%dismissed'")


def test_the_settings_show_the_stacks_connection_and_no_password(
    administrator: Visitor, stack: Stack
) -> None:
    page = administrator.open("/wp-admin/options-general.php?page=tubepulse")
    text = page.inner_text("#wpbody")
    assert "wp-config.php" in text
    assert "postgres" in page.content()
    assert stack.env["WEBAPP_PASSWORD"] not in page.content()
    picture(page, "settings")


@pytest.mark.parametrize("path", CODE_CHANGES)
def test_code_cannot_be_changed(administrator: Visitor, path: str) -> None:
    answer = administrator.context.request.get(f"/wp-admin/{path}")
    assert "not allowed" in answer.text()
    assert answer.status in (403, 500)  # WordPress is of two minds


def test_the_remote_interface_of_old_clients_is_off(stack: Stack) -> None:
    call = "<?xml version='1.0'?><methodCall><methodName>system.listMethods</methodName></methodCall>"
    answer = requests.post(f"{stack.site}/xmlrpc.php", data=call, timeout=30)
    assert answer.status_code in (403, 404, 405)
    assert "methodResponse" not in answer.text


@pytest.mark.parametrize(
    "path",
    [
        "/?author=1",
        "/author/admin/",
        "/wp-json/wp/v2/users",
        "/wp-json/wp/v2/users/1",
        "/wp-sitemap-users-1.xml",
        "/wp-json/oembed/1.0/embed?url={site}/topics/",
        "/feed/",
    ],
)
def test_a_stranger_learns_no_user_name(stack: Stack, path: str) -> None:
    answer = requests.get(stack.site + path.format(site=stack.site), timeout=30)
    if path in ("/feed/", "/author/admin/"):
        assert answer.status_code in (403, 404)
    assert "/author/" not in answer.url.replace(path, "")
    for telling in ("<dc:creator><![CDATA[admin", '"author_name":"admin', '"slug":"admin"', "/author/admin"):
        assert telling not in answer.text.replace("\\/", "/")


def test_nobody_registers_or_comments(stack: Stack) -> None:
    answer = requests.get(f"{stack.site}/wp-login.php?action=register", timeout=30)
    assert "user_email" not in answer.text
    ((page,),) = stack.site_rows("SELECT ID FROM wp_posts WHERE post_name = 'topics' AND post_type = 'page'")
    comment = {"comment": "x", "comment_post_ID": page, "author": "x", "email": "x@example.org"}
    requests.post(f"{stack.site}/wp-comments-post.php", data=comment, timeout=30)
    assert stack.site_rows("SELECT count(*) FROM wp_comments") == [["0"]]


def test_php_that_is_only_included_gives_nothing(stack: Stack) -> None:
    code = [path.relative_to(stack.checkout / OURS) for path in (stack.checkout / OURS).rglob("*.php")]
    assert len(code) > 10
    paths = [f"wp-content/mu-plugins/{path.as_posix()}" for path in code]
    for path in (*paths, "wp-config.php", "wp-includes/version.php", "wp-content/debug.log", ".htaccess"):
        answer = requests.get(f"{stack.site}/{path}", timeout=30)
        assert answer.status_code in (403, 404) or answer.text == "", path
        assert stack.env["WEBAPP_PASSWORD"] not in answer.text


def test_an_uploaded_script_does_not_run(stack: Stack) -> None:
    place = "wp-content/uploads/probe.php"
    stack.inside("wordpress", "sh", "-c", f"echo '<?php echo 6 * 7;' > {place}")
    try:
        for path in (place, f"{place}/x", place.replace(".php", "%2ephp"), place.replace("wp-", "/wp-")):
            answer = requests.get(f"{stack.site}/{path}", timeout=30)
            assert answer.status_code in (403, 404), path
            assert "42" not in answer.text
    finally:
        stack.inside("wordpress", "rm", place)


@pytest.mark.parametrize("place", [".", "wp-content", "wp-content/plugins", "wp-content/mu-plugins"])
def test_the_site_cannot_write_its_own_code(stack: Stack, place: str) -> None:
    said = stack.inside("wordpress", "sh", "-c", f"touch {place}/probe.php 2>&1 || true")
    assert "Read-only file system" in said or "Permission denied" in said


def test_wordpress_itself_calls_nobody(stack: Stack) -> None:
    call = "require 'wp-load.php'; echo json_encode(wp_remote_get('http://example.org/'));"
    assert "http_request_not_executed" in stack.inside("wordpress", "php", "-r", call)


def test_folders_are_not_listed(stack: Stack) -> None:
    for path in ("wp-content/uploads/", "wp-content/mu-plugins/", "wp-content/themes/", "wp-includes/"):
        answer = requests.get(f"{stack.site}/{path}", timeout=30)
        assert "Index of" not in answer.text, path


def test_the_rest_api_gives_a_stranger_no_settings(stack: Stack) -> None:
    for path in ("settings", "plugins", "themes"):
        answer = requests.get(f"{stack.site}/wp-json/wp/v2/{path}", timeout=30)
        assert answer.status_code in (401, 403), path
    names = json.dumps(
        Editor(stack.site, stack.env["WORDPRESS_ADMIN_PASSWORD"]).rest("GET", "/wp/v2/settings")
    )
    assert "tubepulse_connection" not in names
