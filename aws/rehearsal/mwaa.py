"""The stub of MWAA: requests that botocore's model describes, environments that come and go.

Operations that no part of the project uses are refused by name.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from aws.rehearsal.airflow import Answerer, StandIn
from aws.rehearsal.environments import Environment, check, make_log_groups
from aws.rehearsal.mwaa_model import Misfit, Model
from aws.rehearsal.resources.base import Owner

Answer = tuple[int, str, dict[str, Any]]  # HTTP status, the error's name if it is one, the JSON
SERVED = (
    "CreateEnvironment", "GetEnvironment", "UpdateEnvironment", "DeleteEnvironment", "ListEnvironments",
    "TagResource", "UntagResource", "ListTagsForResource", "InvokeRestApi", "CreateWebLoginToken",
)  # fmt: skip


class Mwaa:
    """MWAA in every account and region of the cloud. `airflow`, if given, answers for every environment."""

    def __init__(self, airflow: Answerer | None = None) -> None:
        self._model = Model()
        self._airflow = airflow
        self._environments: dict[tuple[str, str, str], Environment] = {}
        self._answerers: dict[str, Answerer] = {}

    def answer(self, owner: Owner, method: str, path: str, query: str, body: bytes) -> Answer:
        """The answer to one request; `path` comes as it was sent, with its escapes."""
        try:
            try:
                given = json.loads(body or b"{}")
            except ValueError:
                raise Misfit(400, "SerializationException", "the body is not JSON") from None
            call = self._model.call(method, path, query, given)
            if call.operation not in SERVED:
                raise Misfit(
                    501, "UnsupportedOperation", f"the rehearsal's MWAA does not know {call.operation}"
                )
            return 200, "", getattr(self, f"_{_snake(call.operation)}")(owner, **call.parameters)
        except Misfit as misfit:
            return misfit.status, misfit.code, misfit.members

    def _create_environment(self, owner: Owner, Name: str, **settings: Any) -> dict[str, Any]:
        key = (owner.account, owner.region, Name)
        if key in self._environments:
            raise Misfit(400, "ValidationException", f"Environment {Name} already exists")
        tags = settings.pop("Tags", {})
        check(owner, settings)
        arn = f"arn:aws:airflow:{owner.region}:{owner.account}:environment/{Name}"
        self._environments[key] = Environment(Name, settings, tags, arn)
        make_log_groups(owner, Name)
        return {"Arn": arn}

    def _get_environment(self, owner: Owner, Name: str) -> dict[str, Any]:
        found = self._find(owner, Name)
        shown = found.shown()
        found.step()
        if found.status == "DELETED":
            del self._environments[owner.account, owner.region, Name]
        return {"Environment": shown}

    def _update_environment(self, owner: Owner, Name: str, **settings: Any) -> dict[str, Any]:
        found = self._find(owner, Name)
        network = {
            **found.settings["NetworkConfiguration"],
            **settings.pop("NetworkConfiguration", {}),
        }
        wanted = {**found.settings, **settings, "NetworkConfiguration": network}
        check(owner, wanted)
        found.begin("UPDATING")
        found.settings = wanted
        return {"Arn": found.arn}

    def _delete_environment(self, owner: Owner, Name: str) -> dict[str, Any]:
        self._find(owner, Name).begin("DELETING")
        return {}

    def _list_environments(self, owner: Owner, **_: Any) -> dict[str, Any]:
        here = (owner.account, owner.region)
        return {"Environments": [name for *where, name in self._environments if tuple(where) == here]}

    def _tag_resource(self, owner: Owner, ResourceArn: str, Tags: dict[str, str]) -> dict[str, Any]:
        self._by_arn(owner, ResourceArn).tags.update(Tags)
        return {}

    def _untag_resource(self, owner: Owner, ResourceArn: str, tagKeys: list[str]) -> dict[str, Any]:
        found = self._by_arn(owner, ResourceArn)
        found.tags = {key: text for key, text in found.tags.items() if key not in tagKeys}
        return {}

    def _list_tags_for_resource(self, owner: Owner, ResourceArn: str) -> dict[str, Any]:
        return {"Tags": self._by_arn(owner, ResourceArn).tags}

    def _create_web_login_token(self, owner: Owner, Name: str) -> dict[str, Any]:
        found = self._find(owner, Name).shown()
        return {
            "WebToken": "rehearsal", "WebServerHostname": found["WebserverUrl"],
            "AirflowIdentity": "rehearsal", "IamIdentity": f"arn:aws:iam::{owner.account}:root",
        }  # fmt: skip

    def _invoke_rest_api(
        self, owner: Owner, Name: str, Path: str, Method: str, Body: Any = None, QueryParameters: Any = None
    ) -> dict[str, Any]:
        found = self._find(owner, Name)
        if found.status not in ("AVAILABLE", "UPDATING"):
            raise Misfit(400, "ValidationException", f"Environment {Name} is {found.status}")
        if "?" in Path:
            raise Misfit(400, "ValidationException", "Path: a query belongs into QueryParameters")
        ask = self._answerers.setdefault(found.arn, self._airflow or self._stand_in(owner, found))
        status, answer = ask(Method, Path, QueryParameters or {}, Body)
        told = {"RestApiStatusCode": status, "RestApiResponse": answer}
        if status >= 400:
            raise Misfit(400, f"RestApi{'Server' if status >= 500 else 'Client'}Exception", **told)
        return told

    def _stand_in(self, owner: Owner, environment: Environment) -> Answerer:
        bucket: Callable[[], str] = lambda: environment.settings["SourceBucketArn"].rpartition(":")[2]  # noqa: E731
        return StandIn(lambda: owner, bucket)

    def _find(self, owner: Owner, name: str) -> Environment:
        found = self._environments.get((owner.account, owner.region, name))
        if not found:
            raise Misfit(404, "ResourceNotFoundException", f"Environment {name} is not found")
        return found

    def _by_arn(self, owner: Owner, arn: str) -> Environment:
        return self._find(owner, arn.rpartition("/")[2])


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")
