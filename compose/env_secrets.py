"""The stack's secrets, and how each is made up."""

from __future__ import annotations

import base64
import binascii
import secrets
import string
from collections.abc import Callable
from contextlib import suppress

LETTERS = string.ascii_letters + string.digits


def password() -> str:
    """32 letters and digits: nothing that a URL, a shell or this format would read otherwise."""
    return "".join(secrets.choice(LETTERS) for _ in range(32))


def fernet_key() -> str:
    """32 random bytes as URL-safe base64."""
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


def signing_key() -> str:
    """96 hexadecimal digits: what signs with SHA-512 wants 64 bytes at least."""
    return secrets.token_hex(48)


SECRETS: dict[str, Callable[[], str]] = {
    "WORDPRESS_ADMIN_PASSWORD": password,
    "AIRFLOW_ADMIN_PASSWORD": password,
    "POSTGRES_PASSWORD": password,
    "PIPELINE_PASSWORD": password,
    "WEBAPP_PASSWORD": password,
    "WORDPRESS_DB_PASSWORD": password,
    "MARIADB_ROOT_PASSWORD": password,
    "WORDPRESS_SECRET_KEY": signing_key,
    "AIRFLOW_DB_PASSWORD": password,
    "FIXTURES_TOKEN": password,
    "AIRFLOW_FERNET_KEY": fernet_key,
    "AIRFLOW_JWT_SECRET": signing_key,
    "AIRFLOW_SECRET_KEY": signing_key,
}


def is_fernet_key(value: str) -> bool:
    """Whether these are 32 bytes of URL-safe base64."""
    with suppress(binascii.Error, ValueError):
        return len(base64.b64decode(value.encode("ascii"), altchars=b"-_", validate=True)) == 32
    return False
