"""Synthetic tweets for the benchmarks: `python -m benchmarks.tweets --rows N --output FILE [--seed 1]`.

A parquet file with tweet_id, tweets and station (strings) and date (timestamp, UTC, microseconds), as the
jobs read it. The same rows and seed give the same content. Nothing of it was ever written by a person:

- Texts have 60 to 240 characters and the word "london". Half of the words are common English; 1 in 8 is of
  VADER's lexicon, 1 in 20 negates or boosts, and the rest are made of syllables. Words follow Zipf's law, so
  that the vocabulary grows with the tweets: about 17,000 different ones in 10,000, 400,000 in 1,000,000.
- Of the texts 30 % have a @mention, 20 % a link, 15 % emoji, 35 % a hashtag, 12 % a word in capitals, 20 %
  exclamation marks, 3 % an HTML entity and 2 % a word with other letters than English has.
- 45 % of the rows repeat an earlier row's text: 15 % of the tweets stand at two or three neighbouring
  stations (rows with the same tweet_id and text), and others are said again. Four of five such repeats are of
  the same 20,000 rows, as retweets are; the others may be of any row before.
- The 308 stations follow Zipf's law too; all dates are of ISO week 2026-W46.
"""

import argparse
import csv
import itertools
import math
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from vaderSentiment.vaderSentiment import BOOSTER_DICT, NEGATE, SentimentIntensityAnalyzer

from fixtures.weeks import start

FIXTURES = Path(__file__).parents[1] / "fixtures"
SCHEMA = pa.schema(
    {
        "tweet_id": pa.string(),
        "tweets": pa.string(),
        "date": pa.timestamp("us", "UTC"),
        "station": pa.string(),
    }
)
WEEK_START = start("2026-W46")
WEEK_SECONDS = 7 * 86_400
CHUNK, ROW_GROUP = 20_000, 200_000  # rows
SHORTEST, LONGEST = 60, 240  # characters
AT_MORE_STATIONS, AT_THREE = 0.15, 0.3  # of the tweets, of those
FRESH = 0.55 * (1 + AT_MORE_STATIONS * (1 + AT_THREE))  # of the tweets, so that 45 % of the rows are repeats
NEAR = 0.8  # of the repeats
KEPT = 60_000  # texts that may be repeated later: more would be memory that grows with the file

MADE_UP = 600_000  # words
COMMON = str.split("""
    today time people day good morning night work home train tube street house new old year week city going
    really think want need know look back see come take make say way thing life man woman friends coffee
    weather rain sun road river park bridge station bus line north south east west flat rent price market shop
    food music game team football match show film book school job news world country money minute hour weekend
    tomorrow yesterday never always still even much many another every first last next long little big small
    right left open closed late early walk run stop start live place area borough near around
""")
ONSETS = str.split("b c d f g h j k l m n p r s t v w br ch cl dr fl gr pl sh sl st th tr")
SYLLABLES = [
    onset + vowel for onset in ONSETS for vowel in ("a", "e", "i", "o", "u", "ai", "ea", "ee", "oo", "ou")
]
ENDINGS = ("", "n", "r", "s", "t", "l", "ng", "ck", "m", "nd", "st", "rd", "ing", "ed", "ly", "er")
EMOJI = str.split("😀 😂 😍 😢 😡 👍 🎉 ❤️ 🔥 🚇 ☔ 🙄 😊 😭 💔 🤔")
FOREIGN = str.split("café déjà señor mañana straße über привет лондон дом naïve Łódź Kraków façade jalapeño")
LONDON = ("london", "London", "#london", "LONDON", "#London", "London,")
ENTITIES = ("&amp;", "&lt;3", "&gt;", "&quot;")


def write_tweets(path: Path, rows: int, seed: int = 1) -> None:
    """Write `rows` tweets to the parquet file `path`, in the memory of a row group, about 300 MB."""
    source = Source(random.Random(seed))
    left = rows
    with pq.ParquetWriter(path, SCHEMA) as writer:
        while left:
            group = min(left, ROW_GROUP)
            chunks = [source.chunk(min(CHUNK, group - at)) for at in range(0, group, CHUNK)]
            writer.write_table(pa.concat_tables(chunks))
            left -= group


def made_up_word(number: int) -> str:
    """The word of that number, which hardly any other has: two or more syllables and an ending."""
    number, ending = divmod(number, len(ENDINGS))
    parts: list[str] = []
    while number or len(parts) < 2:
        number, syllable = divmod(number, len(SYLLABLES))
        parts.append(SYLLABLES[syllable])
    return "".join(parts) + ENDINGS[ending]


def zipf(count: int, total: float) -> list[float]:
    """Weights of `count` words by rank, `total` together, with Mandelbrot's shift: the first is no giant."""
    weights = [(rank + 2.7) ** -1.1 for rank in range(count)]
    scale = total / math.fsum(weights)
    return [weight * scale for weight in weights]


def vocabulary() -> tuple[list[str], list[float]]:
    """All words that a text may have, and their cumulated weights."""
    ordered = random.Random("vocabulary")
    stop_words = (FIXTURES / "stop_words_english.txt").read_text(encoding="utf-8").split()
    lexicon = sorted(word for word in SentimentIntensityAnalyzer().lexicon if word.isalpha())
    made_up = [made_up_word(number) for number in range(MADE_UP)]
    boosts = [*sorted(BOOSTER_DICT), *sorted(NEGATE)]
    for words in (lexicon, made_up, boosts):
        ordered.shuffle(words)
    parts: tuple[tuple[list[str], float], ...] = (
        (stop_words, 0.38),
        (COMMON, 0.12),
        (made_up, 0.325),
        (lexicon, 0.125),
        (boosts, 0.05),
    )
    weights = itertools.chain.from_iterable(zipf(len(words), share) for words, share in parts)
    return [word for words, _ in parts for word in words], list(itertools.accumulate(weights))


