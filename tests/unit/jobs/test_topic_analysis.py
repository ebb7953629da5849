import random
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from chispa import assert_df_equality
from pyspark.sql import DataFrame, SparkSession

import tweet_text
from topic_analysis import TOPICS, dated, extent, main, stop_words, top_topics
from tweet_topics import Rules

STOPS = frozenset({"the", "and", "at", "in"})
Tweets = Callable[..., DataFrame]
Topic = tuple[str, int, str, int]  # station, rank, topic, tweet_count


def topics(frame: DataFrame, top: int = 5, search_word: str = "london") -> list[Topic]:
    rows, _ = extent(frame)
    return top_topics(frame, rows, Rules(STOPS, search_word), top)


def test_topics_per_station_and_for_london(tweets: Tweets) -> None:
    given = tweets(
        ("1", "Delays at the tube", "Bank"), ("2", "tube and delays", "Bank"), ("3", "the TUBE", "Angel")
    )
    assert topics(given) == [
        ("", 1, "tube", 3),
        ("", 2, "delays", 2),
        ("Angel", 1, "tube", 1),
        ("Bank", 1, "delays", 2),
        ("Bank", 2, "tube", 2),
    ]


def test_a_tweet_at_two_stations_counts_once_for_london(tweets: Tweets) -> None:
    given = tweets(("1", "rain", "Bank"), ("1", "rain", "Angel"), ("2", "rain", "Angel"))
    assert topics(given) == [("", 1, "rain", 2), ("Angel", 1, "rain", 2), ("Bank", 1, "rain", 1)]


def test_copies_and_rows_without_text_count_nothing(tweets: Tweets) -> None:
    given = tweets(
        ("1", "rain rain", "Bank"),
        ("1", "rain rain", "Bank"),
        ("1", None, "Bank"),
        ("1", "rain, edited", "Bank"),
        ("2", None, "Bank"),
        ("3", "", "Angel"),
        (None, "rain", "Bank"),
    )
    assert topics(given) == [
        ("", 1, "edited", 1),
        ("", 2, "rain", 1),
        ("Bank", 1, "edited", 1),
        ("Bank", 2, "rain", 1),
    ]


def test_a_tweet_without_station_counts_for_london_only(tweets: Tweets) -> None:
    given = tweets(("1", "rain", None), ("2", "rain", ""), ("3", "rain", "Bank"))
    assert topics(given) == [("", 1, "rain", 3), ("Bank", 1, "rain", 1)]


def test_what_parts_a_row_is_no_part_of_an_id_or_a_station(tweets: Tweets) -> None:
    given = tweets(("1\0", "rain\0sun", "Ba\0nk"), ("1", "rain", "Bank"))
    assert topics(given) == [
        ("", 1, "rain", 1), ("", 2, "sun", 1), ("Bank", 1, "rain", 1), ("Bank", 2, "sun", 1)
    ]  # fmt: skip


def test_a_topic_is_shown_as_most_of_its_tweets_write_it(tweets: Tweets) -> None:
    given = tweets(
        ("1", "houses houses houses", "Bank"),
        ("2", "housing", "Bank"),
        ("3", "Housing and houses", "Angel"),
        ("4", "HOUSING", "Angel"),
    )
    assert topics(given) == [("", 1, "housing", 4), ("Angel", 1, "housing", 2), ("Bank", 1, "houses", 2)]


def test_ties_go_in_code_point_order(tweets: Tweets) -> None:
    # 𐐨, beyond 16 bits, comes after ﬀ by code point and before it in UTF-16; é comes after ASCII letters.
    words = ["zoo", "éclair", "apple", "ﬀort", "𐐨𐐨"]
    given = tweets(*((str(key), word, "Bank") for key, word in enumerate(words)))
    shown = [topic for station, _, topic, _ in topics(given) if station == "Bank"]
    assert shown == ["apple", "zoo", "éclair", "ﬀort", "𐐨𐐨"]


