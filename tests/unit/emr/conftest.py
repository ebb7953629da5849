"""A gateway with an S3 server in this process, which a module's tests share."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from threading import Thread

import pytest
from moto.server import ThreadedMotoServer

from emr_local import s3
from emr_local.webhdfs.calls import Gateway
from emr_local.webhdfs.server import Server
from tests.unit.emr.webhdfs_client import BUCKET, PAGE, TOKEN, keys


@pytest.fixture(scope="module")
def gateway() -> Iterator[Server]:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    moto = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    moto.start()
    host, port = moto.get_host_and_port()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL_S3", f"http://{host}:{port}")
        patch.setenv("AWS_ACCESS_KEY_ID", "unit")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "unit")
        patch.setenv("AWS_REGION", "us-east-1")
        patch.setenv("MOTO_S3_DEFAULT_MAX_KEYS", str(PAGE))
        s3.client.cache_clear()
        s3.client().create_bucket(Bucket=BUCKET)
        server = Server("127.0.0.1", 0, Gateway(TOKEN))
        Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()
        server.server_close()
    moto.stop()
    s3.client.cache_clear()


@pytest.fixture
def empty_bucket(gateway: Server) -> None:
    for key in keys():
        s3.client().delete_object(Bucket=BUCKET, Key=key)
