"""A Java properties file, as Spark reads and we write one: UTF-8, `key value`, `key=value` or `key:value`."""

from __future__ import annotations

import re
from collections.abc import Mapping

# Blank at the front of a line; Java's idea of it
_BLANK = " \t\f"
_LINE = re.compile(r"\r\n|\n|\r")
_ENTRY = re.compile(r"(?P<key>(?:\\.|[^\\=: \t\f])*)[ \t\f]*[=:]?[ \t\f]*(?P<value>.*)", re.DOTALL)
_ESCAPE = re.compile(r"\\(?:u(?P<code>[0-9a-fA-F]{4})|(?P<plain>.))", re.DOTALL)
_CONTROLS = {"t": "\t", "n": "\n", "r": "\r", "f": "\f"}
_IN_BOTH = str.maketrans({"\\": "\\\\", **{control: f"\\{name}" for name, control in _CONTROLS.items()}})
_IN_KEYS = str.maketrans({character: f"\\{character}" for character in " =:#!"})
_NOT_ASCII = re.compile(r"[^ -~]")


def parse(text: str) -> dict[str, str]:
    """The entries; of a key that comes twice the last. Lines that begin with # or ! are comments.

    A backslash begins an escape (backslash t, n, r, f or uXXXX, else the character itself), and at the end
    of a line it continues that. Spaces and tabs around a value are not part of it.
    """
    entries = {}
    for line in _logical_lines(text):
        entry = _ENTRY.match(line)
        if entry:
            entries[_unescape(entry["key"])] = _unescape(entry["value"]).strip(_BLANK)
    return entries


def dump(entries: Mapping[str, str]) -> str:
    """The text of a file with these entries, in ASCII, as not all that reads such files takes UTF-8.

    Spaces around a value are written; that Spark drops them is Spark's.
    """
    return "".join(f"{_key(key)} {_value(value)}\n" for key, value in entries.items())


def _key(key: str) -> str:
    return _escape(key).translate(_IN_KEYS)


def _value(value: str) -> str:
    """A space, = or : at its front would belong to what separates it from the key."""
    escaped = _escape(value)
    return f"\\{escaped}" if escaped[:1] in (" ", "=", ":") else escaped


def _escape(text: str) -> str:
    return _NOT_ASCII.sub(_units, text.translate(_IN_BOTH))


def _units(found: re.Match[str]) -> str:
    """A character as the one or two UTF-16 units that Java's escapes name."""
    units = found[0].encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))


def _logical_lines(text: str) -> list[str]:
    """The lines with an entry, each with those that continue it."""
    lines: list[str] = []
    going_on = False
    for natural in _LINE.split(text):
        line = natural.lstrip(_BLANK)
        if not going_on:
            if not line or line[0] in "#!":
                continue
            lines.append("")
        going_on = (len(line) - len(line.rstrip("\\"))) % 2 == 1
        lines[-1] += line[:-1] if going_on else line
    return lines


def _unescape(text: str) -> str:
    def meant(escape: re.Match[str]) -> str:
        if escape["code"]:
            return chr(int(escape["code"], 16))
        return _CONTROLS.get(escape["plain"], escape["plain"])

    # two escapes may be the halves of one character
    return _ESCAPE.sub(meant, text).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
