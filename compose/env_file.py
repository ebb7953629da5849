"""The stack's settings, .env: written once with secrets of its own, completed later, read with named errors.

    python -m compose.env_file [.env] [--set NAME=value]... [--free-ports] [--images-of .env]

Standard library only. The format: dotenv.
"""

from __future__ import annotations

import argparse
import os
import re
import secrets
import socket
import stat
import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack, suppress
from pathlib import Path

from compose.dotenv import assignment, entries, merged, replaced
from compose.env_secrets import SECRETS, is_fernet_key
from embedded import advice
from embedded.errors import Unusable

ROOT = Path(__file__).resolve().parents[1]
EXAMPLE = ROOT / ".env.example"
OPTIONAL = re.compile(r"^# ([A-Z_]+)=", re.MULTILINE)  # in .env.example: known, but not set
PROJECT = re.compile(r"[a-z0-9][a-z0-9_-]*")
MAKES_OWN = {"COMPOSE_PROFILES"}  # make says PROFILE
REGION = "eu-west-2"
FREE = range(20000, 32000)  # below the ports that systems hand out to clients


def main() -> int:
    """The command."""
    cli = argparse.ArgumentParser(
        prog="python -m compose.env_file", description=(__doc__ or "").split("\n")[0]
    )
    cli.add_argument("file", nargs="?", default=".env", type=Path)
    cli.add_argument("--set", action="append", default=[], metavar="NAME=value", help="write this value")
    cli.add_argument("--free-ports", action="store_true", help="write a free port for every *_PORT")
    cli.add_argument(
        "--images-of", type=Path, help="take the choice of images from this file, if it is there"
    )
    args = cli.parse_args()

    def run() -> int:
        values = dict(assignment(text) for text in args.set)
        if args.images_of and args.images_of.exists():
            chosen = read(args.images_of)
            values = {
                name: chosen[name] for name in OPTIONAL.findall(_text(EXAMPLE)) if name in chosen
            } | values
        if args.free_ports:
            values = free_ports(name for name in defaults() if is_port(name) and name not in values) | values
        ensure(args.file, values)
        return 0

    return advice.exit_code(run)


def ensure(path: Path, values: Mapping[str, str] | None = None) -> dict[str, str]:
    """Write the file with secrets of its own, or add what it lacks; `values` are written in any case.

    Returns the settings as Compose will see them; raises Unusable where they cannot work. Nothing that a
    person wrote there is changed, and nothing is written where nothing changes. The file is only its owner's
    to read, from its first byte.
    """
    _complete(path, values or {}, lambda line: print(line, flush=True))
    return effective(read(path), os.environ)


def _complete(path: Path, values: Mapping[str, str], say: Callable[[str], None]) -> None:
    path = Path(os.path.realpath(path))  # behind a link, the file itself is replaced
    example = _text(EXAMPLE)
    try:
        before: str | None = _text(path)
    except FileNotFoundError:
        before = None
    if before is None:
        text = replaced(filled(example), values)
        path.parent.mkdir(parents=True, exist_ok=True)
        if _write(path, text, replace=False):
            say(f"wrote {_shown(path)} with passwords and keys of its own, for you alone to read (mode 600)")
            return
        before = _text(path)  # another process was faster
    mode = path.stat().st_mode
    if stat.S_IMODE(mode) & 0o077:
        path.chmod(0o600)
        say(f"{_shown(path)} was not yours alone (mode {stat.S_IMODE(mode):03o}): it is now (600)")
    have = {entry.name for entry in entries(before, _shown(path))}
    added = [entry.name for entry in entries(example, ".env.example") if entry.name not in have]
    text = replaced(merged(before, filled(example)), values)
    if text != before:
        _write(path, text, replace=True)
    if added:
        say(f"added to {_shown(path)} what is new in .env.example: {', '.join(added)}")


def read(path: Path) -> dict[str, str]:
    """The file's settings, checked; raises Unusable naming file, line and value."""
    try:
        found = entries(_text(path), _shown(path))
    except FileNotFoundError:
        raise Unusable(f"there is no {_shown(path)}: make up writes it") from None
    last = {entry.name: entry for entry in found}  # as Compose does
    for name in SECRETS:
        if name not in last:
            raise Unusable(f"{_shown(path)} lacks {name}: make up adds it")
    for entry in last.values():
        where = f"{_shown(path)}, line {entry.line + 1}"
        check(entry.name, entry.value, where, "delete the line, and make up makes a new one")
    check_distinct({name: entry.value for name, entry in last.items()})
    return {name: entry.value for name, entry in last.items()}


