"""A small Airflow for tests: the REST API's paths and shapes as Airflow 3.3.1 answers them, without tasks.

The shapes were recorded from a real one. A test fills the fields and looks at `asked` afterwards.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, unquote, urlsplit

RUN_ID = "manual__2026-11-23T00:04:47.167579+00:00"
PASSWORD = "of the test"
MWAA_LOGIN = {"token": "short-lived"}
Answer = tuple[int, Any]


def dag(dag_id: str, paused: bool = False, stale: bool = False) -> dict[str, Any]:
    return {"dag_id": dag_id, "is_paused": paused, "is_stale": stale, "has_import_errors": stale}


def run(dag_id: str, state: str, run_id: str = RUN_ID, conf: dict[str, Any] | None = None) -> dict[str, Any]:
    return {
        "dag_run_id": run_id,
        "dag_id": dag_id,
        "logical_date": None,
        "run_after": "2026-11-23T00:04:47.167579Z",
        "duration": 31.365166 if state in ("success", "failed") else None,
        "state": state,
        "run_type": "manual",
        "conf": conf or {},
    }


def task(
    task_id: str, state: str | None, seconds: float | None = None, tries: tuple[int, int] = (1, 1),
    dag_id: str = "london-housing-webapp", second: int = 0,
) -> dict[str, Any]:  # fmt: skip
    """`second` is when it began; `tries` its number and how many it may have."""
    begun = None if state is None else f"2026-11-23T00:04:{second:02d}.000000Z"
    ended = None if seconds is None else f"2026-11-23T00:04:{second + seconds:09.6f}Z"
    return {
        "task_id": task_id,
        "dag_id": dag_id,
        "dag_run_id": RUN_ID,
        "map_index": -1,
        "start_date": begun,
        "end_date": ended,
        "duration": seconds,
        "state": state,
        "try_number": 0 if state is None else tries[0],
        "max_tries": tries[1] - 1,
        "rendered_fields": {"op_args": [], "op_kwargs": {"run": "2026-W46"}},
    }


HEALTHY = {
    name: {"status": "healthy"} for name in ("metadatabase", "scheduler", "triggerer", "dag_processor")
}
DAGS = ("housing-prices", "london-housing-webapp")


@dataclass
class Server:
    """What the server answers. Of `states` and `tasks` each look takes one; the last one stays."""

    url: str = ""
    dags: dict[str, dict[str, Any]] = field(default_factory=lambda: {name: dag(name) for name in DAGS})
    states: list[str] = field(default_factory=lambda: ["queued", "success"])
    tasks: list[list[dict[str, Any]]] = field(default_factory=lambda: [[]])
    others: list[dict[str, Any]] = field(default_factory=list)  # active runs beside ours
    succeeded: set[str] = field(default_factory=set)  # DAGs with a run that succeeded, once
    xcoms: dict[tuple[str, str], Any] = field(default_factory=dict)  # (task id, key)
    logs: dict[tuple[str, int], list[Any]] = field(default_factory=dict)  # (task id, try)
    import_errors: list[dict[str, Any]] = field(default_factory=list)
    health: dict[str, dict[str, str]] = field(default_factory=lambda: dict(HEALTHY))
    refusal: Answer | None = None  # of a trigger
    silences: int = 0  # requests that are answered 503
    token: str = "first"
    asked: list[tuple[str, str, Any]] = field(default_factory=list)
    _dag: str = ""

    def answer(self, method: str, path: str, query: dict[str, list[str]], body: Any) -> Answer:
        """Airflow's answer to a request below /api/v2."""
        match (method, path.strip("/").split("/")):
            case ("GET", ["monitor", "health"]):
                return 200, self.health
            case ("GET", ["importErrors"]):
                return 200, {"import_errors": self.import_errors, "total_entries": len(self.import_errors)}
            case ("PATCH", ["dags", dag_id]):
                self.dags[dag_id]["is_paused"] = body["is_paused"]
                return 200, self.dags[dag_id]
            case ("GET", ["dags", dag_id]):
                missing = 404, {"detail": f"Dag with dag_id: '{dag_id}' not found"}
                return (200, self.dags[dag_id]) if dag_id in self.dags else missing
            case ("POST", ["dags", dag_id, "dagRuns"]):
                self._dag = dag_id
                return self.refusal or (200, run(dag_id, "queued", conf=body["conf"]))
            case ("GET", ["dags", dag_id, "dagRuns"]):
                if query["state"] == ["success"]:
                    found = [run(dag_id, "success")] if dag_id in self.succeeded else []
                    return 200, {"dag_runs": found, "total_entries": len(found)}
                (state,) = query["state"]
                runs = [*self.others, run(dag_id, "queued")]
                return 200, {"dag_runs": [one for one in runs if one["state"] == state], "total_entries": 1}
            case ("GET", ["dags", dag_id, "dagRuns", run_id]):
                if run_id != RUN_ID:
                    return 404, {"detail": f"The DagRun with run_id: `{run_id}` was not found"}
                return 200, run(dag_id, _next(self.states))
            case ("GET", ["dags", _, "dagRuns", _, "taskInstances"]):
                return 200, {"task_instances": _next(self.tasks), "total_entries": 0}
            case ("GET", ["dags", _, "dagRuns", _, "taskInstances", task_id]):
                return 200, task(task_id, "success", 1.0)
            case ("GET", ["dags", _, "dagRuns", _, "taskInstances", task_id, "logs", number]):
                if (task_id, int(number)) not in self.logs:
                    return 404, {"detail": "TaskInstance not found"}
                return 200, {"content": self.logs[task_id, int(number)], "continuation_token": None}
            case ("GET", ["dags", _, "dagRuns", _, "taskInstances", task_id, "xcomEntries", key]):
                if (task_id, key) not in self.xcoms:
                    return 404, {"detail": f"XCom entry with key: `{key}` not found"}
                return 200, {"key": key, "task_id": task_id, "value": self.xcoms[task_id, key]}
        return 404, {"detail": "Not Found"}


