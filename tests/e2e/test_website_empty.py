"""The website of a stack that never ran the pipeline: all there, and it says why there are no figures."""

import re

import pytest

from tests.e2e.harness import Stack
from tests.e2e.website import PAGES, fresh, text_of


@pytest.mark.parametrize("page", PAGES)
def test_without_a_run_a_page_says_that_there_are_no_data_yet(stack: Stack, page: str) -> None:
    answer = fresh(stack.site + PAGES[page])
    assert answer.status_code == 200
    assert answer.text.rstrip().endswith("</html>")
    text = text_of(answer.text)
    assert "No data yet: the pipeline has not run." in text
    assert not re.search(r"(Warning|Notice|Deprecated|Fatal error): |SQLSTATE|\bNaN\b", text)
