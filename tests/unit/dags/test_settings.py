from typing import Any

import pytest

from tubepulse.settings import BadSetting, Settings

GOOD: dict[str, Any] = {
    "bucket_name": "b", "key1": "input/s.csv", "output_key": "api_output",
    "db_name": "d", "query": "london point_radius:[{lon} {lat} 1km]", "number_of_stations": None,
    "number_of_tweets": 10, "max_posts_read": 600, "search_days": 7, "a key of somebody else": 1,
}  # fmt: skip


def test_a_query_has_longitude_first() -> None:
    assert Settings.of(GOOD).station_query(51.5, -0.1) == "london point_radius:[-0.1 51.5 1km]"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"number_of_tweets": "10"}, "number_of_tweets = '10' is not int"),
        ({"number_of_tweets": 0}, "number_of_tweets = 0 is not int"),
        ({"number_of_tweets": None}, "number_of_tweets = None is not int"),
        ({"max_posts_read": True}, "max_posts_read = True is not int"),
        ({"bucket_name": ""}, "bucket_name = '' is not str"),
        ({"query": "point_radius:[{lng} {lat} 1km]"}, "may hold {lat} and {lon} only"),
    ],
)
def test_a_bad_value_is_named(change: dict[str, Any], message: str) -> None:
    with pytest.raises(BadSetting) as error:
        Settings.of(GOOD | change)
    assert message in str(error.value)


def test_a_missing_key_is_named() -> None:
    with pytest.raises(BadSetting, match="key 'db_name' is missing"):
        Settings.of({key: value for key, value in GOOD.items() if key != "db_name"})
