"""Our scorer against vaderSentiment's own, in one process: `python -m benchmarks.scorer [--texts 20000]`.

Both score the same lightly cleaned texts of synthetic tweets, in turn (A B A B ...), and what each of their
scores is gets compared. Cleaning is measured in the same rounds. CPU seconds, medians over the rounds.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

import tweet_text
import vader_scorer
from benchmarks.expected import stock_score
from benchmarks.tweets import write_tweets

ROUNDS = 5


def measure(texts: int = 20_000, rounds: int = ROUNDS) -> dict[str, Any]:
    """Microseconds a text for ours, stock and cleaning; ours against stock; cleaning's share; equality.

    Each text is scored once, rounds have texts of their own: what repeats would flatter a scorer that
    remembers. `share_of_cleaning` is of cleaning and scoring together.
    """
    raw = distinct_texts(texts)
    cleaned = [tweet_text.clean_light(text) for text in raw]
    works: dict[str, tuple[Callable[[str], Any], list[str]]] = {
        "ours": (vader_scorer.compound, cleaned),
        "stock": (stock_score, cleaned),
        "cleaning": (tweet_text.clean_light, raw),
    }
    taken: dict[str, list[float]] = {name: [] for name in works}
    for number in range(rounds):
        for name, (work, on) in works.items():
            taken[name].append(microseconds(work, on[number::rounds]))
    found = {name: statistics.median(times) for name, times in taken.items()}
    return {
        "texts": len(raw),
        "rounds": rounds,
        "ours_us": found["ours"],
        "stock_us": found["stock"],
        "cleaning_us": found["cleaning"],
        "ratio": found["stock"] / found["ours"],
        "share_of_cleaning": found["cleaning"] / (found["cleaning"] + found["ours"]),
        "equal": all(vader_scorer.compound(text) == stock_score(text) for text in cleaned),
    }


def microseconds(work: Callable[[str], Any], texts: Sequence[str]) -> float:
    """CPU time a text."""
    began = time.process_time()
    for text in texts:
        work(text)
    return (time.process_time() - began) / len(texts) * 1e6


def distinct_texts(count: int) -> list[str]:
    """So many texts of synthetic tweets, each once."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "tweets.parquet"
        write_tweets(file, 2 * count)  # nearly half of them repeat others
        return list(dict.fromkeys(pq.read_table(file)["tweets"].to_pylist()))[:count]


def main() -> None:
    """The command line."""
    cli = argparse.ArgumentParser(
        prog="python -m benchmarks.scorer", description=(__doc__ or "").split("\n")[0]
    )
    cli.add_argument("--texts", type=int, default=20_000)
    print(json.dumps(measure(cli.parse_args().texts), indent=1))


if __name__ == "__main__":
    main()
