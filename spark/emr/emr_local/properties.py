"""A Java properties file, as Spark reads one: UTF-8, `key value`, `key=value` or `key:value`."""

from __future__ import annotations

import re

# Blank at the front of a line; Java's idea of it
_BLANK = " \t\f"
_LINE = re.compile(r"\r\n|\n|\r")
_ENTRY = re.compile(r"(?P<key>(?:\\.|[^\\=: \t\f])*)[ \t\f]*[=:]?[ \t\f]*(?P<value>.*)", re.DOTALL)
_ESCAPE = re.compile(r"\\(?:u(?P<code>[0-9a-fA-F]{4})|(?P<plain>.))", re.DOTALL)
_CONTROLS = {"t": "\t", "n": "\n", "r": "\r", "f": "\f"}


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
