"""A site's description: a file of housing/sites, checked and typed."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tubepulse.housing.listings import checks
from tubepulse.housing.listings.checks import NEEDED, Wanted
from tubepulse.housing.listings.errors import BadSite, UnknownSource

SITES = Path(__file__).parents[1] / "sites"
NEEDED_FIELDS = ("ad_id", "link", "price")
ROOMS = ("bedrooms", "bathrooms", "living_rooms")
FIELDS = (*NEEDED_FIELDS, "address", *ROOMS)
GROUPS = ("pages", "stations", "end", "login")  # keys that hold keys
KEYS: dict[str, tuple[Wanted, Any]] = {  # what each must be, and what holds without it
    "description": (checks.TEXT, NEEDED),
    "attribution": (checks.TEXT, NEEDED),
    "contact": (checks.TEXT, NEEDED),
    "first_page": (checks.TEMPLATE, NEEDED),
    "pages.most": (checks.WHOLE, NEEDED),
    "seconds_between_requests": (checks.SECONDS, NEEDED),
    "largest_page_bytes": (checks.WHOLE, NEEDED),
    "listing": (checks.SELECTOR, NEEDED),
    "stations.select": (checks.SELECTOR, NEEDED),
    "stations.name": (checks.SELECTOR, NEEDED),
    "stations.distance": (checks.SELECTOR, NEEDED),
    "stations.unit": (checks.UNIT, NEEDED),
    "stations.aliases": (checks.TEXTS, {}),
    "refused": (checks.REFUSED, {}),
    "end.select": (checks.SELECTOR, None),
    "end.text": (checks.TEXT, None),
    "login.paths": (checks.PATHS, []),
    "login.select": (checks.SELECTOR, None),
}
FIELD_KEYS: dict[str, tuple[Wanted, Any]] = {
    "select": (checks.SELECTOR, None),
    "attribute": (checks.TEXT, None),
    "pattern": (checks.GROUP, None),
    "required": (checks.TRUTH, False),
}


@dataclass(frozen=True)
class Field:
    """Where a listing's field stands; without `select` on the listing's own tag."""

    select: str | None
    attribute: str | None  # None: the text
    pattern: str | None  # whose group is the value
    required: bool


@dataclass(frozen=True)
class SiteRules:
    """How to read a site; `values` are the keys' values by their dotted names."""

    name: str
    values: dict[str, Any]
    fields: dict[str, Field]

    def __getitem__(self, key: str) -> Any:
        return self.values[key]

    @property
    def fingerprint(self) -> str:
        """Changes with whatever says how a page is read."""
        read = {key: value for key, value in self.values.items() if key not in ("pages.most", "contact")}
        return hashlib.sha256(repr((sorted(read.items()), self.fields)).encode()).hexdigest()

    @classmethod
    def named(cls, name: str, folder: Path = SITES) -> "SiteRules":
        """Read and check <name>.yaml; raises UnknownSource, BadSite."""
        sites = {path.stem: path for path in sorted(folder.glob("*.yaml"))}
        if name not in sites:
            known = ", ".join(("land_registry", *sites))
            raise UnknownSource(
                f"there is no source {name!r}; there are {known} (sites: housing/sites/*.yaml)"
            )
        path = sites[name]
        try:
            content = yaml.load(path.read_text(encoding="utf-8"), _Loader)  # noqa: S506 - it is a SafeLoader
        except UnicodeDecodeError as error:
            raise BadSite(f"{path.name} is not UTF-8: {error}") from None
        except (yaml.YAMLError, ValueError, RecursionError) as error:  # ValueError: a date such as 2026-02-31
            raise BadSite(f"{path.name} is no YAML that can be used: {error}") from None
        flat = _flat(checks.mapping(content, path.name), path.name)
        fields = _fields(flat.pop("fields", None), path.name)
        return cls(name, checks.checked(flat, path.name, KEYS), fields)


class _Loader(yaml.SafeLoader):
    """Plain values only: no tags, no aliases (a few lines of them can stand for gigabytes), no key twice."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.YAMLError(f"an alias{mark}: write it out")
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        found = super().construct_mapping(node, deep)
        if len(found) < len(node.value):
            raise yaml.YAMLError(f"a key stands there twice{node.start_mark}")
        return found


def _flat(content: dict[Any, Any], file: str) -> dict[str, Any]:
    """{dotted name: value}; the mappings that are values stay."""
    flat: dict[str, Any] = {}
    for key, value in content.items():
        if key in GROUPS:
            inner = checks.mapping(value, f"{file}: {key}")
            flat |= {f"{key}.{name}": one for name, one in inner.items()}
        else:
            flat[str(key)] = value
    return flat


def _fields(given: Any, file: str) -> dict[str, Field]:
    if not isinstance(given, dict) or any(name not in given for name in NEEDED_FIELDS):
        raise BadSite(f"{file}: fields = {checks.short(given)} must describe {', '.join(NEEDED_FIELDS)}")
    if unknown := [str(name) for name in given if name not in FIELDS]:
        raise BadSite(f"{file}: fields: {', '.join(unknown)} is none of {', '.join(FIELDS)}")
    return {name: _field(name, keys, file) for name, keys in given.items()}


def _field(name: str, given: Any, file: str) -> Field:
    place = f"fields.{name}"
    keys = {f"{place}.{key}": one for key, one in checks.mapping(given, f"{file}: {place}").items()}
    values = checks.checked(keys, file, {f"{place}.{key}": kind for key, kind in FIELD_KEYS.items()})
    select, attribute, pattern, required = values.values()
    return Field(select, attribute, pattern, name in NEEDED_FIELDS or required)
