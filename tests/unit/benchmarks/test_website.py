"""benchmarks/website.py against a small server of the test's: what is an error, and how it is summed up."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from benchmarks import website


class Site(BaseHTTPRequestHandler):
    """Answers /whole, /half (a page that breaks off) and 404."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        pages = {"/whole": b"<html>...</html>\n", "/half": b"<html>..."}
        body = pages.get(self.path, b"<html>not found</html>")
        self.send_response(200 if self.path in pages else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def site() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Site) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def run(monkeypatch: pytest.MonkeyPatch, site: str, path: str) -> int:
    arguments = ["website", "--site", site, "--path", path, "--requests", "20", "--concurrency", "4"]
    monkeypatch.setattr("sys.argv", arguments)
    return website.main()


def test_whole_pages(site: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(monkeypatch, site, "/whole") == 0
    shown = capsys.readouterr().out.splitlines()
    assert shown[0].startswith(f"{site}/whole: 20 requests in ")
    assert shown[1] == "errors: 0"
    assert [line.partition(":")[0] for line in shown[2:]] == ["p50", "p95", "p99"]


@pytest.mark.parametrize(("path", "why"), [("/half", "whole: False"), ("/none", "status 404")])
def test_a_page_that_is_none_ends_it(
    site: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], path: str, why: str
) -> None:
    assert run(monkeypatch, site, path) == 1
    assert why in capsys.readouterr().err


def test_nobody_answers(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(monkeypatch, "http://127.0.0.1:9", "/") == 1
    assert "ConnectionError" in capsys.readouterr().err


def test_errors_are_counted_apart_from_the_times() -> None:
    answers = [*(website.Answer(number / 100, "") for number in range(1, 101)), website.Answer(60, "Timeout")]
    shown = website.report("/", answers, 10)
    assert "10.0 pages a second\nerrors: 1\n  1 x Timeout\n" in shown
    assert "p50: 500 ms\np95: 950 ms\np99: 990 ms" in shown


def test_nothing_but_errors() -> None:
    assert "p50" not in website.report("/", [website.Answer(1, "Timeout")], 1)
