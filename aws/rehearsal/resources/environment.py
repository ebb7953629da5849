"""The MWAA environment, through the stub of its API."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from aws.rehearsal.resources.base import Failed, Kind, Made, Owner, Properties, gone

INTEGERS = ("MinWorkers", "MaxWorkers", "Schedulers", "MinWebservers", "MaxWebservers")
PAUSE = 0.4  # seconds between two looks; each look is one step of the stub


class Environment(Kind):
    """AWS::MWAA::Environment."""

    fixed = frozenset({"Name", "KmsKey", "EndpointManagement"})

    def make(self, owner: Owner, name: str, given: Properties) -> Made:
        """Make it and wait until it is available."""
        mwaa, identity = owner.client("mwaa"), given.take("Name", name)
        mwaa.create_environment(Name=identity, Tags=given.tag_map(), **request(given.rest()))
        return self._available(mwaa, identity)

    def change(self, owner: Owner, made: Made, old: Mapping[str, Any], new: Properties) -> Made:
        """Only what differs."""
        mwaa, tags = owner.client("mwaa"), new.tag_map()
        wanted, had = request(new.rest()), request(old)
        differs = {name: value for name, value in wanted.items() if had.get(name) != value}
        differs.pop("Name", None)
        if "NetworkConfiguration" in differs:  # its subnets cannot change
            differs["NetworkConfiguration"].pop("SubnetIds", None)
        mwaa.tag_resource(ResourceArn=made.attributes["Arn"], Tags=tags)
        if differs:
            mwaa.update_environment(Name=made.id, **differs)
        return self._available(mwaa, made.id)

    def _available(self, mwaa: Any, name: str) -> Made:
        while (found := mwaa.get_environment(Name=name)["Environment"])["Status"] != "AVAILABLE":
            if found["Status"].endswith("FAILED"):
                error = found.get("LastUpdate", {}).get("Error", {})
                raise Failed(f"Resource {name} did not stabilize: {error.get('ErrorMessage')}")
            time.sleep(PAUSE)
        return Made(
            name,
            {
                "Arn": found["Arn"],
                "WebserverUrl": found["WebserverUrl"],
                "CeleryExecutorQueue": found["CeleryExecutorQueue"],
            },
        )

    def remove(self, owner: Owner, made: Made, properties: Mapping[str, Any]) -> None:
        """Delete it and wait until it is gone."""
        mwaa = owner.client("mwaa")
        try:
            mwaa.delete_environment(Name=made.id)
            while mwaa.get_environment(Name=made.id):
                time.sleep(PAUSE)
        except ClientError as error:
            if not gone(error, "ResourceNotFoundException"):
                raise


def request(properties: Mapping[str, Any]) -> dict[str, Any]:
    """A template's properties as parameters of the API: the same names, numbers perhaps as text."""
    found = {name: value for name, value in properties.items() if name not in ("Tags", "Name")}
    for name in INTEGERS:
        if name in found:
            found[name] = int(found[name])
    if "LoggingConfiguration" in found:
        found["LoggingConfiguration"] = {
            module: {**settings, "Enabled": str(settings["Enabled"]).lower() == "true"}
            for module, settings in found["LoggingConfiguration"].items()
        }
    return found


KINDS: dict[str, Kind] = {"AWS::MWAA::Environment": Environment()}
