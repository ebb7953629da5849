import pytest
from hypothesis import given
from hypothesis import strategies as st
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

import tweet_text
from tweet_text import Cleaning, clean_light, clean_seed, sentiment, stem, terms, words

STOCK = SentimentIntensityAnalyzer()


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("I LOVE it!!! :) 😀", "I LOVE it!!! :) 😀"),
        ("fish &amp; chips", "fish & chips"),
        ("&amp;lt;3", "&lt;3"),
        ("see https://t.co/aB1 now", "see  now"),
        ("HTTP://x.org www.example.org/a?b=c", " "),
        ("(https://t.co/x) end", "( end"),
        ("@mayor hi @tfl_help, mail me@home.uk", " hi , mail me@home.uk"),
        ("@@twice @Ünal @", "@  @"),
        ("two\nlines\t end ", "two\nlines\t end "),
        ("&#64;someone", ""),
        ("http:// alone", "http:// alone"),
        ("", ""),
    ],
)
def test_light_cleaning(text: str, cleaned: str) -> None:
    assert clean_light(text) == cleaned


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("I LOVE it!!! :) 😀", "I LOVE it  "),
        ("fish &amp; chips", "fish amp chips"),
        ("see https://t.co/aB1 now", "see  now"),
        ("@mayor_2 don't\ngo\tcafé", "2 dontgo\tcaf"),
        ("", ""),
    ],
)
def test_seed_cleaning(text: str, cleaned: str) -> None:
    assert clean_seed(text) == cleaned


@given(st.text())
def test_seed_cleaning_leaves_nothing_to_clean(text: str) -> None:
    assert clean_seed(clean_seed(text)) == clean_seed(text)


@given(st.text(st.characters(exclude_characters="&@", exclude_categories=["Cs"])))
def test_light_cleaning_of_text_without_entities_and_names_leaves_nothing_to_clean(text: str) -> None:
    once = clean_light(f"{text} https://t.co/x {text}")
    assert clean_light(once) == once
    assert "https://t.co/x" not in once


@given(st.text(st.characters(exclude_characters="&@:.", exclude_categories=["Cs"])))
def test_light_cleaning_changes_nothing_else(text: str) -> None:
    assert clean_light(text) == text


@given(st.none() | st.text(), st.sampled_from(Cleaning))
def test_any_text_has_a_score_and_terms(text: str | None, cleaning: Cleaning) -> None:
    assert -1.0 <= sentiment(text, cleaning) <= 1.0
    found = terms(text, frozenset(), "london", cleaning)
    assert found == sorted(set(found))
    for term in found:
        root, *word = term.split(" ")
        assert root in found
        assert len(word) <= 1


@pytest.mark.parametrize("text", [None, "", "   ", "\n\t", "https://t.co/x", "@someone"])
def test_nothing_to_read_scores_zero(text: str | None) -> None:
    assert sentiment(text) == 0.0


@pytest.mark.parametrize(
    ("text", "score"),
    [("I love the tube :)", 0.802), ("Awful delays, awful day", -0.7184), ("Tower Bridge at nine", 0.0)],
)
def test_known_scores(text: str, score: float) -> None:
    assert sentiment(text) == score


@pytest.mark.parametrize(
    "text",
    [
        "VADER is VERY smart, handsome, and funny!!!",
        "Not bad at all, but the queue was horrible :(",
        "the food wasn't great 😂😂 kinda sux",
        "At least it isn't raining",
        "the shit! the bomb. Kiss of death",
        "Ünder the bridge, naïve café – 25 % off",
    ],
)
def test_scores_are_stock_vaders(text: str) -> None:
    assert sentiment(text) == STOCK.polarity_scores(text)["compound"]
    assert sentiment(f"@tfl {text}") == STOCK.polarity_scores(f" {text}")["compound"]


def test_cleaning_decides_what_vader_sees() -> None:
    assert sentiment("GREAT day!!! 😀") > sentiment("GREAT day!!! 😀", Cleaning.SEED)
    assert sentiment("don't love it", Cleaning.SEED) == STOCK.polarity_scores("dont love it")["compound"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("The Tube, the TUBE!", {"the", "tube"}),
        ("It’s rock'n'roll 'quoted' o'", {"it's", "rock'n'roll", "quoted"}),
        ("a I b2b 1st snake_case x", {"st", "snake", "case"}),
        ("CAFÉ Straße ΟΔΟΣ", {"café", "straße", "οδος"}),
        ("#delays @tfl https://t.co/words", {"delays"}),
        ("R&amp;B fish&amp;chips", {"fish", "chips"}),
        ("", set()),
    ],
)
def test_words(text: str, found: set[str]) -> None:
    assert words(text) == found


def test_words_of_seed_cleaned_text() -> None:
    assert words("Don't  go\tto\nthe Café &amp; bar", Cleaning.SEED) == {
        "dont",
        "go",
        "tothe",
        "caf",
        "amp",
        "bar",
    }


@pytest.mark.parametrize(
    ("word", "root"),
    [("houses", "hous"), ("housing", "hous"), ("london's", "london"), ("delayed", "delay"), ("café", "café")],
)
def test_stems_are_snowballs(word: str, root: str) -> None:
    assert stem(word) == root


def test_terms_are_stems_and_their_words() -> None:
    text = "The delays! Delayed again in London, London's delays"
    assert terms(text, frozenset({"the", "in", "again"}), "London") == [
        "delay",
        "delay delayed",
        "delay delays",
    ]
    assert terms(None, frozenset(), "london") == []


def test_a_word_is_stemmed_once() -> None:
    terms("unheardof", frozenset(), "london")
    before = tweet_text.stem.cache_info().misses
    terms("unheardof UNHEARDOF", frozenset(), "london")
    assert tweet_text.stem.cache_info().misses == before
