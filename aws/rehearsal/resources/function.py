"""The function that serves recordings: its log, its code from the bucket, its address, who may call it.

The code is kept, never run.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from aws.rehearsal.resources.base import Kind, Made, Owner, Properties, gone

MISSING = "ResourceNotFoundException"
SETTINGS = (
    "Description", "Environment", "Handler", "LoggingConfig", "MemorySize", "Role", "Runtime", "Timeout",
)  # fmt: skip


class LogGroup(Kind):
    """AWS::Logs::LogGroup."""

    fixed = frozenset({"LogGroupName"})

    def make(self, owner: Owner, name: str, given: Properties) -> Made:
        """The group, and how long it keeps what is written."""
        logs, group, days = (
            owner.client("logs"),
            given.take("LogGroupName", name),
            given.take("RetentionInDays"),
        )
        logs.create_log_group(logGroupName=group, tags=_mapping(given.tags()))
        logs.put_retention_policy(logGroupName=group, retentionInDays=int(days))
        given.none_left()
        return Made(group, {"Arn": f"arn:aws:logs:{owner.region}:{owner.account}:log-group:{group}:*"})

    def remove(self, owner: Owner, made: Made, properties: Mapping[str, Any]) -> None:
        """Delete it."""
        _unless_gone(owner.client("logs").delete_log_group, logGroupName=made.id)


class Function(Kind):
    """AWS::Lambda::Function."""

    fixed = frozenset({"FunctionName"})

    def make(self, owner: Owner, name: str, given: Properties) -> Made:
        """The function, with its reserved concurrency if it has any."""
        client, own = owner.client("lambda"), given.take("FunctionName", name)
        reserved, tags = given.take("ReservedConcurrentExecutions", None), _mapping(given.tags())
        made = client.create_function(FunctionName=own, Tags=tags, **_numbers(given.rest()))
        self._reserve(client, own, reserved)
        return Made(own, {"Arn": made["FunctionArn"]})

    def change(self, owner: Owner, made: Made, old: Mapping[str, Any], new: Properties) -> Made:
        """Code, settings, tags and reserved concurrency change in place."""
        client = owner.client("lambda")
        if old["Code"] != (code := new.take("Code")):
            client.update_function_code(FunctionName=made.id, **code)
        client.update_function_configuration(FunctionName=made.id, **_numbers(new.some(*SETTINGS)))
        client.tag_resource(Resource=made.attributes["Arn"], Tags=_mapping(new.tags()))
        self._reserve(client, made.id, new.take("ReservedConcurrentExecutions", None))
        new.some("FunctionName", "Architectures")
        new.none_left()
        return made

    def _reserve(self, client: Any, name: str, reserved: Any) -> None:
        if reserved is None:
            _unless_gone(client.delete_function_concurrency, FunctionName=name)
        else:
            client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=int(reserved))

    def remove(self, owner: Owner, made: Made, properties: Mapping[str, Any]) -> None:
        """Delete it."""
        _unless_gone(owner.client("lambda").delete_function, FunctionName=made.id)


class Url(Kind):
    """AWS::Lambda::Url."""

    fixed = frozenset({"TargetFunctionArn"})
    tagged = False

    def make(self, owner: Owner, name: str, given: Properties) -> Made:
        """The address."""
        arn = given.take("TargetFunctionArn")
        made = owner.client("lambda").create_function_url_config(FunctionName=arn, **given.rest())
        return Made(arn, {"FunctionUrl": made["FunctionUrl"], "FunctionArn": arn})

    def remove(self, owner: Owner, made: Made, properties: Mapping[str, Any]) -> None:
        """Delete it."""
        _unless_gone(owner.client("lambda").delete_function_url_config, FunctionName=made.id)


class Permission(Kind):
    """AWS::Lambda::Permission."""

    fixed = frozenset({"Action", "FunctionName", "FunctionUrlAuthType", "InvokedViaFunctionUrl", "Principal"})
    tagged = False

    def make(self, owner: Owner, name: str, given: Properties) -> Made:
        """A statement of the function's policy."""
        invoked = given.some("InvokedViaFunctionUrl")
        if invoked:
            invoked = {"InvokedViaFunctionUrl": str(invoked["InvokedViaFunctionUrl"]).lower() == "true"}
        owner.client("lambda").add_permission(StatementId=name, **invoked, **given.rest())
        return Made(name, {"Id": name})

    def remove(self, owner: Owner, made: Made, properties: Mapping[str, Any]) -> None:
        """Take the statement out."""
        function = properties["FunctionName"]
        _unless_gone(owner.client("lambda").remove_permission, FunctionName=function, StatementId=made.id)


def _mapping(tags: list[dict[str, str]]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in tags}


def _numbers(settings: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: int(value) if name in ("MemorySize", "Timeout") else value for name, value in settings.items()
    }


def _unless_gone(delete: Any, **what: str) -> None:
    try:
        delete(**what)
    except ClientError as error:
        if not gone(error, MISSING):
            raise


KINDS: dict[str, Kind] = {
    "AWS::Logs::LogGroup": LogGroup(),
    "AWS::Lambda::Function": Function(),
    "AWS::Lambda::Url": Url(),
    "AWS::Lambda::Permission": Permission(),
}
