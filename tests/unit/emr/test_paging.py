"""Lists in pages: everything once, in order, whatever happens between two pages."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emr_local.api.errors import InvalidRequestException
from emr_local.calls.paging import PAGE_SIZE, paged, paged_by_name


@dataclass
class Item:
    name: str
    state: str


def name_of(item: Item) -> str:
    return item.name


ITEMS = st.lists(st.sampled_from(["RUNNING", "PENDING", "FAILED"]), max_size=170).map(
    lambda states: [Item(f"s-{n}", state) for n, state in enumerate(states)]
)
STATES = st.sets(st.sampled_from(["RUNNING", "PENDING", "FAILED"]), min_size=1)


@given(items=ITEMS, states=STATES)
def test_the_pages_of_a_list_are_the_list(items: list[Item], states: set[str]) -> None:
    pages, marker = [], None
    while True:
        page, marker = paged(items, marker, name_of, lambda item: item.state in states)
        pages.append(page)
        if marker is None:
            break
    assert [item for page in pages for item in page] == [item for item in items if item.state in states]
    assert all(len(page) == PAGE_SIZE for page in pages[:-1])
    assert pages[-1] or len(pages) == 1, "a marker leads to something"


@given(items=ITEMS, data=st.data())
def test_what_changes_its_state_between_pages_costs_no_other_item(
    items: list[Item], data: st.DataObject
) -> None:
    def running(item: Item) -> bool:
        return item.state == "RUNNING"

    first, marker = paged(items, None, name_of, running)
    if marker is None:
        assert first == list(filter(running, items))
        return
    for item in data.draw(st.sets(st.sampled_from(range(len(items))), max_size=5)):
        items[item].state = "FAILED"
    items[items.index(first[-1])].state = "FAILED"
    rest, _ = paged(items, marker, name_of, running)
    after = items.index(first[-1]) + 1
    assert rest == [item for item in items[after:] if running(item)][:PAGE_SIZE]


@given(names=st.sets(st.text(max_size=4), max_size=170))
def test_names_come_in_order_though_each_page_is_deleted_when_read(names: set[str]) -> None:
    expected, seen, marker = sorted(names), list[str](), None
    while True:
        page, marker = paged_by_name(names, marker)
        seen += page
        names = names - set(page)
        if marker is None:
            break
    assert seen == expected


@pytest.mark.parametrize("marker", ["nonsense", "", "é", "c3RlcA==", "////", "_w=="])
def test_a_marker_that_no_page_gave_is_refused(marker: str) -> None:
    with pytest.raises(InvalidRequestException, match="is not valid"):
        paged([Item("s-1", "RUNNING")], marker, name_of)
