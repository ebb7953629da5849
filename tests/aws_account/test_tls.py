"""The road to RDS: TLS, and no other."""

import os
from typing import Any

import psycopg2
import pytest


def test_the_road_is_tls(webapp: Any) -> None:
    assert webapp.info.ssl_in_use
    assert webapp.info.ssl_attribute("protocol") in ("TLSv1.2", "TLSv1.3")


def test_there_is_no_road_without_tls() -> None:
    with pytest.raises(psycopg2.OperationalError, match=r"no pg_hba.conf entry .* no encryption"):
        psycopg2.connect("", user="webapp", password=os.environ["WEBAPP_PASSWORD"], sslmode="disable")
