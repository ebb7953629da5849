"""A profile: the folder that says where the pipeline runs, read as it is written, then filled with values.

Two steps, since some values are known only once the stacks exist that give them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from embedded.errors import Unusable

ROOT = Path(__file__).resolve().parent.parent
PROFILES = ROOT / "profiles"

PIPELINE = "london-housing-webapp"
NEEDED = ("bucket_name", "key1")  # of the pipeline's Variable, by the deployment itself

# ${NAME} must be given; ${NAME:-text} falls back to the text.
PLACEHOLDER = re.compile(r"\$\{(\w+)(?::-([^}]*))?\}")
PREFIX = re.compile(r"[a-z][a-z0-9-]{0,18}[a-z0-9]")  # as the templates have it
# What only the stack on one machine gives, filled where just the rest of a profile is asked about
NOT_OF_AWS = dict.fromkeys(("POSTGRES_HOST", "POSTGRES_PORT", "PIPELINE_PASSWORD"), "-")


class BadProfile(Unusable):
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
    def load(cls, name: str, values: Mapping[str, str]) -> Profile:
        """Read profiles/<name>/ and fill its placeholders from `values`; raises BadProfile."""
        return Source.read(name).filled(values)


@dataclass(frozen=True)
class Source:
    """A profile's files with their placeholders: connections, variables, and stacks.json if it has one."""

    name: str
    connections: dict[str, Any]
    variables: dict[str, Any]
    stacks: dict[str, Any] | None = None

    @classmethod
    def read(cls, name: str) -> Source:
        """Read profiles/<name>/; raises BadProfile."""
        folder, stacks = _folder(name), _folder(name) / "stacks.json"
        return cls(
            name,
            _read(folder / "connections.json"),
            _read(folder / "variables.json"),
            _stacks(stacks) if stacks.exists() else None,
        )

    def filled(self, values: Mapping[str, str]) -> Profile:
        """The profile with its placeholders replaced; raises BadProfile."""
        profile = Profile(
            self.name,
            self._fill("connections.json", self.connections, values),
            self._fill("variables.json", self.variables, values),
        )
        pipeline = profile.variables.get(PIPELINE)
        lacking = [key for key in NEEDED if not (isinstance(pipeline, dict) and pipeline.get(key))]
        if lacking:
            raise BadProfile(f"profiles/{self.name}/variables.json, {PIPELINE}: lacks {', '.join(lacking)}")
        return profile

    def prefix(self, values: Mapping[str, str]) -> str:
        """What the names of the profile's stacks begin with; raises BadProfile."""
        raw = {"prefix": (self.stacks or {}).get("prefix")}
        prefix = str(self._fill("stacks.json", raw, values)["prefix"])
        if not PREFIX.fullmatch(prefix):
            raise BadProfile(
                f"profiles/{self.name}/stacks.json, prefix: {prefix!r} cannot begin names in AWS: give 2 to "
                "20 small letters, digits and hyphens, a letter first, no hyphen last"
            )
        return prefix

    @property
    def stack_keys(self) -> list[str]:
        """The profile's stacks (network, storage, ...) in the order in which they are made."""
        return list((self.stacks or {}).get("parameters", {}))

    def parameters(self, stack: str, values: Mapping[str, str]) -> dict[str, str]:
        """The parameters of one stack; raises BadProfile."""
        filled: dict[str, str] = self._fill("stacks.json", {stack: self._raw(stack)}, values)[stack]
        return filled

    def known(self, stack: str, values: Mapping[str, str]) -> dict[str, str | None]:
        """The same, with None for a parameter that needs a value which is marked `<Name>`: not known yet."""
        return {
            parameter: None if self.marks(stack, parameter, values) else text
            for parameter, text in self.parameters(stack, values).items()
        }

    def marks(self, stack: str, parameter: str, values: Mapping[str, str]) -> list[str]:
        """The placeholders of a parameter for whose values there are only marks, `<Name>`."""
        names = [name for name, _ in PLACEHOLDER.findall(self._raw(stack)[parameter])]
        return [name for name in names if is_given_by_aws(name) and values.get(name) == f"<{name}>"]

    def place(self, stack: str, parameter: str = "") -> str:
        """Where a person sets a parameter: the names to export if it has any, else its place in the file."""
        raw = self._raw(stack).get(parameter, "")
        names = [name for name, _ in PLACEHOLDER.findall(raw) if not is_given_by_aws(name)]
        file = f"profiles/{self.name}/stacks.json, {stack}"
        return " and ".join(names) or (f"{file}.{parameter}" if parameter else file)

    def _raw(self, stack: str) -> dict[str, str]:
        parameters: dict[str, dict[str, str]] = (self.stacks or {}).get("parameters", {})
        if stack not in parameters:
            raise BadProfile(f"profiles/{self.name}/stacks.json, parameters: lacks the stack {stack}")
        return parameters[stack]

    def unknown(self, values: Mapping[str, str]) -> dict[str, str]:
        """`<Name>` for each placeholder that a stack or the deployment fills, and that has no value yet."""
        text = json.dumps([self.connections, self.variables, self.stacks])
        names = {name for name, _ in PLACEHOLDER.findall(text) if is_given_by_aws(name)}
        return {name: f"<{name}>" for name in sorted(names - set(values))}

    def _fill(self, file: str, content: Mapping[str, Any], values: Mapping[str, str]) -> dict[str, Any]:
        place = f"profiles/{self.name}/{file}"
        return {key: fill(value, values, f"{place}, {key}") for key, value in content.items()}


