import socket

import pytest

from embedded import ports
from embedded.errors import Unusable


def test_free_and_all_different() -> None:
    chosen = ports.choose({})
    assert set(chosen) == set(ports.VARIABLES)
    assert len(set(chosen.values())) == len(chosen)


def test_the_environment_decides() -> None:
    free = ports.choose({})["emr"]
    assert ports.choose({"TUBEPULSE_EMR_PORT": str(free)})["emr"] == free


def test_a_taken_port_is_named_with_its_variable() -> None:
    with socket.create_server((ports.HOST, 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(Unusable, match=rf"port {port} for postgres .*TUBEPULSE_POSTGRES_PORT"):
            ports.choose({"TUBEPULSE_POSTGRES_PORT": str(port)})


def test_one_port_cannot_be_asked_for_twice() -> None:
    free = str(ports.choose({})["emr"])
    with pytest.raises(Unusable, match=free):
        ports.choose({"TUBEPULSE_EMR_PORT": free, "TUBEPULSE_AWS_PORT": free})


@pytest.mark.parametrize("text", ["many", "0", "65536", "-1"])
def test_what_is_no_port(text: str) -> None:
    with pytest.raises(Unusable, match="TUBEPULSE_AWS_PORT"):
        ports.choose({"TUBEPULSE_AWS_PORT": text})
