"""How Airflow's REST API is reached over HTTP, with SimpleAuthManager's login, and the errors of that."""

from __future__ import annotations

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


class Http:
    """The transport over HTTP: logs in when it must, again when the token has expired."""

    def __init__(self, url: str, user: str, password: str) -> None:
        self.url, self._login = url, {"username": user, "password": password}
        self._session = requests.Session()
        self._session.trust_env = False  # neither a proxy nor .netrc has a part in this
        self._token = ""

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

    def _api(self, method: str, path: str, body: dict[str, Any] | None) -> requests.Response:
        if not self._token:
            answer = self._send("POST", "/auth/token", self._login)
            if answer.status_code == 401:
                raise Unusable(
                    f"Airflow on {self.url} refuses the login {self._login['username']}: its password is not "
                    "AIRFLOW_ADMIN_PASSWORD of the env file; make up starts Airflow with that one"
                )
            token = self._json(answer).get("access_token") if answer.ok else None
            if not token:
                raise self._stranger()
            self._token = str(token)
        headers = {"Authorization": f"Bearer {self._token}", "Accept": "application/json"}
        return self._send(method, f"/api/v2{path}", body, headers)

    def _send(
        self, method: str, path: str, body: dict[str, Any] | None, headers: dict[str, str] | None = None
    ) -> requests.Response:
        try:
            answer = self._session.request(
                method, self.url + path, json=body, headers=headers, timeout=PATIENCE, allow_redirects=False
            )
        except requests.RequestException:
            raise Unreachable(f"Airflow does not answer on {self.url}: make up") from None
        if answer.status_code >= 500:
            raise Unreachable(
                f"Airflow on {self.url} answers {answer.status_code} {answer.reason}: make logs "
                "SERVICE=airflow-api-server"
            )
        return answer

    def _json(self, answer: requests.Response) -> Any:
        try:
            return answer.json()
        except requests.JSONDecodeError:
            raise self._stranger() from None

    def _stranger(self) -> Unusable:
        return Unusable(
            f"what answers on {self.url} is not this stack's Airflow: make up, or set AIRFLOW_PORT"
        )


def _detail(answer: requests.Response) -> str:
    try:
        detail = answer.json()["detail"]
    except (requests.JSONDecodeError, KeyError, TypeError):
        return answer.reason
    return detail if isinstance(detail, str) else str(detail)
