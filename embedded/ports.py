"""Ports of the embedded stack: the kernel gives free ones, unless the environment asks for others."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from contextlib import ExitStack

from embedded.errors import Unusable

HOST = "127.0.0.1"  # nothing here listens to other machines
VARIABLES = {
    "aws": "TUBEPULSE_AWS_PORT",  # S3, Secrets Manager and STS
    "emr": "TUBEPULSE_EMR_PORT",
    "fixtures": "TUBEPULSE_FIXTURES_PORT",  # the replayed tweets and prices
    "postgres": "TUBEPULSE_POSTGRES_PORT",
}


def choose(environ: Mapping[str, str]) -> dict[str, int]:
    """A port for each service; raises Unusable where one that was asked for is taken or is no port.

    All are held at the same time, so that they differ; between the choice and a service's start another
    program could take one, which the service's log would then say.
    """
    with ExitStack() as held:
        # Those that were asked for first: the kernel must not give them away
        order = sorted(VARIABLES, key=lambda name: not environ.get(VARIABLES[name]))
        return {name: _hold(held, name, environ.get(VARIABLES[name], "")) for name in order}


def _hold(held: ExitStack, name: str, asked: str) -> int:
    variable = VARIABLES[name]
    if asked and not (asked.isdecimal() and 0 < int(asked) < 65536):
        raise Unusable(
            f"{variable} is “{asked}”: give a port from 1 to 65535, or leave it out for any free one"
        )
    listener = held.enter_context(socket.socket())
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do: a port just left is free
    try:
        listener.bind((HOST, int(asked or 0)))
        listener.listen()  # two that only bind may share a port
    except OSError as error:
        raise Unusable(
            f"port {asked} for {name} cannot be used ({error.strerror}): set {variable} to another, or leave "
            "it out for any free one"
        ) from None
    return int(listener.getsockname()[1])
