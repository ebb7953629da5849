"""Identifiers as EMR and EC2 make them."""

from __future__ import annotations

import secrets
import string

ID_CHARACTERS = string.digits + string.ascii_uppercase


def new_id(prefix: str) -> str:
    """An id as EMR makes them: `j-`, `s-`, `ig-` or `if-` and 13 characters."""
    return f"{prefix}-{''.join(secrets.choice(ID_CHARACTERS) for _ in range(13))}"


def new_instance_id() -> str:
    """An id as EC2 makes them."""
    return f"i-{secrets.token_hex(9)[:17]}"
