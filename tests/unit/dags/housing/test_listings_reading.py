"""Numbers as portals write them: what is read, and that nothing else is."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tubepulse.housing.listings.reading import FARTHEST_M, METRES, MOST_POUNDS, metres, pounds, rooms


@given(st.integers(1, MOST_POUNDS))
def test_a_price(price: int) -> None:
    for text in (f"£{price:,}", f"£{price}", f"£ {price:,}", f"£{price:,}.00"):
        assert pounds(text) == price


@pytest.mark.parametrize(
    "text",
    [
        *("", "£", "450,000", "£450k", "£45,00", "£1,0000", "£450,000.50", "-£1", "£-1", "£0", "£1 pcm"),
        *("€450,000", "£1,000,000,000", "£9999999999999", "£٣", "£450,000\n"),
    ],
)
def test_no_price(text: str) -> None:
    assert pounds(text) is None


@given(st.integers(0, 99))
def test_a_number_of_rooms(number: int) -> None:
    assert rooms(str(number)) == number


@pytest.mark.parametrize("text", ["", "-1", "100", "1.5", "studio", "²", "٣", "1\n"])
def test_no_number_of_rooms(text: str) -> None:
    assert rooms(text) is None


@pytest.mark.parametrize(
    ("text", "unit", "away"),
    [
        ("0.4 miles", "km", 643.7376),
        ("1 mile", "km", 1609.344),
        ("1 mi.", "km", 1609.344),
        ("0.4", "miles", 643.7376),
        ("1.2km", "miles", 1200),
        ("1 KM", "m", 1000),
        ("350 metres", "miles", 350),
        ("350m", "miles", 350),
        ("0", "miles", 0),
    ],
)
def test_a_distance(text: str, unit: str, away: float) -> None:
    assert metres(text, unit) == pytest.approx(away)


@given(st.floats(0, 600).map(lambda number: round(number, 2)), st.sampled_from(sorted(METRES)))
def test_a_distance_in_any_unit(number: float, unit: str) -> None:
    assert metres(f"{number:.2f} {unit}", "m") == metres(f"{number:.2f}", unit) == number * METRES[unit]


@pytest.mark.parametrize(
    "text", ["", "near", "-1 km", "1 yard", "1,5 km", "1e3 m", "999999 km", ".5 km", "nan"]
)
def test_no_distance(text: str) -> None:
    assert metres(text, "km") is None


@given(st.text() | st.from_regex(r"£?[0-9,. ]{0,20}(miles|km)?"), st.sampled_from(sorted(METRES)))
def test_any_text_is_a_number_or_none(text: str, unit: str) -> None:
    assert (price := pounds(text)) is None or 0 < price <= MOST_POUNDS
    assert (number := rooms(text)) is None or 0 <= number <= 99
    assert (away := metres(text, unit)) is None or 0 <= away <= FARTHEST_M


@pytest.mark.parametrize("piece", ["1", "1,", "111,", "£", " ", "1.", "m", "1 "])
def test_long_texts_take_no_time(piece: str) -> None:
    start = time.monotonic()
    for text in (piece * 1_000_000, "£" + piece * 1_000_000, "£1" + piece * 1_000_000 + "x"):
        assert (pounds(text), rooms(text), metres(text, "m")) == (None, None, None)
    assert time.monotonic() - start < 5
