"""Where a run's data lies: the one place that spells the prefixes."""


def raw_prefix(output_key: str, run: str) -> str:
    """Key prefix of the run's raw posts; `output_key` is the Variable's."""
    return f"{output_key}/run={run}/"


def sentiment_prefix(run: str) -> str:
    """Key prefix of the run's scored posts."""
    return f"sentiment/run={run}/"


def topics_prefix(run: str) -> str:
    """Key prefix of the run's topics."""
    return f"topics/run={run}/"


def raw_prices_prefix(month: str, source: str) -> str:
    """Key prefix of a month's (2026-11) housing prices as the source gave them."""
    return f"housing/raw/month={month}/source={source}/"


def matched_prices_prefix(month: str, source: str) -> str:
    """Key prefix of a month's housing prices at the stations that are near."""
    return f"housing/matched/month={month}/source={source}/"
