"""The website's provisioning runs at every start: it changes nothing of what is there, least of all edits."""

import shutil
from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.conftest import FirstRun
from tests.e2e.harness import OUT, Stack, set_value
from tests.e2e.website import Editor, can_log_in, site_content


@pytest.fixture(scope="module")
def editor(stack: Stack, first_run: FirstRun) -> Editor:
    return Editor(stack.site, stack.env["WORDPRESS_ADMIN_PASSWORD"])


@pytest.fixture
def edited(editor: Editor) -> Iterator[dict[str, Any]]:
    """Page Topics with a title and a paragraph of the editor's; it is as it was in the end."""
    before = editor.page("topics")
    text = f"<!-- wp:paragraph --><p>Ours, by hand.</p><!-- /wp:paragraph -->\n\n{before['content']['raw']}"
    yield editor.rest("POST", f"/wp/v2/pages/{before['id']}", title="Talk of the town", content=text)
    editor.rest(
        "POST", f"/wp/v2/pages/{before['id']}", title=before["title"]["raw"], content=before["content"]["raw"]
    )


def test_a_second_start_changes_nothing(stack: Stack, first_run: FirstRun) -> None:
    before = site_content(stack)
    said = stack.provision()
    after = site_content(stack)
    assert {name for name in before if before[name] != after.get(name)} == set()
    assert before == after
    assert "nothing to change" in said


def test_an_editors_page_stays_as_edited(stack: Stack, editor: Editor, edited: dict[str, Any]) -> None:
    assert "nothing to change" in stack.provision()
    found = editor.page("topics")
    assert found["title"]["raw"] == "Talk of the town"
    assert "Ours, by hand." in found["content"]["raw"]


def test_a_page_in_the_trash_stays_there(stack: Stack, editor: Editor) -> None:
    page = editor.page("map")
    editor.rest("DELETE", f"/wp/v2/pages/{page['id']}")
    try:
        assert "nothing to change" in stack.provision()
        assert editor.rest("GET", "/wp/v2/pages?slug=map") == []
    finally:
        editor.rest("POST", f"/wp/v2/pages/{page['id']}", status="publish", slug="map")


def test_the_admins_password_follows_the_env_file(stack: Stack) -> None:
    changed = OUT / "changed.env"
    shutil.copy(stack.env_file, changed)
    set_value(changed, "WORDPRESS_ADMIN_PASSWORD", "another-password-of-32-characters")
    try:
        assert "password" in Stack(stack.checkout, changed, stack.env).provision()
        assert can_log_in(stack.site, "another-password-of-32-characters")
        assert not can_log_in(stack.site, stack.env["WORDPRESS_ADMIN_PASSWORD"])
    finally:
        stack.provision()
        changed.unlink()
    assert can_log_in(stack.site, stack.env["WORDPRESS_ADMIN_PASSWORD"])
