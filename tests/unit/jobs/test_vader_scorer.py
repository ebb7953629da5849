"""vader_scorer against the installed vaderSentiment, which is the only source of what a score is."""

from importlib.metadata import version
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from vaderSentiment.vaderSentiment import (
    BOOSTER_DICT,
    NEGATE,
    SPECIAL_CASES,
    SentimentIntensityAnalyzer,
)

import vader_scorer
from fixtures.reference import WEEKS, read_tweets
from tweet_text import clean_light, clean_seed

STOCK = SentimentIntensityAnalyzer()
X_API = Path(__file__).parents[3] / "fixtures" / "x_api"

PHRASES = (*SPECIAL_CASES, *(booster for booster in BOOSTER_DICT if " " in booster))
NAMED = (
    "but",
    "no",
    "or",
    "nor",
    "least",
    "so",
    "this",
    "never",
    "without",
    "doubt",
    "at",
    "very",
    "not",
    "a",
)
RULE_WORDS = (*NAMED, *sorted({word for phrase in PHRASES for word in phrase.split()}))
SKIN_TONES = [chr(code) for code in range(0x1F3FB, 0x1F400)]


def assert_same(text: str) -> None:
    """All four scores are stock's to the last bit, and compound() is one of them."""
    expected, scores = STOCK.polarity_scores(text), vader_scorer.polarity_scores(text)
    assert repr(scores) == repr(expected), text
    assert repr(vader_scorer.compound(text)) == repr(expected["compound"]), text


def test_the_library_is_the_one_the_scorer_was_compared_with() -> None:
    assert version("vaderSentiment") == "3.3.2"
    sizes = (len(STOCK.lexicon), len(STOCK.emojis), len(BOOSTER_DICT), len(NEGATE), len(SPECIAL_CASES))
    assert sizes == (7506, 3570, 84, 59, 9)


def test_no_word_is_both_of_the_lexicon_and_a_booster_or_negation() -> None:
    assert STOCK.lexicon.keys().isdisjoint({*BOOSTER_DICT, *NEGATE, "but", "least", "this", "so"})


@pytest.mark.parametrize("week", WEEKS)
def test_recorded_tweets(week: str) -> None:
    texts = sorted({tweet.text for tweet in read_tweets(X_API / f"{week}.jsonl")})
    assert len(texts) > 1000
    for text in texts:
        for read in sorted({text, clean_light(text), clean_seed(text)}):
            assert_same(read)


def test_every_word_of_the_lexicon() -> None:
    for word in STOCK.lexicon:
        assert_same(f"a very {word}, {word.upper()}!")


def test_every_emoji() -> None:
    for emoji in STOCK.emojis:
        assert_same(emoji)
        assert_same(f"good{emoji}{emoji}bad {emoji} \n{emoji}love")


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "\n\t\u3000",
        "\ufe0f",
        "❤\ufe0f❤",
        "👍🏽👍🏿 thumbs",
        "🇬🇧",
        "👨\u200d👩\u200d👧 love",
        "good 🆙 bad 🔛 ??",
        "😀!😀?😀",
        "\U0001f000\U0001faff\U0010ffff nice",
        *(f"nice {tone}hand{tone}" for tone in SKIN_TONES),
    ],
)
def test_blank_text_and_unusual_emoji(text: str) -> None:
    assert_same(text)


@pytest.mark.parametrize("phrase", PHRASES)
def test_idioms(phrase: str) -> None:
    said = (phrase, phrase.upper(), phrase.title(), f"{phrase}!", phrase.replace(" ", "\t"))
    before = ("", "it is ", "we saw that it was ", "not so ", "great ", "no one said ", "the new ", "but ")
    after = ("", " good", " was bad", " so very awful", " of love", " at its BEST", " but terrible")
    for parts in product(before, said, after):
        assert_same("".join(parts))


@pytest.mark.parametrize("booster", BOOSTER_DICT)
def test_boosters(booster: str) -> None:
    for said, word in product((booster, booster.upper(), f"({booster})"), ("good", "BAD", "smiles")):
        for start in ("", "we are "):
            for gap in ("", "such ", "such a ", "such a big "):
                assert_same(f"{start}{said} {gap}{word} thing")


