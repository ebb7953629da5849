"""What a person sees of the endpoint: addresses to pages and logs. It reads, and changes nothing.

GET /                                                 all clusters, of every account and region
GET /clusters/<id>                                    one cluster
GET /clusters/<id>/steps/<id>/<log>                   controller, stdout, stderr or syslog, as text
GET /clusters/<id>/bootstrap-actions/<n>/<log>        controller, stdout or stderr, as text
GET /clusters/<id>/provision.log                      what its node does not do of what was asked for
"""

from __future__ import annotations

import ipaddress
import re
from http import HTTPStatus
from typing import NamedTuple

from emr_local import s3
from emr_local.api.errors import InvalidRequestException
from emr_local.nodes.node import Node
from emr_local.service import Service
from emr_local.state.model import Cluster
from emr_local.state.store import utc_now
from emr_local.steps.execution import bootstrap_log_dir
from emr_local.web import log_files, pages

HEADERS = (
    ("Content-Security-Policy", pages.POLICY),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("Cache-Control", "no-store"),
)
HTML = "text/html; charset=utf-8"
TEXT = "text/plain; charset=utf-8"
CLUSTER = re.compile(r"/clusters/(?P<cluster>j-[0-9A-Z]+)")
PROVISION_LOG = re.compile(rf"{CLUSTER.pattern}/provision\.log")
STEP_LOG = re.compile(rf"{CLUSTER.pattern}/steps/(?P<step>s-[0-9A-Z]+)/(?P<log>{'|'.join(pages.STEP_LOGS)})")
BOOTSTRAP_LOG = re.compile(
    rf"{CLUSTER.pattern}/bootstrap-actions/(?P<number>[1-9]\d?)/(?P<log>{'|'.join(pages.BOOTSTRAP_LOGS)})"
)


class Answer(NamedTuple):
    """What goes to the browser."""

    status: int
    content_type: str
    body: str


def answer(service: Service, path: str, host: str) -> Answer:
    """The page at `path`, for a browser that was sent to `host`."""
    if not is_own_name(host):
        return _problem(HTTPStatus.FORBIDDEN, "Use localhost, an IP address or this service's own name.")
    try:
        if path == "/":
            clusters = service.store.all()
            page = pages.clusters_page(clusters, utc_now(), service.settings.spark_ui_url)
            return Answer(HTTPStatus.OK, HTML, page)
        if found := CLUSTER.fullmatch(path):
            cluster = service.store.get(found["cluster"])
            return Answer(HTTPStatus.OK, HTML, pages.cluster_page(cluster, utc_now()))
        if found := STEP_LOG.fullmatch(path):
            return _log(service, found["cluster"], f"steps/{found['step']}/{found['log']}")
        if found := PROVISION_LOG.fullmatch(path):
            node = Node(service.store.get(found["cluster"]), service.settings)
            relative = node.provision_log.relative_to(node.logs_dir).as_posix()
            return _log(service, found["cluster"], relative)
        if found := BOOTSTRAP_LOG.fullmatch(path):
            node = Node(service.store.get(found["cluster"]), service.settings)
            file = bootstrap_log_dir(node, int(found["number"])) / found["log"]
            return _log(service, found["cluster"], file.relative_to(node.logs_dir).as_posix())
    except InvalidRequestException as unknown:
        return _problem(HTTPStatus.NOT_FOUND, str(unknown))
    return _problem(HTTPStatus.NOT_FOUND, "There is no such page. GET / shows all clusters.")


def is_own_name(host: str) -> bool:
    """Whether a Host header can be this service's: an IP address, or a name that no public DNS serves.

    A page from elsewhere whose name is made to point at this machine (DNS rebinding) has a name with a dot.
    """
    bracketed = re.fullmatch(r"\[(?P<address>[^\]]+)\](:\d+)?", host)
    name = bracketed["address"] if bracketed else host.partition(":")[0]
    if name.endswith(".localhost") or (name and "." not in name and ":" not in name):
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _log(service: Service, cluster_id: str, relative: str) -> Answer:
    def read() -> Cluster:
        return service.store.get(cluster_id)

    try:
        return Answer(HTTPStatus.OK, TEXT, log_files.newest(read, service.settings, relative).text())
    except log_files.NoLog as problem:
        return _problem(HTTPStatus.NOT_FOUND, str(problem))
    except s3.S3_ERRORS as error:
        return _problem(HTTPStatus.BAD_GATEWAY, f"S3 did not give the log: {error}")


def _problem(status: HTTPStatus, text: str) -> Answer:
    return Answer(status, TEXT, f"{text}\n")
