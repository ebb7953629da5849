"""`aws` on a node: `aws s3 cp`, `aws s3 sync` (which copies all) and `aws s3 ls`, as the AWS CLI does them.

Everything else is refused by name with exit code 2. Exit code 1: something was not copied.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from emr_local import s3


class Refused(Exception):
    """What this `aws` does not do."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise Refused(message)


def parse_arguments(arguments: Sequence[str]) -> argparse.Namespace:
    """The command as a namespace; Refused names what is not there."""
    cli = _Parser(prog="aws", add_help=False, allow_abbrev=False)
    cli.add_argument("--region")
    services = cli.add_subparsers(dest="service", required=True)
    commands = services.add_parser("s3", add_help=False, allow_abbrev=False).add_subparsers(
        dest="command", required=True
    )
    for name in ("cp", "sync"):
        command = commands.add_parser(name, add_help=False, allow_abbrev=False)
        command.add_argument("source")
        command.add_argument("target")
        command.add_argument("--recursive", action="store_true", default=name == "sync")
        command.add_argument("--quiet", "--only-show-errors", action="store_true")
        command.add_argument("--no-progress", action="store_true")
        command.add_argument("--region")
    listing = commands.add_parser("ls", add_help=False, allow_abbrev=False)
    listing.add_argument("source")
    listing.add_argument("--recursive", action="store_true")
    listing.add_argument("--region")
    options = cli.parse_args(arguments)
    if options.command != "ls" and not s3.is_s3(options.source) and not s3.is_s3(options.target):
        raise Refused("one of source and target must be an s3:// address")
    if options.command != "ls" and (options.source == "-" or (options.target == "-" and options.recursive)):
        raise Refused("- stands for stdout, as the target of one object")
    return options


def pairs(source: str, target: str, recursive: bool) -> list[tuple[str, str]]:
    """What is copied where: file names or s3:// addresses, in order."""
    if not recursive:
        name = source.rstrip("/").rpartition("/")[2]
        return [(source, _inside(target, name) if _is_folder(target) else target)]
    if s3.is_s3(source):
        folder = s3.parse(source if source.endswith("/") else f"{source}/")
        start = len(str(folder))
        names = [str(entry.uri)[start:] for entry in s3.list_objects(folder)]
        return [(f"{folder}{name}", _inside(target, name)) for name in names]
    if not Path(source).is_dir():
        raise FileNotFoundError(f"The user-provided path {source} does not exist.")
    files = sorted(path for path in Path(source).rglob("*") if path.is_file())
    return [(str(path), _inside(target, path.relative_to(source).as_posix())) for path in files]


def _is_folder(target: str) -> bool:
    if s3.is_s3(target):
        return target.endswith("/") or not s3.parse(target).key
    return target.endswith("/") or Path(target).is_dir()


def _inside(target: str, name: str) -> str:
    if s3.is_s3(target):
        return f"{target.rstrip('/')}/{name}"
    return str(s3.below(Path(target), name))


def transfer(source: str, target: str) -> str:
    """Copies one file; the line that says so, empty where stdout holds the file itself."""
    if s3.is_s3(source) and s3.is_s3(target):
        s3.copy(s3.parse(source), s3.parse(target))
        return f"copy: {source} to {target}"
    if target == "-":
        s3.stream(s3.parse(source), sys.stdout.buffer)
        return ""
    if s3.is_s3(source):
        s3.download(s3.parse(source), Path(target))
        return f"download: {source} to {target}"
    s3.upload(Path(source), s3.parse(target))
    return f"upload: {source} to {target}"


def list_addresses(source: str, recursive: bool) -> list[str]:
    """The lines of `aws s3 ls`: sizes and keys below a prefix, folded at the next slash unless recursive."""
    prefix = s3.parse(source)
    folder = prefix.key.rpartition("/")[0]
    lines: dict[str, None] = {}
    for entry in s3.list_objects(prefix):
        name = entry.uri.key if recursive else entry.uri.key[len(folder) :].lstrip("/")
        head, slash, _ = name.partition("/")
        lines[f"{'PRE':>20} {head}/" if slash and not recursive else f"{entry.size:>20} {name}"] = None
    return list(lines)


def main(arguments: Sequence[str]) -> int:
    """Runs the command; its exit code."""
    address = ""
    try:
        options = parse_arguments(arguments)
        address = options.source
        if options.command == "ls":
            lines = list_addresses(options.source, options.recursive)
            print(*lines, sep="\n")
            return 0 if lines else 1
        for source, target in pairs(options.source, options.target, options.recursive):
            address = source
            line = transfer(source, target)
            if line and not options.quiet:
                print(line)
    except Refused as refused:
        print(f"aws: not supported on this node: {' '.join(arguments)} ({refused})", file=sys.stderr)
        return 2
    except (OSError, ValueError, *s3.S3_ERRORS) as error:
        print(f"fatal error: {s3.explain(address, error)}", file=sys.stderr)
        return 1
    return 0
