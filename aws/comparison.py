"""The plan of a deployment: the profile compared with what the account has. Leaves no trace there."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aws import artifacts, bucket, database_roles, secret_store
from aws.artifacts import REQUIREMENTS, STARTUP, Difference
from aws.database_roles import Logins
from aws.infrastructure.stacks import Stacks
from aws.plan import CHANGED, LATER, SAME, Plan, StackPlan
from aws.profile import Profile
from aws.target import DATABASE, STORAGE, Target

UPLOADED_LATER = "to-be-uploaded"  # stands in a plan for an object's version that is yet to come
LOGINS = ("PipelineSecretArn", "WebappSecretArn")


def compare(target: Target, stacks: Stacks, wheels: Path, keys: Mapping[str, str]) -> Plan:
    """What deploying would change; `target.states` holds the stacks that exist, `keys` X's keys.

    A stack that a change of an earlier one affects is compared with that one's outputs as they are now.
    """
    s3, secrets = target.account.client("s3"), target.account.client("secretsmanager")
    profile = target.source.filled(target.marked({**keys, **_logins(target, secrets)}))
    objects = _objects(target, s3, target.files(profile, wheels), profile)
    versions = _versions(target, s3, objects)
    compared = tuple(_stack(target, stacks, key, versions) for key in target.keys)
    wanted = secret_store.named(profile)
    todo = secret_store.differing(secrets, wanted, target.tags)
    return Plan(compared, target.bucket(), tuple(objects), todo, _roles(target, secrets, wanted))


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


def _objects(target: Target, s3: Any, files: dict[str, Path], profile: Profile) -> list[Difference]:
    if STORAGE not in target.states:
        bucket.check_free(s3, target.bucket(), target.stack(STORAGE))
        return [Difference(key, path, new=True) for key, path in files.items()]
    # The prices are the user's own once there are any; ours are synthetic.
    own = [profile.pipeline["key2"]]
    return artifacts.differences(s3, target.bucket(), files, own, target.synced)


def _versions(target: Target, s3: Any, objects: list[Difference]) -> dict[str, str]:
    """The object versions that the environment shall have, as far as they are known."""
    if STORAGE not in target.states:
        return {}
    changing = {one.key for one in objects}
    return {
        name: UPLOADED_LATER if key in changing else artifacts.version(s3, target.bucket(), key)
        for name, key in (("RequirementsVersion", REQUIREMENTS), ("StartupVersion", STARTUP))
    }


def _logins(target: Target, secrets: Any) -> dict[str, str]:
    if not all(name in target.outputs for name in LOGINS):
        return {}
    return Logins.of(secrets, target.outputs).values()


def _roles(target: Target, secrets: Any, wanted: Mapping[str, str]) -> bool:
    if DATABASE not in target.keys:
        return False
    if not all(name in target.outputs for name in LOGINS):
        return True
    left = secret_store.find(secrets, database_roles.ADMIN) is not None
    return left or not database_roles.made(secrets, wanted[database_roles.PIPELINE])