def effective(values: Mapping[str, str], environ: Mapping[str, str]) -> dict[str, str]:
    """The settings as Compose sees them: a variable of the shell wins over the file; raises Unusable."""
    plain = {name: value for name, value in defaults().items() if name not in SECRETS}
    given = {**plain, **values}  # an older file lacks some
    known = {*given, *OPTIONAL.findall(_text(EXAMPLE))}
    over = {name: environ[name] for name in sorted(known - MAKES_OWN) if name in environ}
    for name, value in over.items():
        check(name, value, "the shell, which wins over .env", f"unset {name}")
    check_distinct({**given, **over})
    return {**given, **over}


def region(environ: Mapping[str, str]) -> str:
    """The region of AWS that is meant, as profiles/emr/airflow.env reads it."""
    return environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION") or REGION


def defaults() -> dict[str, str]:
    """The settings of .env.example, its secrets empty."""
    return {entry.name: entry.value for entry in entries(_text(EXAMPLE), ".env.example")}


def is_port(name: str) -> bool:
    """Whether a setting is a port that the stack publishes."""
    return name.endswith("_PORT")


def check(name: str, value: str, where: str, cure: str) -> None:
    """Raise Unusable for a value that cannot work: an empty secret, a port that is none."""
    if name in SECRETS and not value:
        raise Unusable(f"{where}: {name} is empty: {cure}")
    if is_port(name) and not (value.isascii() and value.isdecimal() and 0 < int(value) < 65536):
        raise Unusable(f"{where}: {name} is “{value}”: give a port from 1 to 65535")
    if name == "COMPOSE_PROJECT_NAME" and not PROJECT.fullmatch(value):
        raise Unusable(f"{where}: {name} is “{value}”: give lower-case letters, digits, - and _")
    if name == "WPDATATABLES" and value not in ("on", "off"):
        raise Unusable(f"{where}: {name} is “{value}”: give on or off")
    if name == "AIRFLOW_FERNET_KEY" and not is_fernet_key(value):
        raise Unusable(f"{where}: {name} is no 32 bytes of URL-safe base64: {cure}")


def check_distinct(values: Mapping[str, str]) -> None:
    """Raise Unusable where two ports are the same."""
    seen: dict[int, str] = {}
    for name in filter(is_port, values):
        other = seen.setdefault(int(values[name]), name)
        if other != name:
            raise Unusable(
                f"{other} and {name} are both {values[name]}: set one of them in .env to another port"
            )


def filled(example: str) -> str:
    """The example's text with a new secret wherever it leaves one empty."""
    empty = {entry.name for entry in entries(example, ".env.example") if not entry.value}
    return replaced(example, {name: make() for name, make in SECRETS.items() if name in empty})


def free_ports(wanted: Iterable[str]) -> dict[str, str]:
    """A free port of 127.0.0.1 for each name, all held at once so that they differ."""
    candidates = iter(secrets.SystemRandom().sample(FREE, len(FREE)))
    with ExitStack() as held:
        ports = {}
        for name in wanted:
            listener = held.enter_context(socket.socket())
            for port in candidates:
                with suppress(OSError):
                    listener.bind(("127.0.0.1", port))
                    ports[name] = str(port)
                    break
        return ports


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode()
    except UnicodeDecodeError:
        raise Unusable(f"{_shown(path)} is not UTF-8 text: save it as such") from None
    except IsADirectoryError:
        raise Unusable(f"{_shown(path)} is a folder: remove it") from None
    except PermissionError:
        raise Unusable(f"you may not read {_shown(path)}: sudo chown $(id -un) {path}") from None


def _write(path: Path, text: str, replace: bool) -> bool:
    """Write a file of mode 600 in one step; False where it exists and must not be replaced.

    Called as root in another's checkout (sudo make up), the file is that other's.
    """
    new = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            if os.geteuid() == 0:
                owner = path.parent.stat() if not path.exists() else path.stat()
                os.fchown(file.fileno(), owner.st_uid, owner.st_gid)
            os.fchmod(file.fileno(), 0o600)
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())
        if replace:
            new.rename(path)
            return True
        try:
            path.hardlink_to(new)
        except FileExistsError:
            return False
        except OSError:  # a file system without hard links
            if path.exists():
                return False
            new.rename(path)
        return True
    finally:
        new.unlink(missing_ok=True)


def _shown(path: Path) -> str:
    """A path as a person would write it: from here, if it lies below."""
    with suppress(ValueError):
        return str(path.absolute().relative_to(Path.cwd()))
    return str(path)


if __name__ == "__main__":
    sys.exit(main())
