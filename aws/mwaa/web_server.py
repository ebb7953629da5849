"""How Airflow's REST API is reached on MWAA without InvokeRestApi: at the environment's own web server."""

from __future__ import annotations

from typing import Any

import requests

from aws import refusals
from compose.airflow_http import Api

LOGIN, COOKIE = "/pluginsv2/aws_mwaa/login", "_token"  # of Airflow 3 on MWAA


class WebServer(Api):
    """The environment's own web server, with a token that MWAA gives for the AWS credentials."""

    def __init__(self, mwaa: Any, environment_name: str, scheme: str = "https") -> None:
        self._mwaa, self._name, self._scheme = mwaa, environment_name, scheme
        super().__init__(
            "",
            requests.Session(),
            silent="is it reachable from here (AIRFLOW_WEBSERVER_ACCESS)?",
            broken="call again in a minute",
            expected=f"the web server of {environment_name}: see docs/aws.md",
        )

    def log_in(self) -> str:
        """A token of the web server, for one of MWAA's; raises Unreachable and Unusable."""
        with refusals.named():
            given = self._mwaa.create_web_login_token(Name=self._name)
        self.url = f"{self._scheme}://{given['WebServerHostname']}"
        self.session.cookies.clear()
        self.send("POST", LOGIN, data={"token": given["WebToken"]}, allow_redirects=True)
        token = self.session.cookies.get(COOKIE)
        if not token:
            raise self.stranger()
        return token
