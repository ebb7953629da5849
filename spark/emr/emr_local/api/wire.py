"""The wire: EMR's JSON 1.1 protocol as a WSGI application, GET /health, and the pages of `status`.

Signatures are not verified: the SigV4 scope only tells the region, and the account when the access key is a
twelve-digit account number. A request with an Origin header comes from a web page and is refused.
"""

from __future__ import annotations

import json
import logging
import re
import uuid
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Any

from emr_local.api.errors import (
    AwsError,
    InternalServerException,
    MissingAuthenticationTokenException,
    UnsupportedOperationException,
    ValidationException,
)
from emr_local.api.operations import OPERATIONS
from emr_local.api.shapes import dump, emr_model, parse_request
from emr_local.service import Service
from emr_local.state.model import Owner
from emr_local.web import status

log = logging.getLogger("emr_local")

TARGET_PREFIX = "ElasticMapReduce."
DEFAULT_ACCOUNT = "000000000000"
_SCOPE = re.compile(r"Credential=(?P<key>[^/\s]+)/\d{8}/(?P<region>[\w-]+)/")

StartResponse = Callable[[str, list[tuple[str, str]]], object]
Answer = tuple[int, dict[str, Any]]


class Api:
    """The WSGI application."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """Answers one request."""
        if is_page(environ):
            return self._show_page(environ, start_response)
        code, document = self._answer(environ)
        body = json.dumps(document).encode()
        headers = [
            ("Content-Type", "application/x-amz-json-1.1"),
            ("Content-Length", str(len(body))),
            ("x-amzn-RequestId", str(uuid.uuid4())),
        ]
        start_response(f"{code} {HTTPStatus(code).phrase}", headers)
        return [body]

    def _show_page(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        try:
            page = status.answer(self._service, environ["PATH_INFO"], environ.get("HTTP_HOST", ""))
        except Exception as error:
            log.exception("defect in the page %s", environ["PATH_INFO"])
            page = status.Answer(HTTPStatus.INTERNAL_SERVER_ERROR, status.TEXT, f"{type(error).__name__}\n")
        body = page.body.encode()
        headers = [
            ("Content-Type", page.content_type),
            ("Content-Length", str(len(body))),
            *status.HEADERS,
        ]
        start_response(f"{page.status} {HTTPStatus(page.status).phrase}", headers)
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]

    def _answer(self, environ: dict[str, Any]) -> Answer:
        method, path = environ["REQUEST_METHOD"], environ.get("PATH_INFO", "/")
        if environ.get("HTTP_ORIGIN"):
            return 403, {"message": "web pages may not use this endpoint"}
        if (method, path) == ("GET", "/health"):
            return 200, {"status": "ok"}
        if (method, path) != ("POST", "/"):
            return 404, {
                "message": f"{method} {path} is not here: POST / is the EMR API, GET / shows clusters"
            }
        try:
            return 200, self._call(environ)
        except AwsError as error:
            return error.status, error.body()
        except Exception as error:
            log.exception("defect in %s", environ.get("HTTP_X_AMZ_TARGET"))
            internal = InternalServerException(f"{type(error).__name__}: {error}")
            return internal.status, internal.body()

    def _call(self, environ: dict[str, Any]) -> dict[str, Any]:
        name = environ.get("HTTP_X_AMZ_TARGET", "").removeprefix(TARGET_PREFIX)
        owner = owner_of(environ.get("HTTP_AUTHORIZATION", ""))
        operation = OPERATIONS.get(name)
        if operation is None:
            raise UnsupportedOperationException(name or "A request without X-Amz-Target")
        model = emr_model().operation_model(name)
        try:
            params = parse_request(model, _document(environ))
        except RecursionError:
            raise ValidationException("The request body is nested too deeply.") from None
        answer: dict[str, Any] = dump(model.output_shape, operation(self._service, owner, params))
        return answer


def is_page(environ: Mapping[str, Any]) -> bool:
    """Whether the request asks for a page; one with an Origin header is another page's script."""
    read = environ["REQUEST_METHOD"] in ("GET", "HEAD")
    return read and environ.get("PATH_INFO", "/") != "/health" and not environ.get("HTTP_ORIGIN")


def owner_of(authorization: str) -> Owner:
    """The account and region that a SigV4 Authorization header names."""
    scope = _SCOPE.search(authorization)
    if scope is None:
        raise MissingAuthenticationTokenException("Missing Authentication Token")
    account = scope["key"] if re.fullmatch(r"\d{12}", scope["key"]) else DEFAULT_ACCOUNT
    return Owner(account, scope["region"])


def _document(environ: dict[str, Any]) -> dict[str, Any]:
    try:
        document = json.loads(environ["wsgi.input"].read() or b"{}")
    except ValueError:
        raise ValidationException("The request body is not JSON.") from None
    if not isinstance(document, dict):
        raise ValidationException("The request body is not a JSON object.")
    return document
