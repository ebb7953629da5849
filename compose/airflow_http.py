"""How Airflow's REST API is reached over HTTP, and the errors of that."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import requests

from embedded.errors import Unusable

PATIENCE = (5.0, 60.0)  # seconds to connect, and for an answer


class Unreachable(Unusable):
    """Airflow does not answer now; it may later."""


class Refused(Unusable):
    """Airflow answers with an error: `status` is HTTP's, `detail` Airflow's own words."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(f"Airflow answers {status}: {detail}")
        self.status, self.detail = status, detail


class Api(ABC):
    """The transport over HTTP: logs in when it must, again when the token has expired.

    `silent`, `broken`: what helps where Airflow does not answer, or fails; `expected`: whose Airflow it is.
    """

    def __init__(self, url: str, session: requests.Session, silent: str, broken: str, expected: str) -> None:
        self.url, self.session, self._token = url, session, ""
        self._silent, self._broken, self._expected = silent, broken, expected

    def __call__(self, method: str, path: str, body: dict[str, Any] | None) -> Any:
        """The JSON that Airflow answers; raises Unreachable, Refused, and Unusable for a login it refuses."""
        fresh = not self._token
        answer = self._api(method, path, body)
        # 401: the token has expired. 403: it was signed with a key that Airflow has no longer
        if answer.status_code in (401, 403) and not fresh:
            self._token = ""
            answer = self._api(method, path, body)
        if not answer.ok:
            raise Refused(answer.status_code, _detail(answer))
        return self._json(answer)

    @abstractmethod
    def log_in(self) -> str:
        """A new bearer token; raises Unreachable and Unusable."""

    def send(self, method: str, path: str, **options: Any) -> requests.Response:
        """An answer of the server, whatever it is below 500; raises Unreachable."""
        try:
            options = {"timeout": PATIENCE, "allow_redirects": False, **options}
            answer = self.session.request(method, self.url + path, **options)
        except requests.RequestException:
            raise Unreachable(f"Airflow does not answer on {self.url}: {self._silent}") from None
        if answer.status_code >= 500:
            raise Unreachable(
                f"Airflow on {self.url} answers {answer.status_code} {answer.reason}: {self._broken}"
            )
        return answer

    def stranger(self) -> Unusable:
        """The error for what answers unlike Airflow."""
        return Unusable(f"what answers on {self.url} is not {self._expected}")

    def _api(self, method: str, path: str, body: dict[str, Any] | None) -> requests.Response:
        if not self._token:
            self._token = self.log_in()
        headers = {"Authorization": f"Bearer {self._token}", "Accept": "application/json"}
        return self.send(method, f"/api/v2{path}", json=body, headers=headers)

    def _json(self, answer: requests.Response) -> Any:
        try:
            return answer.json()
        except requests.JSONDecodeError:
            raise self.stranger() from None


class Http(Api):
    """An Airflow on this machine, with SimpleAuthManager's login."""

    def __init__(self, url: str, user: str, password: str) -> None:
        session = requests.Session()
        session.trust_env = False  # neither a proxy nor .netrc has a part in this
        super().__init__(
            url,
            session,
            silent="make up",
            broken="make logs SERVICE=airflow-api-server",
            expected="this stack's Airflow: make up, or set AIRFLOW_PORT",
        )
        self._login = {"username": user, "password": password}

    def log_in(self) -> str:
        """A token for the user; raises Unreachable and Unusable."""
        answer = self.send("POST", "/auth/token", json=self._login)
        if answer.status_code == 401:
            raise Unusable(
                f"Airflow on {self.url} refuses the login {self._login['username']}: its password is not "
                "AIRFLOW_ADMIN_PASSWORD of the env file; make up starts Airflow with that one"
            )
        token = self._json(answer).get("access_token") if answer.ok else None
        if not token:
            raise self.stranger()
        return str(token)


def _detail(answer: requests.Response) -> str:
    try:
        detail = answer.json()["detail"]
    except (requests.JSONDecodeError, KeyError, TypeError):
        return answer.reason
    return detail if isinstance(detail, str) else str(detail)
