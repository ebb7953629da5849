"""What the jobs must find in some tweets: plain Python with stock vaderSentiment and NLTK, no Spark."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache

from nltk.stem import SnowballStemmer
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from fixtures import reference
from fixtures.reference import Tweet

SEARCHED, TOP = "london", 5
# Java's \w and \S know ASCII only
_REMOVED = re.compile(r"@[A-Za-z0-9]+|[^0-9A-Za-z \t]|\w+://\S+", re.ASCII)
_analyzer = SentimentIntensityAnalyzer()
_stem = cache(SnowballStemmer("english").stem)

TopicRow = tuple[str, int, str, int]  # station, rank, topic, tweets


def seed_cleaned(text: str) -> str:
    """A text as the seed's jobs read it: letters, digits, blanks and tabs."""
    return _REMOVED.sub("", text)


def stock_score(text: str) -> float:
    """VADER's compound score of a text as it is, by its own library."""
    return float(_analyzer.polarity_scores(text)["compound"])


def seed_score(text: str) -> float:
    """What the seed's sentiment job finds: two decimals."""
    return round(stock_score(seed_cleaned(text)), 2)


def seed_counts(texts: Iterable[str]) -> Counter[str]:
    """How often the seed's topic job counts each stem."""
    stop_words = reference.stop_words()
    return Counter(
        _stem(word) for text in texts for word in seed_cleaned(text).lower().split() if word not in stop_words
    )


def agrees(topics: str, counts: Counter[str]) -> bool:
    """Whether the seed's topics are the most frequent stems; among equals it may take any.

    The word that is searched for takes one of the five places, and is left out.
    """
    found = topics.split(", ")
    top = sorted(counts.values(), reverse=True)[:TOP]
    if not topics.endswith(", ") or len(set(found)) < len(found):
        return False
    searched = [counts[SEARCHED]] if SEARCHED in counts and counts[SEARCHED] >= top[-1] else []
    of_found = [counts[word] for word in found[:-1]]
    without = [*top]
    for count in searched:
        without.remove(count)
    # where the searched word ties for the last place, it may have been taken or not
    tied = bool(searched) and searched[0] == top[-1]
    return of_found == without or (tied and of_found == top)


def topic_rows(tweets: Sequence[Tweet], seed_cleaning: bool) -> list[TopicRow]:
    """The rows of our topic job, sorted, by the rules of fixtures.reference.

    Its own cleaning is the light one, which finds nothing to remove in what the seed's leaves.
    """
    if seed_cleaning:
        tweets = [Tweet(t.tweet_id, t.station, t.date, seed_cleaned(t.text)) for t in tweets]
    return reference.topic_rows(tweets)
