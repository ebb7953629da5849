"""Airflow's connections and variables as secrets, where its SecretsManagerBackend looks for them."""

import json
from collections.abc import Callable
from typing import Any

from aws.profile import Profile


def named(profile: Profile) -> dict[str, str]:
    """Secret name -> JSON text."""
    return {
        **{f"airflow/connections/{name}": json.dumps(value) for name, value in profile.connections.items()},
        **{f"airflow/variables/{name}": json.dumps(value) for name, value in profile.variables.items()},
    }


def write(secrets: Any, wanted: dict[str, str], say: Callable[[str], None]) -> int:
    """Create or renew the secrets that differ; says their names, never their values. Returns how many."""
    changes = 0
    for name, text in wanted.items():
        try:
            if secrets.get_secret_value(SecretId=name)["SecretString"] == text:
                continue
            secrets.put_secret_value(SecretId=name, SecretString=text)
        except secrets.exceptions.ResourceNotFoundException:
            secrets.create_secret(Name=name, SecretString=text)
        say(f"secret {name}")
        changes += 1
    return changes
