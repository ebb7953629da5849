"""Whether the hosts that housing prices come from answer this machine: a HEAD request, without a login."""

from __future__ import annotations

from typing import Any

import requests

from aws.preflight.checks import Finding

PATIENCE = 10.0  # seconds
# Connection, and the key of its extra that names a file which is always there
FILES = {"land_registry": "update_file", "postcode_directory": "file"}


def asked(name: str, connection: dict[str, Any]) -> Finding:
    """Whether the host of connection `name` has its file; if not, a note: it is Airflow that needs it."""
    url = f"{connection['schema']}://{connection['host']}/{connection['extra'][FILES[name]]}"
    try:
        answer = requests.head(url, timeout=PATIENCE, allow_redirects=False)
    except (requests.RequestException, UnicodeError) as error:
        return Finding(
            None,
            f"{name}: {url} is not reachable from here ({type(error).__name__}): "
            "housing-prices must reach it",
        )
    if answer.ok:  # a way to another place, too
        return Finding(True, f"{name}: {url} is there")
    return Finding(
        None, f"{name}: {url} answers {answer.status_code}: has the file moved? docs/aws.md, Housing prices"
    )
