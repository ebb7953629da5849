"""Airflow's connections and variables as secrets, where its SecretsManagerBackend looks for them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from aws.profile import Profile
from embedded.errors import Unusable

CONNECTIONS, VARIABLES = "airflow/connections/", "airflow/variables/"


@dataclass(frozen=True)
class Found:
    """A secret that is there: its value (None: it has none), its tags, whether it is about to be deleted."""

    value: str | None
    tags: Mapping[str, str]
    leaving: bool = False


def named(profile: Profile) -> dict[str, str]:
    """Secret name -> JSON text."""
    return {
        **{f"{CONNECTIONS}{name}": json.dumps(value) for name, value in profile.connections.items()},
        **{f"{VARIABLES}{name}": json.dumps(value) for name, value in profile.variables.items()},
    }


def write(
    secrets: Any, wanted: Mapping[str, str], say: Callable[[str], None], tags: Mapping[str, str] | None = None
) -> int:
    """Create or renew the secrets that differ; says their names, never their values. Returns how many.

    With `tags` (project, profile, prefix) they are tagged, one that is scheduled for deletion is restored,
    and one of another deployment raises Unusable before anything is written.
    """
    if tags is None:
        return sum(_write_untagged(secrets, name, text, say) for name, text in wanted.items())
    todo = differing(secrets, wanted, tags)
    for name in todo:
        _write_tagged(secrets, name, wanted[name], tags)
        say(f"secret {name}")
    return len(todo)


def differing(secrets: Any, wanted: Mapping[str, str], tags: Mapping[str, str]) -> dict[str, str]:
    """What is to be done with the secrets that are not as wanted: new, changed, restored, tagged; by name.

    Raises Unusable for a secret of another deployment.
    """
    todo = {}
    for name, text in wanted.items():
        found = find(secrets, name)
        if found is None:
            todo[name] = "new"
            continue
        owner = {key: found.tags.get(key, wanted_tag) for key, wanted_tag in tags.items()}
        if owner != tags and not found.leaving:
            raise _refusal(name, owner, tags)
        if found.leaving:
            todo[name] = "restored: it was scheduled for deletion"
        elif found.value != text:
            todo[name] = "changed" if found.tags.items() >= tags.items() else "changed, and tagged as ours"
        elif not found.tags.items() >= tags.items():
            todo[name] = "tagged as ours"
    return todo


def _refusal(name: str, owner: Mapping[str, str], tags: Mapping[str, str]) -> Unusable:
    if owner["project"] != tags["project"]:
        return Unusable(f"secret {name} is of project {owner['project']} in this region: use another region")
    return Unusable(
        f"secret {name} belongs to profile {owner['profile']} with prefix {owner['prefix']} in this "
        f"region: use another region, or first STACK_PREFIX={owner['prefix']} make destroy "
        f"PROFILE={owner['profile']}"
    )


def find(secrets: Any, name: str) -> Found | None:
    """A secret as it is, None where there is none."""
    try:
        described = secrets.describe_secret(SecretId=name)
    except secrets.exceptions.ResourceNotFoundException:
        return None
    tags = {item["Key"]: item["Value"] for item in described.get("Tags", ())}
    if described.get("DeletedDate"):
        return Found(None, tags, leaving=True)
    return Found(value(secrets, name), tags)


def value(secrets: Any, name: str) -> str | None:
    """A secret's text; None where there is none, or it is scheduled for deletion."""
    missing = (secrets.exceptions.ResourceNotFoundException, secrets.exceptions.InvalidRequestException)
    try:
        return str(secrets.get_secret_value(SecretId=name)["SecretString"])
    except missing:
        return None


def owned(secrets: Any, tags: Mapping[str, str], names: Iterable[str]) -> list[str]:
    """The names of the connections and variables that have these tags; `names` are asked for one by one.

    For a list of secrets may be five minutes old.
    """
    pages = secrets.get_paginator("list_secrets").paginate(
        Filters=[{"Key": "tag-key", "Values": ["profile"]}, {"Key": "name", "Values": ["airflow/"]}]
    )
    listed = {
        found["Name"]
        for page in pages
        for found in page["SecretList"]
        if found["Name"].startswith((CONNECTIONS, VARIABLES))
    }
    there = {name: find(secrets, name) for name in sorted(listed | set(names))}
    return [
        name
        for name, found in there.items()
        if found and not found.leaving and found.tags.items() >= tags.items()
    ]


def remove(secrets: Any, name: str) -> bool:
    """Delete a secret at once, for good; whether there was one."""
    if find(secrets, name) is None:  # a deletion by force does not say so
        return False
    secrets.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)
    return True


def _write_untagged(secrets: Any, name: str, text: str, say: Callable[[str], None]) -> bool:
    try:
        if secrets.get_secret_value(SecretId=name)["SecretString"] == text:
            return False
        secrets.put_secret_value(SecretId=name, SecretString=text)
    except secrets.exceptions.ResourceNotFoundException:
        secrets.create_secret(Name=name, SecretString=text)
    say(f"secret {name}")
    return True


def _write_tagged(secrets: Any, name: str, text: str, tags: Mapping[str, str]) -> None:
    listed = [{"Key": key, "Value": item} for key, item in tags.items()]
    found = find(secrets, name)
    if found is None:
        try:
            secrets.create_secret(Name=name, SecretString=text, Tags=listed)
        except secrets.exceptions.InvalidRequestException:
            raise Unusable(
                f"secret {name} is just being deleted: call again in a minute; what is done stays done"
            ) from None
        return
    if found.leaving:
        secrets.restore_secret(SecretId=name)
    if not found.tags.items() >= tags.items():
        secrets.tag_resource(SecretId=name, Tags=listed)
    if found.value != text:
        secrets.put_secret_value(SecretId=name, SecretString=text)
