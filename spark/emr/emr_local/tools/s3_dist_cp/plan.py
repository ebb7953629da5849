"""What s3-dist-cp copies: which files, and which of them make up which target. No file is opened here."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain, count
from typing import NamedTuple

from emr_local import s3
from emr_local.tools import hdfs
from emr_local.tools.s3_dist_cp import codecs
from emr_local.tools.s3_dist_cp.options import Options, Refused


class NothingToCopy(Exception):
    """No file at --src, or none that the patterns let through."""


class Copy(NamedTuple):
    """One file and where it would land by itself, both as full addresses."""

    source: str
    target: str


class Write(NamedTuple):
    """One target and the files that make it up, in order; `append`: behind what the target holds already."""

    target: str
    sources: tuple[str, ...]
    append: bool = False


Present = Callable[[str], int | None]


def plan(files: Iterable[str], options: Options) -> list[Copy]:
    """What is copied, in sorted order; NothingToCopy when no file is left."""
    chosen = sorted(file for file in files if _chosen(file, options))
    if not chosen:
        raise NothingToCopy(f"Input path does not exist: {options.src}")
    return [Copy(file, _target(file, options)) for file in chosen]


def arrange(
    copies: Sequence[Copy], sizes: Mapping[str, int], options: Options, present: Present
) -> list[Write]:
    """The targets in order of their first file; `present` tells the size of a target that is there already.

    Refused when bytes cannot be converted, or two files would become one that are not a group.
    """
    for copy in copies if options.codec != "keep" else ():
        if codecs.compression(copy.source) not in ("", "gzip"):
            raise Refused(f"{copy.source}: --outputCodec can only read gzip and plain files on this node")
    if options.group is None:
        writes = []
        for source, target in copies:
            named = codecs.renamed(target, source, options.codec)
            writes.append(Write(named, (source,), options.append and present(named) is not None))
    else:
        writes = _grouped(copies, sizes, options, present)
    _check_targets(writes)
    return writes


def _chosen(file: str, options: Options) -> bool:
    return all(p is None or p.fullmatch(file) for p in (options.pattern, options.group))


def _target(file: str, options: Options) -> str:
    """--dest and the rest of the path; a source that is the file itself keeps its name."""
    rest = file[len(options.src) :].strip("/") or file.rpartition("/")[2]
    if ".." in rest.split("/") and not s3.is_s3(options.dest):
        raise Refused(f"{file} would be written outside --dest")
    return f"{options.dest.rstrip('/')}/{rest}"


def _grouped(
    copies: Sequence[Copy], sizes: Mapping[str, int], options: Options, present: Present
) -> list[Write]:
    groups: dict[str, list[Copy]] = {}
    for copy in copies:
        groups.setdefault(_group_text(copy.source, options), []).append(copy)
    taken: set[str] = set()
    writes = []
    for text, members in groups.items():
        sources = [copy.source for copy in members]
        _check_group(text, sources, options)
        folder = members[0].target.rpartition("/")[0]
        names = _part_names(f"{folder}/{text.rpartition('/')[2]}", sources, options)
        parts = _parts(sources, sizes, options, (name for name in names if name not in taken), present)
        taken.update(part.target for part in parts)
        writes += parts
    return writes


def _group_text(source: str, options: Options) -> str:
    """The texts of all groups, joined; `null` for one that takes no part, and slashes for colons."""
    assert options.group is not None  # noqa: S101  # only called with one
    match = options.group.fullmatch(source)
    assert match is not None  # noqa: S101  # `plan` left the others out
    text = "".join("null" if group is None else group for group in match.groups()).replace(":", "/")
    text = "/".join(filter(None, (part.strip() for part in text.split("/"))))
    if text.rpartition("/")[2] in ("", ".", ".."):
        raise Refused(f"--groupBy {options.group.pattern} gives {source} no name for its group")
    return text


def _check_group(text: str, sources: Sequence[str], options: Options) -> None:
    kinds = {codecs.compression(source) for source in sources}
    if options.codec == "keep" and len(kinds) > 1:
        raise Refused(
            "Cannot keep compression scheme for input files with different compression schemes: "
            f"group {text}; give --outputCodec"
        )
    if kinds & {"lzo", "snappy"} and len(sources) > 1:
        raise Refused(f"group {text}: lzo and snappy files are not concatenated on this node")
    if len(sources) > 1 and any(source.endswith(".parquet") for source in sources):
        raise Refused(f"group {text}: s3-dist-cp cannot concatenate Parquet files")


def _part_names(name: str, sources: Sequence[str], options: Options) -> Iterator[str]:
    """`name`, `name1`, `name2`, ..., the number before the suffix of a compression, which they all get."""
    gzipped = options.codec == "gzip" or (
        options.codec == "keep" and codecs.compression(sources[0]) == "gzip"
    )
    kept = codecs.compression(sources[0]) if options.codec == "keep" else ""
    suffix = ".gz" if gzipped else f".{kept}" if kept else ""
    for number in count():
        yield f"{codecs.plain_name(name)}{number or ''}{suffix}"


def _parts(
    sources: Sequence[str],
    sizes: Mapping[str, int],
    options: Options,
    names: Iterator[str],
    present: Present,
) -> list[Write]:
    """A group's targets: a part is full as soon as its files' sizes reach the target size."""
    limit, size, append = options.target_size, 0, False
    if options.append:
        names, size, append = _last_part(names, sizes[sources[0]], limit, present)
    parts, members = list[Write](), list[str]()
    for source in sources:
        members.append(source)
        size += sizes[source]
        if limit is not None and size >= limit:
            parts.append(Write(next(names), tuple(members), append))
            members, size, append = [], 0, False
    if members:
        parts.append(Write(next(names), tuple(members), append))
    return parts


def _last_part(
    names: Iterator[str], adding: int, limit: int | None, present: Present
) -> tuple[Iterator[str], int, bool]:
    """The names to go on with, from the last part that is there when `adding` bytes fit in, else after it.

    With it the size of that part, and whether it is there.
    """
    last, name = ("", 0), next(names)
    while (size := present(name)) is not None:
        last, name = (name, size), next(names)
    if not last[0] or (limit is not None and last[1] + adding >= limit):
        return chain([name], names), 0, False
    return chain([last[0], name], names), last[1], True


def _check_targets(writes: Sequence[Write]) -> None:
    """No target is written twice, none is one of the sources."""
    places = [_place(write.target) for write in writes]
    for place, times in Counter(places).items():
        if times > 1:
            first, second, *_ = (w for w, p in zip(writes, places, strict=True) if p == place)
            raise Refused(f"{first.sources[0]} and {second.sources[0]} would both become {second.target}")
    written = set(places)
    for source in (source for write in writes for source in write.sources):
        if _place(source) in written:
            raise Refused(f"{source} is a file to copy and would be overwritten by this copy")


def _place(address: str) -> str:
    """One text for each place: S3 tells a//b from a/b; the node's files have several addresses, and links."""
    return address if s3.is_s3(address) else os.path.realpath(hdfs.local_path(address))