def test_the_search_words_stem_is_out_before_the_top_is_taken(tweets: Tweets) -> None:
    given = tweets(("1", "London rain", "Bank"), ("2", "LONDON'S sun", "Bank"), ("3", "london rain", "Bank"))
    assert topics(given, top=2) == [
        ("", 1, "rain", 2),
        ("", 2, "sun", 1),
        ("Bank", 1, "rain", 2),
        ("Bank", 2, "sun", 1),
    ]
    assert topics(given, top=1, search_word="raining")[0] == ("", 1, "london", 3)


def test_no_tweets_no_topics(tweets: Tweets) -> None:
    assert topics(tweets(("1", None, "Bank"), ("2", "the and", "Angel"))) == []


def test_counts_equal_a_plain_count(tweets: Tweets) -> None:
    draw = random.Random(2026)
    vocabulary = [
        "delay",
        "delays",
        "delayed",
        "rain",
        "raining",
        "sun",
        "tube",
        "the",
        "London",
        "café",
        "don't",
    ]
    rows = [
        (
            str(draw.randint(1, 150)),
            " ".join(draw.choices(vocabulary, k=draw.randint(0, 6))),
            draw.choice("ABCD"),
        )
        for _ in range(400)
    ]
    holders: dict[tuple[str, str], set[str]] = defaultdict(set)
    forms: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    for key, text, place in rows:
        for word in set(tweet_text.words(text)) - STOPS:
            for station in ("", place):
                holders[station, tweet_text.stem(word)].add(key)
                forms[station, tweet_text.stem(word), word].add(key)
    expected: list[Topic] = []
    for station in ("", *"ABCD"):
        counts: Counter[str] = Counter()
        for (at, root), keys in holders.items():
            if at == station and root != "london":
                candidates = [(-len(k), word) for (a, r, word), k in forms.items() if (a, r) == (at, root)]
                counts[min(candidates)[1]] = len(keys)
        ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:4]
        expected += [(station, rank, topic, count) for rank, (topic, count) in enumerate(ranked, 1)]
    assert topics(tweets(*rows), top=4) == expected
    draw.shuffle(rows)
    assert topics(tweets(*rows).repartition(5), top=4) == expected


def test_the_day_is_the_newest_tweets(tweets: Tweets) -> None:
    night = datetime(2026, 11, 15, 23, 59, 59, 999999, tzinfo=UTC)
    given = tweets(("1", "rain", "Bank")).union(tweets(("2", None, "Bank"), date=night))
    given = given.union(tweets(("3", "sun", "Bank"), date=night - timedelta(days=1)))
    assert extent(given) == (3, date(2026, 11, 15))
    assert extent(given.limit(0)) == (0, None)


def test_the_result_has_the_day_and_is_one_sorted_part(spark: SparkSession) -> None:
    given = [("Angel", 1, "rain", 7), ("Bank", 1, "café", 9), ("Bank", 2, "sun", 2**40)]
    midnight = datetime(2020, 2, 29, tzinfo=UTC)
    expected = spark.createDataFrame([(midnight, *row) for row in given], f"date timestamp, {TOPICS}")
    found = dated(spark, given, date(2020, 2, 29))
    assert_df_equality(found, expected, ignore_nullable=True)
    assert found.rdd.getNumPartitions() == 1
    assert_df_equality(dated(spark, [], None), expected.limit(0), ignore_nullable=True)


def test_stop_words_are_spark_mls(spark: SparkSession) -> None:
    found = stop_words(spark)
    assert {"the", "and", "i'm", "don't"} <= found
    assert "london" not in found
    assert len(found) == 181


@pytest.mark.parametrize(
    ("option", "value"), [("--top", "0"), ("--top", "x"), ("--date", "15.11.2026"), ("--cleaning", "none")]
)
def test_arguments_are_checked(option: str, value: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([option, value])
    assert ended.value.code == 2
    assert option in capsys.readouterr().err
