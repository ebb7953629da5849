"""What an operation works with."""

from __future__ import annotations

import secrets
import string
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from emr_local.settings import Settings
from emr_local.state.model import Owner
from emr_local.state.store import Store
from emr_local.steps.runner import Runner

ID_CHARACTERS = string.digits + string.ascii_uppercase


@dataclass(frozen=True)
class Service:
    """The parts of the running service."""

    store: Store
    runner: Runner
    settings: Settings


Params = dict[str, Any]
Operation = Callable[[Service, Owner, Params], Params]


def new_id(prefix: str) -> str:
    """An id as EMR makes them: `j-`, `s-`, `ig-` or `if-` and 13 characters."""
    return f"{prefix}-{''.join(secrets.choice(ID_CHARACTERS) for _ in range(13))}"


def new_instance_id() -> str:
    """An id as EC2 makes them."""
    return f"i-{secrets.token_hex(9)[:17]}"
