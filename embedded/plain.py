"""Text from outside on a console: no escape sequence in it reaches the terminal, no bracket is markup."""

from __future__ import annotations

from rich.markup import escape


def plain(text: str) -> str:
    """The text with a replacement character for each that does not print; tabs and line ends stay."""
    return "".join(letter if letter.isprintable() or letter in "\t\n" else "�" for letter in text)


def shown(text: str) -> str:
    """The text for where markup is read."""
    return escape(plain(text))
