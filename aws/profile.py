"""A profile: the folder that says where the pipeline runs, with its placeholders filled in."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PROFILES = ROOT / "profiles"

PIPELINE = "london-housing-webapp"
NEEDED = ("bucket_name", "key1", "key2")  # of the pipeline's Variable, by the deployment itself

# ${NAME} must be given; ${NAME:-text} falls back to the text.
PLACEHOLDER = re.compile(r"\$\{(\w+)(?::-([^}]*))?\}")


class BadProfile(Exception):
    """A profile does not exist or lacks a value; the text says which and what to do."""


@dataclass(frozen=True)
class Profile:
    """Airflow connections by id and variables by key, both as JSON values."""

    name: str
    connections: dict[str, Any]
    variables: dict[str, Any]

    @property
    def pipeline(self) -> dict[str, Any]:
        """The pipeline's own Variable."""
        value: dict[str, Any] = self.variables[PIPELINE]
        return value

    @classmethod
    def load(cls, name: str, values: Mapping[str, str]) -> "Profile":
        """Read profiles/<name>/ and fill its placeholders from `values`; raises BadProfile."""
        folder = PROFILES / name
        if not folder.is_dir():
            known = ", ".join(sorted(path.name for path in PROFILES.iterdir()))
            raise BadProfile(f"there is no profile {name!r}; choose one of: {known}")
        profile = cls(
            name,
            _read(folder / "connections.json", values),
            _read(folder / "variables.json", values),
        )
        pipeline = profile.variables.get(PIPELINE)
        lacking = [key for key in NEEDED if not (isinstance(pipeline, dict) and pipeline.get(key))]
        if lacking:
            raise BadProfile(f"profiles/{name}/variables.json, {PIPELINE}: lacks {', '.join(lacking)}")
        return profile


def _read(path: Path, values: Mapping[str, str]) -> dict[str, Any]:
    place = path.relative_to(ROOT)
    try:
        content: Any = json.loads(path.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise BadProfile(f"{place}, line {error.lineno}: not JSON: {error.msg}") from None
    except UnicodeDecodeError as error:
        raise BadProfile(f"{place}: not UTF-8: {error.reason}") from None
    except OSError as error:
        raise BadProfile(f"{place} cannot be read: {error.strerror}") from None
    if not isinstance(content, dict):
        raise BadProfile(f"{place}: must be an object, {{...}}")
    return {key: fill(value, values, f"{place}, {key}") for key, value in content.items()}


def fill(value: Any, values: Mapping[str, str], place: str) -> Any:
    """`value` (JSON) with the placeholders in its strings replaced; `place` is named in BadProfile."""
    if isinstance(value, dict):
        return {key: fill(item, values, f"{place}.{key}") for key, item in value.items()}
    if isinstance(value, list):
        return [fill(item, values, place) for item in value]
    if not isinstance(value, str):
        return value

    def given(match: re.Match[str]) -> str:
        text = values.get(match[1], match[2])
        if text is None:
            raise BadProfile(f"{place}: needs {match[1]}: set it in the environment")
        return text

    return PLACEHOLDER.sub(given, value)
