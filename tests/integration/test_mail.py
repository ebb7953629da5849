"""Mail about failed tasks, to a mail server of the test's own."""

import json
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.header import decode_header, make_header
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import Envelope

from tests.integration.harness import BUCKET, ROOT, TWEETS, Pipeline

SMALL = {"week": "2026-W46", "number_of_stations": 12, "number_of_tweets": 5}
SMTP, POSTGRES = "airflow/connections/smtp_default", "airflow/connections/postgres_default"


class Inbox:
    """A mail server's handler that keeps every mail."""

    def __init__(self) -> None:
        self.envelopes: list[Envelope] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Envelope) -> str:
        self.envelopes.append(envelope)
        return "250 kept"

    def the_only_one(self) -> tuple[str, str]:
        """Subject and text of the mail, when there is one."""
        (envelope,) = self.envelopes
        assert envelope.mail_from == "pipeline@example.com"
        assert envelope.rcpt_tos == ["one@example.com", "two@example.com"]
        assert isinstance(envelope.content, bytes)
        message = message_from_bytes(envelope.content)
        (part,) = [part for part in message.walk() if part.get_content_type() == "text/html"]
        payload = part.get_payload(decode=True)
        assert isinstance(payload, bytes)
        return str(make_header(decode_header(message["Subject"]))), payload.decode()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
    return port


@contextmanager
def mail_sent_to(pipeline: Pipeline, port: int) -> Iterator[None]:
    secrets = pipeline.client("secretsmanager")
    extra = {
        "from_email": "pipeline@example.com", "to_email": "one@example.com, two@example.com",
        "disable_ssl": True, "disable_tls": True,
    }  # fmt: skip
    connection = {"conn_type": "smtp", "host": "127.0.0.1", "port": port, "extra": extra}
    secrets.create_secret(Name=SMTP, SecretString=json.dumps(connection))
    try:
        yield
    finally:
        secrets.delete_secret(SecretId=SMTP, ForceDeleteWithoutRecovery=True)


@pytest.fixture
def inbox(pipeline: Pipeline) -> Iterator[Inbox]:
    """A mail server, and a connection to it for as long as the test runs."""
    inbox = Inbox()
    server = Controller(inbox, hostname="127.0.0.1", port=free_port())
    server.start()
    with mail_sent_to(pipeline, server.port):
        yield inbox
    server.stop()


@pytest.fixture
def break_job(pipeline: Pipeline) -> Iterator[Callable[[], None]]:
    """Makes the deployed sentiment job fail; the checkout's comes back in the end."""
    source = (ROOT / "spark" / "jobs" / "tweet_job.py").read_text()
    good = "return tweets.select(*TWEETS)"
    assert good in source
    broken = source.replace(good, 'raise MissingColumns(["<mood>"], source=uri)')
    yield lambda: pipeline.put("scripts/tweet_job.py", broken.encode())
    pipeline.deploy()


def test_a_failed_step_is_one_mail(pipeline: Pipeline, inbox: Inbox, break_job: Callable[[], None]) -> None:
    break_job()
    outcome = pipeline.run(TWEETS, **SMALL)
    assert outcome["tasks"]["watch_step"] == "failed"
    subject, text = inbox.the_only_one()
    assert subject == "london-housing-webapp 2026-W46: watch_step failed"
    failure = outcome["failure"]
    assert "run sentiment analysis" in text
    assert "&lt;mood&gt;" in text
    assert failure["log"].startswith(f"s3://{BUCKET}/logs/")
    assert failure["log"] in text
    assert f"/runs/{outcome['run_id']}/tasks/watch_step".replace(":", "%3A").replace("+", "%2B") in text
    assert "{&quot;week&quot;: &quot;2026-W46&quot;}" in text


def test_only_the_last_try_is_mailed(pipeline: Pipeline, inbox: Inbox) -> None:
    secrets, start = pipeline.client("secretsmanager"), pipeline.log.stat().st_size
    good = secrets.get_secret_value(SecretId=POSTGRES)["SecretString"]
    secrets.put_secret_value(SecretId=POSTGRES, SecretString=json.dumps(json.loads(good) | {"port": "1"}))
    try:
        outcome = pipeline.run(TWEETS, **SMALL)
    finally:
        secrets.put_secret_value(SecretId=POSTGRES, SecretString=good)
    assert outcome["tasks"]["create_schema"] == "failed"
    assert pipeline.logged_since(start).count("[DAG TEST] starting task_id=create_schema") == 4
    subject, text = inbox.the_only_one()
    assert subject == "london-housing-webapp 2026-W46: create_schema failed"
    assert "Connection refused" in text or "connection failed" in text
    assert json.loads(good)["password"] not in text


def test_a_mail_server_that_is_down_changes_nothing(pipeline: Pipeline) -> None:
    start = pipeline.log.stat().st_size
    pipeline.put("input/stations.csv", b"")
    try:
        with mail_sent_to(pipeline, free_port()):
            outcome = pipeline.run(TWEETS, **SMALL)
    finally:
        pipeline.deploy()
    assert outcome["tasks"]["get_twitter_data"] == "failed"
    assert outcome["errors"]["get_twitter_data"].startswith("BadStationsFile: ")
    assert pipeline.logged_since(start).count("no mail about this failure") == 1
