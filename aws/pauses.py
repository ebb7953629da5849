"""The pauses between two looks at what takes time."""

from __future__ import annotations

import time
from collections.abc import Iterator

FIRST = 0.2  # seconds
GROWTH = 1.6


def pauses(longest: float) -> Iterator[None]:
    """Pauses, one a step, up to `longest` seconds: short at first, so that what is quick is seen at once."""
    seconds = FIRST
    while True:
        time.sleep(min(seconds, longest))
        seconds *= GROWTH
        yield
