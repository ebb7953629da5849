"""What a CloudFormation resource type is here: it is made, changed and deleted through the service's own API.

So every property reaches botocore's validation and the service as the real CloudFormation would bring it.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

MISSING = object()
_making = threading.Lock()  # a session's clients must not be made by two threads at once
_session = boto3.Session()


class Failed(Exception):
    """A resource cannot be made, changed or deleted; the text is the event's reason."""


@dataclass(frozen=True)
class Made:
    """A resource that exists: what Ref gives, and what Fn::GetAtt gives by attribute."""

    id: str
    attributes: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Owner:
    """For whom resources are made: an account and region of the cloud at `url`, and the stack's tags."""

    url: str
    region: str
    account: str
    tags: Mapping[str, str]

    def client(self, service: str) -> Any:
        """A client as the stack's caller; made once, because that takes longer than a call."""
        with _making:
            return _client(self.url, self.region, self.account, service)


@cache
def _client(url: str, region: str, account: str, service: str) -> Any:
    client = _session.client(  # type: ignore[call-overload]
        service,
        endpoint_url=url,
        region_name=region,
        aws_access_key_id="rehearsal",
        aws_secret_access_key="rehearsal",  # noqa: S106 - nobody checks it
        config=Config(retries={"total_max_attempts": 1}, inject_host_prefix=False),
    )

    def name_account(request: Any, **_: Any) -> None:
        request.headers["x-moto-account-id"] = account  # moto's way to choose one

    client.meta.events.register("before-sign", name_account)
    return client


class Properties:
    """A resource's properties, taken one by one: one that nobody takes is one that the rehearsal ignores."""

    def __init__(self, owner: Owner, values: Mapping[str, Any]) -> None:
        self._tags = owner.tags
        self._left = dict(values)

    def take(self, name: str, default: Any = MISSING) -> Any:
        """The value; without a default it is required."""
        if name not in self._left and default is MISSING:
            raise Failed(f"#: required key [{name}] not found")
        return self._left.pop(name, default)

    def tags(self) -> list[dict[str, str]]:
        """The resource's tags over those of the stack, as most services want them."""
        own = {tag["Key"]: str(tag["Value"]) for tag in self._left.pop("Tags", [])}
        return [{"Key": key, "Value": value} for key, value in {**self._tags, **own}.items()]

    def tag_map(self) -> dict[str, str]:
        """The same as a mapping; here `Tags` is a mapping too."""
        return {**self._tags, **self._left.pop("Tags", {})}

    def some(self, *names: str) -> dict[str, Any]:
        """Those of the names that are there."""
        return {name: self._left.pop(name) for name in names if name in self._left}

    def rest(self) -> dict[str, Any]:
        """Everything not taken yet."""
        rest, self._left = self._left, {}
        return rest

    def none_left(self) -> None:
        """Raise Failed if a property was not taken."""
        if self._left:
            raise Failed(f"the rehearsal does not know {', '.join(sorted(self._left))} of this type")


class Kind:
    """A resource type."""

    # A change of one of these makes a new resource; every other change is `change`'s
    fixed: frozenset[str] = frozenset()
    tagged = True  # does it carry the stack's tags?

    def make(self, owner: Owner, name: str, given: Properties) -> Made:
        """Make it; `name` is what CloudFormation would call it if the template does not."""
        raise NotImplementedError

    def change(self, owner: Owner, made: Made, old: Mapping[str, Any], new: Properties) -> Made:
        """Change it in place."""
        raise Failed(f"the rehearsal cannot change {type(self).__name__}")

    def remove(self, owner: Owner, made: Made, properties: Mapping[str, Any]) -> None:
        """Delete it; one that is gone is no error."""
        raise NotImplementedError

    def keep(self, owner: Owner, made: Made, snapshot: str) -> None:
        """Delete it, with a last snapshot of that name."""
        raise Failed(f"{type(self).__name__} has no snapshots")


def reason(error: Exception) -> str:
    """An error as the reason of an event, in CloudFormation's words."""
    if isinstance(error, ClientError):
        answer, meta = error.response["Error"], error.response["ResponseMetadata"]
        return (
            f'Resource handler returned message: "{answer.get("Message")} (Service: '
            f'{error.operation_name}, Status Code: {meta["HTTPStatusCode"]})" '
            f"(HandlerErrorCode: {answer.get('Code')})"
        )
    if isinstance(error, BotoCoreError):
        return "Properties validation failed: " + " ".join(str(error).split())
    if isinstance(error, Failed):
        return str(error)
    return f"Internal Failure: {type(error).__name__}: {error}"


def gone(error: ClientError, *codes: str) -> bool:
    """Does the error say that there is nothing to delete?"""
    return error.response["Error"]["Code"] in codes


def text(document: Any) -> str:
    """A policy document as the services want it."""
    return document if isinstance(document, str) else json.dumps(document)
