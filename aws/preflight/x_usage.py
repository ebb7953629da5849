"""Whether X takes a bearer token: its usage end point is asked, which X does not list among what it bills."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import requests

from aws import x_keys
from aws.preflight.checks import Finding
from aws.refusals import one_line

PATIENCE = 10.0  # seconds
PATH = "/2/usage/tweets"


def keys(given: Mapping[str, str], deployed: Mapping[str, str]) -> tuple[Mapping[str, str], str]:
    """The keys of X's API that a deployment would use, and where they are; the environment wins."""
    if given:
        return given, "the environment"
    return deployed, "the secret airflow/connections/x_api"


def present(found: Mapping[str, str], place: str) -> Finding:
    """Whether there are keys with which posts can be read."""
    if found.get(x_keys.BEARER):
        return Finding(True, f"X: there is a bearer token in {place} (--ask-x asks X whether it is valid)")
    oauth = [name for name in x_keys.OAUTH if found.get(name)]
    if len(oauth) == len(x_keys.OAUTH):
        return Finding(True, f"X: there are the four OAuth 1.0a keys in {place}")
    if oauth:
        lacking = ", ".join(name for name in x_keys.OAUTH if name not in oauth)
        return Finding(False, f"X: the OAuth 1.0a keys in {place} are not all there: export {lacking}, too")
    return Finding(
        False,
        "X: no key: export X_BEARER_TOKEN (make deploy asks for it otherwise); without one no run works",
    )


def asked(url: str, token: str) -> Finding:
    """What X at `url` (https://api.x.com) says of a bearer token."""
    headers = {"Authorization": f"Bearer {token}"}
    try:
        answer = requests.get(url + PATH, headers=headers, timeout=PATIENCE, allow_redirects=False)
    except (requests.RequestException, UnicodeError) as error:
        return Finding(None, f"X: {url} cannot be asked: {type(error).__name__}: check the network")
    if answer.status_code == 401:
        return Finding(False, f"X: {url} refuses the bearer token: export X_BEARER_TOKEN with a valid one")
    if answer.status_code == 403:
        return Finding(False, f"X: {url} forbids the app of this token: {_detail(answer)}: see X's console")
    if not answer.ok:
        return Finding(None, f"X: {url} answers {answer.status_code}: {_detail(answer)}: ask again later")
    return Finding(True, f"X: the bearer token is valid{_used(answer)}")


def _used(answer: requests.Response) -> str:
    data = _json(answer).get("data")
    if not isinstance(data, dict) or "project_usage" not in data:
        return ""
    return f"; {data['project_usage']} of {data.get('project_cap', '?')} posts read in this billing period"


def _detail(answer: requests.Response) -> str:
    return one_line(str(_json(answer).get("detail") or answer.reason))


def _json(answer: requests.Response) -> dict[str, Any]:
    try:
        found = answer.json()
    except requests.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}
