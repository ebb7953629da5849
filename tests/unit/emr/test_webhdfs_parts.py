"""The gateway's parsers, Hadoop's settings for it, and its process."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from hypothesis import given
from hypothesis import strategies as st

from emr_local import s3
from emr_local.s3 import S3Uri
from emr_local.webhdfs import bodies, paths, settings, uploads
from emr_local.webhdfs.errors import RemoteError, from_s3
from emr_local.webhdfs.process import Address, CannotStart, Gateway

PACKAGES = Path(s3.__file__).parents[1]
VIEWFS = "org.apache.hadoop.fs.viewfs.ViewFileSystemOverloadScheme"


def as_chunks(pieces: list[bytes]) -> bytes:
    return b"".join(b"%x\r\n%b\r\n" % (len(p), p) for p in pieces if p) + b"0\r\n\r\n"


@given(st.lists(st.binary(max_size=300)))
def test_a_chunked_body_is_its_pieces(pieces: list[bytes]) -> None:
    stream = io.BytesIO(as_chunks(pieces) + b"next request")
    assert b"".join(bodies.chunked(stream)) == b"".join(pieces)
    assert stream.read() == b"next request"


@given(st.lists(st.binary(min_size=1, max_size=50), min_size=1), st.data())
def test_a_chunked_body_that_is_cut_anywhere_is_broken_off(pieces: list[bytes], data: st.DataObject) -> None:
    whole = as_chunks(pieces)
    cut = data.draw(st.integers(0, len(whole) - 1))
    with pytest.raises(bodies.BrokenOff):
        list(bodies.chunked(io.BytesIO(whole[:cut])))


@pytest.mark.parametrize("line", [b"-5\r\n", b"0x5\r\n", b"5\n", b"\r\n", b"5" * 5000, b"f" * 16 + b"\r\n"])
def test_a_chunk_without_a_size_is_broken_off(line: bytes) -> None:
    with pytest.raises(bodies.BrokenOff):
        list(bodies.chunked(io.BytesIO(line + b"hello\r\n0\r\n\r\n")))


def test_large_chunks_come_in_pieces() -> None:
    sizes = [len(piece) for piece in bodies.chunked(io.BytesIO(as_chunks([b"x" * 1_000_000])))]
    assert max(sizes) == bodies.PIECE_BYTES
    assert sum(sizes) == 1_000_000


@given(st.text(max_size=40))
def test_any_path_names_a_key_or_is_refused(path: str) -> None:
    try:
        found = paths.from_destination(f"/token/{path}", "token")
    except RemoteError:
        return
    assert "" not in found.key.split("/") or found.key == ""
    assert not {".", ".."} & set(found.key.split("/"))
    assert f"{found.bucket}/{found.key}" in (path, path.removesuffix("/"), f"{path}/")


def test_folders_above_a_key() -> None:
    assert paths.ancestors(S3Uri("b", "x/y/z")) == [S3Uri("b", "x"), S3Uri("b", "x/y")]
    assert paths.ancestors(S3Uri("b", "x")) == []
    assert paths.is_temporary(S3Uri("b", "out/_temporary/0"))
    assert paths.is_temporary(S3Uri("b", "out/.spark-staging-1/p"))
    assert not paths.is_temporary(S3Uri("b", "out/my.spark-staging-1"))


def test_parts_are_large_enough_for_s3(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "PART_BYTES", 10)
    monkeypatch.setattr(uploads, "PARTS_OF_A_SIZE", 2)
    parts = [bytes(part) for part in uploads._parts(iter([b"abc"] * 30))]
    assert [len(part) for part in parts] == [12, 12, 21, 21, 24]
    assert b"".join(parts) == b"abc" * 30


@pytest.mark.parametrize("code", ["AccessDenied", "403", "InvalidAccessKeyId", "SignatureDoesNotMatch"])
def test_s3s_refusal_is_an_access_control_exception(code: str) -> None:
    refused = from_s3("s3://b/f", ClientError({"Error": {"Code": code}}, "GetObject"))
    assert refused.java_class == "org.apache.hadoop.security.AccessControlException"
    assert "s3://b/f" in str(refused)


def test_an_s3_that_is_not_reached_is_an_io_exception_with_its_address() -> None:
    error = from_s3("s3://b/f", EndpointConnectionError(endpoint_url="http://nowhere"))
    assert error.java_class == "java.io.IOException"
    assert "http://nowhere" in str(error)


def test_every_scheme_goes_through_the_gateway() -> None:
    conf = settings.for_gateway()
    for scheme in ("s3", "s3a", "s3n"):
        assert conf[f"fs.{scheme}.impl"] == VIEWFS
        assert conf[f"mapreduce.outputcommitter.factory.scheme.{scheme}"].endswith(
            ".FileOutputCommitterFactory"
        )
    assert settings.mounts("node:9", "t", ["one", "two"]) == {
        "fs.viewfs.mounttable.one.linkFallback": "webhdfs://node:9/t/one",
        "fs.viewfs.mounttable.two.linkFallback": "webhdfs://node:9/t/two",
    }


def test_s3a_is_told_what_the_aws_environment_says(tmp_path: Path) -> None:
    assert not settings.has_s3a(tmp_path)
    (tmp_path / "jars").mkdir()
    (tmp_path / "jars" / "hadoop-aws-3.3.4.jar").touch()
    assert settings.has_s3a(tmp_path)
    on_aws = settings.for_s3a({"AWS_REGION": "eu-west-2"})
    assert set(on_aws) == {"fs.s3.impl", "fs.s3a.impl", "fs.s3n.impl", "fs.s3a.endpoint.region"}
    own = settings.for_s3a({"AWS_ENDPOINT_URL": "http://s3:9000", "AWS_ACCESS_KEY_ID": "k"})
    assert own["fs.s3a.access.key"] == "k"
    assert own["fs.s3a.endpoint"] == "http://s3:9000"
    assert own["fs.s3a.path.style.access"] == "true"
    assert own["fs.s3a.connection.ssl.enabled"] == "false"
    chosen = settings.for_s3a({"AWS_ENDPOINT_URL": "http://a", "AWS_ENDPOINT_URL_S3": "https://b"})
    assert (chosen["fs.s3a.endpoint"], chosen["fs.s3a.connection.ssl.enabled"]) == ("https://b", "true")


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    running = Gateway()
    yield running
    running.stop()


def until(condition: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


def answers(address: Address) -> bool:
    """Whether a gateway that knows the token is there: it lacks only a bucket's name."""
    url = f"http://{address.netloc}/webhdfs/v1/{address.token}/?op=LISTSTATUS"
    try:
        urllib.request.urlopen(url, timeout=10).close()
    except urllib.error.HTTPError as error:
        return error.code == 400 and b"names no bucket" in error.read()
    except OSError:
        return False
    return False


