"""The cloud's door: who asks, for which service and region; then moto, the stub of MWAA, or a refusal."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any
from xml.sax.saxutils import escape

import boto3
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from moto.sts.models import sts_backends

from aws.rehearsal import cloudformation, mends
from aws.rehearsal.mwaa import Mwaa
from aws.rehearsal.registry import WORLD
from aws.rehearsal.resources.base import Owner

Start = Callable[..., Any]
SCOPE = re.compile(r"Credential=([^/]+)/\d+/([^/]+)/([^/]+)/aws4_request")
XML = ("s3", "iam", "sts", "ec2", "rds", "cloudformation")  # services that answer in XML
REGIONS = frozenset(boto3.Session().get_available_regions("ec2"))
# What AWS says to credentials and regions that it does not take: status, code, message
EXPIRED = (403, "ExpiredToken", "The security token included in the request is expired")
UNKNOWN = (403, "InvalidClientTokenId", "The security token included in the request is invalid.")
ELSEWHERE = (403, "SignatureDoesNotMatch", "Credential should be scoped to a valid region.")

UNKNOWN_OPERATION = (501, "NotImplemented", "the rehearsal does not know this operation")
# JSON services call the same errors otherwise
JSON_NAMES = {
    "ExpiredToken": "ExpiredTokenException",
    "InvalidClientTokenId": "UnrecognizedClientException",
    "SignatureDoesNotMatch": "InvalidSignatureException",
}


class RequestHandler(MotoRequestHandler):
    """Keeps the path as it was sent, for ARNs with their slashes encoded; logs one line a request."""

    def make_environ(self) -> dict[str, Any]:
        """The request's environment."""
        environ: dict[str, Any] = super().make_environ()
        environ["rehearsal.path"] = self.path.partition("?")[0]
        return environ

    def log(self, type: str, message: str, *args: Any) -> None:
        """Not by werkzeug: it would colour its lines."""


class Front:
    """The WSGI application."""

    def __init__(self, mwaa: Mwaa) -> None:
        cloudformation.install()
        mends.install()
        self._mwaa, self._moto = mwaa, DomainDispatcherApplication(create_backend_app)
        self.url = ""

    def serve_at(self, url: str) -> None:
        """The address is known."""
        self.url = WORLD.url = url

    def __call__(self, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        """One request."""
        if environ["PATH_INFO"].startswith("/rehearsal/"):
            return self._control(environ, start)
        scope = SCOPE.search(environ.get("HTTP_AUTHORIZATION", ""))
        if not scope:
            return self._to_moto(environ, start)
        key, region, service = scope.groups()
        if refusal := refused(key, region):
            return _refuse(environ, start, service, refusal)
        if service == "airflow":
            return self._to_mwaa(environ, start, key, region)
        return self._to_moto(environ, start, service)

    def _to_moto(self, environ: dict[str, Any], start: Start, service: str = "") -> Iterable[bytes]:
        """moto's answer; its defect for an operation that it lacks becomes an error in the service's form."""
        _body(environ)  # kept: whoever reads it again must not wait for more
        try:
            answer: Iterable[bytes] = self._moto(environ, start)
        except NotImplementedError:
            return _refuse(environ, start, service, UNKNOWN_OPERATION)
        return answer

    def _to_mwaa(self, environ: dict[str, Any], start: Start, key: str, region: str) -> Iterable[bytes]:
        owner = Owner(self.url, region, account(key, environ.get("HTTP_X_MOTO_ACCOUNT_ID")), {})
        status, error, told = self._mwaa.answer(
            owner,
            environ["REQUEST_METHOD"],
            environ["rehearsal.path"],
            environ["QUERY_STRING"],
            _body(environ),
        )
        return _send(start, status, json.dumps(told), {"x-amzn-ErrorType": error} if error else {})

    def _control(self, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        order = json.loads(_body(environ) or b"{}")
        match environ["PATH_INFO"]:
            case "/rehearsal/fail":
                WORLD.faults.order(order["type"], order["reason"])
            case "/rehearsal/stack":
                WORLD.set_status(order["name"], order["status"])
            case path:
                return _send(start, 404, json.dumps({"message": f"there is no {path}"}))
        return _send(start, 200, "{}")


def refused(key: str, region: str) -> tuple[int, str, str] | None:
    """Why AWS would not look at the request at all."""
    if key.startswith("EXPIRED"):
        return EXPIRED
    if key.startswith("INVALID"):
        return UNKNOWN
    return None if region in REGIONS else ELSEWHERE


def account(key: str, named: str | None) -> str:
    """The account of an access key: that of the role it was given for, as moto has it."""
    if named:
        return named
    for owner, backends in sts_backends.items():
        if any(role.access_key_id == key for backend in backends.values() for role in backend.assumed_roles):
            return str(owner)
    return str(DEFAULT_ACCOUNT_ID)


def _refuse(
    environ: dict[str, Any], start: Start, service: str, refusal: tuple[int, str, str]
) -> Iterable[bytes]:
    status, code, message = refusal
    _body(environ)
    if service == "s3":
        text = f"<Error><Code>{code}</Code><Message>{escape(message)}</Message></Error>"
        return _send(start, 400 if code == "ExpiredToken" else status, text, kind="application/xml")
    if service == "ec2":
        inner = f"<Error><Code>{_ec2(code)}</Code><Message>{escape(message)}</Message></Error>"
        text = f"<Response><Errors>{inner}</Errors><RequestID>0</RequestID></Response>"
        return _send(start, status, text, kind="text/xml")
    if service in XML:
        inner = f"<Error><Type>Sender</Type><Code>{code}</Code><Message>{escape(message)}</Message></Error>"
        text = f"<ErrorResponse>{inner}<RequestId>0</RequestId></ErrorResponse>"
        return _send(start, status, text, kind="text/xml")
    name = JSON_NAMES.get(code, code)
    text = json.dumps({"__type": name, "message": message})
    return _send(start, 400 if code in JSON_NAMES else status, text, {"x-amzn-ErrorType": name})


def _ec2(code: str) -> str:
    return {"ExpiredToken": "RequestExpired", "NotImplemented": code}.get(code, "AuthFailure")


def _body(environ: dict[str, Any]) -> bytes:
    length = int(environ.get("CONTENT_LENGTH") or 0)
    body: bytes = environ["wsgi.input"].read(length) if length else b""
    environ["wsgi.input"] = io.BytesIO(body)
    return body


def _send(
    start: Start,
    status: int,
    text: str,
    headers: dict[str, str] | None = None,
    kind: str = "application/json",
) -> Iterable[bytes]:
    body = text.encode()
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = "Unknown"
    about = {
        "Content-Type": kind,
        "Content-Length": str(len(body)),
        "x-amzn-RequestId": "0",
        **(headers or {}),
    }
    start(f"{status} {phrase}", list(about.items()))
    return [body]
