#!/usr/bin/python3
"""Health of LocalStack's container: it is ready, and every script of its ready hook was successful.

    healthcheck [PORT]

LocalStack itself calls the stage completed even when a script failed. Prints one line that says what is
wrong, or that nothing is; exit code 1 or 0.
"""

import http.client
import json
import sys
from typing import Any


def problem(stage: dict[str, Any]) -> str:
    """What is wrong with the ready stage as LocalStack describes it, or ''."""
    states = {script["name"]: script["state"] for script in stage["scripts"]}
    if failed := [name for name, state in states.items() if state == "ERROR"]:
        return f"{', '.join(failed)} failed: the container's log says why"
    if not stage["completed"]:
        return "the ready scripts are not done"
    if not states or set(states.values()) != {"SUCCESSFUL"}:
        return f"not every ready script ran: {states}"
    return ""


def main(port: int = 4566) -> int:
    """Ask, and print one line."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=4)
    try:
        connection.request("GET", "/_localstack/init/ready")
        found = problem(json.load(connection.getresponse()))
    except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError) as error:
        found = f"no answer that can be read: {error!r}"
    finally:
        connection.close()
    sys.stdout.write(f"{found or 'ready and deployed'}\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
