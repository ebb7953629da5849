"""Whether a person wants it: asked at a terminal, given beforehand with --force."""

from __future__ import annotations

import sys

from embedded.errors import Unusable


def agreed(question: str, command: str, force: bool) -> bool:
    """Ask, unless there is no need to; raises Unusable where there is nobody to ask."""
    if force:
        return True
    if not sys.stdin.isatty():
        raise Unusable(f"there is no terminal to ask at: {command} needs --force (make: FORCE=1)")
    try:
        return input(f"{question} [y/N] ").strip().lower() in ("y", "yes")
    except EOFError:
        return False
