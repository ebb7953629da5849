"""How Airflow's REST API is reached on MWAA: through the service's own InvokeRestApi, with AWS credentials.

The service puts /api/v2 before the path and gives Airflow ten seconds. Its model lets a path have 64
characters, which is not enough for a task's. Airflow's own sensors for MWAA send longer ones all the same;
should the service refuse one for its length, the environment's web server is asked: see web_server.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, unquote

from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionError, HTTPClientError

from aws import refusals
from aws.mwaa.web_server import WebServer
from compose.airflow_http import Refused, Unreachable
from embedded.errors import Unusable

SHORT = 64  # characters that the model lets a path have
SILENT = {"InternalServerException", "ServiceUnavailableException", "RequestTimeout"}
PAUSES = (1.0, 2.0, 4.0)  # seconds before a throttled call is made again
# No call is made twice by itself: a trigger that timed out may have had its effect
ONCE = Config(connect_timeout=5, read_timeout=15, retries={"total_max_attempts": 1})


def client(session: Any) -> Any:
    """The client of MWAA that the transport needs, of a boto3 session."""
    return session.client("mwaa", config=ONCE)


class TooLong(Exception):
    """The service refused a path for its length."""


class Throttled(Unreachable):
    """The service refused a call unseen, because there were too many."""


class InvokeRestApi:
    """A transport of compose.airflow_api.Airflow. `mwaa` is a client as above."""

    def __init__(self, mwaa: Any, environment_name: str, sleep: Callable[[float], None] = time.sleep) -> None:
        self._mwaa, self._name, self._sleep = mwaa, environment_name, sleep
        self._web: WebServer | None = None  # for long paths, once one was refused

    def __call__(self, method: str, path: str, body: dict[str, Any] | None) -> Any:
        """The JSON that Airflow answers; raises Unreachable, Refused, and Unusable for what AWS refuses."""
        bare, _, query = path.partition("?")
        # The service takes a path as it is meant, as Airflow's own sensors for MWAA give it
        request: dict[str, Any] = {"Name": self._name, "Method": method, "Path": unquote(bare)}
        if self._web and len(request["Path"]) > SHORT:
            return self._web(method, path, body)
        if query:
            request["QueryParameters"] = parameters(query)
        if body is not None:
            request["Body"] = body
        try:
            return self._patiently(request)
        except TooLong:
            self._web = WebServer(self._mwaa, self._name)
            return self._web(method, path, body)

    def _patiently(self, request: dict[str, Any]) -> Any:
        for pause in PAUSES:
            try:
                return self._invoke(request)
            except Throttled:
                self._sleep(pause)
        return self._invoke(request)

    def _invoke(self, request: dict[str, Any]) -> Any:
        with refusals.named():
            try:
                return self._mwaa.invoke_rest_api(**request).get("RestApiResponse")
            except (ConnectionError, HTTPClientError) as error:
                raise Unreachable(f"MWAA does not answer: {refusals.one_line(str(error))}") from None
            except ClientError as error:
                refused = error.response["Error"].get("Code") == "ValidationException"
                if refused and len(request["Path"]) > SHORT:
                    raise TooLong from None
                raise self._obstacle(error) from None

    def _obstacle(self, error: ClientError) -> Unusable:
        code = str(error.response["Error"].get("Code", ""))
        answer: dict[str, Any] = {**error.response}
        if code in ("RestApiClientException", "RestApiServerException"):
            status, said = int(answer.get("RestApiStatusCode", 500)), detail(answer.get("RestApiResponse"))
            if status < 500:
                return Refused(status, said)
            return Unreachable(f"Airflow in {self._name} answers {status}: {refusals.one_line(said)}")
        if code in refusals.THROTTLED:
            return Throttled(f"MWAA takes no more calls now ({code})")
        if code in SILENT:
            return Unreachable(f"MWAA does not answer now ({code})")
        if code == "ResourceNotFoundException":
            return Unusable(f"there is no MWAA environment {self._name} here: make deploy PROFILE=aws")
        return Unusable(refusals.refusal(error))


def parameters(query: str) -> dict[str, Any]:
    """A query string as InvokeRestApi's document: a value a key, a list where the key is repeated."""
    values: dict[str, list[str]] = {}
    for key, value in parse_qsl(query, keep_blank_values=True):
        values.setdefault(key, []).append(value)
    return {key: found if len(found) > 1 else found[0] for key, found in values.items()}


def detail(answer: Any) -> str:
    """What Airflow says of an error: its `detail`, else the whole answer."""
    said = answer.get("detail", answer) if isinstance(answer, dict) else answer
    return said if isinstance(said, str) else str(said)
