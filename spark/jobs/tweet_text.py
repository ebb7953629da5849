"""What the jobs read in a tweet's text: its sentiment, and its words with their stems.

Pure functions of strings, without Spark. What runs in the cluster's Python workers is here, so that both jobs
treat text alike; spark-submit ships this file and vader_scorer.py with --py-files. vaderSentiment and nltk
are loaded by the first call that needs them: the driver needs neither, and nltk takes most of a second.
"""

import html
import re
from collections.abc import Callable
from enum import StrEnum
from functools import cache, lru_cache

# (?:https?://|www\.)\S+ without case and (?<!\w)@\w+, written so that re looks for the first character only:
# several times faster. Without case re takes a long s for an s, too.
_URL = re.compile(r"[HhWw](?:(?<=[Hh])[Tt][Tt][Pp][Ssſ]?://|(?<=[Ww])[Ww][Ww]\.)\S+")
_MENTION = re.compile(r"@(?<!\w@)\w+")
# Nearly half of all tweets repeat a text (retweets, copies): those are neither cleaned nor scored again.
TEXTS_KEPT = 2**16  # some 50 MB for each worker when full
LONGEST_KEPT = 500  # characters: longer texts are few
_SEED = re.compile(r"(@[A-Za-z0-9]+)|([^0-9A-Za-z \t])|(\w+:\/\/\S+)")
_SIGNS = re.compile(r"[^\x00-\x7f\w]+")
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*")
# What Snowball's suffixes end with: a word that has none of these is its own stem, several times faster
_ENDS = (
    *("e", "l", "s", "y", "ed", "er", "ic", "ing"),
    *("ant", "ent", "ion", "ism", "iti", "li", "nci", "ogi", "ator"),
)
# Of ASCII text: letters in lower case, apostrophes, and blanks for all else
_LETTERS = bytes(
    ord(chr(code).lower()) if code < 128 and (chr(code).isalpha() or chr(code) == "'") else 32
    for code in range(256)
)


class Cleaning(StrEnum):
    """How text is cleaned before anything reads it; the values are those of --cleaning."""

    LIGHT = "light"  # only links and names go: VADER reads capitals, punctuation and emoji
    SEED = "seed"  # letters, digits and blanks stay: what the original did, for comparison


def clean_light(text: str) -> str:
    """Return `text` with HTML entities resolved once and without URLs and @mentions; nothing else changes."""
    if "&" in text:
        text = html.unescape(text)
    if "://" in text or "w." in text or "W." in text:
        text = _URL.sub("", text)
    if "@" in text:
        text = _MENTION.sub("", text)
    return text


def clean_seed(text: str) -> str:
    """Return `text` without links and @mentions, and of the rest ASCII letters, digits, spaces and tabs."""
    return _SEED.sub("", text)


def cleaner(cleaning: Cleaning) -> Callable[[str], str]:
    """Return the function that cleans so; asked for each text, and a dictionary would take longer."""
    return clean_light if cleaning is Cleaning.LIGHT else clean_seed


@cache
def _vader() -> Callable[[str], float]:
    from vader_scorer import compound

    return compound


@lru_cache(maxsize=TEXTS_KEPT)
def _score(text: str, clean: Callable[[str], str]) -> float:
    return _vader()(clean(text))


def sentiment(text: str | None, cleaning: Cleaning = Cleaning.LIGHT) -> float:
    """Return VADER's compound score of the cleaned text, in [-1, 1]; 0.0 where there is nothing to read.

    It is as VADER gives it (4 decimals) with both cleanings, so that comparing them compares nothing else.
    """
    if text is None:
        return 0.0
    clean = cleaner(cleaning)
    return _score(text, clean) if len(text) <= LONGEST_KEPT else _vader()(clean(text))


def words(text: str, cleaning: Cleaning = Cleaning.LIGHT) -> list[str]:
    """Return the cleaned text's words: lower case, letters and inner apostrophes, as often as they come."""
    cleaned = cleaner(cleaning)(text)
    plain = cleaned if cleaned.isascii() else _SIGNS.sub(" ", cleaned.replace("’", "'"))
    if not plain.isascii() or "''" in plain:
        return _WORD.findall(cleaned.lower().replace("’", "'"))
    # The same words, several times faster
    letters = f" {plain.encode().translate(_LETTERS).decode()} "
    found = letters.split()
    if "' " in letters or " '" in letters:
        return [bare for word in found if (bare := word.strip("'"))]
    return found


@cache
def _snowball() -> Callable[[str], str]:
    from nltk.stem.snowball import SnowballStemmer

    stem_of: Callable[[str], str] = SnowballStemmer("english").stem
    return stem_of


def stem(word: str) -> str:
    """Return the Snowball stem of a lower-case word."""
    if word.isalpha() and not word.endswith(_ENDS):
        return word
    return _snowball()(word)
