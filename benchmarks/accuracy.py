"""How the scores agree with people's ratings: `python -m benchmarks.accuracy --ratings FILE`.

FILE has a line a tweet: id, mean rating and text, separated by tabs, without a header; UTF-8. Ratings run
from -4 (most negative) to 4, as those of VADER's lexicon do; 0 is neutral. Each of the three ways to clean
(light, seed, and raw: none) is told by:

- Pearson's r and Spearman's rho of score and rating (ranks of equal values are their mean);
- sign agreement: of the tweets that people did not rate 0, the share whose score has the rating's sign;
- macro F1: the mean of the F1 of positive, neutral and negative. A score is positive from 0.05 and negative
  from -0.05, VADER's usual thresholds; a rating is so from the same share of its range: 0.2 and -0.2. The F1
  of a class that neither people nor scores know counts as 0.
"""

from __future__ import annotations

import argparse
import json
import statistics
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import tweet_text
import vader_scorer
from benchmarks.expected import seed_cleaned

SCORE_THRESHOLD = 0.05
RATING_RANGE = 4.0  # of a score it is 1
CLASSES = (-1, 0, 1)
CLEANING: Mapping[str, Callable[[str], str]] = {
    "light": tweet_text.clean_light,
    "seed": seed_cleaned,
    "raw": lambda text: text,
}


def measure(ratings: Path) -> dict[str, dict[str, float]]:
    """The four figures for each way to clean; ValueError tells a line that is none."""
    rated = read(ratings)
    means = [rating for rating, _ in rated]
    return {
        way: agreement([vader_scorer.compound(clean(text)) for _, text in rated], means)
        for way, clean in CLEANING.items()
    }


def read(file: Path) -> list[tuple[float, str]]:
    """Ratings and texts of a file."""
    rated = []
    for number, line in enumerate(file.read_text(encoding="utf-8").split("\n"), start=1):
        if not line.strip():
            continue
        parts = line.rstrip("\r").split("\t", 2)
        try:
            _, rating, text = parts
            rated.append((float(rating), text))
        except ValueError:
            raise ValueError(f"{file}, line {number}: not id, mean rating and text") from None
    return rated


def agreement(scores: Sequence[float], ratings: Sequence[float]) -> dict[str, float]:
    """Pearson's r, Spearman's rho, sign agreement and macro F1 of scores and ratings, which are pairs."""
    rated = [(sign(score), sign(rating)) for score, rating in zip(scores, ratings, strict=True) if rating]
    return {
        "pearson_r": statistics.correlation(scores, ratings),
        "spearman_rho": statistics.correlation(ranks(scores), ranks(ratings)),
        "sign_agreement": sum(ours == theirs for ours, theirs in rated) / len(rated),
        "macro_f1": macro_f1(
            [sign(score, SCORE_THRESHOLD) for score in scores],
            [sign(rating, SCORE_THRESHOLD * RATING_RANGE) for rating in ratings],
        ),
    }


def ranks(numbers: Sequence[float]) -> list[float]:
    """Each number's rank from 1, of equal ones their mean."""
    places: defaultdict[float, list[int]] = defaultdict(list)
    for rank, number in enumerate(sorted(numbers), start=1):
        places[number].append(rank)
    rank_of = {number: statistics.fmean(ranked) for number, ranked in places.items()}
    return [rank_of[number] for number in numbers]


def sign(number: float, threshold: float = 0.0) -> int:
    """1 or -1 where a number is at least as far from 0 as the threshold, else 0; so is 0 itself."""
    if number == 0 or abs(number) < threshold:
        return 0
    return 1 if number > 0 else -1


def macro_f1(found: Sequence[int], true: Sequence[int]) -> float:
    """The mean over the classes of the harmonic mean of precision and recall."""
    pairs = list(zip(found, true, strict=True))
    scores = []
    for one in CLASSES:
        both = sum(a == b == one for a, b in pairs)
        either = sum((a == one) + (b == one) for a, b in pairs)
        scores.append(2 * both / either if either else 0.0)
    return statistics.fmean(scores)


def main() -> None:
    """The command line."""
    cli = argparse.ArgumentParser(
        prog="python -m benchmarks.accuracy", description=(__doc__ or "").split("\n")[0]
    )
    cli.add_argument("--ratings", type=Path, required=True)
    print(json.dumps(measure(cli.parse_args().ratings), indent=1))


if __name__ == "__main__":
    main()
