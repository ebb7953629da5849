"""The plan of a deployment: the profile compared with what the account has. Leaves no trace there."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from aws import artifacts, bucket, database_roles, secret_store
from aws.artifacts import REQUIREMENTS, STARTUP, Difference
from aws.database_roles import Logins
from aws.infrastructure import templates
from aws.infrastructure.stacks import Stacks
from aws.plan import CHANGED, LATER, SAME, Plan, StackPlan
from aws.profile import BadProfile
from aws.target import DATABASE, STORAGE, Target

UPLOADED_LATER = "to-be-uploaded"  # stands in a plan for an object's version that is yet to come
LOGINS = ("PipelineSecretArn", "WebappSecretArn")
VERSIONS = {"RequirementsVersion": REQUIREMENTS, "StartupVersion": STARTUP}


def compare(target: Target, stacks: Stacks, wheels: Path, keys: Mapping[str, str]) -> Plan:
    """What deploying would change; `target.states` holds the stacks that exist, `keys` X's keys.

    A stack that a change of an earlier one affects is compared with that one's outputs as they are now.
    Raises Unusable, for settings that cannot be used before anything is looked up.
    """
    check_settings(target)
    s3, secrets = target.account.client("s3"), target.account.client("secretsmanager")
    profile = target.source.filled(target.marked({**keys, **_logins(target, secrets)}))
    objects = _objects(target, s3, target.files(profile, wheels))
    versions = _versions(target, s3, objects)
    compared = tuple(_stack(target, stacks, key, versions) for key in target.keys)
    wanted = secret_store.named(profile)
    todo = secret_store.differing(secrets, wanted, target.tags)
    return Plan(compared, target.bucket(), tuple(objects), todo, _roles(target, secrets, wanted))


def check_settings(target: Target) -> None:
    """Raise Unusable for what the template of any stack would refuse: before some cost money already.

    What only the stacks before will give is left out, but they must give it.
    """
    source, values = target.source, target.marked()
    source.parameters(STORAGE, values)  # there is none without
    coming = {"AccountId", "Region", *VERSIONS}
    for key in target.keys:
        template, given = target.template(key), source.known(key, values)
        templates.check(template, given, partial(source.place, key))
        for parameter in given:
            for name in source.marks(key, parameter, values):
                if name not in coming:
                    place = source.place(key, parameter)
                    raise BadProfile(f"{place}: needs {name}, which none of the stacks before gives")
        coming |= template.outputs


def _stack(target: Target, stacks: Stacks, key: str, versions: Mapping[str, str]) -> StackPlan:
    name, template = target.stack(key), target.template(key)
    if key not in target.states:
        return StackPlan.of_new(name, template)
    values = target.values(versions)
    parameters = target.source.parameters(key, {**target.source.unknown(values), **values})
    if set(parameters.values()) & set(target.source.unknown(values).values()):
        return StackPlan(name, LATER)
    changes = stacks.changes(stacks.wanted(name, template.body, parameters))
    return StackPlan(name, SAME) if changes is None else StackPlan(name, CHANGED, changes)


def _objects(target: Target, s3: Any, files: dict[str, Path]) -> list[Difference]:
    if STORAGE not in target.states:
        bucket.check_free(s3, target.bucket(), target.stack(STORAGE))
        return [Difference(key, path, new=True) for key, path in files.items()]
    return artifacts.differences(s3, target.bucket(), files, target.synced)


def _versions(target: Target, s3: Any, objects: list[Difference]) -> dict[str, str]:
    """The object versions that the environment shall have, as far as they are known."""
    if STORAGE not in target.states:
        return {}
    changing = {one.key for one in objects}
    return {
        name: UPLOADED_LATER if key in changing else artifacts.version(s3, target.bucket(), key)
        for name, key in VERSIONS.items()
    }


def _logins(target: Target, secrets: Any) -> dict[str, str]:
    if not all(name in target.outputs for name in LOGINS):
        return {}
    return Logins.of(secrets, target.outputs).values()


def _roles(target: Target, secrets: Any, wanted: Mapping[str, str]) -> bool:
    if DATABASE not in target.keys:
        return False
    left = database_roles.left(secrets, target.tags)
    if not all(name in target.outputs for name in LOGINS):
        return True
    return left or not database_roles.made(secrets, wanted[database_roles.PIPELINE])
