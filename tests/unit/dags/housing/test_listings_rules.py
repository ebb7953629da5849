"""A site's file: what is refused, by file, key and value; and that its document knows every key and error."""

import inspect
import re
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from tubepulse.housing.listings import errors
from tubepulse.housing.listings.errors import BadSite, UnknownSource
from tubepulse.housing.listings.markup import DEEPEST, MOST_TAGS
from tubepulse.housing.listings.page import MOST_LISTINGS
from tubepulse.housing.listings.rules import FIELD_KEYS, FIELDS, KEYS, SITES, Field, SiteRules

DOCUMENT = (Path(__file__).parents[4] / "docs" / "listings.md").read_text(encoding="utf-8")
EXAMPLE = (SITES / "example_homes.yaml").read_text(encoding="utf-8")
GONE = object()


def named(folder: Path, content: str | bytes) -> SiteRules:
    (folder / "homes.yaml").write_bytes(content if isinstance(content, bytes) else content.encode())
    return SiteRules.named("homes", folder)


def changed(folder: Path, key: str, value: Any) -> SiteRules:
    """The example with another value at the dotted key."""
    content = yaml.safe_load(EXAMPLE)
    *path, last = key.split(".")
    place = content
    for one in path:
        place = place[one]
    if value is GONE:
        del place[last]
    else:
        place[last] = value
    return named(folder, yaml.safe_dump(content, allow_unicode=True))


def refusal(folder: Path, key: str, value: Any) -> str:
    with pytest.raises(BadSite) as caught:
        changed(folder, key, value)
    return str(caught.value)


def test_the_example() -> None:
    rules = SiteRules.named("example_homes")
    assert (rules.name, rules["pages.most"], rules["end.text"]) == ("example_homes", 200, "No more homes")
    assert set(rules.values) == set(KEYS)
    assert rules.fields["link"] == Field("a.listing-link", "href", None, True)
    assert rules.fields["address"].required is False


def test_what_may_be_left_out(tmp_path: Path) -> None:
    content = yaml.safe_load(EXAMPLE)
    for key in ("refused", "end", "login"):
        del content[key]
    del content["stations"]["aliases"]
    for field in FIELDS[3:]:
        del content["fields"][field]
    rules = named(tmp_path, yaml.safe_dump(content))
    assert [rules[key] for key in ("refused", "stations.aliases", "login.paths")] == [{}, {}, []]
    assert [rules[key] for key in ("end.select", "end.text", "login.select")] == [None] * 3


def test_a_site_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UnknownSource, match="no source 'homes'; there are land_registry, example_homes"):
        SiteRules.named("homes")
    with pytest.raises(UnknownSource):
        SiteRules.named("../sites/example_homes")


@pytest.mark.parametrize("key", [key for key, (_, default) in KEYS.items() if default is ...])
def test_a_needed_key_that_is_missing(tmp_path: Path, key: str) -> None:
    assert refusal(tmp_path, key, GONE).startswith(f"homes.yaml: {key} is missing (")


@pytest.mark.parametrize(
    ("key", "value", "wanted"),
    [
        ("description", "", "'' is not a text"),
        ("attribution", ["x"], r"\['x'\] is not a text"),
        ("contact", None, "None is not a text"),
        ("first_page", "/for-sale/", "'/for-sale/' is not a path that begins with / and holds {page} once"),
        ("first_page", "for-sale/{page}", "begins with /"),
        ("first_page", "/{page}/{page}", "once"),
        ("pages.most", 0, "0 is not a whole number above 0"),
        ("pages.most", True, "True is not a whole number"),
        ("pages.most", 1.5, "1.5 is not a whole number"),
        ("pages.most", "200", "'200' is not a whole number"),
        ("seconds_between_requests", -1, "-1 is not a number of seconds from 0 to 3600"),
        ("seconds_between_requests", float("nan"), "nan is not a number"),
        ("seconds_between_requests", float("inf"), "inf is not a number"),
        ("seconds_between_requests", 3601, "3601 is not"),
        ("largest_page_bytes", "3 MB", "'3 MB' is not a whole number"),
        ("listing", "article[", r"'article\[' is not a CSS selector"),
        ("listing", " ", "' ' is not a CSS selector"),
        ("stations.select", ":no-such-thing", "is not a CSS selector"),
        ("stations.unit", "yards", "'yards' is not one of miles, km, m"),
        ("stations.unit", ["m"], r"\['m'\] is not one of"),
        ("stations.aliases", {"Bank": 1}, "is not texts by text"),
        ("stations.aliases", ["Bank"], "is not texts by text"),
        ("refused", {"(": "rent"}, "is not regular expressions"),
        ("refused", {"pcm": "too dear"}, "each with one of the reasons price on application, price is a min"),
        ("end.text", 5, "5 is not a text"),
        ("login.paths", "/login", "'/login' is not a list of paths"),
        ("login.paths", ["login"], r"\['login'\] is not a list of paths that begin with /"),
        ("fields.link.select", 3, "3 is not a CSS selector"),
        ("fields.price.pattern", "(", r"'\(' is not a regular expression with one group"),
        ("fields.price.pattern", "£.*", "with one group"),
        ("fields.price.pattern", "(£)(.*)", "with one group"),
        ("fields.price.pattern", "(a{99999999999999})", "with one group"),
        ("fields.address.required", "yes", "'yes' is not true or false"),
    ],
)
def test_a_value_that_cannot_be_used(tmp_path: Path, key: str, value: Any, wanted: str) -> None:
    text = refusal(tmp_path, key, value)
    assert text.startswith(f"homes.yaml: {key} = ")
    assert re.search(wanted, text.removeprefix(f"homes.yaml: {key} = "))


