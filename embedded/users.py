"""Start a process as another user of the machine. Standard library only."""

from __future__ import annotations

import pwd
from typing import Any


def identity(user: str | None) -> dict[str, Any]:
    """What makes Popen start a process as `user` with that user's group alone; nothing for None."""
    return {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []} if user else {}
