"""Lists in pages, as EMR gives them: a Marker leads to the next page."""

from __future__ import annotations

import base64
import binascii
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from emr_local.api.errors import BAD_MARKER, InvalidRequestException

PAGE_SIZE = 50

Item = TypeVar("Item")


def paged(
    items: Sequence[Item],
    marker: str | None,
    name: Callable[[Item], str],
    asked_for: Callable[[Item], bool] = lambda _: True,
    size: int = PAGE_SIZE,
) -> tuple[list[Item], str | None]:
    """One page of what is asked for after `marker`, and the marker of the next.

    A marker holds the name of a page's last item, looked up among all: its state may have changed since.
    Raises InvalidRequestException for a marker that no item has.
    """
    first = 0
    if marker is not None:
        try:
            first = [name(item) for item in items].index(_name_in(marker)) + 1
        except ValueError:
            raise _not_valid(marker) from None
    return _page([item for item in items[first:] if asked_for(item)], name, size)


def paged_by_name(names: Iterable[str], marker: str | None) -> tuple[list[str], str | None]:
    """One page of the names after `marker` in alphabetical order; the marker's own may be gone meanwhile."""
    ordered = sorted(names)
    first = bisect_right(ordered, _name_in(marker)) if marker is not None else 0
    return _page(ordered[first:], str, PAGE_SIZE)


def _page(rest: list[Item], name: Callable[[Item], str], size: int) -> tuple[list[Item], str | None]:
    page = rest[:size]
    return page, _marker(name(page[-1])) if len(rest) > size else None


def _marker(name: str) -> str:
    return base64.urlsafe_b64encode(name.encode()).decode()


def _name_in(marker: str) -> str:
    """The name that a marker holds."""
    try:
        return base64.b64decode(marker.encode(), altchars=b"-_", validate=True).decode()
    except (ValueError, binascii.Error):
        raise _not_valid(marker) from None


def _not_valid(marker: str) -> InvalidRequestException:
    return InvalidRequestException(BAD_MARKER.format(marker))