def has_stacks(name: str) -> bool:
    """Whether a profile is deployed with CloudFormation stacks; raises BadProfile where there is none."""
    return (_folder(name) / "stacks.json").is_file()


def is_given_by_aws(name: str) -> bool:
    """Whether a placeholder stands for what a stack or the deployment gives (CamelCase), not the shell."""
    return not name.isupper()


def _folder(name: str) -> Path:
    # Compared with the names that there are: '..' is a folder, too
    names = sorted(path.name for path in PROFILES.iterdir() if path.is_dir())
    if name not in names:
        raise BadProfile(f"there is no profile {name!r}; choose one of: {', '.join(names)}")
    return PROFILES / name


def _stacks(path: Path) -> dict[str, Any]:
    """stacks.json: a prefix, and the parameters of each stack, which are strings."""
    content, place = _read(path), path.relative_to(ROOT)
    if not isinstance(content.get("prefix"), str):
        raise BadProfile(f"{place}, prefix: must be a string, what the stacks' names begin with")
    stacks = content.get("parameters")
    if not isinstance(stacks, dict) or not stacks:
        raise BadProfile(f'{place}, parameters: must be an object, {{"network": {{...}}, ...}}')
    for stack, parameters in stacks.items():
        if not isinstance(parameters, dict):
            raise BadProfile(f"{place}, parameters.{stack}: must be an object, {{...}}")
        for parameter, value in parameters.items():
            if not isinstance(value, str):
                raise BadProfile(f"{place}, parameters.{stack}.{parameter}: must be a string, in quotes")
    return content


def _read(path: Path) -> dict[str, Any]:
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
    return content


def fill(value: Any, values: Mapping[str, str], place: str) -> Any:
    """`value` (JSON) with the placeholders in its strings replaced; `place` is named in BadProfile."""
    if isinstance(value, dict):
        return {key: fill(item, values, f"{place}.{key}") for key, item in value.items()}
    if isinstance(value, list):
        return [fill(item, values, place) for item in value]
    if not isinstance(value, str):
        return value

    def given(match: re.Match[str]) -> str:
        name, fallback = match[1], match[2]
        # As in a shell: what is set but empty falls back, too
        text = (values.get(name) or fallback) if fallback is not None else values.get(name)
        if text is None and is_given_by_aws(name):
            raise BadProfile(f"{place}: needs {name}, which none of the stacks gives")
        if text is None:
            raise BadProfile(f"{place}: needs {name}: set it in the environment")
        return text

    return PLACEHOLDER.sub(given, value)
