"""Our table type with a plugin that asks for it as wpDataTables does; and the way in and out of a plugin."""

import shutil
import zipfile
from collections.abc import Iterator
from datetime import date, datetime
from html import escape
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import FirstRun
from tests.e2e.harness import OUT, Stack
from tests.e2e.website import PAGES, fresh, number, remove_wpdatatables, text_of

STUB = Path(__file__).parent / "stub_wpdatatables"
FEEDS = {"station_overview": "station", "vsentiment": "subway_station", "topics": "date DESC",
         "mood_by_week": "run, zone"}  # a view each, and the order of its rows  # fmt: skip
COLUMNS = "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 ORDER BY attnum"


@pytest.fixture(scope="module")
def stub(stack: Stack, first_run: FirstRun) -> Iterator[str]:
    """The stand-in as a zip of the user's; what provisioning said of it."""
    folder = OUT / "stub"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(STUB, folder / "wpdatatables")
    archive = stack.checkout / "wordpress" / "plugins" / "wpdatatables-stub"
    made = Path(shutil.make_archive(str(archive), "zip", folder, "wpdatatables"))
    try:
        yield stack.provision()
    finally:
        made.unlink()
        remove_wpdatatables(stack)


def test_style_sheets_ask_no_other_host(stack: Stack, stub: str) -> None:
    sheet = fresh(f"{stack.site}/wp-content/plugins/wpdatatables/style.css").text
    assert "example.org" in (STUB / "style.css").read_text()
    assert "example.org" not in sheet
    assert sheet.split() == ["@import", 'url("own.css");', "p", "{", "color:", "red;", "}"]


def given(stack: Stack, feed: str, *columns: str) -> dict[str, Any]:
    """What our handler gives a table with these columns, or one that has none yet."""
    asked = {"stub_feed": feed, "columns": ",".join(columns)}
    answer = fresh(stack.site, params=asked)
    assert answer.headers["Content-Type"].startswith("application/json"), answer.text[:300]
    return dict(answer.json())


def same(cell: str, value: Any) -> bool:
    if value is None:
        return cell == ""
    if isinstance(value, datetime):
        return cell == value.strftime("%G-W%V")
    if isinstance(value, str):
        return cell == escape(value).replace("&#x27;", "&#039;")
    shown = number(cell.replace(",", "."))  # as the plugin's number format has it
    return shown is not None and abs(shown - float(value)) < 1e-5


def test_a_zip_of_the_users_is_unpacked_and_active(stack: Stack, stub: str) -> None:
    assert "wpdatatables-stub.zip" in stub
    assert "nothing to change" in stack.provision()


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ({}, "is no zip file"),
        ({"akismet/akismet.php": ""}, "is not wpDataTables: it lacks wpdatatables/wpdatatables.php"),
        ({"wpdatatables/wpdatatables.php": "<?php", "wpdatatables/../../x.php": ""}, "outside its folder"),
    ],
)
def test_a_zip_that_is_no_good_is_named_and_changes_nothing(
    stack: Stack, stub: str, files: dict[str, str], why: str
) -> None:
    bad = stack.checkout / "wordpress" / "plugins" / "wpdatatables-bad.zip"
    bad.write_bytes(b"<html>Not found</html>")
    if files:
        with zipfile.ZipFile(bad, "w") as archive:
            for name, content in files.items():
                archive.writestr(name, content)
    try:
        said = stack.provision()
    finally:
        bad.unlink()
    assert f"wpdatatables-bad.zip: {why}" in said.replace("holds a file ", "")
    assert "put another zip of wpDataTables into wordpress/plugins" in said
    assert given(stack, "topics")["rows"]


@pytest.mark.parametrize("feed", FEEDS)
def test_our_table_type_hands_over_every_row_of_a_feed(stack: Stack, stub: str, feed: str) -> None:
    names = [name for (name,) in stack.rows(COLUMNS, f"london_schema.{feed}")]
    wanted = stack.rows(f"SELECT * FROM london_schema.{feed} ORDER BY {FEEDS[feed]}")
    found = given(stack, feed, *names)["rows"]
    assert len(found) == len(wanted) > 0
    for row, values in zip(found, wanted, strict=True):
        assert list(row) == names
        assert all(same(row[name], value) for name, value in zip(names, values, strict=True)), (row, values)


def test_our_table_type_hands_over_the_source_of_the_prices(stack: Stack, stub: str) -> None:
    columns = ("source", "kind", "first_day", "last_day", "properties", "prices", "rejected", "attribution")
    wanted = stack.rows(f"SELECT {', '.join(columns)} FROM london_schema.price_source")
    (row,) = given(stack, "price_source", *columns)["rows"]
    assert list(row) == list(columns)
    values = [value.isoformat() if isinstance(value, date) else value for value in wanted[0]]
    assert all(same(row[name], value) for name, value in zip(columns, values, strict=True)), row


def test_a_new_table_is_told_the_columns_and_shown_a_few_rows(stack: Stack, stub: str) -> None:
    answer = given(stack, "station_overview")
    assert 0 < len(answer["rows"]) <= 25
    assert {"station", "zone", "sentiment"} <= set(answer["rows"][0])
    assert answer["parameters"]["data_types"]["sentiment"] == "float"


@pytest.mark.parametrize("feed", ["stations", "london_schema.sentiment", "topics; DROP TABLE x", "pg_authid"])
def test_a_feed_that_is_none_gives_no_rows_and_tells_an_editor(stack: Stack, stub: str, feed: str) -> None:
    assert given(stack, feed, "station")["rows"] == []
    assert "There is no such feed. There are: station_overview, " in given(stack, feed)["problem"]


@pytest.mark.parametrize("page", PAGES)
def test_a_plugin_that_is_not_quite_wpdatatables_leaves_our_own_tables(
    stack: Stack, stub: str, page: str
) -> None:
    answer = fresh(stack.site + PAGES[page])
    assert answer.status_code == 200
    assert "tubepulse" in answer.text
    assert "[tubepulse" not in text_of(answer.text)


def test_switched_off_it_is_not_active_though_its_zip_is_there(stack: Stack, stub: str) -> None:
    """The last one: the others need it."""
    assert "wpDataTables deactivated" in stack.provision(WPDATATABLES="off")
    answer = fresh(stack.site, params={"stub_feed": "topics"})
    assert answer.headers["Content-Type"].startswith("text/html")
    assert "nothing to change" in stack.provision(WPDATATABLES="off")
