"""What an operation works with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from emr_local.settings import Settings
from emr_local.state.model import Owner
from emr_local.state.store import Store
from emr_local.steps.runner import Runner


@dataclass(frozen=True)
class Service:
    """The parts of the running service."""

    store: Store
    runner: Runner
    settings: Settings


Params = dict[str, Any]
Operation = Callable[[Service, Owner, Params], Params]