def test_a_gateway_that_is_killed_is_back_at_its_address(gateway: Gateway) -> None:
    address = gateway.start("127.0.0.1", "localhost")
    assert address.netloc.startswith("localhost:")
    assert answers(address)
    first = gateway.pid
    assert first is not None
    os.kill(first, 9)
    until(lambda: gateway.pid not in (None, first) and answers(address), "the gateway is back")
    gateway.stop()
    assert gateway.pid is None
    assert not answers(address)


def test_a_gateway_that_cannot_listen_says_so(gateway: Gateway) -> None:
    port = int(gateway.start("127.0.0.1", "localhost").netloc.rpartition(":")[2])
    with pytest.raises(CannotStart, match=f"127.0.0.1:{port}"):
        Gateway().start("127.0.0.1", "localhost", port)


def test_a_gateway_ends_with_whoever_started_it() -> None:
    program = (
        "import os; from emr_local.webhdfs.process import Gateway; g = Gateway(); "
        "g.start('127.0.0.1', 'localhost'); print(g.pid, flush=True); os.kill(os.getpid(), 9)"
    )
    env = {**os.environ, "PYTHONPATH": str(PACKAGES)}
    done = subprocess.run([sys.executable, "-c", program], env=env, capture_output=True, text=True)
    assert done.returncode == -9
    orphan = Path("/proc") / done.stdout.strip()
    until(lambda: not orphan.exists() or "\nState:\tZ" in (orphan / "status").read_text(), "no orphan")


def test_a_gateway_without_a_token_does_not_start() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "emr_local.webhdfs"],
        env={**os.environ, "PYTHONPATH": str(PACKAGES)}, input="short\n", capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 2
    assert "token" in done.stderr
