"""How fast the website answers: 200 requests for a page, 20 at a time, after one that does not count.

    .venv/bin/python -m benchmarks.website [--site http://localhost:8088] [--path /] [--requests 200]
                                           [--concurrency 20] [--reload]

The stack runs already (make up, make run). An answer is an error unless it is 200 and a whole page. Prints
the errors, the times within which 50, 95 and 99 of 100 answers were there, and pages a second; the exit code
is 1 where there was an error. Visitors ask for the page alone: scripts and styles are files, which browsers
keep. They share it for some seconds, as strangers do; with --reload each gets one made anew. Measuring takes
its share of the processor: the true times are better.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import requests

PATIENCE = 60  # seconds for an answer
SHARES = (50, 95, 99)  # of 100 answers


@dataclass(frozen=True)
class Answer:
    """One request: how long it took, and what was wrong with the answer, if anything."""

    seconds: float
    error: str


def main() -> int:
    """The command line."""
    cli = argparse.ArgumentParser(
        prog="python -m benchmarks.website", description=(__doc__ or "").split("\n")[0]
    )
    cli.add_argument("--site", default="http://localhost:8088")
    cli.add_argument("--path", default="/")
    cli.add_argument("--requests", type=int, default=200)
    cli.add_argument("--concurrency", type=int, default=20)
    cli.add_argument("--reload", action="store_true", help="a page of one's own for each request")
    args = cli.parse_args()
    url = args.site.rstrip("/") + args.path
    headers = {"Cache-Control": "no-cache"} if args.reload else {}
    first = ask(url, headers)
    if first.error:
        print(f"{url}: {first.error}", file=sys.stderr)
        return 1
    begun = time.monotonic()
    with ThreadPoolExecutor(args.concurrency) as pool:
        answers = list(pool.map(lambda _: ask(url, headers), range(args.requests)))
    print(report(url, answers, time.monotonic() - begun))
    return 1 if any(answer.error for answer in answers) else 0


def ask(url: str, headers: Mapping[str, str]) -> Answer:
    """One page, timed from the request to its last byte."""
    begun = time.monotonic()
    try:
        answer = requests.get(url, headers=headers, timeout=PATIENCE)
        whole = answer.text.rstrip().endswith("</html>")
        error = "" if answer.status_code == 200 and whole else f"status {answer.status_code}, whole: {whole}"
    except requests.RequestException as failure:
        error = type(failure).__name__
    return Answer(time.monotonic() - begun, error)


def report(url: str, answers: Sequence[Answer], seconds: float) -> str:
    """What a person reads."""
    errors = Counter(answer.error for answer in answers if answer.error)
    times = [answer.seconds for answer in answers if not answer.error]
    lines = [f"{url}: {len(answers)} requests in {seconds:.1f} s, {len(times) / seconds:.1f} pages a second"]
    lines += [f"errors: {sum(errors.values())}", *(f"  {count} x {what}" for what, count in errors.items())]
    lines += [f"p{share}: {percentile(times, share) * 1000:.0f} ms" for share in SHARES if times]
    return "\n".join(lines)


def percentile(values: Iterable[float], share: int) -> float:
    """The smallest of the values that this share of them does not exceed."""
    ordered = sorted(values)
    return ordered[math.ceil(len(ordered) * share / 100) - 1]


if __name__ == "__main__":
    sys.exit(main())
