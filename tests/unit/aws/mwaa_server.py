"""MWAA's InvokeRestApi for tests: the service's wire, with a small Airflow behind it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.unit.compose.airflow_server import Server, answering

# status, the error's type in the header x-amzn-errortype, JSON body
Trouble = tuple[int, str, dict[str, Any]]
THROTTLED: Trouble = (429, "ThrottlingException", {"message": "Rate exceeded"})


@dataclass
class Mwaa:
    """An environment `name`; of `troubles` each request takes one before Airflow is asked."""

    airflow: Server
    name: str = "tubepulse"
    url: str = ""
    troubles: list[Trouble] = field(default_factory=list)
    calls: list[dict[str, Any]] = field(default_factory=list)
    longest: int = 1000  # characters of a path; the service's model says 64
    web: str = ""  # the host of the web server
    login: str = "short-lived"  # what CreateWebLoginToken gives

    @property
    def environment(self) -> dict[str, str]:
        """What leads boto3 here, with credentials of no account."""
        return {
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_DEFAULT_REGION": "eu-west-2",
            "AWS_ENDPOINT_URL_MWAA": self.url,
            "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",
        }

    def answer(self, name: str, request: dict[str, Any]) -> Trouble:
        """The service's answer to InvokeRestApi; '' is no error."""
        self.calls.append(request)
        if self.troubles:
            return self.troubles.pop(0)
        if name != self.name:
            return 404, "ResourceNotFoundException", {"message": f"Environment {name} not found"}
        if len(request["Path"]) > self.longest:
            return 400, "ValidationException", {"message": "length less than or equal to 64"}
        query = {
            key: value if isinstance(value, list) else [value]
            for key, value in request.get("QueryParameters", {}).items()
        }
        method, path, body = request["Method"], request["Path"], request.get("Body")
        self.airflow.asked.append((method, f"/api/v2{path}", body))
        status, said = self.airflow.answer(method, path, query, body)
        answer = {"RestApiStatusCode": status, "RestApiResponse": said}
        if status >= 500:
            return 400, "RestApiServerException", answer
        return (400, "RestApiClientException", answer) if status >= 400 else (200, "", answer)


@contextmanager
def serving(mwaa: Mwaa) -> Iterator[Mwaa]:
    """Serve it on a free port of 127.0.0.1, whose address is `mwaa.url`."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            _, operation, name = self.path.split("/")
            text = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if operation == "webtoken":
                given = {"WebToken": mwaa.login, "WebServerHostname": mwaa.web}
                status, error, answer = 200, "", given
            else:
                status, error, answer = mwaa.answer(name, json.loads(text))
            text = json.dumps(answer).encode()
            self.send_response(status)
            if error:
                self.send_header("x-amzn-errortype", error)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with answering(Handler) as mwaa.url:
        yield mwaa
