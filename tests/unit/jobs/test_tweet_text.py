import html
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nltk.stem.snowball import SnowballStemmer
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

import tweet_text
from tweet_text import Cleaning, clean_light, clean_seed, sentiment, stem, words

STOCK = SentimentIntensityAnalyzer()
SNOWBALL = SnowballStemmer("english")


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


def cleaned_as_defined(text: str) -> str:
    """What light cleaning is, in one line; the job's own takes shorter ways to the same."""
    without_links = re.sub(r"(?:https?://|www\.)\S+", "", html.unescape(text), flags=re.IGNORECASE)
    return re.sub(r"(?<!\w)@\w+", "", without_links)


PIECES = [
    "http",
    "HTTPS",
    "httpſ",
    "://",
    ":/",
    "www",
    "WwW",
    "w",
    "W",
    ".",
    "h",
    "@",
    "@a",
    "a",
    "_",
    "é",
    "ẖ",
]
ENTITIES = [
    "&",
    "&amp;",
    "&#64;",
    "&commat;",
    "&period;",
    "&colon;//",
    "&lt3",
    ";",
    " ",
    "\n",
    "\x1c",
    "x.org/",
]


@settings(max_examples=500, deadline=None)
@given(st.lists(st.sampled_from(PIECES + ENTITIES) | st.text(max_size=3)).map("".join))
def test_light_cleaning_is_as_defined(text: str) -> None:
    assert clean_light(text) == cleaned_as_defined(text)


def test_light_cleaning_knows_every_letter_that_re_takes_for_those_of_a_link() -> None:
    for letter in map(chr, range(0x110000)):
        if letter.lower() in "htpsw" or letter.upper() in "HTPSW" or letter.casefold() in "htpsw":
            for place, of in enumerate("https"):
                link = f"{'https'[:place]}{letter}{'https'[place + 1 :]}://x"
                assert clean_light(link) == cleaned_as_defined(link), of
            assert clean_light(f"w{letter}w.x") == cleaned_as_defined(f"w{letter}w.x")


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


@settings(deadline=None)
@given(st.text())
def test_seed_cleaning_leaves_nothing_to_clean(text: str) -> None:
    assert clean_seed(clean_seed(text)) == clean_seed(text)


@settings(deadline=None)
@given(st.text(st.characters(exclude_characters="&@", exclude_categories=["Cs"])))
def test_light_cleaning_of_text_without_entities_and_names_leaves_nothing_to_clean(text: str) -> None:
    once = clean_light(f"{text} https://t.co/x {text}")
    assert clean_light(once) == once
    assert "https://t.co/x" not in once


@settings(deadline=None)
@given(st.text(st.characters(exclude_characters="&@:.", exclude_categories=["Cs"])))
def test_light_cleaning_changes_nothing_else(text: str) -> None:
    assert clean_light(text) == text


@settings(deadline=None)
@given(st.none() | st.text(), st.sampled_from(Cleaning))
def test_any_text_has_a_score(text: str | None, cleaning: Cleaning) -> None:
    assert -1.0 <= sentiment(text, cleaning) <= 1.0


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


def test_a_repeated_text_is_scored_once_for_each_cleaning() -> None:
    text = "a text that no other test has: great!"
    before = tweet_text._score.cache_info().misses
    scores = {sentiment(text, cleaning) for cleaning in (*Cleaning, *Cleaning)}
    assert tweet_text._score.cache_info().misses == before + len(Cleaning)
    assert len(scores) == 2  # the exclamation mark


def test_cleaning_decides_what_vader_sees() -> None:
    assert sentiment("GREAT day!!! 😀") > sentiment("GREAT day!!! 😀", Cleaning.SEED)
    assert sentiment("don't love it", Cleaning.SEED) == STOCK.polarity_scores("dont love it")["compound"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("The Tube, the TUBE!", ["the", "tube", "the", "tube"]),
        ("It’s rock'n'roll 'quoted' o'", ["it's", "rock'n'roll", "quoted", "o"]),
        (
            "It's rock'n'roll 'quoted' o' ''two'' a''b '",
            ["it's", "rock'n'roll", "quoted", "o", "two", "a", "b"],
        ),
        ("a I b2b 1st snake_case x", ["a", "i", "b", "b", "st", "snake", "case", "x"]),
        ("CAFÉ Straße ΟΔΟΣ", ["café", "straße", "οδος"]),
        ("#delays @tfl https://t.co/words", ["delays"]),
        ("R&amp;B fish&amp;chips", ["r", "b", "fish", "chips"]),
        ("", []),
    ],
)
def test_words(text: str, found: list[str]) -> None:
    assert words(text) == found


def test_words_of_seed_cleaned_text() -> None:
    found = words("Don't  go\tto\nthe Café &amp; bar", Cleaning.SEED)
    assert found == ["dont", "go", "tothe", "caf", "amp", "bar"]


@pytest.mark.parametrize(
    ("word", "root"),
    [("houses", "hous"), ("housing", "hous"), ("london's", "london"), ("delayed", "delay"), ("café", "café")],
)
def test_stems_are_snowballs(word: str, root: str) -> None:
    assert stem(word) == root


# English ends and starts, so that they meet in all orders; NLTK has no list of them
ENDS = str.split("""
    s es ss us ies ied sses ed eed edly eedly ing ingly y ly ally fully lessly ously ively ently bly ably
    ency ancy ogy ology ation ational tional ization izer ator alism ality iveness ivity fulness ousness ness
    ability icate icity ative ical ful ement ment ence ance able ible ant ent ism ate ity iti ous ive ize ion
    al er ic e l ll i ck m nd st th o ux 's é ый
""")
STARTS = str.split("b str y ay gener commun arsen inn out sk d ti happ hop run nat rel ю é don't")


TALK = st.lists(st.sampled_from([*PIECES, *ENTITIES, "#", "; ", "'", "Σ"]) | st.text(max_size=3)).map("".join)


@settings(deadline=None, max_examples=1000)
@given(
    st.builds("{}{}{}{}".format, st.sampled_from(["", *STARTS]), st.text("aeiouybcdlnrstwx'", max_size=5),
              st.sampled_from(["", *ENDS]), st.sampled_from(["", *ENDS]))
    | st.text().map(str.lower)
)  # fmt: skip
def test_any_words_stem_is_snowballs(word: str) -> None:
    assert stem(word) == SNOWBALL.stem(word)


@given(TALK, TALK, st.sampled_from(Cleaning))
def test_a_blank_parts_words_and_links_and_names(text: str, other: str, cleaning: Cleaning) -> None:
    assert words(f"{text} {other}", cleaning) == words(text, cleaning) + words(other, cleaning)


@settings(deadline=None)
@given(st.text(st.characters(max_codepoint=127)) | st.text(st.sampled_from("aB' ’éΣ²_😀\xad")) | st.text())
def test_words_are_found_alike_in_any_text(text: str) -> None:
    lowered = clean_light(text).lower().replace("’", "'")
    assert words(text) == re.findall(r"[^\W\d_]+(?:'[^\W\d_]+)*", lowered)
