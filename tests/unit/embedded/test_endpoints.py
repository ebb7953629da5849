import os
import sys
from pathlib import Path

from embedded import endpoints

PORTS = {"aws": 1, "emr": 2, "fixtures": 3, "postgres": 4}
GIVEN = endpoints.settings(PORTS, Path("/jdk"))


def test_leads_every_service_to_this_machine() -> None:
    assert GIVEN["AWS_ENDPOINT_URL_EMR"] == "http://127.0.0.1:2"
    for service in ("S3", "SECRETS_MANAGER", "STS"):
        assert GIVEN[f"AWS_ENDPOINT_URL_{service}"] == "http://127.0.0.1:1"
    assert (Path(GIVEN["SPARK_HOME"]) / "bin" / "spark-submit").exists()


def test_nothing_of_the_callers_clouds_gets_through() -> None:
    caller = {
        "AWS_PROFILE": "production",
        "AWS_SESSION_TOKEN": "real",
        "AWS_ENDPOINT_URL": "https://elsewhere",
        "HADOOP_CONF_DIR": "/etc/hadoop",
        "PGHOST": "elsewhere",
        "PYTHONPATH": "/elsewhere",
        "SPARK_CONF_DIR": "/etc/spark",
        "HOME": "/home/me",
    }
    env = endpoints.environment(GIVEN, caller)
    assert env["HOME"] == "/home/me"
    assert not {name for name in caller if name != "HOME"} & set(env)
    assert env["AWS_ACCESS_KEY_ID"] == "embedded"
    assert env["AWS_CONFIG_FILE"] == os.devnull


def test_own_programs_come_first() -> None:
    path = endpoints.environment(GIVEN, {"PATH": "/usr/bin"})["PATH"].split(os.pathsep)
    assert path == [str(Path(sys.executable).parent), "/jdk/bin", "/usr/bin"]


def test_a_proxy_is_not_asked_for_this_machine() -> None:
    env = endpoints.environment(GIVEN, {"no_proxy": "intranet,localhost", "HTTPS_PROXY": "http://proxy:3128"})
    assert env["NO_PROXY"] == env["no_proxy"] == "intranet,localhost,127.0.0.1"
