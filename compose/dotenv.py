"""The format of an env file: NAME=value, with the one meaning that Compose gives it too.

Standard library only. A value is bare or in single quotes, or in double quotes without $ and backslash.
Anything else is refused with its line's number.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from embedded.errors import Unusable

ASSIGNMENT = re.compile(r"(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_]*)[ \t]*=(.*)", re.DOTALL)
BLANK = " \t"
Problem = Callable[[str], Unusable]


@dataclass(frozen=True)
class Entry:
    """A setting of a file: its name and value, its line (from 0), and the comment right above it."""

    name: str
    value: str
    line: int
    comment: tuple[str, ...] = ()


def entries(text: str, where: str) -> list[Entry]:
    """The settings of a file's text, in order; raises Unusable naming `where` and the line."""
    found: list[Entry] = []
    comment: list[str] = []
    for number, raw in enumerate(text.split("\n")):
        line = raw.removesuffix("\r").strip(BLANK)
        if number == 0:
            line = line.removeprefix("\ufeff")
        if line.startswith("#"):
            comment.append(line)
            continue
        if line:
            problem = _problem(where, number)
            match = ASSIGNMENT.fullmatch(line)
            if not match:
                # Not the line itself: it may be a secret
                raise problem("is no NAME=value: correct it, or begin it with a #")
            found.append(Entry(match[1], _value(match[1], match[2], problem), number, tuple(comment)))
        comment = []
    return found


def merged(text: str, example: str) -> str:
    """A file's text, and below it what only the example has, with the example's comments."""
    have = {entry.name for entry in entries(text, ".env")}
    lacking = [entry for entry in entries(example, ".env.example") if entry.name not in have]
    if not lacking:
        return text
    blocks = [
        "\n".join([*entry.comment, f"{entry.name}={quoted(entry.name, entry.value)}"]) for entry in lacking
    ]
    start = text if not text or text.endswith("\n") else text + "\n"
    return (start + "\n" if start else "") + "\n\n".join(blocks) + "\n"


def replaced(text: str, values: Mapping[str, str]) -> str:
    """A file's text with these values: in the place of the line that counts, else at the end."""
    lines = text.split("\n")
    last = {entry.name: entry for entry in entries(text, ".env")}
    for name, value in values.items():
        line = f"{name}={quoted(name, value)}"
        if name not in last:
            lines[-1:] = [line, ""] if not lines[-1] else [lines[-1], line, ""]
        elif last[name].value != value:
            lines[last[name].line] = line
    return "\n".join(lines)


def quoted(name: str, value: str) -> str:
    """A value as a file must have it; raises Unusable where it has no form that means the same to Compose."""
    if "'" in value or value.endswith("\\") or any(character < " " for character in value):
        raise Unusable(f"{name} holds what .env cannot keep (a quote, a line's end): give another value")
    plain = re.fullmatch(r"[A-Za-z0-9_.,:/@%+=~^&?!*()\[\]{}<>|;-]*", value)
    return value if plain else f"'{value}'"


def assignment(text: str) -> tuple[str, str]:
    """NAME=value of the command line."""
    name, sign, value = text.partition("=")
    if not sign or not ASSIGNMENT.fullmatch(f"{name}="):
        raise Unusable(f"--set {name}: give NAME=value")
    return name, value


def _value(name: str, text: str, problem: Problem) -> str:
    text = text.strip(BLANK)
    bare = text[:1] not in ("'", '"')
    if bare:
        value = text.partition(" #")[0].rstrip(BLANK)
    else:
        value, end, rest = text[1:].partition(text[0])
        if not end or value.endswith("\\"):
            raise problem(f"opens a quote in {name} and does not close it")
        if rest.strip(BLANK) and not re.match(r"[ \t]+#", rest):
            raise problem(f"has something behind the quoted value of {name}: remove it")
    if any(character < " " for character in value):
        raise problem(f"has a control character in {name}: remove it")
    if text[:1] != "'" and ("$" in value or "\\" in value):
        raise problem(
            f"has a $ or a backslash in {name}, which Compose would replace: put it in 'single quotes'"
        )
    if bare and (value.startswith("#") or value != value.strip()):
        raise problem(f"begins {name} with a #, or has a wide space around it: put it in 'single quotes'")
    return value


def _problem(where: str, number: int) -> Problem:
    return lambda text: Unusable(f"{where}, line {number + 1} {text}")