@pytest.mark.parametrize("negation", [*NEGATE, "ain’t", "shouldn't've", "n't"])
def test_negations(negation: str) -> None:
    between = (
        "",
        "so",
        "this",
        "doubt",
        "no",
        "ever so",
        "so ever",
        "this very",
        "a doubt",
        "doubt a",
        "at least",
    )
    for said, words, start, word in product(
        (negation, negation.upper()), between, ("", "it was ", "never ", "without "), ("good", "BAD")
    ):
        assert_same(f"{start}{said} {words} {word}")
        assert_same(f"{start}{said} really {words} {word}, {words}")


def test_but_at_every_place() -> None:
    for valued in (["good"] * 6, ["good", "bad"] * 3, ["love", "good", "x", "love", "no", "bad"]):
        for place in range(7):
            for but in ("but", "BUT", "but,", "but but"):
                assert_same(" ".join((*valued[:place], but, *valued[place:])))
    assert_same("but")


@pytest.mark.parametrize("words", product(NAMED, repeat=2), ids=" ".join)
def test_pairs_of_rule_words(words: tuple[str, str]) -> None:
    first, second = words
    assert_same(f"{first} {second} good")
    assert_same(f"it is {first} {second} bad")
    assert_same(f"{first} such {second} GOOD {second} {first} nice")


@pytest.mark.parametrize(
    "marks", ["!", "!!!!", "!!!!!!", "?", "??", "???", "????", "?!?!?!", "...", "!? ! ?"]
)
def test_emphasis(marks: str) -> None:
    for text in (
        "good",
        "bad",
        "table",
        "good bad",
        "It is GOOD",
        "IT IS BAD",
        ":) :D :( <3 ;-) XD",
        "'good'",
    ):
        assert_same(f"{text}{marks}")
        assert_same(f"{marks} {text} {marks}")


@pytest.mark.parametrize(
    "text",
    [
        "GOOD",
        "GOOD DAY 7",
        "GOOD day 7",
        "A GOOD :D",
        "a :D :D",
        "VERY good, very GOOD, Very Good",
        "NO good, no GOOD, NO BAD!",
        "uh-uh kind-of nice",
        "so-so 'no' (no) no. no! no",
        "kind kind of kind",
        "x\x1cgood\x85bad\u2028nice\u200bsad\xa0love",
        "ſad K ΑΣ İ BAD",
    ],
)
def test_capitals_emoticons_and_whitespace(text: str) -> None:
    assert_same(text)


@settings(max_examples=300, deadline=None)
@given(st.text())
def test_any_text(text: str) -> None:
    assert_same(text)
    assert_same(f"{text}good{text} {text} bad {text}")


def written(word: str) -> st.SearchStrategy[str]:
    """The word as people write it: in capitals, quoted, followed by a mark."""
    cases = st.sampled_from([word, word, word, word.upper(), word.title()])
    return st.builds("{}{}{}".format, st.sampled_from(["", "", "", "(", "#"]), cases, MARKS)


MARKS = st.sampled_from(["", "", "", "", "!", "?", "...", ",", "!!!", "??", "\ufe0f", "🏽"])
BLANKS = st.sampled_from([" ", " ", " ", " ", "  ", "\n", "\t", "\xa0", "\u3000", "\x1c", "\u200b", ""])
WORDS = st.one_of(
    st.sampled_from(sorted(STOCK.lexicon)),
    st.sampled_from(["good", "bad", "love", "kind", "no"]),
    st.sampled_from(sorted(BOOSTER_DICT)),
    st.sampled_from(sorted(NEGATE)),
    st.sampled_from(RULE_WORDS),
    st.sampled_from(PHRASES),
    st.sampled_from(sorted(STOCK.emojis)),
    st.sampled_from(["tube", "café", "x", "N'T", ":-/", "-", "&"]),
)
TOKENS = WORDS.flatmap(written)


@settings(max_examples=250, deadline=None)
@given(st.lists(st.tuples(TOKENS, BLANKS), max_size=12))
def test_any_sequence_of_words_that_rules_speak_of(tokens: list[tuple[str, str]]) -> None:
    assert_same("".join(part for token in tokens for part in token))


def test_scores_stay_the_same_when_the_memo_was_emptied(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vader_scorer, "_TOKENS_KEPT", 3)
    for text in ("not so GOOD but very bad indeed", "isn't it the bomb!", "not so GOOD but very bad indeed"):
        assert_same(text)
    assert len(vader_scorer._memo) <= 3
