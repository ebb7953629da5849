"""Secrets that CloudFormation makes up itself."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from aws.rehearsal.resources.base import Kind, Made, Owner, Properties, gone


class Secret(Kind):
    """AWS::SecretsManager::Secret."""

    fixed = frozenset({"Name"})

    def make(self, owner: Owner, name: str, given: Properties) -> Made:
        """The secret with a value that is given or made up."""
        secrets = owner.client("secretsmanager")
        value = self._value(secrets, given)
        arn = secrets.create_secret(
            Name=given.take("Name", name), SecretString=value, Tags=given.tags(), **given.rest()
        )["ARN"]
        return Made(arn, {"Id": arn})

    def change(self, owner: Owner, made: Made, old: Mapping[str, Any], new: Properties) -> Made:
        """A value is made up again only where how to make it up has changed."""
        secrets = owner.client("secretsmanager")
        how = new.some("GenerateSecretString", "SecretString")
        if how != {name: old[name] for name in ("GenerateSecretString", "SecretString") if name in old}:
            again = self._value(secrets, Properties(owner, how))
            secrets.put_secret_value(SecretId=made.id, SecretString=again)
        secrets.tag_resource(SecretId=made.id, Tags=new.tags())
        if rest := new.some("Description", "KmsKeyId"):
            secrets.update_secret(SecretId=made.id, **rest)
        new.some("Name")
        new.none_left()
        return made

    def _value(self, secrets: Any, given: Properties) -> str:
        how = given.take("GenerateSecretString", None)
        if how is None:
            return str(given.take("SecretString", ""))
        template, key = how.pop("SecretStringTemplate", None), how.pop("GenerateStringKey", None)
        password = secrets.get_random_password(**how)["RandomPassword"]
        return password if template is None else json.dumps({**json.loads(template), key: password})

    def remove(self, owner: Owner, made: Made, properties: Mapping[str, Any]) -> None:
        """At once: CloudFormation leaves no recovery window."""
        try:
            owner.client("secretsmanager").delete_secret(SecretId=made.id, ForceDeleteWithoutRecovery=True)
        except ClientError as error:
            if not gone(error, "ResourceNotFoundException"):
                raise


KINDS: dict[str, Kind] = {"AWS::SecretsManager::Secret": Secret()}
