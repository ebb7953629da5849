from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

from hypothesis import given, settings
from hypothesis import strategies as st
from nltk.stem.snowball import SnowballStemmer
from pytest import MonkeyPatch

import tweet_topics
from tweet_text import Cleaning, words
from tweet_topics import LONDON, SEPARATOR, Counts, Rules, Topic, count_terms, finder, merged, top

Row = tuple[str | None, str | None, str | None]  # tweet_id, station, tweets
RULES = Rules(frozenset({"the", "in", "again"}), "London")
SNOWBALL = SnowballStemmer("english")
VOCABULARY = ["delay", "delays", "delayed", "rain", "raining", "sun", "the", "London", "café", "don't", "🚇"]
TEXTS = st.none() | st.lists(st.sampled_from(VOCABULARY), max_size=5).map(" ".join)
ROWS = st.lists(
    st.tuples(st.none() | st.sampled_from("123456"), st.none() | st.sampled_from(["", "A", "B"]), TEXTS),
    max_size=25,
)


def terms(text: str, rules: Rules = RULES) -> list[str]:
    return sorted(finder(rules)(text))


def batches(rows: Iterable[Row]) -> Iterator[list[str]]:
    """Rows as the job makes them: two batches, with all copies of a tweet in one."""
    for half in (0, 1):
        yield [
            SEPARATOR.join((key, station or "", text))
            for key, station, text in rows
            if key is not None and text is not None and int(key) % 2 == half
        ]


def counted(rows: list[Row]) -> dict[str, Counts]:
    """Counts by station."""
    sums: defaultdict[str, Counts] = defaultdict(Counter)
    for (station, _), counts in count_terms(batches(rows), RULES):
        sums[station] = merged(sums[station], counts)
    return sums


def plainly(rows: list[Row], station: str, number: int) -> list[Topic]:
    """The topics as the definition has them: sets of tweets."""
    holders: defaultdict[str, set[str]] = defaultdict(set)
    writers: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for key, at, text in rows:
        if key is not None and text and station in (LONDON, at):
            for word in set(words(text)) - RULES.dropped:
                if len(word) > 1 and (root := SNOWBALL.stem(word)) != "london":
                    holders[root].add(key)
                    writers[root, word].add(key)
    shown = {
        root: min((-len(keys), word) for (of, word), keys in writers.items() if of == root)[1]
        for root in holders
    }
    ranked = sorted((-len(keys), shown[root], root) for root, keys in holders.items())
    return [(word, -count, root) for count, word, root in ranked[:number]]


def test_terms_are_stems_with_their_words() -> None:
    assert terms("The rain in London, London's sun") == ["rain rain", "sun sun"]
    assert terms("") == terms("the in London") == []


def test_a_stem_said_in_several_words_is_taken_off_again() -> None:
    assert terms("The delays! Delayed again, and again a delay: rain") == [
        "and and", "delay", "delay", "delay delay", "delay delayed", "delay delays", "rain rain",
    ]  # fmt: skip


def test_edited_copies_are_one_text() -> None:
    rows: list[Row] = [("1", "A", "rain rain"), ("1", "A", "rain, sun"), ("1", "B", "@x"), ("1", "B", "don'")]
    assert counted(rows) == {
        LONDON: {"rain rain": 1, "sun sun": 1, "don don": 1},
        "A": {"rain rain": 1, "sun sun": 1},
        "B": {"don don": 1},
    }


def test_cleaning_is_the_jobs() -> None:
    assert terms("don't", rules=Rules(frozenset(), "london", Cleaning.SEED)) == ["dont dont"]


@settings(deadline=None)
@given(ROWS, st.integers(1, 4))
def test_topics_equal_those_of_the_definition(rows: list[Row], number: int) -> None:
    counts = counted(rows)
    for station in (LONDON, "A", "B"):
        assert top(counts.get(station, Counter()), number) == plainly(rows, station, number)


def test_memos_that_are_full_or_pass_by_long_texts_change_nothing(monkeypatch: MonkeyPatch) -> None:
    rows: list[Row] = [
        (str(key), "Bank", " ".join(f"w{chr(97 + (key + n) % 26)} rain raining" for n in range(5)))
        for key in range(100)
    ]
    whole = counted(rows)
    for bound in ("_WORDS_KEPT", "_TWEETS_AT_A_TIME", "LONGEST_KEPT"):
        monkeypatch.setattr(tweet_topics, bound, 10)
    finder.cache_clear()
    assert counted(rows) == whole
    assert whole["Bank"]["rain"] == 100  # rain and raining are two words of one stem


def test_all_terms_of_a_stem_are_in_one_part_of_london() -> None:
    row = ("1", "", "delay delays delayed rain raining sun café houses housing")
    parts: defaultdict[str, set[int]] = defaultdict(set)
    for (station, part), counts in count_terms([[SEPARATOR.join(row)]], RULES):
        assert station == LONDON
        for term in counts:
            parts[term.partition(" ")[0]].add(part)
    assert len(parts) == 5
    assert all(len(found) == 1 for found in parts.values())