@pytest.mark.parametrize(
    ("key", "value", "text"),
    [
        ("page", 1, "homes.yaml: page: no such key; there are description, "),
        ("pages.least", 1, "homes.yaml: pages.least: no such key"),
        ("fields.link.css", "a", "homes.yaml: fields.link.css: no such key; there are fields.link.select, "),
        ("fields.garage", {}, "homes.yaml: fields: garage is none of ad_id, "),
        ("fields.price", GONE, "must describe ad_id, link, price"),
        ("fields", GONE, "homes.yaml: fields = None must describe ad_id, link, price"),
        ("fields", ["price"], "homes.yaml: fields = ['price'] must describe"),
        ("fields.link", "a", "homes.yaml: fields.link = 'a' is not a mapping"),
        ("pages", 200, "homes.yaml: pages = 200 is not a mapping of keys to values"),
    ],
)
def test_a_key_that_is_none_or_holds_no_keys(tmp_path: Path, key: str, value: Any, text: str) -> None:
    assert text in refusal(tmp_path, key, value)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("a: [", "homes.yaml is no YAML that can be used: .*line 1"),
        ("", "homes.yaml = None is not a mapping"),
        ("- a", "is not a mapping"),
        ("a: 2026-02-31", "no YAML that can be used"),
        ("a: " + "1" * 5000, "no YAML that can be used"),
        ("a: " + "[" * 100_000, "no YAML that can be used"),
        ("contact: a\ncontact: b", "a key stands there twice.*line 1"),
        ("[a]: b", "no YAML that can be used"),
        ("a: !!python/object/apply:os.getcwd []", "no YAML that can be used: could not determine a constr"),
        ("a: !site x", "no YAML that can be used: could not determine a constr"),
        ("a: &a [x]\nb: *a", "an alias.*line 2.*write it out"),
        ("a: &a {x: 1}\nb: {<<: *a}", "an alias.*line 2"),
        ("description: Häuser".encode("latin-1"), "homes.yaml is not UTF-8: .*0xe4"),
        ("a: b\0", "no YAML that can be used"),
    ],
)
def test_a_file_that_is_no_plain_yaml(tmp_path: Path, content: str | bytes, text: str) -> None:
    with pytest.raises(BadSite, match=f"(?s){text}"):
        named(tmp_path, content)


def test_a_few_lines_that_stand_for_gigabytes(tmp_path: Path) -> None:
    lines = ["a0: &a0 [x]", *(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12))]
    start = time.monotonic()
    with pytest.raises(BadSite):
        named(tmp_path, "\n".join(lines))
    assert time.monotonic() - start < 5


def test_the_fingerprint_changes_with_how_a_page_is_read(tmp_path: Path) -> None:
    first = changed(tmp_path, "pages.most", 200).fingerprint
    assert changed(tmp_path, "pages.most", 300).fingerprint == first
    assert changed(tmp_path, "contact", "somebody").fingerprint == first
    assert changed(tmp_path, "listing", "article").fingerprint != first
    assert changed(tmp_path, "fields.price.select", ".cost").fingerprint != first


def rows(heading: str) -> dict[str, list[str]]:
    """The cells of the table under the heading, by the first one."""
    table = DOCUMENT.split(heading)[1].split("\n\n")[0]
    cells = [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in table.splitlines()[1:]]
    return {first.strip("`"): more for first, *more in cells}


def test_the_document_knows_every_key() -> None:
    keys = rows("| key | meaning | default |\n")
    assert set(keys) == {*KEYS, "fields"}
    for key, (_, default) in KEYS.items():
        assert (keys[key][-1] == "needed") == (default is ...), key
    assert set(rows("| key of a field | meaning | default |\n")) == set(FIELD_KEYS)
    assert all(f"`{name}`" in DOCUMENT for name in FIELDS)


def test_the_document_knows_every_error() -> None:
    ours = {
        name
        for name, one in vars(errors).items()
        if inspect.isclass(one) and one.__module__ == errors.__name__
    }
    assert set(rows("| error | when | what to do |\n")) == ours | {"BadConnection"}


def test_the_document_knows_the_limits() -> None:
    assert f"{MOST_LISTINGS:,} listings, {MOST_TAGS:,} tags, and {DEEPEST} tags" in DOCUMENT
