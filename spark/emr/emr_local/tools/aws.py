"""`aws` on a node: `aws s3` with cp, mv, rm, sync and ls, as the AWS CLI does them.

Everything else is refused by name with exit code 2. Exit code 1: something was not copied or removed;
2: a file of the node was skipped with a warning; 255: source or target will not do.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NoReturn

from emr_local import s3
from emr_local.tools import aws_files, aws_ls, aws_plan
from emr_local.tools.aws_plan import File, Filters

ERRORS = (OSError, ValueError, *s3.S3_ERRORS)


class Refused(Exception):
    """What this `aws` does not do."""


class BadPaths(Exception):
    """No folder that files could come from, or a file that would be moved onto itself."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise Refused(message)


class _Filter(argparse.Action):
    """--exclude and --include, in the order of the command line."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        value: object,
        option: str | None = None,
    ) -> None:
        del parser
        namespace.rules = [*namespace.rules, (option == "--include", str(value))]


def parse_arguments(arguments: Sequence[str]) -> argparse.Namespace:
    """The command as a namespace; Refused names what is not there."""
    cli = _Parser(prog="aws", add_help=False, allow_abbrev=False)
    cli.add_argument("--region")
    services = cli.add_subparsers(dest="service", required=True)
    commands = services.add_parser("s3", add_help=False, allow_abbrev=False).add_subparsers(
        dest="command", required=True
    )
    for name in ("cp", "mv", "rm", "sync", "ls"):
        command = commands.add_parser(name, add_help=False, allow_abbrev=False)
        command.add_argument("--region")
        if name == "ls":
            command.add_argument("source", nargs="?", default="")
            command.add_argument("--summarize", action="store_true")
        else:
            _add_changes(command, name)
        if name != "sync":
            command.add_argument("--recursive", action="store_true")
    options = cli.parse_args(arguments)
    if options.command != "ls":
        _check_addresses(options)
    return options


def _add_changes(command: argparse.ArgumentParser, name: str) -> None:
    """What commands that change something have in common."""
    command.add_argument("source")
    if name != "rm":
        command.add_argument("target")
        command.add_argument("--no-progress", action="store_true")
    if name == "sync":
        for flag in ("--delete", "--size-only", "--exact-timestamps"):
            command.add_argument(flag, action="store_true")
    command.add_argument("--quiet", "--only-show-errors", action="store_true")
    command.add_argument("--dryrun", action="store_true")
    command.set_defaults(rules=[])
    for flag in ("--exclude", "--include"):
        command.add_argument(flag, action=_Filter)


def _check_addresses(options: argparse.Namespace) -> None:
    if options.command == "rm":
        if not s3.is_s3(options.source):
            raise Refused("the address must be an s3:// one")
        return
    if not s3.is_s3(options.source) and not s3.is_s3(options.target):
        raise Refused("one of source and target must be an s3:// address")
    if "-" in (options.source, options.target) and (options.command != "cp" or options.recursive):
        raise Refused("- stands for stdin or stdout, for cp of one object")


class Work:
    """Does things one by one, says each, and goes on after one that failed."""

    def __init__(self, quiet: bool, dry: bool) -> None:
        self._quiet = quiet
        self._dry = dry
        self.failed = False
        self.skipped = False

    def skip(self, path: Path, why: str) -> None:
        """Warns of a file of the node that takes no part."""
        self.skipped = True
        print(f"warning: Skipping file {path.absolute()}. {why}", file=sys.stderr)

    def do(self, verb: str, what: str, action: Callable[[], None], address: str) -> None:
        """Runs the action unless this is a dry run."""
        try:
            if not self._dry:
                action()
        except ERRORS as error:
            self._fail(verb, what, s3.explain(address, error))
            return
        if not self._quiet:
            print(f"{'(dryrun) ' if self._dry else ''}{verb}: {what}", flush=True)

    def _fail(self, verb: str, what: str, why: str) -> None:
        self.failed = True
        print(f"{verb} failed: {what} {why}", file=sys.stderr)

    def copy(self, source: File, target: str, move: bool = False) -> None:
        """Copies a file, or moves it."""

        def action() -> None:
            aws_files.transfer(source, target)
            if move:
                aws_files.remove(source.address)

        verb = "move" if move else aws_files.verb(source.address, target)
        what = f"{aws_files.shown(source.address)} to {aws_files.shown(target)}"
        if move and aws_files.same(source.address, target):
            self._fail(verb, what, _onto_itself(source.address, target))
        else:
            self.do(verb, what, action, source.address)

    def remove(self, address: str) -> None:
        """Removes a file."""
        self.do("delete", aws_files.shown(address), lambda: aws_files.remove(address), address)


def _onto_itself(source: str, target: str) -> str:
    return f"Cannot mv a file onto itself: {source} - {target}"


def _check_folder(source: str) -> None:
    if not s3.is_s3(source) and not Path(source).is_dir():
        raise BadPaths(f"The user-provided path {source} does not exist.")


def _sources(options: argparse.Namespace, work: Work) -> Iterator[tuple[File, str]]:
    """The files of cp and mv, and where each goes."""
    filters = Filters(options.rules)
    if not options.recursive:
        file = aws_files.one(options.source)
        address = aws_files.target_of(file.name, options.target)
        if options.command == "mv" and aws_files.same(file.address, address):
            raise BadPaths(_onto_itself(options.source, options.target))
        if filters.let(file.name):
            yield file, address
        return
    source, target = aws_files.folder_of(options.source), aws_files.folder_of(options.target)
    _check_folder(source)
    for file in aws_files.sources_below(source, target, work.skip):
        if filters.let(file.name):
            yield file, aws_files.inside(target, file.name)


def _sync(options: argparse.Namespace, work: Work) -> None:
    source, target = aws_files.folder_of(options.source), aws_files.folder_of(options.target)
    _check_folder(source)
    download = s3.is_s3(source) and not s3.is_s3(target)
    rule = aws_plan.Rule(download, options.size_only, options.exact_timestamps)
    files = aws_files.sources_below(source, target, work.skip)
    there = aws_files.files_below(target, work.skip)
    for new, old in aws_plan.sync(files, there, rule, Filters(options.rules), options.delete):
        if new is not None:
            work.copy(new, aws_files.inside(target, new.name))
        elif old is not None:
            work.remove(old.address)


def _remove(options: argparse.Namespace, work: Work) -> None:
    if not options.recursive:
        if not s3.parse(options.source).key:
            raise ValueError("an object's key is missing: --recursive removes all of a bucket")
        work.remove(str(s3.parse(options.source)))
        return
    filters = Filters(options.rules)
    for file in aws_files.objects_below(aws_files.folder_of(options.source), markers=True):
        if filters.let(file.name):
            work.remove(file.address)


def _run(options: argparse.Namespace) -> int:
    """Runs a command that changes something; its exit code."""
    work = Work(options.quiet, options.dryrun)
    if options.command == "rm":
        _remove(options, work)
    elif options.command == "sync":
        _sync(options, work)
    elif options.source == "-":
        s3.upload_stream(sys.stdin.buffer, s3.parse(options.target))
    elif options.target == "-":
        aws_files.transfer(aws_files.one(options.source), "-")
    else:
        for file, target in _sources(options, work):
            work.copy(file, target, move=options.command == "mv")
    return 1 if work.failed else 2 if work.skipped else 0


def main(arguments: Sequence[str]) -> int:
    """Runs the command; its exit code."""
    address = ""
    try:
        options = parse_arguments(arguments)
        address = options.source
        if options.command == "ls":
            return aws_ls.run(options.source, options.recursive, options.summarize)
        return _run(options)
    except Refused as refused:
        print(f"aws: not supported on this node: {' '.join(arguments)} ({refused})", file=sys.stderr)
        return 2
    except BadPaths as error:
        print(error, file=sys.stderr)
        return 255
    except ERRORS as error:
        print(f"fatal error: {s3.explain(address, error)}", file=sys.stderr)
        return 1
