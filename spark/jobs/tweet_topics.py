"""Topics as plain counts: the terms of tweets, how many tweets have them, and which stems are on top.

Pure functions of Python's own types, without Spark, whose workers run them; spark-submit ships this file with
--py-files. Counting here, where the words are, takes a fraction of what it costs to hand them to the JVM.

A term is "stem word". A tweet counts once for each of its words; where several share a stem, the term "stem"
without a word is counted, too, once for each word beyond the first. So a stem's number of tweets is the sum
over its words less what stands for the stem alone. Sums add up over parts of the tweets, in any order.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from heapq import nlargest
from itertools import chain
from zlib import crc32

from tweet_text import LONGEST_KEPT, TEXTS_KEPT, Cleaning, stem, words

LONDON = ""  # the station that stands for all of them
SEPARATOR = "\0"  # which PostgreSQL's text cannot hold
LONDON_PARTS = 16  # its vocabulary is everybody's: it is merged in as many parts, each with stems of its own

_WORDS_KEPT = 300_000  # with their terms, whatever the number of tweets: some 75 MB for each worker when full
_TWEETS_AT_A_TIME = 20_000

Counts = Counter[str]  # term -> number of tweets; see above
Place = tuple[str, int]  # station and part; only LONDON has more parts than 0
Topic = tuple[str, int, str]  # topic, tweet_count, stem


@dataclass(frozen=True)
class Rules:
    """What is no topic: the words in `dropped` (stop words), and those with the stem of a searched word."""

    dropped: frozenset[str]
    search_word: str
    cleaning: Cleaning = Cleaning.LIGHT


class _Terms(dict[str, str]):
    """The terms of the words met so far, each stemmed when it is first asked for; "" for what is no topic.

    Words follow Zipf's law: the frequent ones are soon known again after the memo was emptied.
    """

    def __init__(self, rules: Rules) -> None:
        super().__init__()
        self._dropped = rules.dropped
        self._searched = {stem(word) for word in words(rules.search_word) if len(word) > 1}
        self._first: dict[str, str] = {}  # term of each stem
        self.alike: dict[str, str] = {}  # stem of each term whose stem has more than one

    def __missing__(self, word: str) -> str:
        root = stem(word)
        if len(word) == 1 or word in self._dropped or root in self._searched:
            term = ""
        else:
            term = f"{root} {word}"
            first = self._first.setdefault(root, term)
            if first is not term:
                self.alike[first] = self.alike[term] = root
        self[word] = term
        return term

    def forget_if_full(self) -> None:
        """Empty the memo: between two texts, as a text's terms need their stems."""
        if len(self) > _WORDS_KEPT:
            self.clear()
            self._first.clear()
            self.alike.clear()


@lru_cache(1)
def finder(rules: Rules) -> Callable[[str], tuple[str, ...]]:
    """Return the function that gives the terms of a tweet's text.

    What it remembers stays while the worker lives.
    """
    known = _Terms(rules)
    term_of, alike = known.__getitem__, known.alike
    of_several, root_of = alike.keys(), alike.__getitem__

    def terms(text: str) -> tuple[str, ...]:
        known.forget_if_full()
        found = set(map(term_of, words(text, rules.cleaning)))
        found.discard("")
        roots = [*map(root_of, of_several & found)]
        distinct = set(roots)
        if len(distinct) == len(roots):
            return tuple(found)
        return (*found, *(Counter(roots) - Counter(distinct)).elements())

    remembered = lru_cache(TEXTS_KEPT)(terms)

    def remembered_if_short(text: str) -> tuple[str, ...]:
        return remembered(text) if len(text) <= LONGEST_KEPT else terms(text)

    return remembered_if_short


def count_terms(batches: Iterable[Iterable[str]], rules: Rules) -> Iterator[tuple[Place, Counts]]:
    """Yield how many tweets have each term, by place.

    A batch holds rows "tweet_id, station, text", with SEPARATOR between them, and all copies of its tweets: a
    tweet counts once in London, and once at a station however often it is there. One without station ("")
    counts for London only.
    """
    terms_of = finder(rules)
    counts: defaultdict[str, Counts] = defaultdict(Counter)
    # Counted many tweets at a time, a station's counts stay in the processor's cache.
    waiting: defaultdict[str, list[tuple[str, ...]]] = defaultdict(list)
    for batch in batches:
        everywhere, there = _texts(batch)
        terms = {text: terms_of(text) for text in {*everywhere.values(), *there.values()}}
        waiting[LONDON] += [terms[text] for text in everywhere.values()]
        for (station, _), text in there.items():
            if station != LONDON:
                waiting[station].append(terms[text])
        if len(waiting[LONDON]) >= _TWEETS_AT_A_TIME:
            _count(waiting, counts)
    _count(waiting, counts)
    yield from _by_place(counts)


def _texts(batch: Iterable[str]) -> tuple[dict[str, str], dict[tuple[str, str], str]]:
    """Return each tweet's text: in London, by tweet_id; at its stations, by station and tweet_id."""
    everywhere: dict[str, str] = {}
    there: dict[tuple[str, str], str] = {}
    for row in batch:
        tweet_id, station, text = row.split(SEPARATOR, 2)
        at = station, tweet_id
        # An edited copy has another text: a blank parts their words, whatever the cleaning
        if everywhere.setdefault(tweet_id, text) != text:
            everywhere[tweet_id] += f" {text}"
        if there.setdefault(at, text) != text:
            there[at] += f" {text}"
    return everywhere, there


def _count(waiting: dict[str, list[tuple[str, ...]]], counts: Mapping[str, Counts]) -> None:
    for station, found in waiting.items():
        counts[station].update(chain.from_iterable(found))
    waiting.clear()


def _by_place(counts: Mapping[str, Counts]) -> Iterator[tuple[Place, Counts]]:
    for station, counted in counts.items():
        if station != LONDON:
            yield (station, 0), counted
    parts: list[Counts] = [Counter() for _ in range(LONDON_PARTS)]
    for term, number in counts.get(LONDON, {}).items():
        parts[crc32(term.partition(" ")[0].encode()) % LONDON_PARTS][term] = number
    yield from (((LONDON, part), counted) for part, counted in enumerate(parts) if counted)


def merged(counted: Counts, more: Counts) -> Counts:
    """Return the sum of two counts; the first is used up."""
    counted.update(more)
    return counted


def top(counted: Mapping[str, int], number: int) -> list[Topic]:
    """Return the `number` stems that most tweets have, best first, each as the word that most of them use.

    Ties go to the word, then the stem, that comes first in code point order.
    """
    tweets: defaultdict[str, int] = defaultdict(int)
    for term, count in counted.items():
        root, _, word = term.partition(" ")
        tweets[root] += count if word else -count
    least = min(nlargest(number, tweets.values()), default=0)
    shown: dict[str, tuple[int, str]] = {}
    for term, count in counted.items():
        root, _, word = term.partition(" ")
        if word and tweets[root] >= least:
            shown[root] = min(shown.get(root, (0, "")), (-count, word))
    return best(((word, tweets[root], root) for root, (_, word) in shown.items()), number)


def best(topics: Iterable[Topic], number: int) -> list[Topic]:
    """Return the first `number` of topics, in the order in which they are ranked."""
    return sorted(topics, key=lambda topic: (-topic[1], topic[0], topic[2]))[:number]
