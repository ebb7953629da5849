#!/usr/bin/python3 -I
"""Health check of an Airflow service: exit code 0 if the api-server has seen its heartbeat lately.

    healthy.py metadatabase|scheduler|dag_processor|triggerer

Standard library only: `airflow jobs check` asks the same and costs seconds of CPU time, this a few hundredths
of one. A heartbeat from before this container's start is its predecessor's and does not count.
"""

import json
import os
import sys
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urljoin

PATIENCE = 4  # seconds for an answer


def main() -> int:
    """Ask about the service that the command line names; one line says why it is not healthy."""
    service, server = sys.argv[1], os.environ["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"]
    try:
        with urllib.request.urlopen(urljoin(server, "/api/v2/monitor/health"), timeout=PATIENCE) as answer:
            trouble = unhealthy(json.load(answer)[service], started())
    except OSError as error:
        trouble = str(error)
    print(trouble or "healthy")
    return 1 if trouble else 0


def unhealthy(found: dict[str, str | None], since: datetime) -> str | None:
    """What is wrong with a service, from its part of the health page; None if nothing is."""
    if found["status"] != "healthy":
        return f"status {found['status']}"
    heartbeats = [text for key, text in found.items() if key.endswith("_heartbeat")]
    if any(text is None or datetime.fromisoformat(text) < since for text in heartbeats):
        return "no heartbeat since the start"
    return None


def started() -> datetime:
    """When this container's first process began."""
    ticks = int(Path("/proc/1/stat").read_text().rpartition(")")[2].split()[19])
    uptime = float(Path("/proc/uptime").read_text().split()[0])
    return datetime.now(UTC) - timedelta(seconds=uptime - ticks / os.sysconf("SC_CLK_TCK"))


if __name__ == "__main__":
    sys.exit(main())
