"""One request and its answer, apart from the wire."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from emr_local.s3 import S3Uri
from emr_local.webhdfs.errors import Malformed
from emr_local.webhdfs.markers import Markers
from emr_local.webhdfs.uploads import Uploads


@dataclass(frozen=True)
class Gateway:
    """What all calls share."""

    token: str
    markers: Markers = field(default_factory=Markers)
    uploads: Uploads = field(default_factory=Uploads)


@dataclass(frozen=True)
class Call:
    """One request: what it is about, its parameters (names in lower case), and its body in pieces.

    `here` is the address that the client used, for a redirect to it.
    """

    gateway: Gateway
    uri: S3Uri
    params: Mapping[str, str]
    here: str
    body: Callable[[], Iterator[bytes]]

    def flag(self, name: str, default: bool = False) -> bool:
        """A parameter that is true or false."""
        value = self.params.get(name, str(default)).lower()
        if value not in ("true", "false"):
            raise Malformed(f"{name}={value}: write true or false")
        return value == "true"

    def number(self, name: str) -> int | None:
        """A parameter that is a whole number, not negative; None without it."""
        value = self.params.get(name)
        if value is None or value == "null":
            return None
        if not (value.isascii() and value.isdecimal()):
            raise Malformed(f"{name}={value}: write a whole number, not negative")
        return int(value)


@dataclass(frozen=True)
class Answer:
    """A status, and a body in pieces; `length` in bytes, None when it is not known before."""

    status: int
    pieces: Iterator[bytes]
    length: int | None
    type: str = "application/json"
    location: str | None = None


def of_json(value: Mapping[str, Any], status: int = 200) -> Answer:
    """A small answer."""
    body = json.dumps(value).encode()
    return Answer(status, iter([body]), len(body))


def empty(status: int = 200, location: str | None = None) -> Answer:
    """An answer without a body."""
    return Answer(status, iter(()), 0, "application/octet-stream", location)
