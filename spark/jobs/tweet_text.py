"""What the jobs read in a tweet's text: its sentiment, and its words with their stems.

Pure functions of strings, without Spark. What runs in the cluster's Python workers is here, so that both jobs
treat text alike; spark-submit ships this file with --py-files. vaderSentiment and nltk are loaded by the
first call that needs them: the driver needs neither, and nltk takes most of a second.
"""

import html
import re
from collections.abc import Callable, Set
from enum import StrEnum
from functools import cache, lru_cache

_URL = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_MENTION = re.compile(r"(?<!\w)@\w+")
_SEED = re.compile(r"(@[A-Za-z0-9]+)|([^0-9A-Za-z \t])|(\w+:\/\/\S+)")
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*")

# Words follow Zipf's law: the frequent ones stay in the memo, and those that drop out hardly ever return.
_STEMS_KEPT = 100_000


class Cleaning(StrEnum):
    """How text is cleaned before anything reads it; the values are those of --cleaning."""

    LIGHT = "light"  # only links and names go: VADER reads capitals, punctuation and emoji
    SEED = "seed"  # letters, digits and blanks stay: what the original did, for comparison


def clean_light(text: str) -> str:
    """Return `text` with HTML entities resolved once and without URLs and @mentions; nothing else changes."""
    return _MENTION.sub("", _URL.sub("", html.unescape(text)))


def clean_seed(text: str) -> str:
    """Return `text` without links and @mentions, and of the rest ASCII letters, digits, spaces and tabs."""
    return _SEED.sub("", text)


_CLEAN: dict[Cleaning, Callable[[str], str]] = {Cleaning.LIGHT: clean_light, Cleaning.SEED: clean_seed}


@cache
def _vader() -> Callable[[str], dict[str, float]]:
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    scores: Callable[[str], dict[str, float]] = SentimentIntensityAnalyzer().polarity_scores
    return scores


def sentiment(text: str | None, cleaning: Cleaning = Cleaning.LIGHT) -> float:
    """Return VADER's compound score of the cleaned text, in [-1, 1]; 0.0 where there is nothing to read.

    It is as VADER gives it (4 decimals) with both cleanings, so that comparing them compares nothing else.
    """
    if text is None:
        return 0.0
    return float(_vader()(_CLEAN[cleaning](text))["compound"])


def words(text: str, cleaning: Cleaning = Cleaning.LIGHT) -> set[str]:
    """Return the cleaned text's distinct words: lower case, letters and inner apostrophes, 2 or more long."""
    lowered = _CLEAN[cleaning](text).lower().replace("’", "'")
    if cleaning is Cleaning.SEED:
        lowered = " ".join(lowered.split())
    return {word for word in _WORD.findall(lowered) if len(word) > 1}


@cache
def _snowball() -> Callable[[str], str]:
    from nltk.stem.snowball import SnowballStemmer

    stem_of: Callable[[str], str] = SnowballStemmer("english").stem
    return stem_of


@lru_cache(maxsize=_STEMS_KEPT)
def stem(word: str) -> str:
    """Return the Snowball stem of a lower-case word. A worker stems its vocabulary, not its tweets."""
    return _snowball()(word)


def terms(
    text: str | None, dropped: Set[str], search_word: str, cleaning: Cleaning = Cleaning.LIGHT
) -> list[str]:
    """Return what a tweet is counted for: for each stem the string "stem", for each of its words "stem word".

    Sorted, each once. Left out are the words in `dropped` (stop words) and those that share their stem with
    a word of `search_word`. Neither stems nor words contain a space, so one string can hold both: cheaper
    between Python and the JVM than a pair.
    """
    if text is None:
        return []
    searched = _stems_of(search_word)
    found = ((stem(word), word) for word in words(text, cleaning) - dropped)
    kept = [(root, word) for root, word in found if root not in searched]
    return sorted({root for root, _ in kept} | {f"{root} {word}" for root, word in kept})


@cache
def _stems_of(text: str) -> frozenset[str]:
    return frozenset(stem(word) for word in words(text))
