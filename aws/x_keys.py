"""The keys of X's API: from the environment, else those of the deployed connection, else asked for."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from aws import secret_store
from embedded.errors import Unusable

CONNECTION = f"{secret_store.CONNECTIONS}x_api"  # the secret that holds them
BEARER = "X_BEARER_TOKEN"
OAUTH = ("X_CONSUMER_KEY", "X_CONSUMER_SECRET", "X_ACCESS_TOKEN", "X_ACCESS_TOKEN_SECRET")
NAMES = (BEARER, *OAUTH)
MISSING = (
    "connection x_api has no keys: the pipeline cannot read posts until X_BEARER_TOKEN (or the four "
    "X_CONSUMER_KEY, X_CONSUMER_SECRET, X_ACCESS_TOKEN, X_ACCESS_TOKEN_SECRET) is exported and deployed"
)


def given(environ: Mapping[str, str]) -> dict[str, str]:
    """The keys in the environment: all five names, '' for those not set; nothing where none is set.

    Raises Unusable for some of the OAuth keys alone, which would replace deployed ones and could not be used.
    """
    found = {name: environ.get(name, "") for name in NAMES}
    missing = [name for name in OAUTH if not found[name]]
    if found[BEARER] or not missing:
        return found
    if len(missing) == len(OAUTH):
        return {}
    raise Unusable(
        f"X's keys in the environment are not all there: export {', '.join(missing)}, too, "
        "or X_BEARER_TOKEN, or unset the others"
    )


def deployed(connection: str | None) -> dict[str, str]:
    """The keys that the secret of connection x_api (JSON) holds; nothing where it holds none."""
    try:
        content: Any = json.loads(connection or "{}")
        extra = content.get("extra") or {}
        extra = json.loads(extra) if isinstance(extra, str) else extra
        found = {BEARER: content.get("password"), **{name: extra.get(name[2:].lower()) for name in OAUTH}}
    except (ValueError, AttributeError):  # somebody else's
        return {}
    texts = {name: text if isinstance(text, str) else "" for name, text in found.items()}
    return texts if any(texts.values()) else {}


def asked(ask: Callable[[str], str]) -> dict[str, str]:
    """The keys that a person types; `ask` (a prompt) gives back what is typed, and shows nothing of it."""
    bearer = ask("X API bearer token (Enter: four OAuth 1.0a keys instead, or none yet): ").strip()
    if bearer:
        return {**dict.fromkeys(NAMES, ""), BEARER: bearer}
    keys = {BEARER: ""}
    for name in OAUTH:
        typed = ask(f"X API {name[2:].lower().replace('_', ' ')} (Enter for none): ").strip()
        if not typed:
            return {}
        keys[name] = typed
    return keys
