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
