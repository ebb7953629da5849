"""make cost PROFILE=aws: what the profile costs a run and a month, from aws/costs/prices.json.

Needs no account.

    python -m aws.cost aws

The region is AWS_REGION's, else the AWS settings', else eu-west-2. Exit code 0, or 2 with one line.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping

import boto3

from aws import refusals
from aws.costs import lines as cost_lines
from aws.costs.lines import RUNS, Line
from aws.costs.prices import Prices
from aws.profile import NOT_OF_AWS, Source, is_given_by_aws
from embedded import advice

DEFAULT_REGION = "eu-west-2"
WIDTH = 44  # letters of an item


def main() -> int:
    """The command line."""
    cli = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cli.add_argument("profile", help="a folder of profiles/")
    args = cli.parse_args()

    def show() -> int:
        sys.stdout.write("\n".join(text(args.profile, os.environ, region(os.environ))) + "\n")
        return 0

    return advice.exit_code(show)


def region(environ: Mapping[str, str]) -> str:
    """The region that a deployment would use; raises Unusable for unusable AWS settings."""
    with refusals.named():
        return environ.get("AWS_REGION") or boto3.Session().region_name or DEFAULT_REGION


def text(name: str, environ: Mapping[str, str], place: str) -> list[str]:
    """The table, a total and what it rests on, as lines; raises Unusable."""
    source = Source.read(name)
    if not source.stack_keys:
        return [f"profile {name} runs on this machine: it costs nothing"]
    month, each = lines(source, environ, Prices.read(place))
    whole = cost_lines.total(month) + RUNS * cost_lines.total(each)
    unknown = sorted({line.what for line in (*month, *each) if line.price is None})
    without = f", without {', '.join(unknown)}: aws/costs/prices.json lacks them" if unknown else ""
    return [
        f"profile {name} in {place}, US dollars, prices of {Prices.read(place).date} (aws/costs/prices.json)",
        "",
        *_table("a month, with one run of housing-prices", month),
        "",
        *_table("each run of the tweet DAG", each),
        "",
        f"{f'TOTAL a month, with {RUNS:.2f} runs':{WIDTH + 26}} {whole:9.2f}{without}",
        "",
        "It rests on this:",
        *(f"  - {assumed}" for about, assumed in cost_lines.ASSUMPTIONS if _concerns(about, [*month, *each])),
        *_doubts([*month, *each]),
    ]


def _concerns(about: str, found: list[Line]) -> bool:
    return any(line.what.startswith(about) for line in found)


def lines(source: Source, environ: Mapping[str, str], prices: Prices) -> tuple[list[Line], list[Line]]:
    """The lines of a month without runs of the tweet DAG, and those of such a run; raises BadProfile."""
    shell = {name: value for name, value in environ.items() if not is_given_by_aws(name)}
    values = {**source.unknown(shell), **shell}
    profile = source.filled({**NOT_OF_AWS, **values})
    parameters = {key: source.parameters(key, values) for key in source.stack_keys}
    secrets = len(profile.connections) + len(profile.variables)
    cluster = profile.connections["emr_default"]["extra"]
    return (
        list(cost_lines.standing(parameters, secrets, prices)),
        list(cost_lines.run(parameters, cluster, profile.pipeline["max_posts_read"], prices)),
    )


def _table(title: str, found: list[Line]) -> list[str]:
    rows = [f"{title:{WIDTH + 26}} {'$':>9}"]
    for line in found:
        if line.price is None:
            rows.append(f"  {line.what:{WIDTH}} {'no price known':>34}")
            continue
        count = f"{line.quantity:9,.2f} {line.price.unit:8} × {_price(line.price.amount)}"
        mark = " *" if line.price.doubt else ""
        rows.append(f"  {line.what:{WIDTH - 6}} {count:29} {line.amount:9.2f}{mark}")
    return [*rows, f"  {'sum':{WIDTH + 24}} {cost_lines.total(found):9.2f}"]


def _price(amount: float) -> str:
    """Dollars with as many digits as a price has, two at least."""
    digits = f"{amount:.4f}".rstrip("0")
    return digits if len(digits.partition(".")[2]) > 1 else f"{amount:.2f}"


def _doubts(found: list[Line]) -> list[str]:
    """What is not confirmed, and why, each once."""
    reasons: dict[str, list[str]] = {}
    for line in found:
        if line.price and line.price.doubt:
            reasons.setdefault(line.price.doubt, []).append(line.what)
    if not reasons:
        return []
    said = [f"  - {', '.join(items)}: {reason}" for reason, items in reasons.items()]
    return ["* not confirmed; compare with https://calculator.aws before you rely on it:", *said]


if __name__ == "__main__":
    sys.exit(main())
