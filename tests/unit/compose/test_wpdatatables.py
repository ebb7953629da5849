import hashlib
import io
import socket
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from compose import wpdatatables
from compose.wpdatatables import LITE, Release, Unavailable, content_hash, ensure

FILES = {"wpdatatables/wpdatatables.php": b"<?php // 1", "wpdatatables/readme.txt": b"read me"}
Answer = Callable[[BaseHTTPRequestHandler], None]


def zipped(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", method) as archive:
        archive.writestr("wpdatatables/", b"")
        for name, content in files.items():
            archive.writestr(name, content)
    return packed.getvalue()


def sends(body: bytes, status: int = 200, announced: int | None = None) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(body) if announced is None else announced))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


@contextmanager
def directory(answer: Answer) -> Iterator[Release]:
    """A plugin directory on loopback, and the release that it should have."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer(self)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/wpdatatables.1.zip"
        yield Release("wpDataTables 1", url, content_hash(zipped(FILES)))
        server.shutdown()


@pytest.fixture(autouse=True)
def direct(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def test_the_release_is_brought_for_everybody_to_read(tmp_path: Path) -> None:
    with directory(sends(zipped(FILES, zipfile.ZIP_STORED))) as release:
        ensure("on", tmp_path, release)
    (file,) = (tmp_path / "downloaded").iterdir()  # and nothing beside it
    assert (file.name, file.stat().st_mode & 0o777) == ("wpdatatables.1.zip", 0o644)
    assert content_hash(file.read_bytes()) == release.content


@pytest.mark.parametrize(
    ("wanted", "there"),
    [("on", "premium.zip"), ("on", "Lite.ZIP"), ("on", "downloaded/wpdatatables.1.zip"), ("off", "")],
)
def test_a_zip_that_is_there_or_no_wish_and_nothing_is_asked(tmp_path: Path, wanted: str, there: str) -> None:
    if there:
        (tmp_path / there).parent.mkdir(exist_ok=True)
        (tmp_path / there).write_bytes(b"mine")
    before = list(tmp_path.iterdir())
    asked: list[str] = []
    with directory(lambda handler: asked.append(handler.path)) as release:
        ensure(wanted, tmp_path, release)
    assert asked == []
    assert list(tmp_path.iterdir()) == before


def test_a_new_pin_takes_the_earlier_ones_place(tmp_path: Path) -> None:
    (tmp_path / "downloaded").mkdir()
    (tmp_path / "downloaded" / "wpdatatables.0.zip").write_bytes(b"earlier")
    with directory(sends(zipped(FILES))) as release:
        ensure("on", tmp_path, release)
    assert [path.name for path in (tmp_path / "downloaded").iterdir()] == ["wpdatatables.1.zip"]


def test_a_slow_but_steady_answer_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wpdatatables, "BEGIN", 0.3)
    body = zipped(FILES)

    def drips(handler: BaseHTTPRequestHandler) -> None:
        sends(b"", announced=len(body))(handler)
        for start in range(0, len(body), 100):
            time.sleep(0.2)
            handler.wfile.write(body[start : start + 100])
            handler.wfile.flush()

    with directory(drips) as release:
        ensure("on", tmp_path, release)
    assert (tmp_path / "downloaded" / "wpdatatables.1.zip").exists()


def same_name_twice() -> bytes:
    with pytest.warns(UserWarning, match="Duplicate name"):
        packed = io.BytesIO(zipped(FILES))
        with zipfile.ZipFile(packed, "a") as archive:
            archive.writestr("wpdatatables/readme.txt", b"read me")
    return packed.getvalue()


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (sends(b"gone", 404), "404 Not Found"),
        (sends(zipped({**FILES, "wpdatatables/more.php": b""})), "not the release that is pinned"),
        (sends(zipped({**FILES, "wpdatatables/readme.txt": b"read you"})), "not the release that is pinned"),
        (sends(b"<html>log in to the hotel's network</html>"), "no zip that can be read"),
        (sends(zipped(FILES)[:-30]), "no zip that can be read"),
        (sends(zipped(FILES)[:100], announced=5000), "broke off after 0.0 MB"),
        (sends(b""), "broke off"),
        (lambda handler: handler.wfile.write(b"220 mail.example ESMTP\r\n"), "220 mail.example"),
    ],
)
def test_what_does_not_do_is_one_line_and_leaves_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], answer: Answer, says: str
) -> None:
    with directory(answer) as release:
        ensure("on", tmp_path, release)
    line = capsys.readouterr().err
    assert line.count("\n") == 1
    assert line.startswith("no wpDataTables 1: ")
    assert says in line
    assert "put its zip into wordpress/plugins/ and make up again" in line
    assert list(tmp_path.iterdir()) == []


def test_two_files_of_one_name_are_refused() -> None:
    with pytest.raises(Unavailable, match="two files of one name"):
        content_hash(same_name_twice())


def test_a_huge_file_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wpdatatables, "LARGEST", 1000)
    with pytest.raises(Unavailable, match="more than 100 MB"):
        content_hash(zipped({"a": b"0" * 2000}))


def test_a_folder_that_cannot_be_written_to(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with directory(sends(zipped(FILES))) as release:
        ensure("on", tmp_path / "none", release)
    assert "cannot be written to: No such file or directory" in capsys.readouterr().err


def test_who_does_not_answer_is_soon_given_up(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wpdatatables, "BEGIN", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/x.zip"
        begun = time.monotonic()
        ensure("on", tmp_path, Release("x", url, ""))
    assert time.monotonic() - begun < 3
    assert "no answer of" in capsys.readouterr().err


def test_who_falls_silent_is_given_up(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wpdatatables, "STALL", 0.3)

    def stalls(handler: BaseHTTPRequestHandler) -> None:
        sends(b"0" * wpdatatables.PIECE, announced=10**6)(handler)
        handler.wfile.flush()
        time.sleep(2)

    with directory(stalls) as release:
        ensure("on", tmp_path, release)
    assert "nothing came for" in capsys.readouterr().err


def test_nobody_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        url = f"http://127.0.0.1:{gone.getsockname()[1]}/x.zip"
    ensure("on", tmp_path, Release("x", url, ""))
    assert f"{url}: Connection refused" in capsys.readouterr().err


def test_the_proxy_of_the_machine_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with directory(sends(zipped(FILES))) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url.rpartition("/")[0])
        release = Release("x", "http://plugins.invalid/x.zip", proxy.content)
        ensure("on", tmp_path, release)
    assert (tmp_path / "downloaded" / "x.zip").exists()


def test_a_large_file_tells_how_far_it_is_on_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with directory(sends(b"0" * 12_000_000)) as release:
        assert len(wpdatatables.download(release)) == 12_000_000
    said = capsys.readouterr().out
    assert said.count("\n") == 1
    assert said.startswith("downloading wpDataTables 1: ")
    assert said.endswith(" s\n")


def test_the_hash_is_of_what_sha256sum_writes() -> None:
    lines = "".join(f"{hashlib.sha256(FILES[name]).hexdigest()}  {name}\n" for name in sorted(FILES))
    assert content_hash(zipped(FILES)) == hashlib.sha256(lines.encode()).hexdigest()
    assert content_hash(zipped(FILES)) == content_hash(
        zipped(dict(reversed(FILES.items())), zipfile.ZIP_STORED)
    )


def test_the_pin_is_a_releases() -> None:
    assert LITE.url.startswith("https://")
    assert LITE.name.split()[-1] in LITE.url
    assert len(bytes.fromhex(LITE.content)) == 32
