"""wpDataTables Lite for the website: brought once from WordPress's plugin directory, checked against its pin.

Standard library only. A zip in wordpress/plugins/, of whatever edition, is the user's and wins; what is
brought lies in a folder of its own there, where an earlier pin's gives way. Whatever goes wrong is one line:
the site has tables and charts of its own, so that `make up` goes on.
"""

from __future__ import annotations

import hashlib
import http.client
import io
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "wordpress" / "plugins"
DOWNLOADED = "downloaded"  # a folder in it
BEGIN = 5.0  # seconds until an answer begins: without a network nobody shall wait
STALL = 15.0  # seconds without a byte
LONGEST = 600.0  # seconds
PIECE = 256 * 1024  # bytes
LARGEST = 100 * 10**6  # bytes of a zip, and of a file in it
PAUSE = 0.1  # seconds between two looks


@dataclass(frozen=True)
class Release:
    """A release of the plugin; `content` is its content_hash, since the directory may pack a release anew."""

    name: str
    url: str
    content: str


LITE = Release(
    "wpDataTables Lite 6.5.0.6",
    "https://downloads.wordpress.org/plugin/wpdatatables.6.5.0.6.zip",
    "a3cc7ae1de16602dfcbc83995c355196233e59bfce7d2198e7100a4f1431cfdc",
)


class Unavailable(Exception):
    """The release is not to be had now; the text says why."""


class Transfer(threading.Thread):
    """A download that can be left to itself: looking a name up in vain may take long, without a time-out."""

    def __init__(self, url: str) -> None:
        super().__init__(daemon=True)
        self.url = url
        self.size = 0  # as announced; 0 where it is not
        self.data = bytearray()
        self.problem: Exception | None = None
        self.begun = self.given_up = False

    def run(self) -> None:
        """Fetch, by the proxy and with the certificates that the environment names."""
        try:
            with urllib.request.build_opener().open(self.url, timeout=STALL) as answer:
                self.begun = True
                self.size = int(answer.headers.get("Content-Length") or 0)
                while len(self.data) <= LARGEST and not self.given_up and (piece := answer.read1(PIECE)):
                    self.data += piece
        except (OSError, http.client.HTTPException, ValueError) as problem:
            self.problem = problem


def ensure(wanted: str, folder: Path = FOLDER, release: Release = LITE) -> None:
    """Bring the release where wpDataTables is wanted ("on") and no zip lies in the folder, or say why not."""
    kept = folder / DOWNLOADED / release.url.rpartition("/")[2]
    if wanted != "on" or kept.exists() or any(path.suffix.lower() == ".zip" for path in folder.glob("*")):
        return
    try:
        data = download(release)
        if content_hash(data) != release.content:
            raise Unavailable("what came is not the release that is pinned")
        keep(data, kept)
    except Unavailable as problem:
        print(
            f"no {release.name}: {problem}. The site has tables and charts of its own; to add the plugin, "
            "put its zip into wordpress/plugins/ and make up again; WPDATATABLES=off in .env ends the tries",
            file=sys.stderr,
        )


def download(release: Release) -> bytes:
    """The zip, with its progress on one line; raises Unavailable."""
    begun, shown = time.monotonic(), 0
    transfer = Transfer(release.url)
    transfer.start()
    while transfer.is_alive():
        transfer.join(PAUSE)
        seconds, megabytes = time.monotonic() - begun, len(transfer.data) // 10**6
        if not transfer.begun and transfer.is_alive() and seconds > BEGIN:
            raise Unavailable(f"no answer of {transfer.url} within {BEGIN:.0f} s")
        if seconds > LONGEST:
            transfer.given_up = True
            raise Unavailable(f"{transfer.url} takes more than {LONGEST / 60:.0f} minutes")
        if megabytes >= shown + 5:
            print(
                f" {megabytes}" if shown else f"downloading {release.name}: {megabytes}", end="", flush=True
            )
            shown = megabytes
    if shown:
        print(f" MB in {time.monotonic() - begun:.0f} s", flush=True)
    if transfer.problem:
        raise Unavailable(f"{transfer.url}: {reason(transfer.problem)}")
    if len(transfer.data) < transfer.size or not transfer.data:
        raise Unavailable(f"{transfer.url} broke off after {len(transfer.data) / 1e6:.1f} MB")
    return bytes(transfer.data)


def reason(problem: Exception) -> str:
    """What went wrong, in a few words."""
    if isinstance(problem, urllib.error.HTTPError):
        return f"{problem.code} {problem.reason}"
    if isinstance(problem, urllib.error.URLError) and isinstance(problem.reason, Exception):
        return reason(problem.reason)
    if isinstance(problem, TimeoutError):
        return f"nothing came for {STALL:.0f} s"
    text = getattr(problem, "strerror", None) or str(problem) or type(problem).__name__
    return " ".join(text.split())[:200]


def content_hash(data: bytes) -> str:
    """SHA-256 over what a zip holds, as the lines that sha256sum would write, by name; raises Unavailable."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            files = [entry for entry in archive.infolist() if not entry.is_dir()]
            if any(entry.file_size > LARGEST for entry in files):
                raise Unavailable("what came holds a file of more than 100 MB")
            hashes = {entry.filename: hashlib.sha256(archive.read(entry)).hexdigest() for entry in files}
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError):
        raise Unavailable("what came is no zip that can be read") from None
    if len(hashes) != len(files):
        raise Unavailable("what came holds two files of one name")
    lines = "".join(f"{hashes[name]}  {name}\n" for name in sorted(hashes))
    return hashlib.sha256(lines.encode()).hexdigest()


def keep(data: bytes, path: Path) -> None:
    """Write a file in one step, alone in its folder, for the container's user to read; raises Unavailable."""
    try:
        path.parent.mkdir(exist_ok=True)
        path.parent.chmod(0o755)
        with tempfile.TemporaryDirectory(prefix=".download-", dir=path.parent) as folder:
            new = Path(folder) / path.name
            new.write_bytes(data)
            new.chmod(0o644)
            new.rename(path)
        for earlier in path.parent.glob("*.zip"):
            if earlier != path:
                earlier.unlink()
    except OSError as problem:
        raise Unavailable(f"{path.parent} cannot be written to: {reason(problem)}") from None
