"""What the Python tasks of all DAGs call.

Each imports its module when it runs: the DAG processor reads the DAG files again and again, and so does every
other task before it begins; database drivers, Arrow and tweepy would be most of that time.
"""

from collections.abc import Mapping
from typing import Any


def get_twitter_data(run: str, params: Mapping[str, int | None]) -> dict[str, int]:
    """See tubepulse.tweets."""
    from tubepulse import tweets

    return tweets.get_twitter_data(run, params)


def summarised_data_lineage_spark(run: str) -> None:
    """See tubepulse.results."""
    from tubepulse import results

    results.summarised_data_lineage_spark(run)


def save_result_to_postgres_db(run: str) -> dict[str, int]:
    """See tubepulse.results."""
    from tubepulse import results

    return results.save_result_to_postgres_db(run)


def fetch_prices(month: str, params: Mapping[str, Any]) -> dict[str, int]:
    """See tubepulse.housing.tasks."""
    from tubepulse.housing import tasks

    return tasks.fetch_prices(month, params)


def match_stations(month: str, params: Mapping[str, Any]) -> dict[str, int]:
    """See tubepulse.housing.tasks."""
    from tubepulse.housing import tasks

    return tasks.match_stations(month, params)


def save_prices_to_postgres_db(month: str, params: Mapping[str, Any]) -> dict[str, int]:
    """See tubepulse.housing.load."""
    from tubepulse.housing import load

    return load.save_result_to_postgres_db(month, params)


def make_roles() -> None:
    """See tubepulse.roles."""
    from tubepulse import roles

    roles.make_roles()