def neighbours() -> dict[str, list[str]]:
    """The two nearest of each station's neighbours, by the list of stations."""
    with (FIXTURES / "stations.csv").open(encoding="utf-8") as file:
        places = {row["station"]: (float(row["latitude"]), float(row["longitude"]) * 0.62)
                  for row in csv.DictReader(file)}  # fmt: skip
    return {
        name: sorted((other for other in places if other != name), key=lambda o: math.dist(at, places[o]))[:2]
        for name, at in places.items()
    }


@dataclass
class Source:
    """An endless stream of tweets, in chunks."""

    random: random.Random
    made: int = 0  # tweets so far
    kept: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.words, self.weights = vocabulary()
        self.neighbours = neighbours()
        self.stations = list(self.neighbours)
        random.Random("stations").shuffle(self.stations)
        self.station_weights = list(itertools.accumulate(zipf(len(self.stations), 1.0)))

    def chunk(self, rows: int) -> pa.Table:
        """The next `rows` rows, in an order of their own."""
        found = list(itertools.islice(self._rows(rows), rows))
        self.random.shuffle(found)
        ids, texts, dates, stations = zip(*found, strict=True)
        columns = (pa.array(ids), pa.array(texts), pa.array(dates).cast(SCHEMA.field("date").type))
        return pa.Table.from_arrays([*columns, pa.array(stations)], schema=SCHEMA)

    def _rows(self, tweets: int) -> Iterator[tuple[str, str, int, str]]:
        """Tweet_id, text, microseconds since 1970 and station of so many tweets or more rows."""
        draw = self.random.random
        places = self.random.choices(self.stations, cum_weights=self.station_weights, k=tweets)
        begin = int(WEEK_START.timestamp())
        for station, text in zip(places, self._texts(tweets), strict=True):
            self.made += 1
            tweet_id = str(1_850_000_000_000_000_000 + self.made * 4_194_304)
            when = (begin + int(draw() * WEEK_SECONDS)) * 1_000_000
            yield tweet_id, text, when, station
            if draw() < AT_MORE_STATIONS:
                for other in self.neighbours[station][: 2 if draw() < AT_THREE else 1]:
                    yield tweet_id, text, when, other

    def _texts(self, tweets: int) -> Iterator[str]:
        """Texts, new ones and old ones."""
        draw = self.random.random
        words = self._words()
        near: list[str] = []
        for _ in range(tweets):
            if near and draw() >= FRESH:
                # some are said again and again: the earlier, the more often
                yield near[int(len(near) * draw() ** 2)] if draw() < NEAR else self._old()
                continue
            text = self._text(words)
            near.append(text)
            self._keep(text)
            yield text

    def _old(self) -> str:
        return self.kept[int(len(self.kept) * self.random.random())]

    def _keep(self, text: str) -> None:
        if len(self.kept) < KEPT:
            self.kept.append(text)
        else:
            self.kept[int(KEPT * self.random.random())] = text

    def _words(self) -> Iterator[str]:
        while True:
            yield from self.random.choices(self.words, cum_weights=self.weights, k=CHUNK)

    def _text(self, words: Iterator[str]) -> str:
        draw = self.random.random
        said = list(itertools.islice(words, 8 + int(draw() * 25)))
        self._decorate(said)
        said.insert(int(draw() * 6), LONDON[int(len(LONDON) * draw() ** 2)])
        text = " ".join(said)
        while len(text) < SHORTEST:
            text = f"{text} {next(words)}"
        return text if len(text) <= LONGEST else text[: text.rindex(" ", 0, LONGEST + 1)]

    def _decorate(self, said: list[str]) -> None:
        """What a text has besides plain words; near its front, where nothing is cut off."""
        draw = self.random.random
        if draw() < 0.35:
            said[2] = f"#{said[2]}"
        if draw() < 0.12:
            said[3] = said[3].upper()
        if draw() < 0.2:
            said[5] += "!" * (1 + int(draw() * 3))
        if draw() < 0.3:
            said[int(draw() * 2)] = f"@{made_up_word(int(draw() * 1e6))}{int(draw() * 100)}"
        if draw() < 0.2:
            said.insert(6, f"https://t.co/{int(draw() * 36**10):x}")
        if draw() < 0.15:
            said.insert(7, self._one_of(EMOJI))
        if draw() < 0.03:
            said.insert(4, self._one_of(ENTITIES))
        if draw() < 0.02:
            said.insert(4, self._one_of(FOREIGN))
        if draw() < 0.5:
            said[4] += ","

    def _one_of(self, choices: Sequence[str]) -> str:
        return choices[int(len(choices) * self.random.random())]


def main() -> None:
    """The command line."""
    cli = argparse.ArgumentParser(
        prog="python -m benchmarks.tweets", description=(__doc__ or "").split("\n")[0]
    )
    cli.add_argument("--rows", type=int, required=True)
    cli.add_argument("--output", type=Path, required=True)
    cli.add_argument("--seed", type=int, default=1)
    args = cli.parse_args()
    began = time.perf_counter()
    write_tweets(args.output, args.rows, args.seed)
    print(
        f"{args.rows:,} rows, {args.output.stat().st_size / 1e6:.1f} MB, {time.perf_counter() - began:.1f} s"
    )


if __name__ == "__main__":
    main()