def _next(values: list[Any]) -> Any:
    return values.pop(0) if len(values) > 1 else values[0]


@contextmanager
def answering(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    """The address of a server that runs inside the `with` block."""
    http = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{http.server_port}"
    finally:
        http.shutdown()
        http.server_close()
        thread.join()


@contextmanager
def serving(server: Server) -> Iterator[Server]:
    """Serve it on a free port of 127.0.0.1, whose address is `server.url`."""

    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            text = self.rfile.read(length)
            form = "urlencoded" in self.headers.get("Content-Type", "")
            body = dict(parse_qsl(text.decode())) if form else json.loads(text) if length else None
            url = urlsplit(self.path)
            server.asked.append((self.command, url.path, body))
            if server.silences:
                server.silences -= 1
                return self._send(503, {"detail": "not now"})
            if url.path == "/pluginsv2/aws_mwaa/login":  # MWAA's, instead of the other login
                self.send_response(302 if body == MWAA_LOGIN else 401)
                if body == MWAA_LOGIN:
                    self.send_header("Set-Cookie", f"_token={server.token}; Path=/; HttpOnly")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return None
            if url.path == "/auth/token":
                wrong = body != {"username": "admin", "password": PASSWORD}
                return (
                    self._send(401, {"detail": "Invalid credentials"})
                    if wrong
                    else self._send(201, {"access_token": server.token})
                )
            if self.headers.get("Authorization") != f"Bearer {server.token}":
                return self._send(401, {"detail": "Token Expired"})
            path = unquote(url.path.removeprefix("/api/v2"))
            return self._send(*server.answer(self.command, path, parse_qs(url.query), body))

        do_GET = do_POST = do_PATCH = _serve

        def _send(self, status: int, answer: Any) -> None:
            text = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with answering(Handler) as server.url:
        yield server
