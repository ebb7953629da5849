"""Which addresses the gateway takes: any name that S3 can hold, none that means another place."""

from __future__ import annotations

import http.client

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emr_local import s3
from emr_local.webhdfs.server import Server
from tests.unit.emr.webhdfs_client import (
    BUCKET,
    TOKEN,
    ask,
    at,
    keys,
    names,
    raw,
    refused,
    rename,
    write,
)

pytestmark = pytest.mark.usefixtures("empty_bucket")


@pytest.mark.parametrize(
    ("address", "status", "name"),
    [
        (f"/webhdfs/v1/wrong/{BUCKET}/f?op=GETFILESTATUS", 403, "AccessControlException"),
        (f"/webhdfs/v1/{TOKEN}x/{BUCKET}/f?op=GETFILESTATUS", 403, "AccessControlException"),
        ("/webhdfs/v1/?op=LISTSTATUS", 403, "AccessControlException"),
        ("/?op=GETFILESTATUS", 403, "AccessControlException"),
        (f"/webhdfs/v1/%00/{BUCKET}/f?op=GETFILESTATUS", 403, "AccessControlException"),
        (f"/webhdfs/v1/{TOKEN}/{BUCKET}/a/../f?op=GETFILESTATUS", 400, "IllegalArgumentException"),
        (f"/webhdfs/v1/{TOKEN}/{BUCKET}/%2e%2e/f?op=GETFILESTATUS", 400, "IllegalArgumentException"),
        (f"/webhdfs/v1/{TOKEN}/{BUCKET}/a//f?op=GETFILESTATUS", 400, "IllegalArgumentException"),
        (f"/webhdfs/v1/{TOKEN}/{BUCKET}/a%2Ff?op=GETFILESTATUS", 400, "IllegalArgumentException"),
        (f"/webhdfs/v1/{TOKEN}/{BUCKET}/a%00f?op=GETFILESTATUS", 400, "IllegalArgumentException"),
        (f"/webhdfs/v1/{TOKEN}/{BUCKET}/a%FFf?op=GETFILESTATUS", 400, "IllegalArgumentException"),
        (f"/webhdfs/v1/{TOKEN}/{BUCKET}/{'k' * 1025}?op=GETFILESTATUS", 400, "IllegalArgumentException"),
        (f"/webhdfs/v1/{TOKEN}/?op=LISTSTATUS", 400, "IllegalArgumentException"),
        (f"/webhdfs/v1/{TOKEN}/{BUCKET}/f?op=OPEN&offset=-1", 400, "IllegalArgumentException"),
        (f"/webhdfs/v1/{TOKEN}/{BUCKET}/f?op=GETACLSTATUS", 400, "UnsupportedOperationException"),
        (f"/webhdfs/v1/{TOKEN}/{BUCKET}/f", 400, "UnsupportedOperationException"),
        (f"/webhdfs/v1/{TOKEN}/no-such-bucket/f?op=GETFILESTATUS", 404, "FileNotFoundException"),
        (f"/webhdfs/v1/{TOKEN}/no-such-bucket/?op=LISTSTATUS", 404, "FileNotFoundException"),
    ],
)
def test_what_is_refused_has_a_name(gateway: Server, address: str, status: int, name: str) -> None:
    assert refused(raw(gateway, "GET", address))[:2] == (status, name)


def test_home_needs_no_token_and_tells_nothing(gateway: Server) -> None:
    assert raw(gateway, "GET", "/webhdfs/v1/?op=GETHOMEDIRECTORY")[2] == b'{"Path": "/user/hadoop"}'


def test_a_refused_body_leaves_the_connection_in_order(gateway: Server) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", gateway.server_port, timeout=20)
    address = f"/webhdfs/v1/wrong/{BUCKET}/f?op=CREATE&data=true"
    connection.request("PUT", address, body=iter([b"x" * 100_000] * 5), encode_chunked=True,
                       headers={"Transfer-Encoding": "chunked"})  # fmt: skip
    answer = connection.getresponse()
    assert (answer.status, b"token" in answer.read()) == (403, True)
    connection.request("GET", at("", "LISTSTATUS"))
    assert connection.getresponse().status == 200
    connection.close()


NAMES = st.text(
    st.characters(codec="utf-8", exclude_characters="/", exclude_categories=["Cc", "Cs"]),
    min_size=1,
    max_size=20,
).filter(lambda name: name not in (".", ".."))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=NAMES)
def test_any_name_that_s3_can_hold_is_written_found_and_moved(gateway: Server, name: str) -> None:
    key = f"h/{name}/f"
    assert write(gateway, key, [b"x"], overwrite="true") == 201
    assert ask(gateway, "GET", key, "GETFILESTATUS")["FileStatus"]["length"] == 1
    assert f"./{name}" in names(gateway, "h") if ":" in name else name in names(gateway, "h")
    assert rename(gateway, key, f"m/{name}")
    assert keys("m/") == [f"m/{name}"]
    s3.client().delete_object(Bucket=BUCKET, Key=f"m/{name}")
