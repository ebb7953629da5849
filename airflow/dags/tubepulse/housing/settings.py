"""The key `housing` of the pipeline's Variable, typed."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from airflow.sdk import Variable

from tubepulse.settings import VARIABLE, BadSetting


@dataclass(frozen=True)
class HousingSettings:
    """Where prices come from, and which of them count."""

    source: str  # land_registry, or a listing site of housing/sites
    months: int  # complete months that are loaded
    registration_months: int  # newest months that are left out: their sales are still being registered
    radius_m: int  # metres from a station within which a home counts
    max_rejected: float  # share of a source's rows that may be unusable: above it nothing is loaded

    @classmethod
    def load(cls) -> HousingSettings:
        """Read the Variable; raises BadSetting."""
        return cls.of(Variable.get(VARIABLE, deserialize_json=True).get("housing"))

    @classmethod
    def of(cls, values: Any) -> HousingSettings:
        """Check and type the key's value; keys that are not known are left alone."""
        if not isinstance(values, dict):
            raise BadSetting(f"Variable {VARIABLE}: key 'housing' is missing; see profiles/*/variables.json")
        for field in fields(cls):
            wanted, where = str(field.type), f"Variable {VARIABLE}: housing.{field.name}"
            if field.name not in values:
                raise BadSetting(f"{where} is missing ({wanted})")
            least = int(field.name != "registration_months")
            if not _fits(values[field.name], wanted, least):
                raise BadSetting(
                    f"{where} = {values[field.name]!r} is not {_WANTED[wanted].format(least=least)}"
                )
        return cls(**{field.name: values[field.name] for field in fields(cls)})


_WANTED = {"str": "a text", "int": "a whole number from {least} on", "float": "a share from 0 to 1"}


def _fits(value: object, wanted: str, least: int) -> bool:
    if wanted == "str":
        return isinstance(value, str) and value != ""
    if isinstance(value, bool):
        return False
    if wanted == "int":
        return isinstance(value, int) and value >= least
    return isinstance(value, int | float) and 0 <= value <= 1
