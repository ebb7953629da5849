"""The pipeline's one Airflow Variable, `london-housing-webapp`, read inside tasks and typed."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from airflow.sdk import Variable
from airflow.sdk.exceptions import AirflowFailException

VARIABLE = "london-housing-webapp"


class BadSetting(AirflowFailException):
    """A key of the Variable is missing or has a wrong type; a retry can't help."""


@dataclass(frozen=True)
class Settings:
    """The Variable's keys; the first four are the original project's, with their meaning."""

    bucket_name: str
    key1: str  # the stations file in the bucket
    output_key: str  # prefix of the raw posts
    db_name: str
    query: str  # of a station's search; {lat} and {lon} are put in
    number_of_stations: int | None  # the first N of the file; null: all
    number_of_tweets: int  # posts per station
    max_posts_read: int  # ceiling of posts read in one run: what X bills
    search_days: int | None  # how far back the API reaches; null: without limit

    @classmethod
    def load(cls) -> Settings:
        """Read the Variable; raises BadSetting."""
        return cls.of(Variable.get(VARIABLE, deserialize_json=True))

    @classmethod
    def of(cls, values: dict[str, Any]) -> Settings:
        """Check and type the Variable's value; keys that are not known are left alone."""
        for field in fields(cls):
            wanted = str(field.type)
            if field.name not in values:
                raise BadSetting(f"Variable {VARIABLE}: key {field.name!r} is missing ({wanted})")
            if not _fits(values[field.name], wanted):
                raise BadSetting(
                    f"Variable {VARIABLE}: {field.name} = {values[field.name]!r} is not {wanted}"
                )
        settings = cls(**{field.name: values[field.name] for field in fields(cls)})
        settings.station_query(0.0, 0.0)
        return settings

    def station_query(self, latitude: float, longitude: float) -> str:
        """The search query of the station at this position (degrees)."""
        try:
            return self.query.format(lat=latitude, lon=longitude)
        except (KeyError, IndexError, ValueError) as error:
            raise BadSetting(
                f"Variable {VARIABLE}: query {self.query!r} may hold {{lat}} and {{lon}} only: {error!r}"
            ) from None


def _fits(value: object, wanted: str) -> bool:
    if value is None:
        return "None" in wanted
    if "int" in wanted:
        return isinstance(value, int) and not isinstance(value, bool) and value > 0
    return isinstance(value, str) and value != ""
