"""What the keys of a site's file may be: how to say it, and how to see it."""

import math
import re
import reprlib
from collections.abc import Callable
from typing import Any

import soupsieve

from tubepulse.housing.listings.errors import BadSite
from tubepulse.housing.listings.reading import METRES

REASONS = ("price on application", "price is a minimum", "rent")
SLOWEST_S = 3600
Wanted = tuple[str, Callable[[Any], bool]]
NEEDED: Any = ...  # as a default: the key may not be left out

_short = reprlib.Repr()
_short.maxlevel, _short.maxstring, _short.maxother = 2, 80, 80


def short(value: object) -> str:
    """A value for an error's text."""
    return _short.repr(value)


def mapping(value: Any, place: str) -> dict[Any, Any]:
    """The value, if it is a mapping; raises BadSite. `place`: file and key."""
    if not isinstance(value, dict):
        raise BadSite(f"{place} = {short(value)} is not a mapping of keys to values")
    return value


def checked(given: dict[str, Any], file: str, keys: dict[str, tuple[Wanted, Any]]) -> dict[str, Any]:
    """Every key's value, or its default; raises BadSite."""
    if unknown := [str(key) for key in given if key not in keys]:
        raise BadSite(f"{file}: {', '.join(unknown)}: no such key; there are {', '.join(keys)}")
    values: dict[str, Any] = {}
    for key, ((wanted, fits), default) in keys.items():
        if key not in given and default is NEEDED:
            raise BadSite(f"{file}: {key} is missing ({wanted})")
        if key in given and not fits(given[key]):
            raise BadSite(f"{file}: {key} = {short(given[key])} is not {wanted}")
        values[key] = given.get(key, default)
    return values


def _number(value: Any, least: float, most: float = math.inf) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and least <= value <= most


def _text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _selector(value: Any) -> bool:
    try:
        return _text(value) and bool(soupsieve.compile(value))
    except soupsieve.SelectorSyntaxError:
        return False


def _pattern(value: Any, groups: int | None = None) -> bool:
    try:
        return isinstance(value, str) and groups in (None, re.compile(value).groups)
    except (re.error, OverflowError, RecursionError):
        return False


def _template(value: Any) -> bool:
    return isinstance(value, str) and value.startswith("/") and value.count("{page}") == 1


def _texts(value: Any) -> bool:
    return isinstance(value, dict) and all(_text(text) for text in (*value, *value.values()))


def _paths(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) and one[:1] == "/" for one in value)


def _refused(value: Any) -> bool:
    return _texts(value) and all(_pattern(one) and value[one] in REASONS for one in value)


TEXT: Wanted = ("a text", _text)
TRUTH: Wanted = ("true or false", lambda value: isinstance(value, bool))
WHOLE: Wanted = ("a whole number above 0", lambda value: isinstance(value, int) and _number(value, 1))
SECONDS: Wanted = (f"a number of seconds from 0 to {SLOWEST_S}", lambda value: _number(value, 0, SLOWEST_S))
SELECTOR: Wanted = ("a CSS selector", _selector)
GROUP: Wanted = ("a regular expression with one group", lambda value: _pattern(value, 1))
TEMPLATE: Wanted = ("a path that begins with / and holds {page} once", _template)
UNIT: Wanted = (f"one of {', '.join(METRES)}", lambda value: value in tuple(METRES))
TEXTS: Wanted = ("texts by text", _texts)
PATHS: Wanted = ("a list of paths that begin with /", _paths)
REFUSED: Wanted = (f"regular expressions, each with one of the reasons {', '.join(REASONS)}", _refused)
