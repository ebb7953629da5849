"""The key `housing` of the Variable."""

from typing import Any

import pytest

from tubepulse.housing.settings import HousingSettings
from tubepulse.settings import BadSetting

GOOD = {
    "source": "land_registry",
    "months": 12,
    "registration_months": 3,
    "radius_m": 1000,
    "max_rejected": 0.02,
}


def test_good_values_and_more() -> None:
    assert HousingSettings.of({**GOOD, "mine": 1}) == HousingSettings(**GOOD)  # type: ignore[arg-type]
    assert HousingSettings.of({**GOOD, "registration_months": 0, "max_rejected": 1}).registration_months == 0


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("source", "", "housing.source = '' is not a text"),
        ("months", 0, "housing.months = 0 is not a whole number"),
        ("months", "12", "housing.months = '12' is not a whole number"),
        ("months", True, "housing.months = True"),
        ("registration_months", -1, "housing.registration_months = -1"),
        ("radius_m", 999.5, "housing.radius_m = 999.5"),
        ("max_rejected", 2, "housing.max_rejected = 2 is not a share from 0 to 1"),
        ("max_rejected", None, "housing.max_rejected = None"),
    ],
)
def test_bad_values_are_named(key: str, value: Any, said: str) -> None:
    with pytest.raises(BadSetting, match="Variable london-housing-webapp: ") as error:
        HousingSettings.of({**GOOD, key: value})
    assert said in str(error.value)


@pytest.mark.parametrize("key", GOOD)
def test_missing_keys_are_named(key: str) -> None:
    with pytest.raises(BadSetting, match=rf"housing\.{key} is missing"):
        HousingSettings.of({name: value for name, value in GOOD.items() if name != key})


@pytest.mark.parametrize("value", [None, "land_registry", []])
def test_a_variable_without_the_key(value: Any) -> None:
    with pytest.raises(BadSetting, match="key 'housing' is missing"):
        HousingSettings.of(value)
